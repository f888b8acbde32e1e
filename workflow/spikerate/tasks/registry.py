"""Tasks: the target that a readout should follow and, for some tasks, the input that drives it.

A task is one function, registered by a decorator: `periodic` for a target that repeats, a function
of time over one period; `task` for anything else, a function of (dt, rng, part) with part "train"
or "test". A function returns the target, or the pair (target, input).
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from inspect import signature
from itertools import pairwise
from typing import Annotated

import numpy as np
import xarray as xr
from scipy.integrate import solve_ivp

from spikerate.marks import ChosenBy
from spikerate.model import seeds
from spikerate.model.neuron import multiple

TASKS: Annotated[dict[str, Recipe], ChosenBy("task")] = {}


@dataclass(frozen=True)
class Signal:
    """A target and its input, and how many times they are presented."""

    target: np.ndarray  # (time, output), one repetition; sample n is the target at time n dt
    input: np.ndarray | None  # (time, channel)
    repetitions: int

    @property
    def steps(self) -> int:
        """Steps of dt in all repetitions."""
        return len(self.target) * self.repetitions

    def tiled(self) -> tuple[np.ndarray, np.ndarray | None]:
        """Return target (steps, output) and input (steps, channel) over all repetitions."""
        pair = (self.target, self.input)
        return tuple(None if a is None else np.tile(a, (self.repetitions, 1)) for a in pair)


@dataclass(frozen=True)
class Task:
    """What a network is trained on, and what it is tested on."""

    name: str
    train: Signal
    test: Signal
    dt: float  # s
    pointwise: bool = True  # whether its pointwise error is meaningful; not for a chaotic target

    @property
    def outputs(self) -> int:
        """Outputs of the network."""
        return self.train.target.shape[1]

    @property
    def channels(self) -> int:
        """Input channels of the network."""
        return 0 if self.train.input is None else self.train.input.shape[1]

    @property
    def autonomous(self) -> bool:
        """Whether the network runs without input, so that its phase may drift."""
        return self.channels == 0

    @classmethod
    def of_arrays(
        cls, target, inputs=None, *, dt, train_repetitions=1, test_repetitions=1, name="custom",
        pointwise=True,
    ) -> Task:  # fmt: skip
        """Task from arrays, tested on the signals that it is trained on.

        Parameters
        ----------
        target : array (time,) or (time, output), one repetition, sampled at dt
        inputs : array (time,) or (time, channel), or None
        dt : s

        Raises
        ------
        ValueError
            if the arrays are empty, not finite or of different lengths, or a repetition count is
            below 1.
        """
        _check_repetitions(train_repetitions, test_repetitions)
        target = _columns(target, f"target of {name}")
        if inputs is not None:
            inputs = _columns(inputs, f"input of {name}")
            if len(inputs) != len(target):
                raise ValueError(
                    f"target and input of {name} must be equally long,"
                    f" got {len(target)} and {len(inputs)} samples"
                )
        make = partial(Signal, target, inputs)
        return cls(name, make(train_repetitions), make(test_repetitions), dt, pointwise)

    def to_dataset(self) -> xr.Dataset:
        """Dataset with train_target, test_target, and train_input, test_input if there are any."""
        data, coords = {}, {}
        for part, signal in (("train", self.train), ("test", self.test)):
            time = f"{part}_time"
            coords[time] = (time, np.arange(len(signal.target)) * self.dt)
            data[f"{part}_target"] = ((time, "output"), signal.target)
            if signal.input is not None:
                data[f"{part}_input"] = ((time, "channel"), signal.input)
        attrs = {
            "name": self.name,
            "dt": self.dt,
            "pointwise": int(self.pointwise),
            "train_repetitions": self.train.repetitions,
            "test_repetitions": self.test.repetitions,
        }
        return xr.Dataset(data, coords, attrs)

    @classmethod
    def from_dataset(cls, dataset: xr.Dataset) -> Task:
        """Task from the dataset that `to_dataset` gave."""

        def signal(part):
            inputs = dataset.get(f"{part}_input")
            repetitions = int(dataset.attrs[f"{part}_repetitions"])
            target = dataset[f"{part}_target"].values
            return Signal(target, None if inputs is None else inputs.values, repetitions)

        attrs = dataset.attrs
        dt, pointwise = float(attrs["dt"]), bool(attrs["pointwise"])
        return cls(attrs["name"], signal("train"), signal("test"), dt, pointwise)


@dataclass(frozen=True)
class Recipe:
    """How a task is made."""

    make: Callable  # (dt, rng, part, **options) -> target or (target, input)
    period: float | None  # s
    pointwise: bool
    lattice: float | None  # s, the input jumps at multiples of it
    duration: Callable | None  # (part, **options) -> s, about; None where the target tells
    outputs: int | None  # None where the target tells
    channels: int | None  # None where the input tells
    options: tuple[str, ...] = ()  # keyword-only arguments of the task's function


def task(
    *,
    pointwise: bool = True,
    lattice: float | None = None,
    duration: Callable | None = None,
    outputs: int | None = None,
    channels: int | None = None,
) -> Callable:
    """Register a function of (dt, rng, part) as the task of its name.

    Parameters
    ----------
    pointwise : whether its pointwise error is meaningful
    lattice : s, its input jumps at multiples of it; dt must divide it
    duration : function of (part, **options), roughly how long one repetition lasts, s
    outputs, channels : columns of the target and of the input. These and the duration determine a
        job's memory before it starts; if one is not given, the signals are made to find out
    """

    def register(function):
        TASKS[function.__name__] = Recipe(
            function, None, pointwise, lattice, duration, outputs, channels, _options(function)
        )
        return function

    return register


def periodic(period: float) -> Callable:
    """Register a function of time (s) over one period (s) as the task of its name."""

    def register(function):
        def make(dt, rng, part, **options):
            steps = multiple(period, dt, f"the period of {function.__name__}")
            return function(np.arange(steps) * dt, **options)

        TASKS[function.__name__] = Recipe(
            make, period, True, None, lambda part, **_: period, None, 0, _options(function)
        )
        return function

    return register


def _options(function: Callable) -> tuple[str, ...]:
    parameters = signature(function).parameters.values()
    return tuple(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)


def period(name: str) -> float | None:
    """Period of a task (s); None if it is not periodic."""
    return _recipe(name).period


def duration(name: str, part: str, **options: float) -> float:
    """Rough duration (s) of one repetition of a part of a task, "train" or "test"."""
    lasts = _recipe(name).duration
    if lasts:
        return lasts(part, **options)
    made = _made(name, tuple(options.items()))
    return len(getattr(made, part).target) * made.dt


def phase(name: str) -> str:
    """Phase of a task: "locked" if it has an input or no period, else "drifting"."""
    return "locked" if channels(name) or not _recipe(name).pointwise else "drifting"


def outputs(name: str) -> int:
    """Outputs of a task."""
    return _recipe(name).outputs or _made(name, ()).outputs


def channels(name: str) -> int:
    """Input channels of a task."""
    known = _recipe(name).channels
    return _made(name, ()).channels if known is None else known


@cache
def _made(name: str, options: tuple) -> Task:
    """Task with its signals, for recipes that do not say what the signals are like."""
    period = _recipe(name).period
    return make(name, period / 4 if period else LATTICE, **dict(options))


def make(
    name: str, dt: float, *, seed: int = 0, train_repetitions: int = 1, test_repetitions: int = 1,
    **options: float,
) -> Task:  # fmt: skip
    """Make a task.

    Parameters
    ----------
    name : one of TASKS
    dt : s, sampling of its signals
    seed : root seed; training and test draw from different streams
    train_repetitions, test_repetitions : how many times each signal is presented
    options : of the task's function, each with a default there

    Raises
    ------
    ValueError
        if there is no such task or option, a period or a pulse is not a multiple of dt, or a
        repetition count is below 1.
    """
    recipe = _recipe(name)
    for option in options:
        if option not in recipe.options:
            known = ", ".join(recipe.options) or "none"
            raise ValueError(f"unknown option {option!r} of the task {name}; known: {known}")
    _check_repetitions(train_repetitions, test_repetitions)
    parts = {}
    for part, repetitions in (("train", train_repetitions), ("test", test_repetitions)):
        rng = seeds.generator(seed, 0, 0, 0, f"{name} {part}")
        made = recipe.make(dt, rng, part, **options)
        target, inputs = made if isinstance(made, tuple) else (made, None)
        own = Task.of_arrays(target, inputs, dt=dt, name=name)
        parts[part] = Signal(own.train.target, own.train.input, repetitions)
    return Task(name, parts["train"], parts["test"], dt, recipe.pointwise)


def _check_repetitions(train_repetitions: int, test_repetitions: int) -> None:
    for part, repetitions in (("train", train_repetitions), ("test", test_repetitions)):
        if repetitions < 1:
            raise ValueError(f"{part}_repetitions must be at least 1, got {repetitions}")


def _recipe(name: str) -> Recipe:
    if name not in TASKS:
        near = difflib.get_close_matches(name, TASKS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"unknown task {name!r}; known: {', '.join(TASKS)}{hint}")
    return TASKS[name]


def _columns(array, name: str) -> np.ndarray:
    """Signal (time, k) from an array (time,) or (time, k), checked."""
    array = np.asarray(array, dtype=float)
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or not array.size:
        raise ValueError(f"the {name} must be (time,) or (time, k), got shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"the {name} must be finite")
    return array


@periodic(0.2)
def sine(time):
    """Sine of 5 Hz."""
    return np.sin(2 * np.pi * 5 * time)


@periodic(1.0)
def oscillator(time):
    """Sine of 1 Hz plus sine of 2 Hz."""
    return np.sin(2 * np.pi * time) + np.sin(4 * np.pi * time)


@periodic(1.0)
def fourier(time):
    """First ten harmonics of 1 Hz, one output each."""
    return np.sin(2 * np.pi * np.arange(1, 11) * time[:, None])


SLOT = 0.25  # s, shortest note
PITCHES = "CDEFG"
PHRASE = [(note, 1) for note in "EEFGGFEDCCDEED"] + [("D", 2)]  # (pitch, slots)


@periodic(4.0)
def ode_to_joy(time):
    """First phrase of Beethoven's tune: 5 pitches, then 16 time markers, one bump for each slot.

    The markers are the high-dimensional temporal signal (HDTS) of Nicola & Clopath 2017,
    Nat Commun 8:2208.
    """
    melody = np.zeros((time.size, len(PITCHES)))
    start = 0
    for pitch, slots in PHRASE:
        melody[:, PITCHES.index(pitch)] += _bump(time - start * SLOT, slots * SLOT)
        start += slots
    markers = [_bump(time - slot * SLOT, SLOT) for slot in range(start)]
    return np.column_stack([melody, *markers])


def _bump(time, length):
    """Half a period of a sine from 0 to `length` (s), 0 elsewhere."""
    inside = (time >= -1e-9) & (time < length - 1e-9)
    return np.where(inside, np.sin(np.pi * time / length), 0.0)


LATTICE = 5e-4  # s, grid of the edges of pulses, where the multistep rule may restart, for any dt
RELAXATION = 10e-3  # s, gamma


@task(lattice=LATTICE, duration=lambda part, pulses=400: 0.1 + 0.3 * pulses, outputs=1, channels=1)
def pitchfork(dt, rng, part, *, pulses=400):
    """The well of gamma dx/dt = x - x^3 + u in which a train of pulses u has left x.

    Rectangular pulses of 5 to 10 ms and height 2 N(0, 1), each starting 0.1 to 0.5 s after the
    one before; 400 last about 119 s. x starts at rest in the upper well.
    """
    stride, pulses = multiple(LATTICE, dt, "the lattice of pulse edges"), int(pulses)
    starts = np.cumsum(_on_lattice(rng, 0.1, 0.5, pulses)) * stride
    stops = starts + _on_lattice(rng, 5e-3, 10e-3, pulses) * stride
    pulse = np.zeros(starts[-1] + round(0.1 / LATTICE) * stride)
    for start, stop, height in zip(starts, stops, 2 * rng.standard_normal(pulses), strict=True):
        pulse[start:stop] = height
    edges = [0, *np.column_stack([starts, stops]).ravel(), len(pulse)]
    x = [np.ones(1)]
    for start, stop in pairwise(edges):
        x.append(_relaxed(x[-1][-1], pulse[start], stop - start, dt))
    return np.concatenate(x)[:-1], pulse


def _on_lattice(rng, low, high, pulses):
    """One duration for each pulse, uniform on [low, high] (s), in lattice steps."""
    return rng.integers(round(low / LATTICE), round(high / LATTICE), pulses, endpoint=True)


def _relaxed(x, pulse, steps, dt):
    """Follow x for some steps under a constant pulse; its values after each, (steps,)."""

    def flow(t, x):
        return (x - x**3 + pulse) / RELAXATION

    times = np.arange(1, steps + 1) * dt
    solved = solve_ivp(flow, (0, times[-1]), [x], "DOP853", times, rtol=1e-9, atol=1e-12)
    return solved.y[0]


RHO, SIGMA, BETA = 28.0, 5.0, 7.0 / 3.0


def _lorenz_duration(part, train_duration=200.0, test_duration=100.0):
    return test_duration if part == "test" else train_duration


@task(pointwise=False, duration=_lorenz_duration, outputs=3, channels=0)
def lorenz(dt, rng, part, *, train_duration=200.0, test_duration=100.0):
    """Lorenz attractor from (1, 1, 1); the test continues the training. Durations in s."""
    trained = multiple(train_duration, dt, "the training on lorenz")
    steps = trained + multiple(test_duration, dt, "the test on lorenz") * (part == "test")

    def flow(t, state):
        x, y, z = state
        return SIGMA * (y - x), x * (RHO - z) - y, x * y - BETA * z

    times = np.arange(steps) * dt
    wanted = times[trained:] if part == "test" else times
    span = (0.0, times[-1])
    solved = solve_ivp(flow, span, [1.0, 1.0, 1.0], "DOP853", wanted, rtol=1e-9, atol=1e-9)
    return solved.y.T
