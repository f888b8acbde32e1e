"""Bias and variance over repetitions: the identity, alignment, what counts, and what a chunk is."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from spikerate.analysis import errors, maps, transfer, trials
from spikerate.data import datasets
from spikerate.learning import force
from spikerate.model import networks
from spikerate.model.network import Trace
from spikerate.model.networks import Settings
from spikerate.study import points, train
from spikerate.study import trials as trials_of_study
from spikerate.study.settings import Training
from spikerate.tasks.registry import Task

DT, NEURONS, EVERY = 5e-5, 60, 10
STEPS = 800  # of one repetition
SAMPLES = STEPS // EVERY
SETTINGS = Settings(neurons=NEURONS, dt=DT, seed=3)
both = pytest.mark.parametrize("network", networks.TWINS)


def wave(time, outputs=1):
    """Sines of one repetition a period, at times in steps: (time, output)."""
    return np.sin(2 * np.pi * np.asarray(time)[:, None] / STEPS + np.arange(outputs))


def task_of(kind="autonomous", outputs=1):
    inputs = None if kind != "driven" else np.repeat([0.0, 2.0], STEPS // 2)
    target = wave(np.arange(STEPS), outputs)
    return Task.of_arrays(target, inputs, dt=DT, train_repetitions=3, test_repetitions=2)


def trained(network, task, q=(20.0, 25.0, 30.0), alpha=5e-3):
    return train.train(
        task, network, q, np.full(len(q), 0.1), alpha=alpha, speed="fast",
        settings=SETTINGS, training=Training(update_every=2e-3, warm_up=0.02),
    )  # fmt: skip


def repeated(network, task, own, repetitions=5):
    return trials_of_study.repeat(
        task, network, own, settings=SETTINGS, repetitions=repetitions, sample_every=EVERY * DT
    )


class Played:
    """A batch that plays a readout known beforehand, (step) -> (point, step, output)."""

    def __init__(self, play, points):
        self.play, self.weights = play, type("", (), {"points": points})
        self.longest, self.steps = 0, 0

    def state(self):
        return 0

    def advance(self, start, decoder, steps, inputs, every, recorded, spikes):
        time = start + np.arange(0, steps, every)
        self.longest, self.steps = max(self.longest, steps), self.steps + steps
        readout = self.play(time)
        filtered = np.repeat(readout[..., :1], len(recorded), axis=2)
        return start + steps, Trace(readout, filtered, np.empty((0, 3), np.int64))


NOTHING = xr.Dataset({"decoder": ("point", [0.0])})


def played(play, points=1, repetitions=10, task=None):
    twin = Played(play, points)
    task = task or task_of()
    return trials.repeat(twin, NOTHING, task, repetitions=repetitions, sample_steps=EVERY)


def value(found, name):
    return found[name].values.item()


# The decomposition


@pytest.mark.parametrize("repetitions", [1, 2, 7, 100])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_bias_and_variance_add_up_to_the_mean_squared_error(repetitions, scale):
    rng = np.random.default_rng(repetitions)
    target = rng.normal(size=(50, 3))
    readout = target + scale * (1 + rng.normal(size=(repetitions, 50, 3)))
    bias, variance, share = trials.decompose(readout, target)
    assert bias + variance == pytest.approx(np.mean((readout - target) ** 2), rel=1e-12)
    assert share == pytest.approx(variance / (bias + variance), rel=1e-12)
    assert bias == pytest.approx(np.mean((readout.mean(axis=0) - target) ** 2), rel=1e-9)
    assert variance == pytest.approx(np.mean(readout.var(axis=0)), rel=1e-9)


def test_a_readout_that_repeats_to_the_last_bit_has_no_variance_at_all():
    rng = np.random.default_rng(0)
    one, target = rng.normal(size=(2, 50, 3))
    bias, variance, share = trials.decompose(np.stack([one] * 7), target)
    assert (variance, share) == (0, 0)
    assert bias == pytest.approx(np.mean((one - target) ** 2), rel=1e-12)


def test_a_small_variance_is_seen_beside_a_large_bias():
    rng = np.random.default_rng(0)
    scatter = 1e-6 * rng.normal(size=(20, 50, 1))
    _, variance, _ = trials.decompose(1e3 + scatter, np.zeros((50, 1)))
    assert variance == pytest.approx(np.mean(scatter.var(axis=0)), rel=1e-3)


@pytest.mark.parametrize("repetitions", [10, 100, 1000])
def test_noise_around_the_target_has_no_bias_but_that_of_the_sample(repetitions):
    rng = np.random.default_rng(repetitions)
    target = rng.normal(size=(400, 2))
    readout = target + 0.3 * rng.normal(size=(repetitions, 400, 2))
    bias, variance, share = trials.decompose(readout, target)
    assert bias == pytest.approx(0.3**2 / repetitions, rel=0.2)
    assert variance == pytest.approx(0.3**2 * (1 - 1 / repetitions), rel=0.1)
    assert share == pytest.approx(1 - 1 / repetitions, abs=0.03)


def test_a_perfect_readout_has_no_error_to_share():
    target = wave(np.arange(50))
    bias, variance, share = trials.decompose(np.stack([target] * 3), target)
    assert (bias, variance) == (0, 0)
    assert np.isnan(share)


# Alignment


@pytest.mark.parametrize("slow", [1.0, 1.003, 0.98, 1.05])
@pytest.mark.parametrize("start", [0.0, 37.0, 401.3, 799.0])
def test_a_drift_in_phase_alone_has_no_variance(start, slow):
    found = played(lambda time: wave(start + time / slow)[None], repetitions=40)
    # What is left is that the readout's period is not the target's: the same in each repetition.
    assert value(found, "variance") < 1e-6
    time = np.arange(STEPS) - STEPS / 4
    mismatch = np.cos(2 * np.pi * time / STEPS) - np.cos(2 * np.pi * time / STEPS / slow)
    assert value(found, "bias_squared") == pytest.approx(np.mean(mismatch**2), rel=0.1, abs=1e-6)
    assert (value(found, "failed_share"), value(found, "status")) == (0, "ok")


def test_without_alignment_the_same_drift_is_all_variance():
    task = task_of("driven")
    assert not transfer.drifts(task)
    found = played(lambda time: wave(time / 1.05)[None], repetitions=40, task=task)
    assert value(found, "variance") > 0.3


def test_a_fault_of_the_wave_form_is_bias_and_survives_the_alignment():
    def play(time):
        return (wave(time / 1.01) + 0.1 * wave(3 * time / 1.01))[None]

    found = played(play, repetitions=30)
    assert value(found, "bias_squared") == pytest.approx(0.1**2 / 2, rel=0.3)
    assert value(found, "variance_share") < 0.01


def test_noise_is_variance_and_survives_the_alignment():
    def play(time):
        rng = np.random.default_rng(time[0])
        return (wave(time / 1.01) + 0.1 * rng.normal(size=(len(time), 1)))[None]

    found = played(play, repetitions=100)
    # Cutting between samples averages two of them: that takes up to half of white noise,
    # and the jitter of the peaks adds some.
    assert 0.5 * 0.1**2 < value(found, "variance") < 2 * 0.1**2
    assert value(found, "variance_share") > 0.9


def test_outputs_are_aligned_together():
    found = played(lambda time: wave(time + 200, 3)[None], task=task_of(outputs=3))
    assert value(found, "bias_squared") < 1e-6
    late = 0.2 * np.arange(3) * STEPS  # each output late by its own time: no shift suits all
    found = played(
        lambda time: np.concatenate([wave(time - k)[None] for k in late], axis=2),
        task=Task.of_arrays(np.repeat(wave(np.arange(STEPS)), 3, axis=1), dt=DT),
    )
    assert value(found, "bias_squared") > 0.1


@pytest.mark.parametrize("lag", [-31, 0, 12, 40])
def test_the_fine_shift_of_a_shift_by_whole_samples_is_that_shift(lag):
    target = wave(np.arange(0, STEPS, EVERY), 2)
    readout = np.roll(target, lag, axis=0)
    fine = errors.fine_shift(readout, target)
    assert (fine + lag) % SAMPLES == pytest.approx(0, abs=1e-6)
    np.testing.assert_array_equal(np.roll(readout, errors.shift(readout, target), axis=0), target)


@pytest.mark.parametrize("lag", [0.3, 5.75, -20.5])
def test_the_fine_shift_finds_a_fraction_of_a_sample(lag):
    target, readout = (wave(np.arange(0, STEPS, EVERY) - k * EVERY) for k in (0, lag))
    assert errors.fine_shift(readout, target) == pytest.approx(-lag, abs=2e-3)


def test_a_plateau_has_a_shift():
    target = np.repeat([0.0, 1.0, 0.0], 30)[:, None]
    assert errors.fine_shift(np.roll(target, 7, axis=0), target) == pytest.approx(-7, abs=0.6)
    assert 30 <= errors.fine_shift(np.ones((90, 1)), target) <= 60


# What does not count


def gap(time, what, first=3, last=5):
    """A wave whose repetitions first..last - 1, after the one that is run in, are replaced."""
    count = time // STEPS - 1
    return np.where(((first <= count) & (count < last))[:, None], what, wave(time))[None]


def test_flat_repetitions_are_counted_and_left_out():
    found = played(lambda time: gap(time, 0.3), repetitions=10)
    assert value(found, "failed_share") == pytest.approx(0.2)
    assert value(found, "status") == "flat"
    assert value(found, "bias_squared") < 1e-6
    clean = played(lambda time: wave(time)[None])
    assert value(found, "variance") == pytest.approx(value(clean, "variance"), abs=1e-6)


def test_a_silent_network_has_no_bias_or_variance_where_its_phase_would_matter():
    found = played(lambda time: np.zeros((1, len(time), 1)))
    assert (value(found, "failed_share"), value(found, "status")) == (1, "flat")
    for name in ("bias_squared", "variance", "variance_share"):
        assert np.isnan(value(found, name))


def test_a_silent_network_is_judged_where_nothing_is_aligned():
    task = task_of("driven")
    found = played(lambda time: np.zeros((1, len(time), 1)), task=task)
    assert (value(found, "failed_share"), value(found, "status")) == (0, "ok")
    assert value(found, "bias_squared") == pytest.approx(0.5)
    assert value(found, "variance_share") == 0


@pytest.mark.parametrize("what", [np.nan, np.inf])
@pytest.mark.parametrize("kind", ["autonomous", "driven"])
def test_repetitions_that_are_not_finite_are_counted_and_their_neighbours_keep_their_numbers(
    what, kind
):
    task = task_of(kind)

    def play(time):
        return np.concatenate([gap(time, what, 3, 99), wave(time)[None]])

    found = played(play, points=2, task=task)
    clean = played(lambda time: wave(time)[None], task=task)
    assert found["status"].values.tolist() == ["diverged", "ok"]
    # The repetition before the fault is cut from a run that holds it. Nothing is run in where
    # nothing is aligned.
    assert found["failed_share"][0] == pytest.approx(0.8 if kind == "autonomous" else 0.6)
    assert found["bias_squared"][0] < 1e-6
    for name in trials.MEASURES:
        np.testing.assert_array_equal(found[name][1], clean[name][0])


# Runs


def test_memory_is_bounded_by_one_repetition_and_every_repetition_is_run():
    task = task_of()
    twin = Played(lambda time: wave(time)[None], points=1)
    trials.repeat(twin, NOTHING, task, repetitions=50, sample_steps=EVERY)
    assert twin.longest == STEPS
    assert twin.steps == 52 * STEPS
    kept = trials.run(twin, NOTHING, task, repetitions=10**9, sample_steps=EVERY)
    assert next(kept).readout.shape == (1, SAMPLES, 1)  # a repetition is there when it has run


@both
@pytest.mark.parametrize("kind", ["autonomous", "driven"])
def test_repetitions_one_by_one_are_one_long_free_run_from_the_final_state(network, kind):
    task = task_of(kind, outputs=2)
    own = trained(network, task)
    twin, _ = networks.for_task(task, network, own["Q"].values, own["G"].values, SETTINGS)
    around = 2 if kind == "autonomous" else 0
    inputs = None if kind != "driven" else np.tile(task.test.input, (6, 1))
    long = force.run(
        twin, force.state_of(twin, own), own["decoder"].values, (6 + around) * STEPS,
        inputs=inputs, sample_steps=EVERY, recorded=[5],
    )  # fmt: skip
    ran = list(trials.run(twin, own, task, repetitions=6, sample_steps=EVERY, recorded=[5]))
    for number, repetition in enumerate(ran):
        start = (number + around // 2) * SAMPLES
        for point, late in enumerate(repetition.shift_steps / EVERY):
            wanted = start + np.arange(SAMPLES) - late
            for name in ("readout", "filtered"):
                whole = long[name].values[point]
                cut = [np.interp(wanted, np.arange(len(whole)), column) for column in whole.T]
                np.testing.assert_allclose(
                    getattr(repetition, name)[point].T, cut, rtol=0, atol=1e-12 * abs(whole).max()
                )
    # Decomposed all at once, the numbers are the same.
    found = trials.repeat(twin, own, task, repetitions=6, sample_steps=EVERY)
    target = task.test.target[::EVERY]
    for point in range(3):
        readout = np.array([r.readout[point] for r in ran])
        wanted = np.mean((readout.mean(axis=0) - target) ** 2), np.mean(readout.var(axis=0))
        np.testing.assert_allclose(
            [found["bias_squared"][point], found["variance"][point]], wanted, rtol=1e-12
        )


@both
def test_a_chunk_gives_the_same_numbers_whole_in_parts_and_point_by_point(network):
    task = task_of()
    own = trained(network, task)
    whole = repeated(network, task, own)
    parts = [repeated(network, task, own.isel(point=[k])) for k in range(3)]
    for name in (*trials.MEASURES, "status", "Q", "G"):
        joined = np.concatenate([part[name].values for part in parts])
        np.testing.assert_array_equal(joined, whole[name], err_msg=name)
    assert {name: whole[name].item() for name in points.WHERE} == {
        "network": network, "alpha": 5e-3, "speed": "fast", "draw": 0
    }  # fmt: skip
    assert (whole["status"] == "ok").all()


@both
def test_a_point_that_diverged_in_training_has_no_numbers_and_leaves_its_neighbours_theirs(network):
    task = task_of()
    own = trained(network, task)
    clean = repeated(network, task, own)
    spoiled = own.copy(deep=True)
    spoiled["decoder"][1] = np.nan
    found = repeated(network, task, spoiled)
    assert found["status"].values.tolist() == ["ok", "diverged", "ok"]
    assert found["failed_share"][1] == 1
    for name in trials.MEASURES:
        np.testing.assert_array_equal(found[name][[0, 2]], clean[name][[0, 2]])


# Maps, and what is shown


def pieces(task):
    return {network: trained(network, task) for network in networks.TWINS}


def test_maps_hold_every_point_in_its_place_whatever_the_order():
    task = task_of()
    found = []
    for network, own in pieces(task).items():
        part = repeated(network, task, own, repetitions=2)
        later = part.assign_coords(alpha=5e-2, speed="faster")
        found += [later.isel(point=[0, 2]), part.isel(point=[2]), later.isel(point=[1]),
                  part.isel(point=[0, 1])]  # fmt: skip
    for order in (found, found[::-1]):
        gathered = trials.gather(order)
        assert gathered["network"].values.tolist() == ["spiking", "rate"]
        assert gathered["speed"].values.tolist() == ["fast", "faster"]
        assert dict(gathered["variance"].sizes) == {
            "network": 2, "alpha": 2, "draw": 1, "Q": 3, "G": 1
        }  # fmt: skip
        for part in found:
            for k, q in enumerate(part["Q"].values):
                where = {"network": part["network"].item(), "alpha": part["alpha"].item()}
                here = gathered.sel(**where, Q=q).isel(draw=0, G=0)
                for name in (*trials.MEASURES, "status"):
                    assert here[name].item() == part[name].values[k]


@pytest.fixture(scope="module")
def shown():
    """What is shown of two starred points, and the chunk that they stand in."""
    task = task_of()
    own = pieces(task)
    stars = xr.Dataset(
        {
            "starred_draw": ("alpha", [0, 0]),
            "starred_Q": ("alpha", [20.0, 30.0]),
            "starred_G": ("alpha", [0.1, 0.1]),
        },
        {"alpha": [5e-7, 5e-3], "speed": ("alpha", np.array(["slow", "fast"], object))},
    )

    def pick(network, alpha, draw, Q, G):
        assert (alpha, draw, G) == (5e-3, 0, 0.1)
        return own[network].isel(point=(own[network]["Q"].values == Q).nonzero()[0])

    shown = trials.show(
        task, stars.isel(alpha=[1]), pick, settings=replace(SETTINGS, draw=7),
        repetitions=8, sample_every=EVERY * DT, recorded=5,
    )  # fmt: skip
    return shown, own, task


def test_what_is_shown_is_the_run_that_was_decomposed(shown):
    shown, own, task = shown
    assert shown["alpha"].values.tolist() == [5e-3]
    assert dict(shown["filtered"].sizes) == {
        "alpha": 1, "network": 2, "repetition": 8, "time": SAMPLES, "recorded": 5
    }  # fmt: skip
    for network in networks.TWINS:
        part = repeated(network, task, own[network], repetitions=8).isel(point=2)
        readout = shown["readout"].sel(network=network, alpha=5e-3).values.astype(float)
        bias, variance, _ = trials.decompose(readout, shown["target"].values)
        assert bias == pytest.approx(part["bias_squared"].item(), rel=1e-4)
        assert variance == pytest.approx(part["variance"].item(), rel=1e-4)


def test_spikes_are_shifted_with_the_currents_that_they_cause(shown):
    shown, _, _ = shown
    times = shown["spike_time"].values
    assert times.size
    assert (times >= 0).all()
    assert (times < STEPS * DT).all()
    assert set(shown["spike_neuron"].values) <= set(shown["recorded"].values)
    filtered = shown["filtered"].sel(network="spiking").isel(alpha=0)
    for repetition, neuron in {
        *zip(shown["spike_repetition"].values, shown["spike_neuron"].values, strict=True)
    }:
        mine = (shown["spike_repetition"] == repetition) & (shown["spike_neuron"] == neuron)
        trace = filtered.sel(repetition=repetition, recorded=neuron).values.astype(float)
        # A current rises for 5 ms after a spike, and between samples one sample earlier.
        starts = np.append(0.0, np.sort(times[mine.values]) - EVERY * DT)
        rising = shown["time"].values[1:][np.diff(trace) > 1e-3 * trace.max()]
        since = rising - starts[np.searchsorted(starts, rising) - 1]
        assert (since < 7e-3).all()


def test_what_is_shown_can_be_written_and_read(shown, tmp_path):
    datasets.save(shown[0], tmp_path / "shown.nc")
    again = datasets.load(tmp_path / "shown.nc")
    np.testing.assert_array_equal(again["filtered"], shown[0]["filtered"])
    part = repeated("rate", shown[2], shown[1]["rate"], repetitions=2)
    datasets.save(part, tmp_path / "chunk.nc")
    datasets.save(trials.gather([part]), tmp_path / "maps.nc")
    assert maps.GRID == ["draw", "Q", "G"]
