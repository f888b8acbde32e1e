"""The doors of the library: what it takes, and what it refuses in one sentence."""

import numpy as np
import pytest
from scipy import sparse

from spikerate.learning import force
from spikerate.model import networks
from spikerate.model.weights import Weights


def drawn(kind="rate", **settings):
    return networks.draw(kind, 10.0, 0.1, **({"neurons": 8} | settings))


@pytest.mark.parametrize("kind", networks.TWINS)
def test_a_neuron_is_completed_by_the_constants_of_its_class(kind):
    network, _ = drawn(kind, neuron={"tau_m": 0.02})
    assert (network.neuron.tau_m, network.neuron.tau_ref) == (0.02, 0.002)
    assert network.synapse.tau_decay == 0.02


REFUSED = {
    "a refractory time between two steps": ({"neuron": {"tau_ref": 2.03e-3}}, "LIF.tau_ref must be"
                                            " a multiple of dt = 5e-05 s, got 0.00203 s"),
    "an unknown constant": ({"neuron": {"tau": 0.01}}, "neuron has no constant tau; known: tau_m"),
    "an unknown model": ({"neuron": {"model": "hh"}}, "neuron model must be one of lif"),
    "no neurons": ({"neurons": 0}, "neurons must be a whole number, 1 or more, got 0"),
    "half a neuron": ({"neurons": 8.5}, "neurons must be a whole number, 1 or more, got 8.5"),
    "no outputs": ({"outputs": 0}, "outputs must be a whole number, 1 or more, got 0"),
    "fewer than no channels": ({"channels": -1}, "channels must be a whole number, 0 or more"),
    "a negative seed": ({"seed": -1}, "seed must be a whole number, 0 or more, got -1"),
    "a negative draw": ({"draw": -1}, "draw must be a whole number, 0 or more, got -1"),
    "products of no width": ({"product_width": 0}, "product_width must be a whole number, 1 or"),
    "a step without end": ({"dt": np.inf}, "dt must be positive, got inf s"),
}  # fmt: skip


@pytest.mark.parametrize("kind", networks.TWINS)
@pytest.mark.parametrize("name", REFUSED)
def test_what_no_network_can_be_drawn_from_is_refused_by_name(name, kind):
    settings, sentence = REFUSED[name]
    with pytest.raises(ValueError, match=sentence):
        drawn(kind, **settings)


def test_a_sparse_reservoir_is_the_dense_one():
    omega = sparse.random_array((8, 8), density=0.4, rng=np.random.default_rng(0))
    encoder = np.ones((8, 1))
    found, wanted = (Weights.of_arrays(a, encoder) for a in (omega, omega.toarray()))
    np.testing.assert_array_equal(found.reservoir, wanted.reservoir)
    with pytest.raises(ValueError, match="reservoir must be an array, got coo_array"):
        Weights(omega, encoder, None, np.ones(1), np.ones(1))


def test_what_is_no_array_of_numbers_is_refused_by_name():
    network, state = drawn()
    with pytest.raises(ValueError, match="reservoir must be an array of numbers"):
        Weights.of_arrays([[0.0], [0.0, 1.0]], np.ones((2, 1)))
    with pytest.raises(ValueError, match="decoder must be an array of numbers"):
        network.advance(state, "phi", 10)
    with pytest.raises(ValueError, match="target must be an array of numbers"):
        force.train(network, state, [[0.0], [0.0, 1.0]], 1.0, update_steps=1)


@pytest.mark.parametrize(("name", "value"), [("steps", -1), ("sample_steps", 0), ("steps", 10.0)])
def test_counts_of_steps_are_whole_numbers(name, value):
    network, state = drawn()
    with pytest.raises(ValueError, match=f"{name} must be a whole number"):
        network.advance(state, None, **({"steps": 10} | {name: value}))


@pytest.mark.parametrize("name", ["update_steps", "repetitions", "warm_up_steps", "sample_steps"])
def test_counts_of_a_training_are_whole_numbers(name):
    network, state = drawn()
    settings = {"update_steps": 1} | {name: -1}
    with pytest.raises(ValueError, match=f"{name} must be a whole number"):
        force.train(network, state, [0.0, 1.0], 1.0, **settings)
