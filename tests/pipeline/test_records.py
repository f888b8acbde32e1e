"""What Snakemake remembers of results, and what is said where it remembers nothing."""

from base64 import urlsafe_b64encode

import pytest

from spikerate.pipeline import fingerprint, records, status

LONG = f"results/tiny/train/{'x' * 300}.nc"


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in (
        "results/tiny/tasks/sine.nc",
        "results/tiny/tasks/.sine.7.nc",
        "results/tiny/a.png",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def remember(folder, name, width=254):
    coded = urlsafe_b64encode(name.encode()).decode()
    parts = [coded[k : k + width] for k in range(0, len(coded), width)]
    path = folder.joinpath(*(f"@{part}" for part in parts[:-1]), parts[-1])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def test_records_are_found_by_the_paths_of_outputs(study):
    names = {"results/tiny/tasks/sine.nc", LONG}
    for name, kind in zip(sorted(names), ("metadata", "incomplete"), strict=True):
        remember(study / ".snakemake" / kind, name)
    assert records.recorded() == names
    assert records.unrecorded("results/tiny") == []
    records.check("results/tiny")


def test_a_dataset_without_a_record_is_named(study):
    assert records.unrecorded("results/tiny") == ["results/tiny/tasks/sine.nc"]
    with pytest.raises(SystemExit, match=r"tasks/sine\.nc came about.*make accept.*make clean"):
        records.check("results/tiny")


def test_no_results_need_no_records(tmp_path):
    assert records.unrecorded(tmp_path / "results") == []


def test_changes_are_told_in_words():
    code = fingerprint.of("figures/fig1.py")
    old = {"code": code, "params": {"neuron": {"tau_m": 0.01}}}
    new = {
        "code": code | {"packages": code["packages"] | {"numpy": "99.0"}},
        "params": {"neuron": {"tau_m": 0.02}},
    }
    assert status.changes(old, new) == [
        f"package numpy: {code['packages']['numpy']} -> 99.0",
        "neuron.tau_m: 0.01 -> 0.02",
    ]
    (otherwise,) = status.changes(old | {"code": {"rls": "a"}}, old)
    assert otherwise == "made by a version that recorded its code otherwise"
    assert status.changes(old, old) == []
    assert status.changes(None, new) == ["made by a version that did not record its code"]
