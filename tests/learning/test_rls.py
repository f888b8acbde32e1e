"""Recursive least squares: the textbook recursion, and ridge regression at the end of it."""

from importlib.util import find_spec

import numpy as np
import pytest

from spikerate.learning import force
from spikerate.learning.rls import FLUSH, Dense, LowRank, rls
from spikerate.model import networks

no_numba = pytest.mark.skipif(find_spec("numba") is None, reason="numba is not installed")
storages = pytest.mark.parametrize(
    "storage", ["low rank, numpy", pytest.param("low rank, numba", marks=no_numba), "dense"]
)
NEURONS = 40
ALPHAS = np.array([1e-3, 0.1, 5.0])


def learner(storage, alpha, updates, neurons=NEURONS):
    alpha = np.atleast_1d(np.asarray(alpha, dtype=float))
    if storage == "dense":
        return Dense(neurons, alpha)
    return LowRank(neurons, alpha, updates, storage.removeprefix("low rank, "))


def learned(learner, regressors, targets):
    """Decoders (point, output, neuron) after updates on (point, update, ...) data, open loop."""
    decoder = np.zeros((len(regressors), targets.shape[2], regressors.shape[2]))
    for update in range(regressors.shape[1]):
        r = regressors[:, update]
        error = np.einsum("pon,pn->po", decoder, r) - targets[:, update]
        decoder -= error[:, :, None] * learner.gain(r)[:, None, :]
    return decoder


def ridge(regressors, targets, alpha):
    """(sum R R^T + I/alpha)^-1 sum R x^T, transposed: (output, neuron)."""
    gram = regressors.T @ regressors + np.eye(regressors.shape[1]) / alpha
    return np.linalg.solve(gram, regressors.T @ targets).T


def textbook(regressors, alpha):
    """Gains c k of P <- P - c k k^T, P(0) = alpha I, one an update."""
    p, gains = alpha * np.eye(regressors.shape[1]), []
    for r in regressors:
        k = p @ r
        c = 1 / (1 + r @ k)
        p = p - c * np.outer(k, k)
        gains.append(c * k)
    return np.array(gains)


def data(updates, outputs=1, points=3, neurons=NEURONS, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(points, updates, neurons)), rng.normal(size=(points, updates, outputs))


def distance(found, wanted):
    return np.linalg.norm(found - wanted) / np.linalg.norm(wanted)


@storages
@pytest.mark.parametrize("outputs", [1, 4])
@pytest.mark.parametrize("updates", [1, 15, 90])
def test_the_decoder_is_the_ridge_solution_at_each_alpha_of_the_batch(storage, outputs, updates):
    regressors, targets = data(updates, outputs)
    decoders = learned(learner(storage, ALPHAS, updates), regressors, targets)
    for point, alpha in enumerate(ALPHAS):
        wanted = ridge(regressors[point], targets[point], alpha)
        assert distance(decoders[point], wanted) < 1e-8


@pytest.mark.parametrize("network", networks.TWINS)
@pytest.mark.parametrize("updates", [30, 45])  # low rank at N = 60, and dense
def test_in_closed_loop_the_decoder_is_ridge_on_the_states_visited(network, updates):
    every, alphas = 20, [5e-6, 5e-5, 5e-4]
    time = np.arange(updates * every) * 5e-5
    target = np.column_stack([np.sin(60 * time), np.cos(40 * time)])
    twin, state = networks.draw(network, [15.0] * 3, 0.1, neurons=60, outputs=2)
    trained = force.train(
        twin, state, target, alphas, update_steps=every, warm_up_steps=400, states=True
    )
    for point, alpha in enumerate(alphas):
        states = trained["states"].values[point]
        assert states.shape == (updates, 60)
        assert np.linalg.norm(states) > 0
        wanted = ridge(states, target[::every], alpha)
        assert distance(trained["decoder"].values[point], wanted) < 1e-8


@storages
def test_each_gain_is_that_of_the_textbook_recursion(storage):
    updates = 3 * FLUSH + 5
    regressors, _ = data(updates)
    own = learner(storage, ALPHAS, updates)
    gains = np.array([own.gain(r) for r in regressors.swapaxes(0, 1)])
    for point, alpha in enumerate(ALPHAS):
        wanted = textbook(regressors[point], alpha)
        np.testing.assert_allclose(gains[:, point], wanted, atol=1e-10 * np.abs(wanted).max())


@pytest.mark.parametrize("flush", [1, 2, 7, FLUSH, 1000])
def test_when_updates_are_flushed_does_not_matter(flush):
    regressors, _ = data(2 * FLUSH + 1)
    own = Dense(NEURONS, ALPHAS, flush)
    gains = np.array([own.gain(r) for r in regressors.swapaxes(0, 1)])
    for point, alpha in enumerate(ALPHAS):
        wanted = textbook(regressors[point], alpha)
        np.testing.assert_allclose(gains[:, point], wanted, atol=1e-10 * np.abs(wanted).max())


@pytest.mark.parametrize("updates", [FLUSH - 1, FLUSH, FLUSH + 1, 2 * FLUSH, 2 * FLUSH + 1])
def test_both_storages_give_the_same_decoder_on_both_sides_of_a_flush(updates):
    regressors, targets = data(updates, 2)
    kinds = LowRank(NEURONS, ALPHAS, updates), Dense(NEURONS, ALPHAS)
    pair = [learned(kind, regressors, targets) for kind in kinds]
    assert distance(*pair) < 1e-10


@storages
def test_a_network_learns_the_same_bits_alone_and_in_a_batch(storage):
    updates = FLUSH + 9
    regressors, targets = data(updates, 2, neurons=41)
    batch = learned(learner(storage, ALPHAS, updates, 41), regressors, targets)
    for point, alpha in enumerate(ALPHAS):
        one = slice(point, point + 1)
        alone = learned(learner(storage, alpha, updates, 41), regressors[one], targets[one])
        np.testing.assert_array_equal(alone[0], batch[point])


@storages
def test_a_regressor_that_is_not_finite_spoils_its_own_network_only(storage):
    updates = FLUSH + 9
    regressors, targets = data(updates)
    clean = learned(learner(storage, ALPHAS, updates), regressors, targets)
    regressors[1, 5] = np.nan
    spoiled = learned(learner(storage, ALPHAS, updates), regressors, targets)
    assert np.isnan(spoiled[1]).all()
    np.testing.assert_array_equal(spoiled[[0, 2]], clean[[0, 2]])


@storages
def test_a_silent_network_learns_nothing(storage):
    own = learner(storage, ALPHAS, 3)
    for _ in range(3):
        np.testing.assert_array_equal(own.gain(np.zeros((3, NEURONS))), 0)


def test_few_updates_are_held_as_low_rank_and_many_as_a_dense_matrix():
    assert isinstance(rls(100, 1.0, 10), LowRank)
    assert isinstance(rls(100, 1.0, 1000), Dense)
    kinds = [type(rls(100, 1.0, updates)) for updates in range(1, 201)]
    turn = kinds.index(Dense)
    assert set(kinds[:turn]) == {LowRank}
    assert set(kinds[turn:]) == {Dense}


def test_low_rank_refuses_more_updates_than_it_was_made_for():
    own = rls(NEURONS, ALPHAS, 2)
    regressors, _ = data(3)
    own.gain(regressors[:, 0])
    own.gain(regressors[:, 1])
    with pytest.raises(ValueError, match="made for 2 updates"):
        own.gain(regressors[:, 2])


@pytest.mark.parametrize("alpha", [0.0, -1e-6, np.nan, np.inf, [1.0, 0.0]])
@pytest.mark.parametrize("updates", [1, 1000])
def test_a_learning_rate_must_be_positive_and_finite(alpha, updates):
    with pytest.raises(ValueError, match="learning rates must be positive"):
        rls(NEURONS, alpha, updates)
