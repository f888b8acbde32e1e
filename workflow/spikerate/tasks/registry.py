"""Tasks: the target that a readout should follow and, for some tasks, the input that drives it.

A task is one function, registered by a decorator: `periodic` for a target that repeats, a function
of time over one period; `task` for anything else, a function of (dt, rng, part) with part "train"
or "test". A function returns the target, or the pair (target, input).
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from inspect import signature
from os import PathLike
from pathlib import Path
from typing import Annotated, Any, TypeVar

import numpy as np

from spikerate.marks import ChosenBy
from spikerate.model import seeds
from spikerate.model.neuron import Floats, multiple
from spikerate.tasks.opened import files_opened
from spikerate.tasks.signals import Signal, check_repetitions
from spikerate.tasks.signals import Task as Task  # users import it from here

COARSE = 5e-4  # s, sampling of a task that is made only to get its shape

Made = Floats | tuple[Floats, Floats]  # a target, or a target and its input
Duration = Callable[..., float]  # (part, **options) -> roughly how long a repetition is, s
Maker = TypeVar("Maker", bound=Callable[..., Made])

TASKS: Annotated[dict[str, Recipe], ChosenBy("task")] = {}


@dataclass(frozen=True)
class Recipe:
    """How a task is made."""

    make: Callable[..., Made]  # (dt, rng, part, **options) -> target or (target, input)
    period: float | None  # s
    pointwise: bool
    lattice: float | None  # s; the input jumps only at multiples of it
    duration: Duration | None  # if None, found from the target
    outputs: int | None  # if None, found from the target
    channels: int | None  # if None, found from the input
    options: tuple[str, ...] = ()  # keyword-only arguments of the task's function
    files: tuple[Path, ...] = ()  # files that the function reads


def task(
    *,
    pointwise: bool = True,
    lattice: float | None = None,
    duration: Duration | None = None,
    outputs: int | None = None,
    channels: int | None = None,
    files: Iterable[str | PathLike[str]] = (),
) -> Callable[[Maker], Maker]:
    """Register a function of (dt, rng, part) as the task of its name.

    Parameters
    ----------
    pointwise : whether its pointwise error is meaningful
    lattice : s, its input jumps at multiples of it; dt must divide it
    duration : function of (part, **options), roughly how long one repetition lasts, s
    outputs, channels : columns of the target and of the input. These and the duration determine a
        job's memory before it starts; if one is not given, the signals are made to get it
    files : all files that the function reads; a change of one counts as a change of the task
    """

    def register(function: Maker) -> Maker:
        TASKS[function.__name__] = Recipe(
            make=function,
            period=None,
            pointwise=pointwise,
            lattice=lattice,
            duration=duration,
            outputs=outputs,
            channels=channels,
            options=_options(function),
            files=tuple(map(Path, files)),
        )
        return function

    return register


def periodic(
    period: float, *, files: Iterable[str | PathLike[str]] = ()
) -> Callable[[Maker], Maker]:
    """Register a function of time (s) over one period (s) as the task of its name.

    Parameters
    ----------
    files : as for `task`
    """

    def register(function: Maker) -> Maker:
        def make(dt: float, rng: np.random.Generator, part: str, **options: float) -> Made:
            steps = multiple(period, dt, f"the period of {function.__name__}")
            return function(np.arange(steps) * dt, **options)

        TASKS[function.__name__] = Recipe(
            make=make,
            period=period,
            pointwise=True,
            lattice=None,
            duration=lambda part, **_: period,
            outputs=None,
            channels=0,
            options=_options(function),
            files=tuple(map(Path, files)),
        )
        return function

    return register


def _options(function: Callable[..., Made]) -> tuple[str, ...]:
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


def files(name: str) -> dict[str, str]:
    """Hash of the content of each file that a task reads, by the name of the file.

    Raises
    ------
    ValueError
        if one is missing.
    """
    found = {}
    for path in _recipe(name).files:
        try:
            found[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise ValueError(
                f"the task {name} reads {path}, which must be there ({error})"
            ) from None
    return found


def phase(name: str) -> str:
    """Phase of a task: "locked" if it has an input or is not judged pointwise, else "drifting"."""
    return "locked" if channels(name) or not _recipe(name).pointwise else "drifting"


def outputs(name: str) -> int:
    """Outputs of a task."""
    return _recipe(name).outputs or _made(name, ()).outputs


def channels(name: str) -> int:
    """Input channels of a task."""
    known = _recipe(name).channels
    return _made(name, ()).channels if known is None else known


@cache
def _made(name: str, options: tuple[tuple[str, Any], ...]) -> Task:
    """Task with its signals, for recipes that do not give their shape."""
    period = _recipe(name).period
    return make(name, period / 4 if period else COARSE, **dict(options))


def make(
    name: str,
    dt: float,
    *,
    seed: int = 0,
    train_repetitions: int = 1,
    test_repetitions: int = 1,
    **options: float,
) -> Task:
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
        if there is no such task or option, a period or a pulse is not a multiple of dt, a
        repetition count is below 1, or a file is read that the task does not name.
    """
    recipe = _recipe(name)
    for option in options:
        if option not in recipe.options:
            known = ", ".join(recipe.options) or "none"
            raise ValueError(f"unknown option {option!r} of the task {name}; known: {known}")
    check_repetitions(train_repetitions, test_repetitions)
    parts = {}
    for part, repetitions in (("train", train_repetitions), ("test", test_repetitions)):
        rng = seeds.generator(seed, 0, 0, 0, f"{name} {part}")
        with files_opened() as opened:
            made = recipe.make(dt, rng, part, **options)
        _check_files(name, opened)
        target, inputs = made if isinstance(made, tuple) else (made, None)
        own = Task.of_arrays(target, inputs, dt=dt, name=name)
        parts[part] = Signal(own.train.target, own.train.input, repetitions)
    return Task(name, parts["train"], parts["test"], dt, recipe.pointwise)


def _check_files(name: str, opened: set[Path]) -> None:
    """Check that a task names each file that it reads; changes of others would go unnoticed."""
    named = {path.resolve() for path in _recipe(name).files}
    for path in sorted(opened - named):
        raise ValueError(f"the task {name} reads {path}, which its `files` must name")


def _recipe(name: str) -> Recipe:
    if name not in TASKS:
        near = difflib.get_close_matches(name, TASKS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"unknown task {name!r}; known: {', '.join(TASKS)}{hint}")
    return TASKS[name]
