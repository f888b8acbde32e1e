"""Why a job must run, in words."""

from spikerate.pipeline import fingerprint, reasons


def test_changes_are_told_in_words():
    code = fingerprint.of("train/train.py")
    old = {"code": code, "params": {"neuron": {"tau_m": 0.01}}}
    new = {
        "code": code | {"packages": code["packages"] | {"numpy": "99.0"}},
        "params": {"neuron": {"tau_m": 0.02}},
    }
    assert reasons.changes(old, new) == [
        f"package numpy: {code['packages']['numpy']} -> 99.0",
        "neuron.tau_m: 0.01 -> 0.02",
    ]
    (otherwise,) = reasons.changes(old | {"code": {"rls": "a"}}, old)
    assert otherwise == "made by a version of spikerate that recorded its code differently"
    assert reasons.changes(old, old) == []
    assert reasons.changes(None, new) == [
        "made by a version of spikerate that did not record its code"
    ]
