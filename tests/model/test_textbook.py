"""The textbook loop of benchmarks/ against the `published` numerics, training included."""

import sys
from pathlib import Path

import numpy as np
import pytest

from spikerate.learning import force
from spikerate.model import networks, weights

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
import textbook

NEURONS, DT = 80, 5e-5
EVERY, ALPHA = 50, 1e-3
STEPS = 2000


@pytest.fixture(params=[1, 3], ids=["one output", "three outputs"])
def outputs(request):
    return request.param


@pytest.fixture(params=[0, 2], ids=["no input", "two channels"])
def channels(request):
    return request.param


@pytest.fixture
def arrays(outputs, channels):
    """Weights of a network that fires, a decoder whose feedback acts, a target and an input."""
    rng = np.random.default_rng(3)
    time = DT * np.arange(STEPS)[:, None]
    return {
        "omega": 0.1 * weights.reservoir(rng, NEURONS, 0.4),
        "eta": 20.0 * weights.encoder(rng, NEURONS, outputs),
        "psi": 20.0 * weights.encoder(rng, NEURONS, channels),
        "phi": 2e-3 * rng.standard_normal((outputs, NEURONS)),
        "target": np.sin(2 * np.pi * time * 5 * np.arange(1, outputs + 1)),
        "u": np.sign(np.sin(2 * np.pi * time * 20 * np.arange(1, channels + 1))),
    }


@pytest.fixture(params=["spiking", "rate"])
def kind(request):
    return request.param


@pytest.fixture(params=["numpy", "numba"])
def engine(request):
    return request.param


@pytest.fixture
def pair(kind, arrays, engine):
    """The textbook loop and our twin with its state, from the same start."""
    given = weights.Weights.of_arrays(arrays["omega"], arrays["eta"], arrays["psi"])
    twin = networks.build(kind, given, dt=DT, numerics="published", engine=engine)
    state = twin.initial_state(np.random.default_rng(4))
    names = {"synaptic": "s", "synaptic_rise": "h", "filtered": "r", "filtered_rise": "r_rise"}
    start = {names.get(name, name): array[0] for name, array in state.copy().arrays().items()}
    make = {"spiking": textbook.Spiking, "rate": textbook.Rate}[kind]
    loop = make(omega=arrays["omega"], eta=arrays["eta"], phi=arrays["phi"], alpha=ALPHA, **start)
    return loop, twin, state


def assert_same_state(loop, state):
    ours = {"s": state.synaptic, "h": state.synaptic_rise, "r": state.filtered,
            "r_rise": state.filtered_rise}  # fmt: skip
    for name, array in ours.items():
        np.testing.assert_allclose(getattr(loop, name), array[0], rtol=1e-9, atol=1e-9)


def test_a_free_run_is_that_of_published_numerics(pair, arrays):
    loop, twin, state = pair
    readout = loop.run(STEPS, arrays["u"] @ arrays["psi"].T)
    state, trace = twin.advance(state, arrays["phi"], STEPS, arrays["u"], sample_steps=1)
    assert loop.r.mean() > 5, "a silent network proves nothing"
    assert np.std(readout) > 0.02, "feedback must act"
    np.testing.assert_allclose(readout, trace.readout[0], atol=1e-9)
    assert_same_state(loop, state)


@pytest.mark.parametrize("sample_steps", [1, 10])
def test_training_is_that_of_the_papers_code_to_rounding(pair, arrays, sample_steps):
    loop, twin, state = pair
    readout = loop.train(arrays["target"], EVERY, arrays["u"] @ arrays["psi"].T)
    trained = force.train(
        twin, state, arrays["target"], ALPHA, update_steps=EVERY, decoder=arrays["phi"],
        inputs=arrays["u"], record=True, sample_steps=sample_steps,
    )  # fmt: skip
    assert trained.sizes["update"] == 40
    sampled = trained["readout"].values[0]
    np.testing.assert_allclose(readout[::sample_steps], sampled, rtol=0, atol=1e-10)
    np.testing.assert_allclose(loop.phi, trained["decoder"].values[0], rtol=0, atol=1e-10)
    assert np.abs(loop.phi - arrays["phi"]).max() > 1e-3, "learning must act"
    assert_same_state(loop, force.state_of(twin, trained))


@pytest.mark.parametrize("update_steps", [1, 2, 3])
def test_updates_may_follow_one_another_at_once(pair, arrays, update_steps):
    loop, twin, state = pair
    few = slice(0, 60)
    loop.train(arrays["target"][few], update_steps, (arrays["u"] @ arrays["psi"].T)[few])
    trained = force.train(
        twin, state, arrays["target"][few], ALPHA, update_steps=update_steps,
        decoder=arrays["phi"], inputs=arrays["u"][few],
    )  # fmt: skip
    np.testing.assert_allclose(loop.phi, trained["decoder"].values[0], rtol=0, atol=1e-10)
    assert_same_state(loop, force.state_of(twin, trained))
