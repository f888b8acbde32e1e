"""The weights and their seeds: what each array holds, and that it never depends on the order."""

import itertools

import numpy as np
import pytest

from spikerate.model import networks, seeds
from spikerate.model.weights import Weights, encoder, reservoir


class Dealt:
    """A generator that deals given numbers: uniform ones and normal ones."""

    def __init__(self, uniform, normal):
        self.random = lambda shape: np.reshape(uniform, shape).astype(float)
        self.standard_normal = lambda shape: np.reshape(normal, shape).astype(float)


def draw(q, g, draws="per_point", **changes):
    settings = {"seed": 7, "draw": 2, "channels": 3} | changes
    return Weights.draw(20, 2, q, g, reservoir_draws=draws, **settings)


@pytest.mark.parametrize("sparsity", [0.1, 0.4, 1.0])
def test_each_row_of_the_reservoir_is_balanced(sparsity):
    matrix = reservoir(np.random.default_rng(1), 200, sparsity)
    kept = matrix != 0
    assert kept.mean() == pytest.approx(sparsity, abs=0.01)
    np.testing.assert_allclose(matrix.sum(axis=1) / kept.sum(axis=1), 0, atol=1e-16)


def test_a_full_reservoir_has_no_zeros():
    assert (reservoir(np.random.default_rng(1), 50, 1.0) != 0).all()


def test_only_the_entries_that_are_kept_are_balanced():
    uniform = [[0.1, 0.9, 0.3], [0.2, 0.8, 0.9], [0.7, 0.8, 0.9]]  # two, one and none are kept
    matrix = reservoir(Dealt(uniform, [[3.0, 5.0, 1.0], [2.0, 5.0, 5.0], [5.0] * 3]), 3, 0.5)
    unit = np.sqrt(3) * 0.5
    np.testing.assert_allclose(matrix, [[1 / unit, 0, -1 / unit], [0, 0, 0], [0, 0, 0]], rtol=1e-15)


def test_rows_with_one_entry_or_none_are_zero_and_nothing_is_nan():
    matrix = reservoir(np.random.default_rng(1), 100, 0.01)
    entries = (matrix != 0).sum(axis=1)
    assert (entries == 0).any()
    assert not (entries == 1).any()
    assert np.isfinite(matrix).all()


@pytest.mark.parametrize(("neurons", "sparsity"), [(400, 0.4), (300, 1.0), (600, 0.1)])
def test_nonzero_weights_have_variance_one_over_n_p_squared(neurons, sparsity):
    matrix = reservoir(np.random.default_rng(3), neurons, sparsity)
    balanced = 1 - 1 / (neurons * sparsity)  # what the row mean takes off
    expected = balanced / (neurons * sparsity**2)
    assert matrix[matrix != 0].var() == pytest.approx(expected, rel=0.04)


@pytest.mark.parametrize("sparsity", [0.0, -0.1, 1.01, np.nan])
def test_an_illegal_sparsity_is_refused(sparsity):
    with pytest.raises(ValueError, match=rf"sparsity must lie in \(0, 1\], got {sparsity}"):
        reservoir(np.random.default_rng(0), 5, sparsity)


def test_the_encoder_fills_minus_half_to_half_evenly():
    array = encoder(np.random.default_rng(0), 1000, 5)
    assert array.shape == (1000, 5)
    assert -0.5 <= array.min() < -0.499
    assert 0.499 < array.max() < 0.5
    assert array.mean() == pytest.approx(0, abs=0.02)
    assert array.var() == pytest.approx(1 / 12, rel=0.05)


@pytest.mark.parametrize("draws", ["shared", "per_point"])
def test_strengths_scale_the_unit_draws(draws):
    weights = draw([2.0, 30.0], [0.1, 0.2], draws)
    encoders = np.broadcast_to(weights.encoder, (2, 20, 2))
    inputs = np.broadcast_to(weights.inputs, (2, 20, 3))
    for point, q in enumerate([2.0, 30.0]):
        expected = q * np.concatenate([encoders[point], inputs[point]], axis=1).T
        np.testing.assert_array_equal(weights.feedback()[point], expected)
    np.testing.assert_array_equal(weights.reservoir_strength, [0.1, 0.2])
    assert (weights.points, weights.neurons, weights.outputs, weights.channels) == (2, 20, 2, 3)
    assert weights.shared == (draws == "shared")


@pytest.mark.parametrize("network", ["spiking", "rate"])
def test_without_reservoir_strength_nothing_recurs(network):
    twin, state = networks.draw(network, 5.0, 0.0, neurons=20)
    state.v = np.full_like(state.v, 0.0) if network == "spiking" else None
    state.synaptic[:] = 0.0 if network == "spiking" else 50.0
    after, _ = twin.advance(state, None, 400)
    assert after.filtered.max() > 1
    np.testing.assert_array_equal(after.synaptic_rise, 0.0)


def test_the_same_key_gives_the_same_numbers():
    key = (7, 20, 2, 3, "reservoir", (1.0, 0.1))
    first, second = seeds.generator(*key), seeds.generator(*key)
    np.testing.assert_array_equal(first.random(100), second.random(100))


def test_each_part_of_the_key_gives_other_numbers():
    numbers, points = (1, 2), [(), (0.0, 0.0), (2.0, 0.1), (0.1, 2.0), (2.0, np.nextafter(0.1, 1))]
    roles = ("reservoir", "encoder", "input", "spiking state", "rate state")
    keys = list(itertools.product(*[numbers] * 4, roles, points))
    assert len({seeds.generator(*key).integers(2**63) for key in keys}) == len(keys)


def test_a_zero_has_no_sign():
    values = [seeds.generator(1, 1, 1, 1, "a", (z, 2.0)).random() for z in (0.0, -0.0)]
    assert values[0] == values[1]


@pytest.mark.parametrize("draws", ["shared", "per_point"])
def test_weights_depend_on_seed_and_draw_alone(draws):
    names = ("reservoir", "encoder", "inputs")
    first = draw([5.0, 6.0], 0.1, draws)
    np.random.default_rng().random(10)  # what runs before does not matter
    again = draw([5.0, 6.0], 0.1, draws)
    for name in names:
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
        for other in ({"seed": 8}, {"draw": 3}):
            assert (
                getattr(draw([5.0, 6.0], 0.1, draws, **other), name) != getattr(first, name)
            ).any()
    assert (first.encoder != first.inputs[..., :2]).all()


def test_a_point_has_a_draw_of_its_own_keyed_by_q_and_g_not_by_position():
    many = draw([5.0, 9.0, 5.0, 2.0], [0.1, 0.1, 0.2, 0.0])
    for name in ("reservoir", "encoder", "inputs"):
        array = getattr(many, name)
        assert all((a != b).any() for a, b in itertools.combinations(array, 2))
        few = getattr(draw([2.0, 5.0], [0.0, 0.2]), name)  # two of them, in another order
        np.testing.assert_array_equal(few, array[[3, 2]])
        alone = getattr(draw(9.0, 0.1), name)
        np.testing.assert_array_equal(alone, array[[1]])


@pytest.mark.parametrize("draws", ["shared", "per_point"])
@pytest.mark.parametrize("network", ["spiking", "rate"])
def test_adding_a_point_changes_no_other(network, draws):
    settings = {"neurons": 20, "outputs": 2, "channels": 1, "reservoir_draws": draws}
    twin, state = networks.draw(network, [3.0, 5.0], 0.1, **settings)
    more, more_state = networks.draw(network, [9.0, 3.0, 5.0], 0.1, **settings)
    for name, array in state.arrays().items():
        np.testing.assert_array_equal(more_state.arrays()[name][1:], array)
    np.testing.assert_array_equal(more.weights.feedback()[1:], twin.weights.feedback())
    matrices = [
        np.broadcast_to(t.weights.reservoir, (t.weights.points, 20, 20)) for t in (more, twin)
    ]
    np.testing.assert_array_equal(matrices[0][1:], matrices[1])


@pytest.mark.parametrize("draws", ["shared", "per_point"])
def test_twins_of_a_draw_share_all_weights_and_no_state(draws):
    settings = {"neurons": 20, "outputs": 2, "channels": 1, "reservoir_draws": draws, "seed": 3}
    spiking, spiking_state = networks.draw("spiking", [3.0, 5.0], 0.1, **settings)
    rate, rate_state = networks.draw("rate", [3.0, 5.0], 0.1, **settings)
    for name, array in vars(spiking.weights).items():
        np.testing.assert_array_equal(getattr(rate.weights, name), array)
    unit = (spiking_state.v + 65) / 95, rate_state.synaptic / -40 + 0.5
    assert all((abs(u - 0.5) <= 0.5).all() and np.ptp(u) > 0.5 for u in unit)
    assert not np.isclose(*unit).any()


def arrays(points=2, n=4, outputs=3, channels=2):
    return {
        "reservoir": np.zeros((n, n)),
        "encoder": np.zeros((n, outputs)),
        "inputs": np.zeros((n, channels)),
        "reservoir_strength": np.ones(points),
        "encoder_strength": np.ones(points),
    }


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("reservoir", (4, 5)), ("reservoir", (3, 4, 4)), ("reservoir", (1, 2, 4, 4)),
        ("encoder", (5, 3)), ("encoder", (4,)), ("encoder", (3, 4, 3)),
        ("inputs", (5, 2)), ("inputs", (3, 4, 2)), ("encoder_strength", (3,)),
    ],
)  # fmt: skip
def test_a_wrong_shape_is_refused_by_name(name, shape):
    Weights(**arrays())
    with pytest.raises(ValueError, match=name) as error:
        Weights(**arrays() | {name: np.zeros(shape)})
    assert name == "encoder_strength" or str(shape) in str(error.value)


@pytest.mark.parametrize("name", list(arrays()))
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused_by_name(name, value):
    with pytest.raises(ValueError, match=f"{name} must be finite"):
        Weights(**arrays() | {name: np.full_like(arrays()[name], value)})


def test_an_unknown_kind_of_draw_is_refused():
    with pytest.raises(ValueError, match="reservoir_draws must be shared or per_point, got each"):
        draw(5.0, 0.1, "each")


@pytest.mark.parametrize("points", [1, 2])
def test_one_encoder_may_serve_inputs_of_each_point(points):
    rng = np.random.default_rng(0)
    eta, psi = rng.random((4, 3)), rng.random((points, 4, 2))
    weights = Weights(**arrays(points) | {"encoder": eta, "inputs": psi})
    expected = np.concatenate([np.broadcast_to(eta, (points, 4, 3)), psi], axis=2)
    np.testing.assert_array_equal(weights.feedback(), expected.swapaxes(1, 2))


def test_arrays_as_they_stand_have_unit_strength():
    one = Weights.of_arrays(np.eye(4), np.ones((4, 3)))
    assert (one.points, one.outputs, one.channels) == (1, 3, 0)
    np.testing.assert_array_equal(one.feedback(), np.ones((1, 3, 4)))
    batch = Weights.of_arrays(np.zeros((5, 4, 4)), np.ones((4, 3)), np.ones((4, 2)))
    assert (batch.points, batch.channels, batch.shared) == (5, 2, False)
    with pytest.raises(ValueError, match="must be"):
        Weights.of_arrays(np.zeros((5, 4, 4)), np.ones((3, 4, 3)))
