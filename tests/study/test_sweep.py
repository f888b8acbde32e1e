"""The points of a sweep: every one exactly once, in any chunks."""

import numpy as np
import pytest

from spikerate.data import hashing as content
from spikerate.model.networks import Settings
from spikerate.study import chunks, grid, sweep
from spikerate.study import config as configs
from spikerate.study.points import compute_missing, select
from spikerate.study.settings import Training
from spikerate.study.train import train as train_points
from spikerate.tasks import registry as tasks


@pytest.fixture
def config():
    return configs.load("laptop")


def with_grid(config, encoder, reservoir):
    axes = zip(("encoder_strength", "reservoir_strength"), (encoder, reservoir), strict=True)
    own = {name: dict(zip(("first", "last", "points"), a, strict=True)) for name, a in axes}
    return configs.validate(
        configs.merged(config, {"grid": own, "spectra": {"tasks": {"sine": 1}}})
    )


def test_the_grid_runs_row_by_row(config):
    q, g = grid.points(with_grid(config, (2.0, 30.0, 3), (0.0, 0.2, 2)), "sine")
    assert q.tolist() == [2, 2, 16, 16, 30, 30]
    assert g.tolist() == [0, 0.2, 0, 0.2, 0, 0.2]


@pytest.mark.parametrize(
    ("encoder", "reservoir"), [((5, 5, 1), (0, 0.2, 4)), ((2, 30, 4), (0, 0, 1))]
)
def test_a_grid_may_have_a_single_row_or_column(config, encoder, reservoir):
    q, g = grid.points(with_grid(config, encoder, reservoir), "sine")
    assert len(set(zip(q, g, strict=True))) == q.size == 4


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 16, 23, 24, 25, 1000])
def test_chunks_hold_each_point_exactly_once(config, chunk):
    config = with_grid(config, (2.0, 30.0, 6), (0.0, 0.2, 4))
    config["sweep"]["chunk"]["train"]["rate"] = chunk
    parts = chunks_of(config)
    points = [point for part in parts.values() for point in part]
    assert sorted(points) == sorted(zip(*grid.points(config, "sine"), strict=True))
    assert all(1 <= len(part) <= chunk for part in parts.values())


def chunks_of(config):
    """Points (Q, G) of the chunks in which the rate twin learns the sine, by number."""
    where = config, "sine", "train", "rate"
    parts = {number: chunks.points(*where, number) for number in chunks.numbers(*where)}
    return {number: list(zip(part["Q"], part["G"], strict=True)) for number, part in parts.items()}


@pytest.mark.parametrize("chunk", [1, 3, 4, 6, 16])
@pytest.mark.parametrize("grown", [(7, 4), (6, 5), (9, 9)])
def test_a_grid_that_grows_keeps_its_points_in_their_chunks(config, chunk, grown):
    config["sweep"]["chunk"]["train"]["rate"] = chunk
    before = chunks_of(with_grid(config, (0.0, 5.0, 6), (0.0, 0.3, 4)))
    rows, columns = grown
    after = chunks_of(
        with_grid(config, (0.0, rows - 1.0, rows), (0.0, 0.1 * (columns - 1), columns))
    )
    for number, points in before.items():
        assert set(points) <= set(after[number])


def test_a_chunk_is_as_square_as_can_be():
    assert [chunks.tile(chunk) for chunk in (1, 5, 32, 64, 400)] == [
        (1, 1), (1, 5), (4, 8), (8, 8), (20, 20)
    ]  # fmt: skip


def test_a_value_is_the_same_number_in_grids_of_any_size():
    coarse = grid.axis(0.0, 0.2, 5)
    for points in (9, 13, 17, 41):
        fine = grid.axis(0.0, 0.2, points)
        assert set(coarse) <= set(fine)
    np.testing.assert_allclose(fine, np.linspace(0.0, 0.2, 41), rtol=1e-11)


def test_learning_rates_are_those_swept_slowest_first(config):
    config["sweep"]["tasks"]["sine"] = ["fast", "slowest"]
    assert list(sweep.learning_rates(config, "sine").items()) == [
        ("slowest", 5e-7),
        ("fast", 5e-4),
    ]


def test_a_task_may_have_constants_of_its_own(config):
    assert sweep.task_settings(config, "sine")["neuron"] == config["neuron"]
    lorenz = sweep.task_settings(config, "lorenz")
    assert lorenz["neuron"] == config["neuron"] | {"tau_decay": 0.1}
    assert lorenz["sparsity"] == 0.3
    assert config["neuron"]["tau_decay"] == 0.02
    settings = sweep.network_settings(config, "lorenz", draw=3, neurons=50)
    assert (settings["neuron"], settings["draw"], settings["neurons"]) == (lorenz["neuron"], 3, 50)
    assert sweep.network_settings(config)["sparsity"] == 0.4


def test_the_settings_of_the_networks_draw_a_pair_of_twins(config):
    networks = pytest.importorskip("spikerate.model.networks")
    settings = sweep.network_settings(config, "sine", neurons=20)
    for network in ("spiking", "rate"):
        twin, _ = networks.draw(network, [10.0, 20.0], 0.1, **settings)
        assert twin.weights.neurons == 20
        assert twin.weights.points == 2


def test_a_task_may_have_a_grid_and_a_size_of_its_own(config):
    assert sweep.grid_shape(sweep.task_settings(config, "sine")) == (8, 8)
    assert sweep.grid_shape(sweep.task_settings(config, "fourier")) == (4, 4)
    assert sweep.network_settings(config, "fourier")["neurons"] == 500
    assert sweep.network_settings(config, "fourier", neurons=70)["neurons"] == 70
    config["tasks"]["fourier"]["chunk"] = {"transfer": {"rate": 4}}
    assert chunks.numbers(config, "fourier", "transfer", "rate") == [0, 1, 2, 3]
    assert chunks.numbers(config, "fourier", "transfer", "spiking") == [0]
    assert chunks.numbers(config, "fourier", "train", "rate") == [0]


@pytest.mark.parametrize(("trained", "swapped"), [(4, 16), (16, 4), (6, 9), (64, 64)])
def test_a_chunk_names_the_trained_chunks_that_hold_its_points(config, trained, swapped):
    config["sweep"]["chunk"]["train"]["rate"] = trained
    config["sweep"]["chunk"]["transfer"]["spiking"] = swapped
    learned = chunks_of(config)
    where = config, "sine", "transfer", "spiking"
    for number in chunks.numbers(*where):
        part = chunks.points(*where, number)
        points = set(zip(part["Q"], part["G"], strict=True))
        named = chunks.trained_in(config, "sine", "rate", *where[2:], number)
        assert named == [n for n, held in sorted(learned.items()) if points & set(held)]
        assert points <= {point for n in named for point in learned[n]}


def test_the_foot_tells_the_scale():
    assert sweep.scale_text(configs.load("paper"), ["sine", "fourier"]) == (
        "study paper: N = 2000, 40 x 40 grid; 1 draw, exact numerics"
        " (paper: N = 2000, 40 x 40 grid)"
    )
    laptop = sweep.scale_text(configs.load("laptop"), ["sine", "fourier"])
    assert laptop.startswith(
        "study laptop: sine N = 1000, 8 x 8 grid; fourier N = 500, 4 x 4 grid;"
    )


@pytest.mark.parametrize("network", ["spiking", "rate"])
@pytest.mark.parametrize("held", [[0, 2], [1], [3, 1, 2, 0], []])
def test_a_chunk_that_gains_points_is_the_chunk_trained_at_once(network, held):
    task = tasks.make("sine", dt=5e-4, train_repetitions=1)
    settings = Settings(neurons=20, seed=1, dt=5e-4, product_width=2)
    q, g = np.array([5.0, 5.0, 20.0, 20.0]), np.array([0.0, 0.1, 0.0, 0.1])

    def train(some):
        return train_points(
            task, network, q[some], g[some], alpha=1e-3, speed="fast", settings=settings,
            training=Training(update_every=5e-3),
        )  # fmt: skip

    done = train(held) if held else None
    grown = compute_missing(done, {"Q": q, "G": g}, train)
    assert content.digest(grown) == content.digest(train([0, 1, 2, 3]))
    if held:
        parts = [train([1, 3]), done]
        some = select(parts, {"Q": q[held], "G": g[held]})
        assert content.digest(some) == content.digest(done)
