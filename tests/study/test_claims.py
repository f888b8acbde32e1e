"""The claims: their statistics and verdicts where they hold, fail, and cannot be told."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from spikerate.analysis import maps as of_grid
from spikerate.analysis import statistics
from spikerate.study import claims, claims_table, verdicts
from spikerate.study import config as configs

ALPHAS = {"slowest": 5e-7, "slow": 5e-6, "medium": 5e-5, "fast": 5e-4}
NETWORKS, DECODERS = ["spiking", "rate"], ["own", "other", "shuffled"]
CUTOFF, UNTRAINED = 1.0, 5.0
SETTINGS = configs.load()["claims"]
NAMES = [claim.__name__ for claim in claims.CLAIMS]


def noise(shape, scale=0.05, seed=0):
    return 10 ** np.random.default_rng(seed).normal(0, scale, shape)


def maps(q=5, g=4, draws=1, correlation=(0.9, 0.8, 0.4, 0.2), seed=0):
    """Maps of a study in which all claims hold."""
    shape = (2, 3, len(ALPHAS), draws, q, g)
    error = np.empty(shape)
    fall = np.array([1.0, 0.5, 0.25, 0.125])[:, None, None, None]
    error[0, 0], error[1, 0] = 0.5, 0.8 * fall
    error[:, 1] = 1.2 * error[:, 0]
    error[:, 2] = 6.0
    error *= noise(shape, seed=seed)
    error[0, 0, -1, :, :2] = 2.0  # the spiking twin fails at two fifths of the fast points
    error[0, 1, -1] = 5.5  # and with the rate twin's decoder everywhere
    related = np.array(correlation)[:, None, None, None] * noise(shape[2:], 0.02, seed + 1)
    dims = ("network", "decoder", "alpha", "draw", "Q", "G")
    return xr.Dataset(
        {"l2_error": (dims, error), "decoder_correlation": (dims[2:], related)},
        rates()
        | {"network": NETWORKS, "decoder": DECODERS, "draw": range(draws)}
        | {"Q": np.linspace(5, 25, q), "G": np.linspace(0, 0.2, g)},
        {"measure": "l2_error", "l2_cutoff": CUTOFF, "untrained": UNTRAINED},
    )


def rates():
    return {"alpha": list(ALPHAS.values()), "speed": ("alpha", list(ALPHAS))}


def trials(spiking=0.9, rate=0.1, seed=0):
    found = maps().isel(decoder=0, drop=True)
    share = np.array([spiking, rate])[:, None, None, None, None] * np.ones(found["l2_error"].shape)
    share *= noise(share.shape, 0.02, seed)
    return xr.Dataset({"variance_share": (found["l2_error"].dims, share)}, found.coords)


def size_sweep(slopes=(-0.2, -0.8), sizes=(250, 500, 1000), draws=8, seed=0):
    """Errors (network, decoder, alpha, neurons, draw) that are power laws of size, and noise."""
    n, rng = np.array(sizes, dtype=float), np.random.default_rng(seed)
    shape = (2, 3, len(ALPHAS), len(sizes), draws)
    error = np.empty(shape)
    error[:] = (0.1 * (n / 250) ** np.array(slopes)[:, None])[:, None, None, :, None]
    spread = np.array([0.01, 0.01, 0.03, 0.06])[:, None, None]
    scatter = (
        rng.normal(size=shape) * np.where(np.arange(2) == 0, 1, 0.2)[:, None, None, None, None]
    )
    error *= 10 ** (scatter * spread)
    dims = ("network", "decoder", "alpha", "neurons", "draw")
    coords = rates() | {"network": NETWORKS, "decoder": DECODERS}
    coords |= {"neurons": list(sizes), "draw": range(draws)}
    return xr.Dataset({"nrmse": (dims, error)}, coords, {"measure": "l2_error"})


def spectra(points=8, predicted=0.25, leading=0.95, trailing=0.1, miss=0.0, seed=0):
    """Spectra of twins whose leading components agree and whose gains miss the filter's."""
    components, aligned = 30, 20
    gain = 1 / (1 + 10.0 ** np.arange(components)) * np.ones((2, len(ALPHAS), points, components))
    common = np.where(np.arange(aligned) < 10, leading, trailing)
    alignment = np.broadcast_to(np.diag(common), (len(ALPHAS), points, aligned, aligned))
    measured = np.array([0.9, 0.7, 0.4, 0.2])[:, None] * noise((len(ALPHAS), points), 0.02, seed)
    alone = measured.copy()
    alone[-1] = predicted
    gains = ("network", "alpha", "point", "component")
    return xr.Dataset(
        {
            "predicted_gain": (gains, gain),
            "measured_gain": (gains, gain + miss * noise(gain.shape, 0.02, seed)),
            "alignment": (("alpha", "point", "component_spiking", "component_rate"), alignment),
            "correlation_measured": (("alpha", "point"), measured),
            "correlation_filter": (("alpha", "point"), alone),
        },
        rates(),
    )


def study(**changes):
    """Study in which all claims hold, with changes."""
    parts = {
        "name": "laptop", "maps": {"sine": maps(), "fourier": maps(seed=9)},
        "trials": {"sine": trials()}, "sizes": size_sweep(), "spectra": {"sine": [spectra()]},
        "neurons": {"sine": 1000, "fourier": 500}, "slow": "slow", "fast": "fast", "seed": 1,
        "rule": "rls", "settings": SETTINGS,
    }  # fmt: skip
    return verdicts.Study(**parts | changes)


def changed(found=None, **slices):
    """Maps of sine alone, with some values replaced: name=(indexers, value)."""
    found = (maps() if found is None else found).copy(deep=True)
    for name, (where, value) in slices.items():
        found[name].loc[where] = value
    return study(maps={"sine": found}, neurons={"sine": 2000})


def of(claim, given):
    """Verdict of a claim of a study."""
    return verdicts.overall(getattr(claims, claim)(given)).verdict


# Where each claim holds


@pytest.mark.parametrize("claim", NAMES)
def test_a_claim_that_holds_is_reproduced_in_all_its_parts(claim):
    for part in getattr(claims, claim)(study()):
        assert part.verdict == "reproduced", part
        assert part.low <= part.value <= part.high
        assert part.why == ""


def test_the_values_are_those_that_the_datasets_were_made_with():
    given = study()
    (part,) = claims.correlated(given)
    assert part.value == pytest.approx(0.8, abs=0.02)
    (part,) = claims.decorrelated(given)
    assert part.value == pytest.approx(0.25, abs=0.02)
    rate, spared = claims.rate_gains(given)
    assert rate.value == pytest.approx(np.log10(0.5), abs=0.03)
    assert spared.value == pytest.approx(-np.log10(0.5) / 2, abs=0.04)
    assert claims.unstable(given)[0].value == pytest.approx(0.4)
    assert [p.value for p in claims.size_matters(given)] == pytest.approx(
        [-0.2, -0.8, -0.6], abs=0.1
    )
    assert [p.value for p in claims.variance_and_bias(given)] == pytest.approx([0.9, 0.1], abs=0.02)
    leading, trailing = claims.leading_agree(given)
    assert (leading.value, trailing.value) == pytest.approx((0.95**2, 0.01))
    fall, missed = claims.filter_predicts(given)
    assert fall.value == pytest.approx(0.7, abs=0.03)
    assert missed.value == pytest.approx(0.05 / 0.7, abs=0.03)


def test_the_claims_on_the_filter_are_undecided_for_another_rule_than_rls():
    given = study(rule="lms")
    open_ = {name for name in NAMES if of(name, given) == "undecided"}
    assert open_ == {"low_pass", "filter_predicts"}
    table, _ = claims_table.tables(given)
    assert table.set_index("claim")["words"][10].endswith(
        " (undecided: the filter is that of the learning rule rls, and the networks learned by lms;"
        " a study that learns by rls could decide)"
    )


# Where each claim fails

SLOW, FAST = ({"alpha": ALPHAS[name]} for name in ("slow", "fast"))
SWAPPED = {"decoder": "other"}
SPIKING, RATE = {"network": "spiking"}, {"network": "rate"}
FAILING = {
    "both_learn": [
        changed(l2_error=(SLOW | SPIKING | {"decoder": "own"}, 2.0)),  # one twin learns nowhere
        changed(l2_error=(SLOW | SPIKING | {"decoder": "own", "Q": slice(10, 30)}, 2.0)),
    ],
    "correlated": [changed(maps(correlation=(0.9, 0.3, 0.2, 0.1)))],
    "interchangeable": [
        changed(l2_error=(SLOW | SPIKING | SWAPPED, 4.0)),
        changed(l2_error=(SLOW | RATE | SWAPPED, np.nan)),  # it diverges
        changed(l2_error=(SLOW | RATE | {"decoder": "shuffled"}, 0.3)),  # so good is a shuffled one
    ],
    "decorrelated": [changed(maps(correlation=(0.9, 0.8, 0.75, 0.7)))],
    "one_way": [
        changed(l2_error=(FAST | RATE | SWAPPED, 4.0)),
        changed(l2_error=(FAST | SPIKING | SWAPPED, 0.6)),  # the reverse works, too
    ],
    "rate_gains": [
        changed(l2_error=(RATE | {"decoder": "own"}, maps()["l2_error"][1, 0, ::-1].values)),
        changed(l2_error=(SPIKING | {"decoder": "own"}, maps()["l2_error"][1, 0])),
    ],
    "unstable": [
        changed(l2_error=(FAST | SPIKING | {"decoder": "own"}, 0.5)),
        study(sizes=size_sweep().isel(alpha=[3, 2, 1, 0]).assign_coords(rates())),
    ],
    "size_matters": [
        study(sizes=size_sweep((-0.2, 0.5))),
        study(sizes=size_sweep((-0.6, -0.1))),
        study(sizes=size_sweep((0.6, -0.1))),
    ],
    "variance_and_bias": [
        study(trials={"sine": trials(spiking=0.2)}), study(trials={"sine": trials(rate=0.8)}),
    ],
    "low_pass": [study(spectra={"sine": [spectra(miss=0.2)]})],
    "leading_agree": [
        study(spectra={"sine": [spectra(leading=0.3)]}),
        study(spectra={"sine": [spectra(trailing=0.9)]}),
    ],
    "filter_predicts": [
        study(spectra={"sine": [spectra(predicted=0.9)]}),  # it predicts no fall
        study(spectra={"sine": [spectra().isel(alpha=[3, 2, 1, 0]).assign_coords(rates())]}),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "number"), [(claim, n) for claim in NAMES for n in range(len(FAILING[claim]))]
)
def test_a_claim_that_does_not_hold_is_not_reproduced(claim, number):
    assert of(claim, FAILING[claim][number]) == "not reproduced"


# Where a claim cannot be told


@pytest.mark.parametrize("claim", NAMES)
def test_with_too_few_points_and_draws_no_claim_is_decided(claim):
    few = study(
        maps={"sine": maps(q=2, g=2)}, trials={"sine": trials().isel(Q=[0, 1], G=[0, 1])},
        sizes=size_sweep(draws=2),
        spectra={"sine": [spectra(points=2).isel(network=[0], alpha=[1, 3])]},
    )  # fmt: skip
    for part in getattr(claims, claim)(few):
        assert part.verdict == "undecided", part
        assert part.why.startswith("fewer than 6")
        assert np.isnan(part.low)


@pytest.mark.parametrize("claim", NAMES)
def test_a_study_without_the_learning_rates_or_tasks_decides_nothing_and_does_not_fail(claim):
    bare = study(
        maps={"sine": maps().isel(alpha=[0])}, trials={}, spectra={},
        sizes=size_sweep().isel(alpha=[0]),
    )  # fmt: skip
    assert of(claim, bare) == "undecided"


def test_an_interval_that_holds_the_criterion_decides_nothing():
    half = np.tile([0.3, 0.7], 10).reshape(1, 5, 4)
    (part,) = claims.correlated(changed(decoder_correlation=(SLOW, half)))
    assert part.low < 0.5 < part.high
    assert (part.verdict, part.why) == ("undecided", "the interval holds the criterion")


@pytest.mark.parametrize(("neurons", "word"), [(500, "undecided"), (2000, "not reproduced")])
def test_a_task_that_small_networks_do_not_learn_speaks_against_the_claim_only_at_full_size(
    neurons, word
):
    given = changed(l2_error=({"decoder": "own"}, 3.0))
    parts = claims.both_learn(replace(given, neurons={"sine": neurons}))
    assert parts[0].verdict == parts[1].verdict == word
    assert parts[0].value == 0


def test_a_network_under_the_cutoff_that_is_no_better_than_silence_did_not_learn():
    found = maps().assign_attrs(untrained=0.1)
    assert not of_grid.at_rate(of_grid.learned(found).to_dataset(name="x"), "slow")["x"].any()


def test_a_task_with_too_few_learned_points_is_left_out_and_named():
    poor = maps(seed=9)
    poor["l2_error"].loc[{"decoder": "own", "Q": slice(6, 30)}] = 2.0
    (part,) = claims.correlated(study(maps={"sine": maps(), "fourier": poor}))
    assert part.verdict == "reproduced"
    assert "fourier left out (4 points)" in part.statistic
    assert "sine 0.8 (20 points)" in part.statistic


# Verdicts and intervals


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [(0.6, 0.7, "reproduced"), (0.5, 0.7, "undecided"), (0.4, 0.5, "not reproduced"),
     (0.4, 0.6, "undecided"), (0.1, 0.2, "not reproduced")],
)  # fmt: skip
def test_verdicts_follow_from_the_side_on_which_the_interval_lies(low, high, word):
    assert verdicts.verdict(low, high, {"above": 0.5}) == word
    assert verdicts.verdict(-high, -low, {"below": -0.5}) == word


def test_one_part_that_fails_decides_a_claim_and_one_undecided_leaves_it_open():
    parts = {word: verdicts.Part(word, 0, 0, 0, "above 1", word) for word in
             ("reproduced", "undecided", "not reproduced")}  # fmt: skip
    assert verdicts.overall([parts["reproduced"]] * 2).verdict == "reproduced"
    assert verdicts.overall([parts["reproduced"], parts["undecided"]]).verdict == "undecided"
    assert verdicts.overall(list(parts.values())).verdict == "not reproduced"


def test_the_part_shown_is_the_one_that_weighs_most():
    weak = verdicts.Part("weak", 0.6, 0.5, 0.9, "above 0.5", "reproduced")
    strong = verdicts.Part("strong", 0.8, 0.7, 0.9, "above 0.5", "reproduced")
    assert verdicts.overall([strong, weak]).statistic == "weak"
    lost = [replace(part, verdict="not reproduced") for part in (weak, strong)]
    assert verdicts.overall(lost).statistic == "strong"


@pytest.mark.parametrize("units", [12, 40])
def test_intervals_hold_the_truth_about_as_often_as_they_say(units):
    rng, held = np.random.default_rng(0), []
    for _ in range(200):
        samples = [rng.normal(m, 1, (units, 1)) for m in (0, 2)]
        value, low, high = statistics.interval(samples, statistics.mean, rng=rng, resamples=300)
        assert low < value < high
        held.append(low <= 1 <= high)
    assert 0.89 <= np.mean(held) <= 0.99


def test_the_spread_is_unbiased_and_its_interval_holds_the_truth():
    rng, held = np.random.default_rng(1), []
    for _ in range(200):
        rows = rng.normal(0, (1, 3), (20, 2))
        _, low, high = statistics.interval([rows], statistics.added_spread, rng=rng, resamples=300)
        held.append(low <= 2 <= high)
    assert 0.85 <= np.mean(held) <= 0.99


def test_the_interval_of_a_share_stays_between_zero_and_one():
    rows = np.array([[1.0]] * 7 + [[0.0]])
    rng = np.random.default_rng(0)
    value, low, high = statistics.interval([rows], statistics.share, rng=rng, resamples=500)
    assert value == 7 / 8
    assert 0 <= low < value < high <= 1
    assert statistics.interval([rows[:7]], statistics.share, rng=rng, resamples=500) == (1, 1, 1)


# Tables


@pytest.fixture(scope="module")
def tables():
    return claims_table.tables(study())


def test_the_tables_have_a_row_for_each_claim_and_for_each_part(tables):
    table, parts = tables
    assert table.columns.tolist() == parts.columns.tolist() == [
        "claim", "words", "statistic", "value", "low", "high", "criterion", "verdict",
    ]  # fmt: skip
    assert table["claim"].tolist() == list(range(1, 13))
    assert set(parts["claim"]) == set(range(1, 13))
    assert table["words"].tolist() == [SETTINGS["criteria"][name]["words"] for name in NAMES]
    assert set(table["verdict"]) == {"reproduced"}


def test_every_claim_of_the_config_is_judged_and_every_criterion_used(tables):
    criteria = SETTINGS["criteria"]
    assert list(criteria) == NAMES
    wanted = [len(set(map(str, c.values())) - {c["words"]}) for c in criteria.values()]
    used = tables[1].groupby("claim")["criterion"].nunique().tolist()
    assert used == wanted


def test_the_same_study_gives_the_same_tables_and_another_seed_other_intervals(tables):
    for once, again in zip(tables, claims_table.tables(study()), strict=True):
        pd.testing.assert_frame_equal(once, again)
    other = claims_table.tables(study(seed=2))[0]
    assert (other["value"] == tables[0]["value"]).all()
    assert (other["low"] != tables[0]["low"]).any()


def test_what_is_undecided_says_why_and_at_which_scale_it_could_be_decided():
    few = {"spectra": {"sine": [spectra(points=2)]}}
    table = claims_table.tables(study(**few))[0].set_index("claim")
    assert table["verdict"][11] == "undecided"
    assert "fewer than 6 points" in table["words"][11]
    assert "N = 2000, 40 x 40 grids" in table["words"][11]
    at_full_size = claims_table.tables(study(name="paper", **few))[0].set_index("claim")
    assert "more draws" in at_full_size["words"][11]


def test_the_table_reads_as_text(tables):
    lines = claims_table.text(tables[0]).splitlines()
    assert len(lines) == 12
    assert all("reproduced" in line for line in lines)
    assert lines[1].split()[0] == "2"
    assert SETTINGS["criteria"]["correlated"]["words"] in lines[1]
