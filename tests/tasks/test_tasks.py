"""Tasks: closed forms, the equations that targets obey, and tasks of a user's own."""

import numpy as np
import pytest
import xarray as xr

from spikerate.tasks import registry as tasks
from spikerate.tasks.registry import Task

DT = 5e-5


@pytest.fixture
def registry(monkeypatch):
    """A copy of the registry, so that what a test registers is gone after it."""
    monkeypatch.setattr(tasks, "TASKS", dict(tasks.TASKS))


# Periodic tasks


@pytest.mark.parametrize("dt", [5e-5, 1e-3])
def test_the_sine_has_five_hertz(dt):
    target = tasks.make("sine", dt).train.target
    time = np.arange(round(0.2 / dt)) * dt
    assert target.shape == (time.size, 1)
    np.testing.assert_allclose(target[:, 0], np.sin(10 * np.pi * time), atol=1e-12)


def test_the_oscillator_is_two_sines():
    target = tasks.make("oscillator", DT).train.target
    time = np.arange(20000) * DT
    wanted = np.sin(2 * np.pi * time) + np.sin(4 * np.pi * time)
    np.testing.assert_allclose(target, wanted[:, None], atol=1e-12)


def test_fourier_is_ten_harmonics_of_one_hertz_one_output_each():
    task = tasks.make("fourier", DT)
    time = np.arange(20000) * DT
    assert task.outputs == 10
    for k in range(10):
        wanted = np.sin(2 * np.pi * (k + 1) * time)
        np.testing.assert_allclose(task.train.target[:, k], wanted, atol=1e-11)


@pytest.mark.parametrize(
    ("name", "period", "outputs"),
    [("sine", 0.2, 1), ("oscillator", 1.0, 1), ("fourier", 1.0, 10), ("ode_to_joy", 4.0, 21)],
)
def test_a_periodic_task_is_one_period_tested_on_what_it_is_trained_on(name, period, outputs):
    task = tasks.make(name, DT, train_repetitions=6, test_repetitions=2)
    assert tasks.period(name) == period
    assert task.train.target.shape == (round(period / DT), outputs)
    np.testing.assert_array_equal(task.train.target, task.test.target)
    assert (task.train.repetitions, task.test.repetitions) == (6, 2)
    assert task.train.steps == 6 * len(task.train.target)
    assert (task.outputs, task.channels, task.autonomous, task.pointwise) == (outputs, 0, 1, 1)
    jump = np.abs(task.train.target[0] - task.train.target[-1]).max()
    assert jump <= 1.01 * np.abs(np.diff(task.train.target, axis=0)).max()


# Ode to Joy

NOTES = ["E", "E", "F", "G", "G", "F", "E", "D", "C", "C", "D", "E", "E", "D", "D"]


def slots(signal):
    """Signal (time, k) cut in the 16 slots of the phrase, (slot, time, k)."""
    return signal.reshape(16, -1, signal.shape[1])


def test_the_melody_sounds_one_pitch_at_a_time_in_the_order_of_the_phrase():
    melody = slots(tasks.make("ode_to_joy", DT).train.target[:, :5])
    assert melody.shape == (16, 5000, 5)
    sounding = (melody > 1e-9).any(axis=1)
    assert (sounding.sum(axis=1) == 1).all()
    heard = ["CDEFG"[np.flatnonzero(slot)[0]] for slot in sounding]
    assert heard == [*NOTES, "D"]  # 15 notes in 16 slots


def test_each_note_is_half_a_sine_over_its_slot_and_the_last_over_two():
    melody = tasks.make("ode_to_joy", DT).train.target[:, :5].sum(axis=1)
    time = np.arange(5000) * DT
    short = np.tile(np.sin(np.pi * time / 0.25), 14)
    long = np.sin(np.pi * np.arange(10000) * DT / 0.5)
    np.testing.assert_allclose(melody, np.concatenate([short, long]), atol=1e-9)


def test_sixteen_markers_bump_one_after_the_other():
    markers = slots(tasks.make("ode_to_joy", DT).train.target[:, 5:])
    bump = np.sin(np.pi * np.arange(5000) * DT / 0.25)
    for slot in range(16):
        wanted = np.outer(bump, np.arange(16) == slot)
        np.testing.assert_allclose(markers[slot], wanted, atol=1e-9)


# Pitchfork


def pulses_of(signal):
    """First step, step after the last, and height of each rectangular pulse of a signal."""
    u = signal.input[:, 0]
    edges = np.flatnonzero(np.diff(u, prepend=0, append=0))
    starts, stops = edges[::2], edges[1::2]
    return starts, stops, u[starts]


def flowed(x, u, dt):
    """Pitchfork normal form a step of the classical Runge-Kutta rule later."""

    def slope(x):
        return (x - x**3 + u) / 0.010

    a = slope(x)
    b = slope(x + dt / 2 * a)
    c = slope(x + dt / 2 * b)
    return x + dt / 6 * (a + 2 * b + 2 * c + slope(x + dt * c))


@pytest.fixture(scope="module")
def pitchfork():
    return tasks.make("pitchfork", DT, seed=3)


@pytest.fixture(params=["train", "test"])
def part(request, pitchfork):
    return getattr(pitchfork, request.param)


def test_there_are_400_rectangular_pulses_of_5_to_10_ms(part):
    starts, stops, heights = pulses_of(part)
    assert len(starts) == len(stops) == 400
    lengths = (stops - starts) * DT
    assert lengths.min() >= 5e-3 - 1e-9
    assert lengths.max() <= 10e-3 + 1e-9
    assert lengths.std() > 1e-3
    for start, stop, height in zip(starts, stops, heights, strict=True):
        assert (part.input[start:stop] == height).all()


def test_pulses_start_a_tenth_to_half_a_second_after_the_one_before(part):
    starts, stops, _ = pulses_of(part)
    gaps = np.diff(starts, prepend=0) * DT
    assert gaps.min() >= 0.1 - 1e-9
    assert gaps.max() <= 0.5 + 1e-9
    assert gaps.min() < 0.11
    assert gaps.max() > 0.49
    assert (starts[1:] > stops[:-1]).all()
    assert 110 < len(part.target) * DT < 130


def test_edges_of_pulses_fall_on_multiples_of_half_a_millisecond(part):
    starts, stops, _ = pulses_of(part)
    assert not (starts % 10).any()
    assert not (stops % 10).any()


def test_heights_are_normal_of_standard_deviation_two(part):
    heights = pulses_of(part)[2]
    assert abs(heights.mean()) < 4 * 2 / np.sqrt(400)
    assert abs(heights.std() - 2) < 4 * 2 / np.sqrt(800)


def test_the_target_obeys_the_pitchfork_normal_form_from_the_upper_well(part):
    x, u = part.target[:, 0], part.input[:, 0]
    assert x[0] == 1
    np.testing.assert_allclose(flowed(x, u, DT)[:-1], x[1:], atol=1e-5)
    between = np.flatnonzero(u[1:-1] == u[:-2]) + 1
    residual = 0.010 * (x[between + 1] - x[between - 1]) / (2 * DT)
    residual -= x[between] - x[between] ** 3 + u[between]
    assert np.abs(residual).max() < 1e-2  # of central differences; the slopes reach 10
    assert np.sqrt(np.mean(residual**2)) < 1e-3


def test_pulses_switch_the_well(part):
    wells = np.sign(part.target[pulses_of(part)[0], 0])
    assert 40 < np.count_nonzero(np.diff(wells)) < 360


def test_the_pitchfork_is_driven_and_judged_pointwise(pitchfork):
    assert (pitchfork.outputs, pitchfork.channels) == (1, 1)
    assert not pitchfork.autonomous
    assert pitchfork.pointwise
    assert tasks.period("pitchfork") is None


def test_training_and_test_draw_different_pulses(pitchfork):
    for one, other in zip(*map(pulses_of, (pitchfork.train, pitchfork.test)), strict=True):
        assert np.mean(one == other) < 0.2


def test_the_same_seed_draws_the_same_pulses_at_any_sampling(pitchfork):
    coarse = tasks.make("pitchfork", 5e-4, seed=3)
    for name in ("train", "test"):
        own, fine = getattr(coarse, name), getattr(pitchfork, name)
        np.testing.assert_array_equal(own.input, fine.input[::10])
        np.testing.assert_allclose(own.target, fine.target[::10], atol=1e-5)


def test_another_seed_draws_other_pulses(pitchfork):
    other = tasks.make("pitchfork", 5e-4, seed=4)
    for name in ("train", "test"):
        starts, _, heights = pulses_of(getattr(pitchfork, name))
        other_starts, _, other_heights = pulses_of(getattr(other, name))
        assert np.mean(starts == 10 * other_starts) < 0.2
        assert np.mean(heights == other_heights) < 0.2


def test_a_sampling_that_misses_the_edges_of_pulses_is_refused():
    with pytest.raises(ValueError, match="multiple of dt"):
        tasks.make("pitchfork", 3e-4)


# Lorenz

LORENZ_DT = 1e-3


@pytest.fixture(scope="module")
def lorenz():
    return tasks.make("lorenz", LORENZ_DT)


def lorenz_slope(state):
    x, y, z = state.T
    return np.column_stack([5 * (y - x), x * (28 - z) - y, x * y - 7 / 3 * z])


def lorenz_later(state, dt, steps=4):
    for _ in range(steps):
        h = dt / steps
        a = lorenz_slope(state)
        b = lorenz_slope(state + h / 2 * a)
        c = lorenz_slope(state + h / 2 * b)
        state = state + h / 6 * (a + 2 * b + 2 * c + lorenz_slope(state + h * c))
    return state


def test_lorenz_obeys_its_equations_from_one_one_one(lorenz):
    np.testing.assert_array_equal(lorenz.train.target[0], [1, 1, 1])
    for signal in (lorenz.train, lorenz.test):
        later = lorenz_later(signal.target[:-1], LORENZ_DT)
        np.testing.assert_allclose(later, signal.target[1:], atol=1e-5)


def test_lorenz_trains_for_200_s_and_the_test_follows_for_100(lorenz):
    assert lorenz.train.target.shape == (200_000, 3)
    assert lorenz.test.target.shape == (100_000, 3)
    joint = lorenz_later(lorenz.train.target[-1:], LORENZ_DT)
    np.testing.assert_allclose(joint[0], lorenz.test.target[0], atol=1e-5)


def test_lorenz_is_autonomous_and_not_judged_pointwise(lorenz):
    assert lorenz.autonomous
    assert not lorenz.pointwise
    assert lorenz.outputs == 3
    assert tasks.period("lorenz") is None


def test_lorenz_visits_both_wings_and_stays_bounded(lorenz):
    x = lorenz.test.target[:, 0]
    assert 0.2 < np.mean(x > 0) < 0.8
    assert np.abs(lorenz.test.target).max() < 60


# Making a task


@pytest.mark.parametrize(("wrong", "near"), [("sin", "sine"), ("lorentz", "lorenz")])
def test_an_unknown_task_is_refused_by_the_name_of_the_nearest(wrong, near):
    for call in (lambda: tasks.make(wrong, DT), lambda: tasks.period(wrong)):
        with pytest.raises(ValueError, match=f"unknown task '{wrong}'.*did you mean '{near}'"):
            call()


def test_a_name_like_no_other_is_refused_with_the_names_that_are_known():
    with pytest.raises(ValueError, match=r"known: .*ode_to_joy") as refused:
        tasks.make("zzzz", DT)
    assert "did you mean" not in str(refused.value)


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_task_is_presented_at_least_once(part):
    with pytest.raises(ValueError, match=f"{part}_repetitions must be at least 1"):
        tasks.make("sine", DT, **{f"{part}_repetitions": 0})


def test_a_period_that_is_not_a_whole_number_of_steps_is_refused():
    with pytest.raises(ValueError, match="period of sine must be a multiple of dt"):
        tasks.make("sine", 3e-4)


def test_a_signal_is_tiled_over_its_repetitions():
    task = Task.of_arrays(np.arange(5.0), -np.arange(5.0), dt=DT, train_repetitions=3)
    target, inputs = task.train.tiled()
    np.testing.assert_array_equal(target[:, 0], [0, 1, 2, 3, 4] * 3)
    np.testing.assert_array_equal(inputs, -target)
    assert tasks.make("sine", DT).train.tiled()[1] is None


@pytest.mark.parametrize("name", ["sine", "fourier", "pitchfork", "arrays"])
def test_a_task_survives_its_dataset_on_disk(name, tmp_path, pitchfork):
    made = {
        "pitchfork": lambda: pitchfork,
        "arrays": lambda: Task.of_arrays(np.eye(4), np.ones(4), dt=1e-3, pointwise=False),
    }
    task = made.get(name, lambda: tasks.make(name, DT, train_repetitions=6, test_repetitions=2))()
    task.to_dataset().to_netcdf(tmp_path / "task.nc")
    with xr.open_dataset(tmp_path / "task.nc") as dataset:
        back = Task.from_dataset(dataset.load())
    for field in ("name", "dt", "pointwise", "outputs", "channels", "autonomous"):
        assert getattr(back, field) == getattr(task, field), field
    for own, wanted in ((back.train, task.train), (back.test, task.test)):
        assert own.repetitions == wanted.repetitions
        np.testing.assert_array_equal(own.target, wanted.target)
        np.testing.assert_array_equal(own.input, wanted.input)


# Tasks of a user's own


def test_one_periodic_function_adds_a_task(registry):
    @tasks.periodic(0.5)
    def saw(time):
        return 2 * time - 0.5

    task = tasks.make("saw", 1e-3, test_repetitions=4)
    np.testing.assert_allclose(task.train.target[:, 0], np.linspace(-0.5, 0.498, 500), atol=1e-12)
    assert (tasks.period("saw"), task.test.repetitions, task.autonomous) == (0.5, 4, True)


def test_one_function_of_both_parts_adds_a_task_with_input(registry):
    @tasks.task(pointwise=False)
    def echo(dt, rng, part):
        u = rng.normal(size=(30 if part == "train" else 20, 2))
        return np.cumsum(u, axis=0) * dt, u

    task = tasks.make("echo", DT, seed=1)
    assert (task.outputs, task.channels, task.pointwise) == (2, 2, False)
    assert (task.train.steps, task.test.steps) == (30, 20)
    np.testing.assert_allclose(task.test.target[-1], task.test.input.sum(axis=0) * DT)
    assert not np.array_equal(task.train.input[:20], task.test.input)
    assert np.array_equal(tasks.make("echo", DT, seed=1).train.input, task.train.input)
    assert not np.array_equal(tasks.make("echo", DT, seed=2).train.input, task.train.input)


@pytest.mark.parametrize("made", [np.array([0.0, np.nan]), np.zeros(0), np.zeros((2, 2, 2))])
def test_what_a_users_function_returns_is_checked_by_the_name_of_the_task(registry, made):
    @tasks.task()
    def broken(dt, rng, part):
        return made

    with pytest.raises(ValueError, match="target of broken"):
        tasks.make("broken", DT)


def test_a_task_of_arrays_is_tested_on_what_it_is_trained_on():
    target, inputs = np.random.default_rng(0).normal(size=(2, 40))
    task = Task.of_arrays(target, inputs, dt=1e-3, train_repetitions=5, test_repetitions=2)
    for signal in (task.train, task.test):
        np.testing.assert_array_equal(signal.target[:, 0], target)
        np.testing.assert_array_equal(signal.input[:, 0], inputs)
    assert (task.train.steps, task.test.steps) == (200, 80)
    assert not task.autonomous


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"target": np.zeros(0)}, "target of custom"),
        ({"target": 1.0}, "target of custom"),
        ({"target": np.zeros((3, 0))}, "target of custom"),
        ({"target": np.zeros((2, 3, 1))}, "target of custom"),
        ({"target": [0, np.nan]}, "target of custom must be finite"),
        ({"target": [0, np.inf]}, "target of custom must be finite"),
        ({"target": [0, 1], "inputs": [0, 1, 2]}, "equally long, got 2 and 3"),
        ({"target": [0, 1], "inputs": [0, np.nan]}, "input of custom must be finite"),
        ({"target": [0, 1], "inputs": []}, "input of custom"),
        ({"target": [0, 1], "name": "mine", "inputs": 3.0}, "input of mine"),
        ({"target": [0, 1], "test_repetitions": 0}, "test_repetitions"),
    ],
)
def test_arrays_that_make_no_task_are_refused(arguments, named):
    with pytest.raises(ValueError, match=named):
        Task.of_arrays(**({"dt": DT} | arguments))


# Files that a task reads


def reads(path, **files):
    """Register a task that reads a file of numbers."""

    @tasks.periodic(0.005, **files)
    def walk(time):
        return np.loadtxt(path)[: time.size]


@pytest.fixture
def walk_file(tmp_path):
    path = tmp_path / "walk.txt"
    np.savetxt(path, np.arange(100.0))
    return path


def test_the_files_of_a_task_are_known_by_their_content(registry, walk_file):
    reads(walk_file, files=[walk_file])
    assert tasks.make("walk", DT).train.target[3] == 3
    before = tasks.files("walk")
    assert list(before) == ["walk.txt"]
    np.savetxt(walk_file, np.arange(100.0) + 1)
    assert tasks.files("walk") != before
    np.savetxt(walk_file, np.arange(100.0))
    assert tasks.files("walk") == before
    assert tasks.files("sine") == {}


def test_a_file_that_a_task_reads_and_does_not_name_is_refused(registry, walk_file, monkeypatch):
    reads(walk_file)
    sentence = f"the task walk reads {walk_file}, which its `files` must name"
    with pytest.raises(ValueError, match=sentence):
        tasks.make("walk", DT)
    monkeypatch.chdir(walk_file.parent)
    reads("walk.txt", files=["walk.txt"])
    tasks.make("walk", DT)


def test_a_file_that_is_missing_is_named(registry, tmp_path):
    reads(tmp_path / "gone.txt", files=[tmp_path / "gone.txt"])
    with pytest.raises(ValueError, match=r"the task walk reads .*gone\.txt, which must be there"):
        tasks.files("walk")


def test_files_opened_elsewhere_are_no_ones(registry, walk_file):
    open(walk_file).close()
    tasks.make("sine", DT)
