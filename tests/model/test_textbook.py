"""The textbook loop of benchmarks/ against the `published` numerics, training included."""

import sys
from pathlib import Path

import numpy as np
import pytest

from spikerate.learning import force
from spikerate.model import networks, weights

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
import textbook

NEURONS, OUTPUTS, DT = 80, 2, 5e-5
EVERY, ALPHA = 50, 1e-3
STEPS = 2000


@pytest.fixture(scope="module")
def arrays():
    """Weights of a network that fires, a decoder whose feedback acts, and a target."""
    rng = np.random.default_rng(3)
    time = DT * np.arange(STEPS)[:, None]
    return {
        "omega": 0.1 * weights.reservoir(rng, NEURONS, 0.4),
        "eta": 20.0 * weights.encoder(rng, NEURONS, OUTPUTS),
        "phi": 2e-3 * rng.standard_normal((OUTPUTS, NEURONS)),
        "target": np.sin(2 * np.pi * time * [5, 10]),
    }


@pytest.fixture(params=["spiking", "rate"])
def kind(request):
    return request.param


@pytest.fixture
def pair(kind, arrays):
    """The textbook loop and our twin with its state, from the same start."""
    given = weights.Weights.of_arrays(arrays["omega"], arrays["eta"])
    twin = networks.build(kind, given, dt=DT, numerics="published", engine="numpy")
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
    readout = loop.run(STEPS)
    state, trace = twin.advance(state, arrays["phi"], STEPS, sample_steps=1)
    assert loop.r.mean() > 5, "a silent network proves nothing"
    assert np.std(readout) > 0.05, "feedback must act"
    np.testing.assert_allclose(readout, trace.readout[0], atol=1e-9)
    assert_same_state(loop, state)


def test_training_is_that_of_published_numerics(pair, arrays):
    loop, twin, state = pair
    readout = loop.train(arrays["target"], EVERY)
    trained = force.train(
        twin, state, arrays["target"], ALPHA, update_steps=EVERY, decoder=arrays["phi"],
        record=True, sample_steps=1,
    )  # fmt: skip
    np.testing.assert_allclose(readout, trained["readout"].values[0], atol=1e-9)
    np.testing.assert_allclose(loop.phi, trained["decoder"].values[0], atol=1e-9)
    assert_same_state(loop, force.state_of(twin, trained))
