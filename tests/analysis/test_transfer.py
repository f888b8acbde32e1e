"""Decoder transfer: each twin with its own and with the other's decoder, and how it is judged."""

import numpy as np
import pytest
import xarray as xr

from spikerate.analysis import errors, maps, transfer
from spikerate.learning import force
from spikerate.model import networks
from spikerate.tasks import registry as tasks
from spikerate.tasks.registry import Task

DT, NEURONS, EVERY = 5e-5, 60, 10
STEPS = 800  # of one repetition
both = pytest.mark.parametrize("network", networks.TWINS)


def wave(outputs=1):
    time = np.arange(STEPS)[:, None] * DT
    return np.sin(2 * np.pi * 25 * time + np.arange(outputs))


def task_of(kind="autonomous", outputs=1):
    inputs = None if kind != "driven" else np.repeat([0.0, 2.0], STEPS // 2)
    return Task.of_arrays(
        wave(outputs), inputs, dt=DT, train_repetitions=3, test_repetitions=2,
        pointwise=kind != "chaotic",
    )  # fmt: skip


def trained(network, task, points=2, alpha=5e-5):
    twin, state = networks.draw(
        network, np.linspace(15, 25, points), 0.1, neurons=NEURONS, outputs=task.outputs,
        channels=task.channels,
    )  # fmt: skip
    learned = force.train(
        twin, state, task.train.target, alpha, update_steps=40, warm_up_steps=400,
        inputs=task.train.input, repetitions=task.train.repetitions,
    )  # fmt: skip
    return twin, learned


def swapped(network, task, other=None, **settings):
    twin, own = trained(network, task)
    other = own if other is None else other
    return transfer.transfer(twin, own, other, task, sample_steps=EVERY, **settings)


def assert_same(found, wanted):
    assert set(found) == set(wanted)
    for name in wanted:
        np.testing.assert_array_equal(found[name].values, wanted[name].values, err_msg=name)


@both
@pytest.mark.parametrize("kind", ["autonomous", "driven", "chaotic"])
def test_a_decoder_given_back_to_its_own_network_changes_nothing(network, kind):
    found = swapped(network, task_of(kind), recorded=[0, 9])
    assert found["decoder"].values.tolist() == ["own", "other"]
    assert_same(*(found.sel(decoder=which) for which in ("other", "own")))
    np.testing.assert_allclose(found["decoder_correlation"], 1, rtol=1e-12)


@both
def test_each_run_is_a_free_run_of_the_test_from_the_state_that_training_left(network):
    task = task_of("driven", outputs=2)
    twin, own = trained(network, task)
    other = trained("rate" if network == "spiking" else "spiking", task)[1]
    found = transfer.transfer(twin, own, other, task, sample_steps=EVERY, recorded=[3])
    target, inputs = task.test.tiled()
    for which, source in (("own", own), ("other", other)):
        ran = force.run(
            twin, force.state_of(twin, own), source["decoder"].values, 2 * STEPS, inputs=inputs,
            sample_steps=EVERY, recorded=[3],
        )  # fmt: skip
        part = found.sel(decoder=which)
        np.testing.assert_array_equal(part["readout"], ran["readout"])
        np.testing.assert_array_equal(part["filtered"], ran["filtered"])
        wanted = errors.nrmse(ran["readout"].values, target[::EVERY])
        np.testing.assert_array_equal(part["nrmse"], wanted)
        wanted = errors.l2_error(ran["readout"].values, target[::EVERY], sample_every=EVERY * DT)
        np.testing.assert_array_equal(part["l2_error"], wanted)
    np.testing.assert_array_equal(found["target"], target[::EVERY])


@both
def test_a_point_is_swapped_the_same_alone_and_in_a_batch(network):
    task = task_of()
    twin, own = trained(network, task, points=3)
    other = own.assign(decoder=own["decoder"][::-1].variable)
    whole = transfer.transfer(twin, own, other, task, sample_steps=EVERY)
    single, _ = networks.draw(network, 20.0, 0.1, neurons=NEURONS)
    one = {"point": [1]}
    alone = transfer.transfer(single, own.isel(one), other.isel(one), task, sample_steps=EVERY)
    assert_same(alone, whole.isel(one))


# A decoder that knows nothing


@both
def test_a_shuffled_decoder_is_the_others_in_another_order_of_the_neurons(network):
    task = task_of(outputs=2)
    twin, own = trained(network, task)
    other = trained("rate" if network == "spiking" else "spiking", task)[1]
    rng = np.random.default_rng(0)
    order = np.array([rng.permutation(NEURONS) for _ in range(2)])
    found = transfer.transfer(twin, own, other, task, sample_steps=EVERY, order=order)
    assert found["decoder"].values.tolist() == ["own", "other", "shuffled"]
    moved = np.stack([w[:, o] for w, o in zip(other["decoder"].values, order, strict=True)])
    wanted = transfer.transfer(twin, own, with_decoder(other, moved), task, sample_steps=EVERY)
    assert_same(found.sel(decoder="shuffled"), wanted.sel(decoder="other").assign(
        {name: found[name] for name in maps.CORRELATIONS}))  # fmt: skip
    plain = transfer.transfer(twin, own, other, task, sample_steps=EVERY)
    assert_same(found.sel(decoder=["own", "other"]), plain)


def test_a_point_has_its_own_order_of_the_neurons_whatever_its_neighbours():
    def shuffles(q, g, **settings):
        own = networks.Settings(**{"neurons": NEURONS, "seed": 1} | settings)
        return networks.shuffles("rate", q, g, outputs=1, settings=own)

    several = shuffles([10.0, 20.0], [0.0, 0.1])
    assert several.shape == (2, NEURONS)
    assert (np.sort(several) == np.arange(NEURONS)).all()
    assert (several[0] != several[1]).any()
    np.testing.assert_array_equal(shuffles(20.0, 0.1)[0], several[1])
    for change in ({"seed": 2}, {"draw": 1}):
        other = shuffles(20.0, 0.1, **change)
        assert (other[0] != several[1]).any()


@pytest.mark.parametrize("kind", ["autonomous", "driven"])
def test_the_untrained_error_is_that_of_a_run_with_a_zero_decoder(kind):
    task = task_of(kind, outputs=2)
    twin, own = trained("rate", task)
    silent = with_decoder(own, np.zeros(own["decoder"].shape))
    found = transfer.transfer(twin, own, silent, task, sample_steps=EVERY).sel(decoder="other")
    wanted = found[transfer.measure(task)].values
    np.testing.assert_allclose(transfer.untrained_error(task, EVERY), wanted, rtol=1e-12)


# Correlation


def with_decoder(dataset, decoder):
    return dataset.assign(decoder=(("point", "output", "neuron"), decoder))


def test_independent_decoders_are_nearly_uncorrelated_and_opposite_ones_minus_one():
    task = task_of()
    twin, own = trained("rate", task)
    rng = np.random.default_rng(0)
    size = own["decoder"].shape
    first = with_decoder(own, 1e-4 * rng.normal(size=size))
    for decoder, low, high in (
        (1e-4 * rng.normal(size=size), -5 / np.sqrt(NEURONS), 5 / np.sqrt(NEURONS)),
        (-first["decoder"].values, -1.0, -1.0 + 1e-9),
    ):
        other = with_decoder(own, decoder)
        found = transfer.transfer(twin, first, other, task, sample_steps=EVERY)[
            "decoder_correlation"
        ]
        assert (found >= low - 1e-9).all()
        assert (found <= high).all()


# Alignment


def test_only_an_autonomous_task_that_is_judged_pointwise_drifts():
    found = {kind: transfer.drifts(task_of(kind)) for kind in ("autonomous", "driven", "chaotic")}
    assert found == {"autonomous": True, "driven": False, "chaotic": False}
    assert transfer.drifts(tasks.make("ode_to_joy", 1e-3))


def test_the_cutoff_is_held_against_the_aligned_error_where_the_phase_drifts():
    assert transfer.measure(task_of("autonomous")) == "aligned_l2_error"
    assert transfer.measure(task_of("driven")) == "l2_error"
    assert transfer.measure(task_of("chaotic")) == "l2_error"


@both
@pytest.mark.parametrize("kind", ["driven", "chaotic"])
def test_a_task_that_does_not_drift_is_not_aligned(network, kind):
    task = task_of(kind)
    found = swapped(network, task, other=trained(network, task, alpha=5e-7)[1])
    for name in ("l2_error", "nrmse"):
        np.testing.assert_array_equal(found[f"aligned_{name}"], found[name])
    assert np.isfinite(found["nrmse"]).all()


@both
def test_a_free_run_out_of_phase_is_judged_after_alignment(network):
    task = task_of()
    late = Task.of_arrays(np.roll(wave(), STEPS // 8), dt=DT, test_repetitions=2)
    twin, own = trained(network, task, alpha=5e-4)
    found = transfer.transfer(twin, own, own, late, sample_steps=EVERY)
    readout = found["readout"].values[0]
    shifted, failed = errors.aligned(readout, late.test.tiled()[0][::EVERY], STEPS / EVERY)
    assert not failed.any()
    wanted = errors.nrmse(shifted, late.test.tiled()[0][::EVERY])
    np.testing.assert_array_equal(found["aligned_nrmse"][0], wanted)
    assert (found["aligned_nrmse"] < found["nrmse"]).all()
    np.testing.assert_array_equal(found["readout"][0], found["readout"][1])


# Status


@both
def test_status_tells_of_each_run_and_point_whether_it_is_ok_flat_or_diverged(network):
    task = task_of()
    twin, own = trained(network, task, points=3, alpha=5e-4)
    clean = transfer.transfer(twin, own, own, task, sample_steps=EVERY)
    assert clean["status"].values.tolist() == [["ok"] * 3] * 2
    decoder = own["decoder"].values.copy()
    decoder[1], decoder[2] = 0.0, np.nan
    found = transfer.transfer(twin, own, with_decoder(own, decoder), task, sample_steps=EVERY)
    assert found["status"].sel(decoder="own").values.tolist() == ["ok"] * 3
    assert found["status"].sel(decoder="other").values.tolist() == ["ok", "flat", "diverged"]
    other = found.sel(decoder="other")
    for name in ("l2_error", "nrmse", "aligned_l2_error", "aligned_nrmse"):
        assert np.isnan(other[name][2])
        assert np.isfinite(other[name][:2]).all()
        np.testing.assert_array_equal(found[name].sel(decoder="own"), clean[name][0])
    assert other["nrmse"][1] == pytest.approx(1.0)
    assert other["aligned_nrmse"][1] == other["nrmse"][1]
    assert np.isnan(found["decoder_correlation"][1:]).all()
    assert found["decoder_correlation"][0] == pytest.approx(1.0)


@both
def test_silence_is_not_called_flat_where_nothing_is_aligned(network):
    task = task_of("driven")
    twin, own = trained(network, task)
    silent = with_decoder(own, np.zeros(own["decoder"].shape))
    found = transfer.transfer(twin, own, silent, task, sample_steps=EVERY)
    assert set(found["status"].values.ravel()) == {"ok"}


@both
def test_a_point_that_diverged_in_training_leaves_its_neighbours_their_numbers(network):
    task = task_of()
    twin, own = trained(network, task, alpha=5e-4)
    clean = transfer.transfer(twin, own, own, task, sample_steps=EVERY)
    spoiled = own.copy(deep=True)
    for name in ("decoder", *(n for n in own if n.startswith("state_"))):
        if spoiled[name].dtype.kind == "f":
            spoiled[name][0] = np.nan
    found = transfer.transfer(twin, spoiled, spoiled, task, sample_steps=EVERY)
    assert found["status"].values.tolist() == [["diverged", "ok"]] * 2
    assert_same(found.isel(point=[1]), clean.isel(point=[1]))


@both
def test_a_swap_is_whole_in_one_dataset(network):
    found = swapped(network, task_of(outputs=2), recorded=[1, 2, 3])
    assert dict(found.sizes) == {
        "decoder": 2, "point": 2, "time": 2 * STEPS // EVERY, "output": 2, "recorded": 3,
    }  # fmt: skip
    assert not [name for name in found if name.startswith("state_")]
    assert found["target"].dims == ("time", "output")
    xr.testing.assert_equal(found, swapped(network, task_of(outputs=2), recorded=[1, 2, 3]))
