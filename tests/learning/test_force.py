"""FORCE training: the right updates at the right steps, on networks that go their own ways."""

from importlib.util import find_spec

import numpy as np
import pytest

from spikerate.data import datasets
from spikerate.learning import force
from spikerate.learning.rls import rls
from spikerate.model import networks
from spikerate.model.weights import Weights

DT = 5e-5
NEURONS = 51
EVERY = 20  # steps between updates
STEPS = 500  # of a target: 25 updates
both = pytest.mark.parametrize("network", networks.TWINS)
no_numba = pytest.mark.skipif(find_spec("numba") is None, reason="numba is not installed")
engines = pytest.mark.parametrize("engine", ["numpy", pytest.param("numba", marks=no_numba)])
numerics = pytest.mark.parametrize("numerics", ["exact", "published"])


def target(outputs=1, steps=STEPS):
    time = np.arange(steps)[:, None] * DT
    return np.sin(2 * np.pi * 40 * time * np.arange(1, outputs + 1))


def pulses(steps=STEPS, channels=1):
    inputs = np.zeros((steps, channels))
    inputs[100:160] = 1.5
    return inputs


def drawn(network, q=20.0, g=0.1, **settings):
    return networks.draw(network, q, g, **{"neurons": NEURONS, **settings})


def train(twin, state, alpha=5e-5, outputs=1, **settings):
    settings = {"target": target(outputs), "update_steps": EVERY, "warm_up_steps": 400} | settings
    return force.train(twin, state, alpha=alpha, **settings)


def assert_same(found, wanted, points=slice(None)):
    """Bit for bit, every variable of two datasets; those of `wanted` at some points."""
    assert set(found) == set(wanted)
    for name in wanted:
        expected = wanted[name].values
        expected = expected[points] if "point" in wanted[name].dims else expected
        np.testing.assert_array_equal(found[name].values, expected, err_msg=name)


def looped(twin, state, alpha, wanted, *, warm_up, every, block, inputs=None):
    """FORCE written plainly, step by step: decoder, state and the readouts before each block."""
    inputs = np.zeros((len(wanted), 0)) if inputs is None else inputs
    decoder = np.zeros((twin.weights.points, twin.weights.outputs, twin.weights.neurons))
    alphas = np.broadcast_to(alpha, twin.weights.points)
    learner = rls(twin.weights.neurons, alphas, -(-len(wanted) // every))
    readouts = []
    for _ in range(0, warm_up, block):
        state, _ = twin.advance(state, decoder, block, np.zeros((block, inputs.shape[1])), block)
    for step in range(0, len(wanted), block):
        if step % every == 0:
            error = np.einsum("pon,pn->po", decoder, state.filtered) - wanted[step]
            decoder = decoder - error[:, :, None] * learner.gain(state.filtered)[:, None]
            twin.restart(state)
        readouts.append(np.einsum("pon,pn->po", decoder, state.filtered))
        state, _ = twin.advance(state, decoder, block, inputs[step : step + block], block)
    return decoder, state, np.swapaxes(readouts, 0, 1)


def looped_as_published(twin, state, alpha, wanted, *, warm_up, every, block, inputs=None):
    """The same in the order of the paper: a step, an update, a step with the decoder before it."""
    inputs = np.zeros((len(wanted), 0)) if inputs is None else inputs
    decoder = np.zeros((twin.weights.points, twin.weights.outputs, twin.weights.neurons))
    alphas = np.broadcast_to(alpha, twin.weights.points)
    learner = rls(twin.weights.neurons, alphas, -(-len(wanted) // every))
    readouts, driving = [], decoder
    state, _ = twin.advance(state, decoder, warm_up, np.zeros((warm_up, inputs.shape[1])))
    for step in range(len(wanted)):
        if step % block == 0:
            readouts.append(np.einsum("pon,pn->po", driving, state.filtered))
        state, _ = twin.advance(state, driving, 1, inputs[step : step + 1])
        driving = decoder
        if step % every == 0:
            error = np.einsum("pon,pn->po", decoder, state.filtered) - wanted[step]
            decoder = decoder - error[:, :, None] * learner.gain(state.filtered)[:, None]
    return decoder, state, np.swapaxes(readouts, 0, 1)


LOOPS = {"exact": looped, "published": looped_as_published}


# Updates


@both
@engines
@numerics
@pytest.mark.parametrize("block", [1, 5, 20])
def test_updates_happen_every_so_many_steps_after_the_warm_up(network, numerics, block, engine):
    twin, state = drawn(
        network, [10.0, 25.0], outputs=2, channels=1, numerics=numerics, engine=engine
    )
    alphas, inputs = np.array([5e-6, 5e-4]), pulses()
    trained = train(
        twin,
        state,
        alphas,
        outputs=2,
        inputs=inputs,
        sample_steps=block,
        record=True,
        warm_up_steps=200,
    )
    decoder, last, readouts = LOOPS[numerics](
        twin, state, alphas, target(2), warm_up=200, every=EVERY, block=block, inputs=inputs
    )
    np.testing.assert_allclose(trained["decoder"], decoder, rtol=1e-6, atol=1e-14)
    np.testing.assert_allclose(trained["readout"], readouts, rtol=1e-6, atol=1e-10)
    for name, array in last.arrays().items():
        np.testing.assert_allclose(trained[f"state_{name}"], array, rtol=1e-6, atol=1e-8)


@both
def test_the_last_interval_may_be_shorter_than_the_others(network):
    twin, state = drawn(network)
    trained = train(twin, state, target=target(steps=50), sample_steps=10, warm_up_steps=0)
    decoder, last, _ = looped(twin, state, 5e-5, target(steps=50), warm_up=0, every=20, block=10)
    assert trained.sizes["update"] == 3
    np.testing.assert_allclose(trained["decoder"], decoder, rtol=1e-9)
    np.testing.assert_allclose(trained["state_filtered"], last.filtered, rtol=1e-9)


@both
def test_repetitions_go_on_where_the_one_before_ended(network):
    twin, state = drawn(network, outputs=2)
    thrice = train(twin, state, outputs=2, repetitions=3)
    once = train(twin, state, target=np.tile(target(2), (3, 1)))
    assert thrice.sizes["update"] == 3 * STEPS // EVERY
    assert_same(thrice.drop_vars("training_nrmse"), once.drop_vars("training_nrmse"))


@both
def test_an_interval_that_does_not_divide_the_target_runs_on_into_the_next_repetition(network):
    twin, state = drawn(network)
    twice = train(twin, state, target=target(steps=50), repetitions=2)
    once = train(twin, state, target=np.tile(target(steps=50), (2, 1)))
    assert twice.sizes["update"] == 5
    np.testing.assert_array_equal(twice["decoder"], once["decoder"])


@both
def test_the_warm_up_runs_without_decoder_target_or_input(network):
    twin, state = drawn(network, channels=1)
    trained = train(twin, state, inputs=pulses() + 1, warm_up_steps=600, states=True)
    warm, trace = twin.advance(state, None, 600, np.zeros((600, 1)))
    np.testing.assert_array_equal(trace.readout, 0)
    np.testing.assert_array_equal(trained["states"][:, 0], warm.filtered)
    later = train(twin, warm, inputs=pulses() + 1, warm_up_steps=0, states=True)
    np.testing.assert_allclose(later["decoder"], trained["decoder"], rtol=1e-9)


@both
@pytest.mark.parametrize("neurons", [40, 60])  # dense and low rank for 25 updates
def test_the_decoder_is_ridge_on_the_states_visited(network, neurons):
    twin, state = drawn(network, [20.0] * 3, outputs=2, neurons=neurons)
    alphas = [5e-6, 5e-5, 5e-4]
    trained = train(twin, state, alphas, outputs=2, states=True)
    for states, decoder, alpha in zip(
        trained["states"].values, trained["decoder"].values, alphas, strict=True
    ):
        gram = states.T @ states + np.eye(neurons) / alpha
        wanted = np.linalg.solve(gram, states.T @ target(2)[::EVERY]).T
        assert np.linalg.norm(decoder - wanted) < 1e-8 * np.linalg.norm(wanted)


@both
def test_each_change_is_the_step_that_the_decoder_took(network):
    twin, state = drawn(network)
    trained = train(twin, state, repetitions=2, record=True, recorded=range(NEURONS))
    weights = trained["weights"].values[0, :: EVERY // 10, 0]
    moved = np.linalg.norm(np.diff(weights, axis=0, prepend=np.zeros((1, NEURONS))), axis=1)
    np.testing.assert_allclose(moved, trained["decoder_change"][0], rtol=1e-6)
    np.testing.assert_array_equal(weights[-1], trained["decoder"][0, 0])


@both
def test_training_teaches_a_slow_sine(network):
    time = np.arange(4000) * DT
    twin, state = drawn(network, 25.0, 0.1, neurons=150)
    settings = {"target": np.sin(2 * np.pi * 5 * time), "update_steps": 100, "alpha": 5e-4}
    first, last = (train(twin, state, repetitions=n, **settings) for n in (1, 6))
    assert last["training_nrmse"] < min(0.5, float(first["training_nrmse"][0]))


@both
def test_the_training_error_is_that_of_the_updates_of_the_last_repetition(network):
    twin, state = drawn(network)
    trained = train(
        twin,
        state,
        repetitions=2,
        record=True,
        sample_steps=EVERY,
        recorded=range(NEURONS),
        states=True,
    )
    before = trained["weights"].values[0, STEPS // EVERY - 1 : -1, 0]  # decoder before each update
    seen = (before * trained["states"].values[0, STEPS // EVERY :]).sum(axis=-1)
    wanted = target()[::EVERY, 0]
    error = np.sqrt(np.mean((seen - wanted) ** 2)) / wanted.std()
    np.testing.assert_allclose(trained["training_nrmse"][0], error, rtol=1e-9)


# Recording, and going on


@both
def test_what_is_recorded_in_training_is_a_run_with_the_decoder_of_that_time(network):
    twin, state = drawn(network, [15.0, 25.0], outputs=2, channels=1)
    settings = {"inputs": pulses(), "update_steps": STEPS, "recorded": [3, 40], "sample_steps": 25}
    before = state
    trained = train(twin, state, outputs=2, repetitions=3, record=True, **settings)
    assert trained.sizes["time"] == 3 * STEPS / 25
    np.testing.assert_allclose(trained["time"], np.arange(60) * 25 * DT)
    for repetition in (1, 2, 3):
        part = train(twin, state, outputs=2, repetitions=repetition, **settings)
        if repetition == 1:
            before, _ = twin.advance(state, None, 400, np.zeros((400, 1)), 25)
        decoder = part["decoder"].values
        ran = force.run(
            twin, before, decoder, STEPS, inputs=pulses(), sample_steps=25, recorded=[3, 40]
        )
        seen = trained.isel(time=slice(20 * (repetition - 1), 20 * repetition))
        np.testing.assert_array_equal(seen["readout"], ran["readout"])
        np.testing.assert_array_equal(seen["filtered"], ran["filtered"])
        wanted = np.broadcast_to(decoder[:, None][..., [3, 40]], seen["weights"].shape)
        np.testing.assert_array_equal(seen["weights"], wanted)
        before = force.state_of(twin, part)


@both
def test_recording_changes_nothing(network):
    twin, state = drawn(network)
    plain, recorded = train(twin, state), train(twin, state, record=True, recorded=[1])
    assert_same(recorded[list(plain)], plain)


@both
def test_a_run_is_sampled_before_each_sampled_step(network):
    twin, state = drawn(network)
    decoder = train(twin, state)["decoder"].values
    ran = force.run(twin, state, decoder, 200, sample_steps=10, recorded=range(NEURONS))
    np.testing.assert_array_equal(ran["filtered"][:, 0], state.filtered)
    np.testing.assert_allclose(
        ran["readout"],
        np.einsum("pon,ptn->pto", decoder, ran["filtered"].values),
        rtol=1e-10,
        atol=1e-12,
    )
    np.testing.assert_allclose(ran["time"], np.arange(20) * 10 * DT)


@both
@numerics
def test_a_run_goes_on_from_a_dataset_read_back_as_it_does_in_memory(network, numerics, tmp_path):
    twin, state = drawn(network, [15.0, 25.0], numerics=numerics)
    trained = train(twin, state)
    datasets.save(trained, tmp_path / "trained.nc")
    read = datasets.load(tmp_path / "trained.nc")
    runs = [
        force.run(twin, force.state_of(twin, d), d["decoder"].values, 400) for d in (trained, read)
    ]
    assert_same(*runs)
    loop = LOOPS[numerics]
    _, last, _ = loop(twin, state, 5e-5, target(), warm_up=400, every=EVERY, block=10)
    for name, array in force.state_of(twin, read).arrays().items():
        np.testing.assert_allclose(array, getattr(last, name), rtol=1e-6, atol=1e-8, err_msg=name)


@pytest.mark.parametrize(("network", "numerics"), [("spiking", "exact"), ("rate", "published")])
def test_two_runs_are_one(network, numerics, tmp_path):
    twin, state = drawn(network, numerics=numerics)
    decoder = train(twin, state)["decoder"].values
    whole = force.run(twin, state, decoder, 600)
    first = force.run(twin, state, decoder, 250)
    datasets.save(first, tmp_path / "first.nc")
    middle = force.state_of(twin, datasets.load(tmp_path / "first.nc"))
    second = force.run(twin, middle, decoder, 350)
    joined = np.concatenate([first["readout"], second["readout"]], axis=1)
    np.testing.assert_array_equal(joined, whole["readout"])
    ends = [name for name in whole if name.startswith("state_")]
    assert_same(second[ends], whole[ends])


@both
def test_the_state_given_is_left_as_it_is(network):
    twin, state = drawn(network)
    kept = state.copy()
    decoder = train(twin, state, warm_up_steps=0)["decoder"].values
    force.run(twin, state, decoder, 100)
    for name, array in state.arrays().items():
        np.testing.assert_array_equal(array, getattr(kept, name))


# Networks of a batch


@both
@engines
@pytest.mark.parametrize("draws", ["shared", "per_point"])
@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("neurons", [37, 52])  # dense and low rank for 25 updates
def test_a_network_learns_the_same_bits_alone_in_a_batch_and_in_any_chunk(
    network, draws, outputs, neurons, engine
):
    q, g = np.linspace(5, 30, 19), np.linspace(0, 0.2, 19)
    settings = {"reservoir_draws": draws, "outputs": outputs, "channels": 1, "neurons": neurons}
    settings["engine"] = engine

    def chunk(points):
        twin, state = drawn(network, q[points], g[points], **settings)
        return train(twin, state, outputs=outputs, inputs=pulses(), warm_up_steps=200, states=True)

    whole = chunk(np.arange(19))
    for points in ([0], [7], [18], [16, 17], [17, 3, 9], list(range(5, 19))):
        assert_same(chunk(points), whole, points)


@both
def test_each_network_of_a_batch_may_have_its_own_learning_rate(network):
    alphas = np.array([5e-7, 5e-5, 5e-3])
    twin, state = drawn(network, [20.0] * 3)
    whole = train(twin, state, alphas)
    for point, alpha in enumerate(alphas):
        assert_same(train(*drawn(network), alpha), whole, [point])


# Networks that diverge


@both
@engines
@pytest.mark.parametrize("neurons", [37, 52])  # dense and low rank for 25 updates
@pytest.mark.parametrize("cause", ["state", "decoder"])
def test_a_network_that_explodes_ends_diverged_and_its_neighbours_go_on(
    network, neurons, cause, engine
):
    twin, state = drawn(network, [20.0, 25.0, 15.0], neurons=neurons, engine=engine)
    clean = train(twin, state)
    decoder = np.zeros((3, 1, neurons))
    if cause == "state":
        state.filtered[1, 0] = np.nan
    else:
        decoder[1] = 1e6  # a readout more than a thousand times the target
    spoiled = train(twin, state, decoder=decoder, record=True, recorded=[0, 5])
    assert clean["status"].values.tolist() == ["ok"] * 3
    assert spoiled["status"].values.tolist() == ["ok", "diverged", "ok"]
    for name in ("decoder", "decoder_change", "training_nrmse", "readout", "weights"):
        assert np.isnan(spoiled[name].values[1]).all(), name
    assert_same(spoiled[list(clean)].isel(point=[0, 2]), clean, [0, 2])


@both
@pytest.mark.parametrize("strength", [1e5, 1e300])
def test_an_absurd_strength_touches_no_neighbour_and_warns_of_nothing(network, strength, recwarn):
    twin, state = drawn(network, [20.0, strength, 20.0], [0.1, strength, 0.1])
    trained = train(twin, state, repetitions=2, states=True, record=True)
    alone = train(*drawn(network), repetitions=2, states=True, record=True)
    for point in (0, 2):
        assert_same(alone, trained, [point])
    assert not list(recwarn)


@pytest.mark.parametrize(
    ("network", "variable"),
    [(n, v) for n in networks.TWINS for v in ("filtered", "synaptic", "synaptic_rise")]
    + [("spiking", "v")],
)
def test_a_network_that_is_ok_has_no_nan_in_any_of_its_numbers(network, variable):
    twin, state = drawn(network, [20.0, 20.0])
    getattr(state, variable)[1, 3] = np.nan
    trained = train(twin, state, states=True)
    assert trained["status"].values[0] == "ok"
    for point in np.flatnonzero(trained["status"].values == "ok"):
        for name in set(trained) - {"status"}:
            assert np.isfinite(trained[name].values[point]).all(), name


@both
def test_every_number_of_a_diverged_network_is_nan_from_there_on(network):
    twin, state = drawn(network, [20.0, 20.0])
    decoder = np.zeros((2, 1, NEURONS))
    decoder[1] = 1e6
    trained = train(twin, state, decoder=decoder, states=True, record=True, recorded=[4])
    assert trained["status"].values.tolist() == ["ok", "diverged"]
    numbers = ["decoder", "training_nrmse", *(n for n in trained if n.startswith("state_"))]
    for name in set(numbers) - {"state_refractory"}:
        assert np.isnan(trained[name].values[1]).all(), name
    for name in ("decoder_change", "states", "readout", "filtered", "weights"):
        assert np.isnan(trained[name].values[1][-1]).all(), name


@both
def test_a_run_with_a_decoder_that_diverged_is_diverged_and_its_neighbour_goes_on(network):
    twin, state = drawn(network, [20.0, 20.0])
    decoder = train(twin, state)["decoder"].values
    clean = force.run(twin, state, decoder, 200)
    decoder[0] = np.nan
    spoiled = force.run(twin, state, decoder, 200)
    assert spoiled["status"].values.tolist() == ["diverged", "ok"]
    assert np.isnan(spoiled["readout"].values[0]).all()
    assert_same(spoiled.isel(point=[1]), clean, [1])


# Arrays that users bring


@both
def test_weights_brought_as_arrays_are_those_drawn(network):
    twin, state = drawn(network, channels=1, outputs=2)
    w = twin.weights
    brought = Weights.of_arrays(0.1 * w.reservoir, 20.0 * w.encoder, 20.0 * w.inputs)
    own = networks.build(network, brought)
    pair = [train(t, state, outputs=2, inputs=pulses(), states=True) for t in (twin, own)]
    np.testing.assert_allclose(pair[1]["states"], pair[0]["states"], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(pair[1]["decoder"], pair[0]["decoder"], rtol=1e-6, atol=1e-12)


@both
def test_a_state_brought_as_arrays_broadcasts_over_the_batch(network):
    rng = np.random.default_rng(3)
    twin, drawn_state = drawn(network, [20.0, 20.0])
    arrays = {"synaptic": rng.normal(size=NEURONS), "filtered": 10 * rng.random(NEURONS)}
    if network == "spiking":
        arrays["v"] = drawn_state.v[0]
    trained = train(twin, twin.state(**arrays), warm_up_steps=0, states=True)
    np.testing.assert_array_equal(trained["states"][:, 0], [arrays["filtered"]] * 2)
    np.testing.assert_array_equal(*trained["decoder"].values)


@both
def test_a_decoder_brought_is_where_learning_begins(network):
    twin, state = drawn(network, outputs=2)
    begin = 1e-3 * np.random.default_rng(1).normal(size=(2, NEURONS))
    settings = {"warm_up_steps": 0, "outputs": 2, "alpha": 1e-30, "record": True}
    trained = train(twin, state, decoder=begin, **settings)
    np.testing.assert_allclose(trained["decoder"][0], begin, rtol=1e-12)
    ran = force.run(twin, state, begin, STEPS)
    np.testing.assert_allclose(trained["readout"], ran["readout"], rtol=0.05, atol=0.05)


@both
@pytest.mark.parametrize("shape", [(STEPS,), (STEPS, 1)])
def test_a_target_of_one_output_may_be_flat(network, shape):
    twin, state = drawn(network)
    assert_same(train(twin, state, target=target().reshape(shape)), train(twin, state))


def broken(array, value):
    array = array.copy()
    array[7] = value
    return array


@both
@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"target": target(2)}, "target"),
        ({"target": np.zeros((STEPS, 1, 1))}, "target"),
        ({"target": np.zeros(0)}, "target"),
        ({"target": np.float64(1.0)}, "target"),
        ({"target": broken(target(), np.nan)}, "target.*finite"),
        ({"target": broken(target(), np.inf)}, "target.*finite"),
        ({"inputs": None}, "inputs"),
        ({"inputs": pulses(STEPS + 1)}, "inputs"),
        ({"inputs": pulses(channels=2)}, "inputs"),
        ({"inputs": broken(pulses(), np.nan)}, "inputs.*finite"),
        ({"decoder": np.zeros(NEURONS + 1)}, "decoder"),
        ({"decoder": np.zeros((2, 1, NEURONS))}, "decoder"),
        ({"alpha": [1e-6, 1e-5]}, "alpha"),
        ({"alpha": 0.0}, "learning rates"),
        ({"alpha": np.nan}, "learning rates"),
        ({"update_steps": 0}, "update_steps"),
        ({"repetitions": 0}, "repetitions"),
        ({"warm_up_steps": -1}, "warm_up_steps"),
        ({"record": True, "sample_steps": 15}, "sample_steps"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(network, settings, named):
    twin, state = drawn(network, channels=1)
    right = {
        "target": target(),
        "inputs": pulses(),
        "update_steps": EVERY,
        "alpha": 5e-5,
    }
    with pytest.raises(ValueError, match=f"(?i){named}"):
        force.train(twin, state, **(right | settings))


@both
@engines
@pytest.mark.parametrize("points", [1, 2])
def test_a_state_of_another_batch_is_refused(network, points, engine):
    twin, _ = drawn(network, [10.0, 20.0, 30.0], engine=engine)
    _, state = drawn(network, [10.0] * points)
    with pytest.raises(ValueError, match=r"\bstate\b"):
        train(twin, state)


@both
@engines
@pytest.mark.parametrize("recorded", [[NEURONS], [0, NEURONS + 3], [-NEURONS - 1]])
def test_a_neuron_that_the_network_does_not_have_cannot_be_recorded(network, recorded, engine):
    twin, state = drawn(network, engine=engine)
    with pytest.raises((ValueError, IndexError)):
        force.run(twin, state, None, 20, recorded=recorded)
    with pytest.raises((ValueError, IndexError)):
        train(twin, state, record=True, recorded=recorded)


@both
def test_state_arrays_that_do_not_fit_are_refused(network):
    twin, _ = drawn(network, [10.0, 20.0])
    with pytest.raises(ValueError, match="filtered must fit the shape"):
        twin.state(filtered=np.zeros(NEURONS - 1))
    with pytest.raises(ValueError, match="unknown state variable voltage"):
        twin.state(voltage=np.zeros(NEURONS))


@pytest.mark.parametrize(
    ("arrays", "named"),
    [
        ((np.zeros((5, 4)), np.zeros((5, 1))), "reservoir"),
        ((np.zeros(5), np.zeros((5, 1))), "reservoir"),
        ((np.zeros((5, 5)), np.zeros(5)), "encoder"),
        ((np.zeros((5, 5)), np.zeros((4, 1))), "encoder"),
        ((np.zeros((2, 5, 5)), np.zeros((3, 5, 1))), "reservoir|encoder"),
        ((np.zeros((5, 5)), np.zeros((5, 1)), np.zeros(5)), "inputs"),
        ((np.zeros((5, 5)), np.full((5, 1), np.nan)), "encoder must be finite"),
    ],
)
def test_weights_that_do_not_fit_are_refused_by_name(arrays, named):
    with pytest.raises(ValueError, match=named):
        Weights.of_arrays(*arrays)


@both
@pytest.mark.parametrize("many", ["reservoir", "encoder", "inputs"])
def test_any_of_the_weights_may_differ_between_the_points_of_a_batch(network, many):
    rng = np.random.default_rng(2)
    arrays = {
        "reservoir": 0.1 * rng.normal(size=(NEURONS, NEURONS)) / np.sqrt(NEURONS),
        "encoder": 20 * (rng.random((NEURONS, 1)) - 0.5),
        "inputs": 20 * (rng.random((NEURONS, 1)) - 0.5),
    }
    alone = networks.build(network, Weights.of_arrays(**arrays))
    arrays[many] = np.stack([arrays[many], 0.5 * arrays[many]])
    twin = networks.build(network, Weights.of_arrays(**arrays))
    rest = 45 * (rng.random(NEURONS) - 0.5)
    pair = [
        train(t, t.state(synaptic=rest), inputs=pulses(), warm_up_steps=0) for t in (alone, twin)
    ]
    np.testing.assert_allclose(pair[0]["decoder"][0], pair[1]["decoder"][0], rtol=1e-6, atol=1e-12)
