"""What a job of each rule needs: a function for each rule, in the order of the data."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from spikerate.model.kinds import KINDS
from spikerate.pipeline import timings
from spikerate.pipeline.batch import NUMBER, Batch
from spikerate.pipeline.work import Work
from spikerate.pipeline.workload import MB, Workload, outputs_and_channels
from spikerate.study import sweep
from spikerate.tasks import registry as tasks

IMPORTS = 235 * MB  # memory of a process that can train networks, 100 MB of it for Numba
READER = 110 * MB  # memory of a process that only reads datasets
PAGE = 690 * MB  # memory of a process that draws a figure of several tasks
SHOWN = 2  # learning rates whose starred points are shown, slow and fast


class Job(NamedTuple):
    """What a job needs."""

    work: Work
    memory: float  # bytes, at most
    disk: float  # bytes of its outputs

    def seconds(self, factors: dict[str, float] | None = None) -> float:
        """Duration (s) on a machine that takes `factors` times as long for each piece of work."""
        return sum(s * (factors or {}).get(piece, 1.0) for piece, s in self.work.items())


def _task_signals(load: Workload, task: str) -> Job:
    samples = sum(load.steps(task, part, 1) for part in ("train", "test"))
    size = NUMBER * samples * (outputs_and_channels(task) + 1)
    work = Work(python=0.5 * timings.START + samples * timings.SAMPLE)
    return Job(work, READER + 2.2 * size, size)


def _neuron(load: Workload) -> Job:
    return Job(Work(python=timings.START), IMPORTS, 0.2 * MB)


def _untrained(load: Workload) -> Job:
    simulated = load.config["simulate"]["untrained"]
    neurons = load.config["network"]["neurons"]
    steps = simulated["duration"] / load.dt
    parts = [load.batch(n, "sine", 2, neurons=neurons, shared=True) for n in KINDS]
    work = sum((b.drawing() + b.steps(steps) for b in parts), Work(python=timings.START))
    traces = NUMBER * 3 * steps / load.sample_steps * neurons
    return Job(work, IMPORTS + parts[0].memory() + traces, 0.5 * MB)


def _train(load: Workload, task: str, kind: str, points: int) -> Job:
    batches = load.split(kind, task, points)
    parts = [b.drawing() + load.training(b, task) for b in batches]
    memory = batches[0].memory(load.updates(task)) + load.signals(task)
    held = load.chunk_bytes(task, points)
    return Job(_started(parts), IMPORTS + memory + 2 * held, held)


def _transfer(load: Workload, task: str, kind: str, points: int) -> Job:
    batches = load.split(kind, task, points)
    parts = [b.drawing() + load.testing(b, task, 3) for b in batches]
    memory = batches[0].memory() + load.signals(task, batches[0].points)
    memory += load.selected_bytes(task, points, KINDS)
    return Job(_started(parts), IMPORTS + memory, 0.1 * MB)


def _repeat(load: Workload, task: str, kind: str, points: int) -> Job:
    repetitions = load.config["trials"]["repetitions"]
    batches = load.split(kind, task, points)
    parts = [b.drawing() + load.repeating(b, task, repetitions) for b in batches]
    memory = batches[0].memory() + load.signals(task, batches[0].points)
    memory += load.selected_bytes(task, points, [kind])
    return Job(_started(parts), IMPORTS + memory, 0.1 * MB)


def _starred(load: Workload, task: str) -> Job:
    parts = [(b.drawing() + load.testing(b, task, 2)) * SHOWN for b in _pair(load, task)]
    return _shown(load, task, parts)


def _repeat_shown(load: Workload, task: str) -> Job:
    shown = load.config["trials"]["shown"]
    parts = [(b.drawing() + load.repeating(b, task, shown)) * SHOWN for b in _pair(load, task)]
    return _shown(load, task, parts)


def _pair(load: Workload, task: str) -> list[Batch]:
    """A batch of one point for each twin."""
    return [load.batch(kind, task, 1) for kind in KINDS]


def _shown(load: Workload, task: str, parts: list[Work]) -> Job:
    """Job that runs a few points, which it finds in all chunks."""
    sizes = [load.chunk_sizes(task, "train", kind) for kind in KINDS]
    chunks = sum(map(len, sizes)) * SHOWN * load.config["draws"] / len(KINDS)
    largest = load.chunk_bytes(task, max(max(s.values()) for s in sizes))
    memory = _pair(load, task)[0].memory() + load.signals(task, 4)
    work = _started([*parts, Work(python=chunks * timings.FILE)])
    return Job(work, IMPORTS + memory + 2 * largest, load.signals(task, 4) / 10)


def _maps(load: Workload, task: str, stage: str = "transfer") -> Job:
    chunks = sum(len(load.chunk_sizes(task, stage, kind)) for kind in KINDS)
    rates = len(sweep.learning_rates(load.config, task))
    return _reading(chunks * rates * load.config["draws"])


def _repeat_maps(load: Workload, task: str) -> Job:
    return _maps(load, task, "trials")


def _sizes(load: Workload) -> Job:
    return _reading(len(load.config["sizes"]["neurons"]) * load.config["sizes"]["draws"])


def _demonstration(load: Workload, task: str) -> Job:
    shown = load.config["demonstrations"][task]
    before, after = (
        load.steps(task, part, shown[when])
        for part, when in (("train", "before"), ("test", "after"))
    )
    learning = load.steps(task, "train", shown["learning"])
    updates = learning * load.dt / shown["update_every"]
    parts = []
    for kind in KINDS:
        batch = load.demonstrated(kind, task, shown["neurons"])
        parts += [batch.drawing(), batch.steps(before + learning + after)]
        parts += [batch.learning(updates)]
    traces = NUMBER * (before + after + (learning if before else 0)) / load.sample_steps
    traces *= tasks.outputs(task) * (2 + load.config["recording"]["neurons"])
    memory = batch.memory(updates) + load.signals(task) + 2 * traces
    return Job(_started(parts), IMPORTS + memory, traces)


def _size(load: Workload, size: str) -> Job:
    task = load.config["sizes"]["task"]
    rates = len(sweep.learning_rates(load.config, task))
    parts = []
    for kind in KINDS:
        batch = load.sized(kind, int(size))
        parts += [batch.drawing(), load.training(batch, task), load.testing(batch, task, 2)]
    memory = 1.5 * batch.memory(load.updates(task)) + load.signals(task, rates)
    return Job(_started(parts), IMPORTS + memory, 0.1 * MB)


def _spectra(load: Workload, task: str) -> Job:
    points, neurons = load.config["spectra"]["tasks"][task], load.settings(task)["neurons"]
    rates, updates = len(sweep.learning_rates(load.config, task)), load.updates(task)
    bases = 2 * rates * timings.decomposition(updates, neurons)
    parts = [Work(dense=points * bases)]
    for kind in KINDS:
        batch = load.batch(kind, task, rates)
        parts += [(batch.drawing() + load.training(batch, task)) * points]
    states = NUMBER * updates * neurons
    components = NUMBER * 2 * rates * min(updates, neurons) * neurons
    memory = batch.memory(updates) + (3 * rates + 3) * states + components
    return Job(_started(parts), IMPORTS + memory, 0.2 * MB)


def _started(parts: list[Work]) -> Work:
    """Work of a job with these parts, and of its start."""
    return sum(parts, Work(python=timings.START))


def _reading(files: int) -> Job:
    return Job(Work(python=0.5 * timings.START + files * timings.FILE), READER, 0.5 * MB)


def _drawing(load: Workload, seconds: float = timings.DRAWING, memory: float = PAGE) -> Job:
    """Job that draws a figure or writes a table or a page."""
    return Job(Work(python=seconds), memory, 1 * MB)


Estimator = Callable[..., Job]  # its arguments are a Workload and the wildcards of the rule

ESTIMATORS: dict[str, Estimator] = {
    "task": _task_signals,
    "neuron": _neuron,
    "untrained": _untrained,
    "train": _train,
    "demonstration": _demonstration,
    "size": _size,
    "transfer": _transfer,
    "maps": _maps,
    "starred": _starred,
    "sizes": _sizes,
    "repeat": _repeat,
    "repeat_maps": _repeat_maps,
    "repeat_shown": _repeat_shown,
    "spectra": _spectra,
    "fig1": partial(_drawing, seconds=2.6, memory=240 * MB),
    "fig2": partial(_drawing, seconds=2.5, memory=205 * MB),
    "fig7": partial(_drawing, seconds=9.0, memory=1400 * MB),
    "fig8": partial(_drawing, seconds=4.4, memory=400 * MB),
    "sound": partial(_drawing, seconds=1.2, memory=180 * MB),
    "claims": partial(_drawing, seconds=1.5, memory=170 * MB),
    "report": partial(_drawing, seconds=4.8, memory=300 * MB),
}


def estimator(rule: str) -> Estimator:
    """Estimator of a rule; a figure that is not in the table gets the usual cost of a figure.

    Raises
    ------
    ValueError
        if the rule has no estimate.
    """
    if rule in ESTIMATORS:
        return ESTIMATORS[rule]
    if re.fullmatch(r"fig\d+", rule):
        return _drawing
    known = ", ".join(ESTIMATORS)
    raise ValueError(
        f"no estimate of what the rule {rule!r} needs: add one to ESTIMATORS in {__name__};"
        f" known are fig1, fig2, ... and {known}"
    )
