"""What the parts of a study amount to: steps, updates, batches of networks and bytes of signals."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from types import SimpleNamespace

from spikerate.engine.selection import resolve
from spikerate.model import networks
from spikerate.model.rate import RateNetwork
from spikerate.pipeline import timings
from spikerate.pipeline.batch import NUMBER, Batch
from spikerate.study import sweep
from spikerate.tasks import registry as tasks

MB = 1e6  # bytes


def times(work: Counter, count: float) -> Counter:
    """Work done so many times."""
    return Counter({kind: count * s for kind, s in work.items()})


class Workload:
    """Sizes of the parts of a study.

    Parameters
    ----------
    config : of the whole study, validated
    """

    def __init__(self, config: dict):
        self.config = config
        self._chunks: dict[tuple, Counter] = {}

    @cached_property
    def compiled(self) -> bool:
        """Whether the inner loops run compiled."""
        return resolve(self.config["engine"]) == "numba"

    @cached_property
    def sample_steps(self) -> int:
        """Steps of dt between two samples."""
        return round(self.config["recording"]["sample_every"] / self.config["dt"])

    def chunk_sizes(self, task: str, stage: str, network: str) -> Counter:
        """Points in each chunk of a task, of one twin in one stage."""
        key = task, stage, network
        if key not in self._chunks:
            self._chunks[key] = sweep.chunk_sizes(self.config, *key)
        return self._chunks[key]

    def steps(self, task: str, part: str, repetitions: int | None = None) -> float:
        """Steps of dt of some repetitions of a part, "train" or "test", of a task."""
        own = self.config["tasks"][task]
        lasts = tasks.duration(task, part, **own.get("options", {}))
        count = own[f"{part}_repetitions"] if repetitions is None else repetitions
        return lasts * count / self.config["dt"]

    def updates(self, task: str) -> float:
        """Updates of one training on a task."""
        return self.steps(task, "train") * self.config["dt"] / self.settings(task)["update_every"]

    def settings(self, task: str) -> dict:
        """Settings of a task in the sweep."""
        return sweep.task_settings(self.config, task)

    def batch(self, network: str, task: str, points: int, **changes) -> Batch:
        """Batch of networks of the sweep of a task.

        Parameters
        ----------
        changes : `neurons`, `width` and `shared`, where they are not those of the sweep
        """
        settings = {
            "neurons": self.settings(task)["neurons"],
            "width": self.config["product_width"],
            "shared": self.config["reservoir_draws"] == "shared",
        } | changes
        shared = settings["shared"]
        like = SimpleNamespace(numerics=self.config["numerics"], dt=self.config["dt"])
        return Batch(
            network, points, settings["neurons"], tasks.outputs(task), tasks.channels(task),
            1 if shared else points, settings["width"] if shared else 1,
            RateNetwork.coarse_steps(like, self.sample_steps),
            self.config["product_precision"] == "single", self.compiled,
        )  # fmt: skip

    def alone(self, network: str, task: str, neurons: int) -> Batch:
        """One network of a demonstration."""
        return self.batch(network, task, 1, neurons=neurons, width=1)

    def beside(self, network: str, neurons: int) -> Batch:
        """Networks of the size sweep, one for each learning rate, on one reservoir."""
        task = self.config["sizes"]["task"]
        rates = len(sweep.learning_rates(self.config, task))
        return self.batch(network, task, rates, neurons=neurons, shared=True)

    def split(self, network: str, task: str, points: int) -> list[Batch]:
        """Batches in which the points of a chunk are worked off."""
        width = networks.width_of(self.config)
        sizes = [width] * (points // width) + [points % width] * bool(points % width)
        return [self.batch(network, task, size) for size in sizes]

    def batches(self) -> dict[str, Batch]:
        """Batch of the sweeps and demonstrations that has most of each kind of step."""
        found, most = {}, Counter()
        for batch, steps in self._all_batches():
            for kind, seconds in batch.steps(steps).items():
                if seconds > most[kind]:
                    found[kind], most[kind] = batch, seconds
        return found

    def _all_batches(self):
        """Yield batches of one training each, and how many steps it has."""
        for network in networks.TWINS:
            for task in sweep.swept(self.config):
                points = max(self.chunk_sizes(task, "train", network).values())
                yield self.split(network, task, points)[0], self.steps(task, "train")
            for task in self.config["figures"]["demonstrations"]:
                neurons = self.config["demonstrations"][task]["neurons"]
                yield self.alone(network, task, neurons), self.steps(task, "train")

    def learners(self) -> dict[str, tuple[int, float]]:
        """Neurons and updates of the trainings that have most of each kind of update."""
        found, most = {}, Counter()
        for task in sweep.swept(self.config):
            neurons, updates = self.settings(task)["neurons"], self.updates(task)
            kind = "low_rank" if updates <= neurons // 2 else "dense"
            if updates * neurons**2 > most[kind]:
                found[kind], most[kind] = (neurons, updates), updates * neurons**2
        return found

    # Parts of jobs.

    def trained(self, batch: Batch, task: str) -> Counter:
        """Work of training a batch on a task, its warm-up included."""
        own = self.settings(task)
        steps = self.steps(task, "train") + own["warm_up"] / self.config["dt"]
        return batch.steps(steps) + batch.learning(self.updates(task))

    def tested(self, batch: Batch, task: str, decoders: int) -> Counter:
        """Work of the test of a task with so many decoders, and of judging it."""
        steps = self.steps(task, "test")
        judging = (
            decoders * steps / self.sample_steps * batch.points * batch.outputs * timings.ALIGN
        )
        return times(batch.steps(steps), decoders) + Counter(python=judging)

    def repeated(self, batch: Batch, task: str, repetitions: int) -> Counter:
        """Work of so many repetitions of the test, and of aligning them."""
        around = 2 if tasks.phase(task) == "drifting" else 0
        steps = self.steps(task, "test", repetitions + around)
        aligning = repetitions * batch.points * timings.REPETITION if around else 0.0
        return batch.steps(steps) + Counter(python=aligning)

    def signals(self, task: str, points: int = 0) -> float:
        """Bytes of the signals of a task, and of the readouts of a test of so many points."""
        outputs, once = tasks.outputs(task), [self.steps(task, p, 1) for p in ("train", "test")]
        tiled = self.steps(task, "test") if points else 0.0
        readouts = self.steps(task, "test") / self.sample_steps * points
        return NUMBER * ((1.6 * sum(once) + 0.5 * tiled) * (outputs + tasks.channels(task))
                         + 5 * readouts * outputs)  # fmt: skip

    def chunk_bytes(self, task: str, points: int) -> float:
        """Bytes of a chunk on disk: decoders, states and the norms of the updates."""
        own = self.settings(task)
        numbers = own["neurons"] * (tasks.outputs(task) + 5) + self.updates(task)
        return NUMBER * points * numbers + 0.1 * MB

    def picked_bytes(self, task: str, points: int, twins) -> float:
        """Bytes of some points of some twins, and of a trained chunk that they are taken from."""
        chunks = [max(self.chunk_sizes(task, "train", network).values()) for network in twins]
        return (len(twins) + 0.5) * self.chunk_bytes(task, points) + self.chunk_bytes(
            task, max(chunks)
        )
