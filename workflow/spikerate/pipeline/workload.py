"""The sizes of the parts of a study: steps, updates, batches of networks, bytes of signals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from spikerate.engine.selection import resolve
from spikerate.model.kinds import KINDS
from spikerate.model.rate import coarse_steps
from spikerate.pipeline import timings
from spikerate.pipeline.batch import NUMBER, Batch
from spikerate.pipeline.work import Work
from spikerate.study import chunks, sweep
from spikerate.tasks import registry as tasks

MB = 1e6  # bytes


class Workload:
    """Sizes of the parts of a study.

    Parameters
    ----------
    config : of the whole study, validated
    """

    def __init__(self, config: dict[str, Any]):
        self.config = config
        self._chunks: dict[tuple[str, str, str], Counter[int]] = {}

    @cached_property
    def compiled(self) -> bool:
        """Whether the inner loops run compiled."""
        return resolve(self.config["engine"]) == "numba"

    @cached_property
    def dt(self) -> float:
        """Time step, s."""
        return float(self.config["dt"])

    @cached_property
    def sample_steps(self) -> int:
        """Steps of dt between two samples."""
        every: float = self.config["recording"]["sample_every"]
        return round(every / self.dt)

    def chunk_sizes(self, task: str, stage: str, kind: str) -> Counter[int]:
        """Number of points in each chunk of a task and stage, by the chunk's number."""
        key = task, stage, kind
        if key not in self._chunks:
            self._chunks[key] = chunks.sizes(self.config, *key)
        return self._chunks[key]

    def steps(self, task: str, part: str, repetitions: int | None = None) -> float:
        """Steps of dt in the training or the test of a task.

        Parameters
        ----------
        part : "train" or "test"
        repetitions : None takes those of the config
        """
        own = self.config["tasks"][task]
        duration = tasks.duration(task, part, **own.get("options", {}))
        count = own[f"{part}_repetitions"] if repetitions is None else repetitions
        return duration * count / self.dt

    def updates(self, task: str) -> float:
        """Updates of the decoder in one training on a task."""
        every: float = self.settings(task)["update_every"]
        return self.steps(task, "train") * self.dt / every

    def settings(self, task: str) -> dict[str, Any]:
        """Settings of a task in the sweep."""
        return sweep.task_settings(self.config, task)

    def batch(
        self,
        kind: str,
        task: str,
        points: int,
        *,
        neurons: int | None = None,
        width: int | None = None,
        shared: bool | None = None,
    ) -> Batch:
        """Batch of networks for a task.

        Parameters
        ----------
        neurons, width : None takes those of the sweep
        shared : whether the networks share a reservoir; None takes the setting of the sweep
        """
        config = self.config
        if shared is None:
            shared = config["reservoir_draws"] == "shared"
        return Batch(
            kind=kind,
            points=points,
            neurons=neurons or self.settings(task)["neurons"],
            outputs=tasks.outputs(task),
            channels=tasks.channels(task),
            draws=1 if shared else points,
            width=(width or config["product_width"]) if shared else 1,
            stride=coarse_steps(self.sample_steps, self.dt, config["numerics"]),
            single=config["product_precision"] == "single",
            compiled=self.compiled,
        )

    def demonstrated(self, kind: str, task: str, neurons: int) -> Batch:
        """Batch of the only network of a demonstration."""
        return self.batch(kind, task, 1, neurons=neurons, width=1)

    def sized(self, kind: str, neurons: int) -> Batch:
        """Batch of the size sweep: a network for each learning rate, on one reservoir."""
        task = self.config["sizes"]["task"]
        rates = len(sweep.learning_rates(self.config, task))
        return self.batch(kind, task, rates, neurons=neurons, shared=True)

    def split(self, kind: str, task: str, points: int) -> list[Batch]:
        """Batches into which the points of a chunk are split."""
        width = self.batch(kind, task, points).width
        sizes = [width] * (points // width) + [points % width] * bool(points % width)
        return [self.batch(kind, task, size) for size in sizes]

    def batches(self) -> dict[str, Batch]:
        """Batch that takes longest, among the trainings of the study, by piece of work."""
        found: dict[str, Batch] = {}
        most = Work()
        for batch, steps in self._trainings():
            for piece, seconds in batch.steps(steps).items():
                if seconds > most.get(piece, 0.0):
                    found[piece], most[piece] = batch, seconds
        return found

    def _trainings(self) -> Iterator[tuple[Batch, float]]:
        """Yield a batch of each training of the study, and its steps of dt."""
        for kind in KINDS:
            for task in sweep.swept(self.config):
                points = max(self.chunk_sizes(task, "train", kind).values())
                yield self.split(kind, task, points)[0], self.steps(task, "train")
            for task in self.config["figures"]["demonstrations"]:
                neurons = self.config["demonstrations"][task]["neurons"]
                yield self.demonstrated(kind, task, neurons), self.steps(task, "train")

    def learners(self) -> dict[str, tuple[int, float]]:
        """Neurons and updates of the training that takes longest, by piece of work."""
        found: dict[str, tuple[int, float]] = {}
        most: dict[str, float] = {}
        for task in sweep.swept(self.config):
            neurons, updates = self.settings(task)["neurons"], self.updates(task)
            piece = "low_rank" if updates <= neurons // 2 else "dense"
            if updates * neurons**2 > most.get(piece, 0.0):
                found[piece], most[piece] = (neurons, updates), updates * neurons**2
        return found

    # Parts of jobs.

    def training(self, batch: Batch, task: str) -> Work:
        """Work of training a batch on a task, with the warm-up."""
        own = self.settings(task)
        steps = self.steps(task, "train") + own["warm_up"] / self.dt
        return batch.steps(steps) + batch.learning(self.updates(task))

    def testing(self, batch: Batch, task: str, decoders: int) -> Work:
        """Work of testing a batch on a task with some decoders, and of computing the errors."""
        steps = self.steps(task, "test")
        samples = steps / self.sample_steps * batch.points * batch.outputs
        errors = Work(python=samples * timings.ALIGN)
        return (batch.steps(steps) + errors) * decoders

    def repeating(self, batch: Batch, task: str, repetitions: int) -> Work:
        """Work of some repetitions of the test, and of aligning them."""
        drifting = tasks.phase(task) == "drifting"
        steps = self.steps(task, "test", repetitions + (2 if drifting else 0))
        aligning = repetitions * batch.points * timings.REPETITION if drifting else 0.0
        return batch.steps(steps) + Work(python=aligning)

    def signals(self, task: str, points: int = 0) -> float:
        """Bytes of the signals of a task, and of the readouts in a test of some points."""
        outputs, both = tasks.outputs(task), outputs_and_channels(task)
        once = sum(self.steps(task, part, 1) for part in ("train", "test"))
        tiled = self.steps(task, "test") if points else 0.0
        readouts = self.steps(task, "test") / self.sample_steps * points
        return NUMBER * ((1.6 * once + 0.5 * tiled) * both + 5 * readouts * outputs)

    def chunk_bytes(self, task: str, points: int) -> float:
        """Bytes of a chunk on disk: decoders, states and the norms of the updates."""
        own = self.settings(task)
        numbers: float = own["neurons"] * (tasks.outputs(task) + 5) + self.updates(task)
        return NUMBER * points * numbers + 0.1 * MB

    def selected_bytes(self, task: str, points: int, kinds: Sequence[str]) -> float:
        """Bytes of some points of each kind, and of the largest chunk from which they are read."""
        largest = max(max(self.chunk_sizes(task, "train", kind).values()) for kind in kinds)
        copies = len(kinds) + 0.5
        return copies * self.chunk_bytes(task, points) + self.chunk_bytes(task, largest)


def outputs_and_channels(task: str) -> int:
    """Number of outputs and input channels of a task."""
    return tasks.outputs(task) + tasks.channels(task)
