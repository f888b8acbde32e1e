"""Maps from chunks, and the starred point."""

import numpy as np
import pytest
import xarray as xr

from spikerate.analysis import maps

DECODERS = ["own", "other", "shuffled"]
RATES = {"slow": 5e-6, "fast": 5e-4}
POINTS = [(q, g) for q in (10.0, 20.0) for g in (0.0, 0.1, 0.2)]


def value(network, decoder, alpha, draw, q, g):
    """Number that tells every entry of a map apart."""
    which = 10 * (network == "rate") + 3 * DECODERS.index(decoder)
    return which + draw + q / 100 + g + 1e3 * alpha


def chunk(network, rate, draw, points):
    alpha = RATES[rate]
    errors = [[value(network, d, alpha, draw, *point) for point in points] for d in DECODERS]
    data = dict.fromkeys(maps.ERRORS, (("decoder", "point"), errors))
    data["status"] = (
        ("decoder", "point"),
        np.full((len(DECODERS), len(points)), "ok", dtype=object),
    )
    data["decoder_correlation"] = ("point", [alpha * q + g for q, g in points])
    q, g = zip(*points, strict=True)
    coords = {"network": network, "alpha": alpha, "speed": rate, "draw": draw}
    coords |= {"Q": ("point", list(q)), "G": ("point", list(g)), "decoder": DECODERS}
    attrs = {"measure": "l2_error", "untrained": 7.0}
    return xr.Dataset(data, coords | {"point": range(len(points))}, attrs)


@pytest.fixture
def chunks():
    return [
        chunk(network, rate, draw, part)
        for network in ("spiking", "rate")
        for rate in RATES
        for draw in (0, 1)
        for part in (POINTS[:4], POINTS[4:])
    ]


@pytest.mark.parametrize("order", ["as made", "reversed"])
def test_every_point_lands_in_its_place(chunks, order):
    found = maps.gather(chunks if order == "as made" else chunks[::-1], l2_cutoff=1.0)
    assert found["speed"].values.tolist() == ["slow", "fast"]
    assert found["network"].values.tolist() == ["spiking", "rate"]
    assert found["decoder"].values.tolist() == DECODERS
    assert (found.attrs["measure"], found.attrs["untrained"]) == ("l2_error", 7.0)
    error = found["nrmse"]
    assert set(error.dims) == {"network", "decoder", "alpha", "draw", "Q", "G"}
    assert error.size == 2 * 3 * 2 * 2 * len(POINTS)
    for index in np.ndindex(error.shape):
        entry = error[index]
        where = [entry[name].item() for name in ("network", "decoder", "alpha", "draw", "Q", "G")]
        assert entry.item() == value(*where)


def gathered(chunks, worst, correlation, cutoff):
    """Maps whose own errors and correlations are set by hand, for each point of draw 0."""
    found = maps.gather([c for c in chunks if c["draw"] == 0], l2_cutoff=cutoff)
    found["l2_error"][:] = 9.0
    for (q, g), error, r in zip(POINTS, worst, correlation, strict=True):
        point = {"Q": q, "G": g}
        found["l2_error"].loc[point | {"decoder": "own"}] = error
        found["decoder_correlation"].loc[point] = r
    return found


def test_the_star_is_the_best_correlated_point_under_the_cutoff(chunks):
    found = gathered(chunks, [1, 2, 9, 2, 9, 9], [0.1, 0.5, 0.9, 0.4, 0.2, 0.3], cutoff=3.0)
    star = maps.star(found).isel(alpha=0)
    assert (star["starred_Q"], star["starred_G"]) == POINTS[1]
    assert star["decoder_correlation"] == 0.5
    assert star["under_cutoff"] == 1


def test_both_twins_must_be_under_the_cutoff(chunks):
    found = gathered(chunks, [1, 2, 9, 2, 9, 9], [0.1, 0.5, 0.9, 0.4, 0.2, 0.3], cutoff=3.0)
    where = {"Q": POINTS[1][0], "G": POINTS[1][1], "network": "rate", "decoder": "own"}
    found["l2_error"].loc[where] = 4.0
    star = maps.star(found).isel(alpha=0)
    assert (star["starred_Q"], star["starred_G"]) == POINTS[3]


def test_without_a_point_under_the_cutoff_the_best_correlated_is_taken_and_said_so(chunks):
    found = gathered(chunks, [9] * 6, [0.1, 0.5, 0.9, 0.4, 0.2, 0.3], cutoff=3.0)
    star = maps.star(found).isel(alpha=0)
    assert (star["starred_Q"], star["starred_G"]) == POINTS[2]
    assert star["under_cutoff"] == 0


def test_points_that_diverged_are_never_starred(chunks):
    nan = np.nan
    found = gathered(chunks, [nan, 2, nan, 2, 9, 9], [nan, 0.5, nan, 0.4, 0.2, 0.3], cutoff=3.0)
    star = maps.star(found).isel(alpha=0)
    assert (star["starred_Q"], star["starred_G"]) == POINTS[1]


def test_a_twin_learned_where_it_errs_less_than_the_cutoff_and_than_silence(chunks):
    found = gathered(chunks, [1, 2, np.nan, 4, 8, 9], [0.5] * 6, cutoff=5.0)
    good = maps.learned(found)
    assert good.dims == ("network", "alpha", "draw", "Q", "G")
    for one in good.stack(point=["draw", "Q", "G"]).transpose("network", "alpha", "point").values:
        assert one.tolist() == [[True, True, False, True, False, False]] * 2
    silent = maps.learned(found.assign_attrs(untrained=1.5))
    assert silent.isel(network=0, alpha=0).values.ravel().tolist() == [True] + [False] * 5


def test_a_learning_rate_is_found_by_its_name():
    found = xr.Dataset(coords={"alpha": [5e-7, 5e-6]})
    found = found.assign_coords(speed=("alpha", ["slowest", "slow"]))
    assert maps.at_rate(found, "slow")["alpha"] == 5e-6
    with pytest.raises(ValueError, match="slowest, slow"):
        maps.at_rate(found, "fast")
