"""The size sweep: training, gathering, and the power law of error against size."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import xarray as xr

from spikerate.analysis import maps, sizes
from spikerate.data import datasets
from spikerate.data import hashing as content
from spikerate.model.networks import Settings
from spikerate.study import sizes as sizes_of_study
from spikerate.study import train, transfer
from spikerate.study.settings import Training
from spikerate.tasks import registry as tasks
from spikerate.tasks.registry import Task

DT, STEPS = 5e-5, 800
RATES = {"fast": 5e-4, "slow": 5e-6}
Q, G = 20.0, 0.125
SETTINGS = Settings(seed=3, dt=DT, draw=1, neurons=60)
TRAINING = Training(update_every=2e-3, warm_up=0.02)
WHERE = ("network", "decoder", "alpha", "neurons", "draw")


def task_of():
    wave = np.sin(2 * np.pi * 25 * np.arange(STEPS) * DT)
    return Task.of_arrays(wave, dt=DT, train_repetitions=3, test_repetitions=2, name="wave")


def trained(neurons=60, draw=1, rates=RATES):
    return sizes_of_study.train_and_swap(
        task_of(), encoder_strength=Q, reservoir_strength=G, learning_rates=rates,
        settings=replace(SETTINGS, neurons=neurons, draw=draw), training=TRAINING,
        sample_every=5e-4,
    )  # fmt: skip


# Training


def test_a_size_and_draw_is_what_a_chunk_of_the_sweep_gives_for_the_same_network():
    found = trained()
    for name, alpha in RATES.items():
        pair = {
            network: train.train(
                task_of(), network, [Q], [G], alpha=alpha, speed=name, settings=SETTINGS,
                training=TRAINING,
            )
            for network in ("spiking", "rate")
        }  # fmt: skip
        for network, other in (("spiking", "rate"), ("rate", "spiking")):
            wanted = transfer.swap(
                task_of(), network, pair[network], pair[other], settings=SETTINGS,
                sample_every=5e-4, recorded=1,
            ).isel(point=0)  # fmt: skip
            own = found.sel(network=network, alpha=alpha)
            assert own["speed"] == name
            assert own.attrs["measure"] == wanted.attrs["measure"] == "aligned_l2_error"
            for error in maps.ERRORS:
                np.testing.assert_allclose(own[error], wanted[error], rtol=1e-6, err_msg=error)
            np.testing.assert_array_equal(own["status"], wanted["status"])
            correlation = wanted["decoder_correlation"]
            np.testing.assert_allclose(own["decoder_correlation"], correlation, rtol=1e-6)
            training = pair[network]["training_nrmse"].item()
            np.testing.assert_allclose(own["training_nrmse"], training, rtol=1e-6)


def test_what_is_kept_is_small_slowest_first_and_can_be_written(tmp_path):
    found = trained()
    assert dict(found.sizes) == {"network": 2, "decoder": 2, "alpha": 2}
    assert found["speed"].values.tolist() == ["slow", "fast"]
    assert (found["neurons"].item(), found["draw"].item()) == (60, 1)
    assert found["decoder_correlation"].dims == ("alpha",)
    assert found["training_nrmse"].dims == ("network", "alpha")
    datasets.save(found, tmp_path / "size.nc")
    read = datasets.load(tmp_path / "size.nc")
    np.testing.assert_array_equal(read["nrmse"], found["nrmse"])
    assert (read.attrs["task"], read.attrs["Q"], read.attrs["G"]) == ("wave", Q, G)


def test_draws_and_sizes_differ_and_a_draw_repeats():
    first = trained()["nrmse"]
    np.testing.assert_array_equal(first, trained()["nrmse"])
    assert (first != trained(draw=2)["nrmse"]).all()
    assert (first != trained(neurons=70)["nrmse"]).all()


# Gathering


def value(network, decoder, alpha, neurons, draw):
    """Number that tells every entry apart."""
    return 10 * (network == "rate") + 5 * (decoder == "other") + draw + neurons / 1e3 + 1e3 * alpha


def part(neurons, draw):
    alphas = sorted(RATES.values())
    errors = [
        [[value(n, d, a, neurons, draw) for a in alphas] for d in ("own", "other")]
        for n in ("spiking", "rate")
    ]
    data = dict.fromkeys(maps.ERRORS, (("network", "decoder", "alpha"), errors))
    data["status"] = (("network", "decoder", "alpha"), np.full((2, 2, 2), "ok", dtype=object))
    data["decoder_correlation"] = ("alpha", [a * neurons + draw for a in alphas])
    coords = {"network": ["spiking", "rate"], "decoder": ["own", "other"], "alpha": alphas}
    coords |= {"neurons": neurons, "draw": draw}
    coords |= {"speed": ("alpha", np.array(["slow", "fast"], dtype=object))}
    attrs = {"task": "sine", "Q": Q, "G": G, "measure": "l2_error", "rule": f"{neurons}"}
    return xr.Dataset(data, coords, attrs)


@pytest.mark.parametrize("seed", range(4))
def test_every_size_and_draw_lands_in_its_place_in_any_order(seed):
    parts = [part(neurons, draw) for neurons, draw in product((100, 250, 1000), (0, 1))]
    order = np.random.default_rng(seed).permutation(len(parts))
    found = sizes.gather(parts[k] for k in order)
    assert found["nrmse"].dims == WHERE
    assert found["nrmse"].shape == (2, 2, 2, 3, 2)
    for index in np.ndindex(found["nrmse"].shape):
        entry = found["nrmse"][index]
        assert entry.item() == value(*(entry[name].item() for name in WHERE))
    for alpha, neurons, draw in product(RATES.values(), (100, 250, 1000), (0, 1)):
        entry = found["decoder_correlation"].sel(alpha=alpha, neurons=neurons, draw=draw)
        assert entry.item() == alpha * neurons + draw
    assert (found["status"] == "ok").all()
    assert found["speed"].values.tolist() == ["slow", "fast"]
    assert found.attrs == {"task": "sine", "Q": Q, "G": G, "measure": "l2_error"}


# The power law


def gathered(errors, neurons, measure="l2_error", name="nrmse"):
    """Sizes with the own decoder's errors (network, alpha, size, draw); the other's are ones."""
    errors = np.asarray(errors, dtype=float)
    both = np.stack([errors, np.ones_like(errors)], axis=1)
    coords = {"network": ["spiking", "rate"], "decoder": ["own", "other"], "neurons": neurons}
    coords |= {"alpha": 1e-6 * (1 + np.arange(errors.shape[1])), "draw": range(errors.shape[3])}
    data = {name: (WHERE, both)}
    return xr.Dataset(data, coords, {"measure": measure})


def power_law(slope, noise, alphas=1, neurons=(250, 500, 1000), draws=6, seed=0):
    rng = np.random.default_rng(seed)
    scatter = noise * rng.standard_normal((2, alphas, len(neurons), draws))
    size = np.asarray(neurons, float)[:, None]
    return gathered(3.0 * size ** np.reshape(slope, (-1, 1, 1, 1)) * 10**scatter, list(neurons))


def test_a_power_law_without_scatter_is_recovered_to_rounding():
    found = sizes.fit(power_law([-0.5, -0.1], 0.0)).isel(alpha=0)
    for name in ("slope", "slope_low", "slope_high"):
        np.testing.assert_allclose(found[name], [-0.5, -0.1], atol=1e-12)
    np.testing.assert_allclose(found["intercept"], np.log10(3), atol=1e-12)
    assert (found["left_out"] == 0).all()


def test_the_line_is_the_least_squares_line_of_all_draws():
    data = power_law(-0.4, 0.3)
    data["nrmse"][1, 0, 0, 0, 2:5] = np.nan  # sizes with different numbers of draws
    own = data["nrmse"].isel(network=1, decoder=0, alpha=0)
    x, y = np.broadcast_arrays(np.log10(data["neurons"].values)[:, None], np.log10(own))
    seen = np.isfinite(y)
    slope, intercept = np.polyfit(x[seen], y[seen], 1)
    found = sizes.fit(data).isel(network=1, alpha=0)
    np.testing.assert_allclose([found["slope"], found["intercept"]], [slope, intercept], rtol=1e-10)
    assert found["left_out"] == 3


def test_the_interval_covers_the_slope_about_as_often_as_it_says():
    found = sizes.fit(power_law(-0.5, 0.2, alphas=100))
    covered = (found["slope_low"] <= -0.5) & (found["slope_high"] >= -0.5)
    assert 0.87 <= covered.mean() <= 0.985
    assert ((found["slope_low"] < found["slope"]) & (found["slope"] < found["slope_high"])).all()


def test_the_interval_is_as_long_as_the_scatter_of_few_draws_asks():
    data = power_law(-0.5, 0.2, alphas=50, draws=3)
    errors = np.log10(data["nrmse"].sel(decoder="own"))
    x = np.log10(data["neurons"])
    weights = (x - x.mean()) / ((x - x.mean()) ** 2).sum()  # slope = sum of weights * mean errors
    wanted = 1.96 * np.sqrt((weights**2 * errors.var("draw", ddof=1) / 3).sum("neurons"))
    found = sizes.fit(data)
    half = (found["slope_high"] - found["slope_low"]) / 2
    assert (half / wanted).mean().item() == pytest.approx(1, abs=0.05)


def test_more_draws_make_the_interval_shorter():
    width = {}
    for draws in (5, 80):
        found = sizes.fit(power_law(-0.5, 0.2, alphas=10, draws=draws))
        width[draws] = (found["slope_high"] - found["slope_low"]).mean().item()
    assert width[80] == pytest.approx(width[5] / 4, rel=0.25)


def test_the_same_seed_gives_the_same_interval():
    data = power_law(-0.5, 0.2)
    xr.testing.assert_identical(sizes.fit(data), sizes.fit(data))
    assert (sizes.fit(data)["slope_low"] != sizes.fit(data, seed=1)["slope_low"]).all()


def test_networks_that_diverged_are_left_out_and_counted():
    whole = power_law(-0.5, 0.2, draws=4)
    data = power_law(-0.5, 0.2, draws=4)
    data["nrmse"].loc[{"network": "rate", "draw": 3}] = np.nan
    found, without = sizes.fit(data), sizes.fit(whole.isel(draw=slice(3)))
    for name in ("slope", "intercept", "slope_low", "slope_high"):
        assert found[name].sel(network="rate").item() == without[name].sel(network="rate").item()
    np.testing.assert_array_equal(found["left_out"].squeeze(), [0, 3])


@pytest.mark.parametrize("neurons", [(250,), (250, 500, 1000)])
@pytest.mark.parametrize("draws", [1, 3])
def test_too_few_sizes_or_draws_have_no_interval(neurons, draws):
    found = sizes.fit(power_law(-0.5, 0.2, neurons=neurons, draws=draws))
    enough = len(neurons) > 1
    assert np.isfinite(found["slope"]).all() == enough
    for name in ("slope_low", "slope_high"):
        assert np.isfinite(found[name]).all() == (enough and draws > 1)


def test_nothing_but_divergence_gives_no_line_and_no_crash():
    data = power_law(-0.5, 0.2)
    data["nrmse"][:] = np.nan
    found = sizes.fit(data)
    assert np.isnan(found["slope"]).all()
    assert (found["left_out"] == 18).all()


@pytest.mark.parametrize(
    ("measure", "error"), [("l2_error", "nrmse"), ("aligned_l2_error", "aligned_nrmse")]
)
def test_the_error_fitted_is_the_relative_one_aligned_where_the_cutoff_is(measure, error):
    size = np.array([100.0, 200.0])[:, None]
    data = gathered(np.ones((2, 1, 2, 2)) * size**-0.3, [100, 200], measure, error)
    assert sizes.shown_error(data) == error
    np.testing.assert_allclose(sizes.fit(data)["slope"], -0.3, atol=1e-12)


@pytest.mark.parametrize("held", [[], ["slow"], ["fast", "slowest"], ["fast", "slow", "slowest"]])
def test_a_size_that_gains_learning_rates_is_the_one_run_at_once(held):
    rates = {"slowest": 1e-6, "slow": 1e-5, "fast": 1e-4}
    settings = Settings(neurons=30, seed=1, product_precision="single", product_width=4)

    def run(some):
        return sizes_of_study.train_and_swap(
            tasks.make("sine", dt=5e-5), encoder_strength=20.0, reservoir_strength=0.1,
            learning_rates=some, settings=settings, training=Training(update_every=5e-3),
            sample_every=5e-4,
        )  # fmt: skip

    done = run({name: rates[name] for name in held} | {"gone": 1.0}) if held else None
    grown = sizes_of_study.compute_missing(done, rates, run)
    assert content.digest(grown) == content.digest(run(rates))
