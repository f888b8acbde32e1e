"""What a job needs, known before it starts: time by kind of work, memory and disk.

A job is known by its rule and its wildcards. What one step, update or draw takes stands in `units`.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from math import ceil
from types import SimpleNamespace
from typing import NamedTuple

from spikerate.engine import selection as engine
from spikerate.learning.rls import FLUSH
from spikerate.model import networks
from spikerate.model.rate import RateTwin
from spikerate.pipeline import timings as units
from spikerate.study import sweep
from spikerate.tasks import registry as tasks

MB = 1e6  # bytes
NUMBER = 8  # bytes
IMPORTS = 235 * MB  # of a process that has imported what trains; Numba's part is 100 MB
READER = 110 * MB  # of a process that reads datasets and does not train
PAGE = 690 * MB  # of a process that draws figures of several tasks
AROUND = 400 * MB  # of Snakemake, in a job of a cluster, beside the script
STATES = 12  # arrays (point, neuron) of a state, its copies and what a step needs beside it
ROOM = 1.25  # times the memory that a job is expected to hold, asked for
PATIENCE, LEAST = 2, 10  # times the minutes that a job is expected to take, and minutes besides
TWINS = ("spiking", "rate")
DRAWN = 2  # learning rates whose starred points are shown
FIGURES = {  # s and bytes of a figure where they are not the usual ones
    "fig1": (2.6, 240 * MB), "fig2": (2.5, 205 * MB), "fig7": (9.0, 1400 * MB),
    "fig8": (4.4, 400 * MB), "sound": (1.2, 180 * MB), "report": (4.8, 300 * MB),
    "claims": (1.5, 170 * MB),
}  # fmt: skip
CHUNKED = {"train": "train", "transfer": "transfer", "repeat": "trials"}  # stage, by rule
MAKERS = {"task": "_task_signals"}


class Job(NamedTuple):
    """What a job needs."""

    work: Counter  # s on the reference machine, by kind of work
    memory: float  # bytes at the peak
    disk: float  # bytes of its outputs

    def seconds(self, factors: dict[str, float] | None = None) -> float:
        """Duration (s) on a machine that takes so many times as long at each kind of work."""
        return sum(s * (factors or {}).get(kind, 1.0) for kind, s in self.work.items())


class Batch(NamedTuple):
    """Networks that advance together."""

    network: str  # which twin
    points: int
    neurons: int
    outputs: int
    channels: int
    draws: int  # reservoirs among them
    width: int  # of a product; 1 for networks that have each its own
    stride: int  # steps of dt in a step of the rate twin
    single: bool  # whether products are in single precision
    compiled: bool

    def steps(self, count: float) -> Counter:
        """Work of so many steps of dt."""
        signals = self.outputs + self.channels
        if self.network == "spiking":
            work = {"spiking": count * self.points * units.spiking_step(self.neurons, signals)}
        else:
            once = units.CALL + self.points * units.rate_step(self.neurons, signals)
            kind, products = self._products()
            work = {kind: count / self.stride * (once + products)}
        return self._on_engine(work)

    def _products(self) -> tuple[str, float]:
        """Kind and seconds of the recurrent products of one step of the rate twin."""
        if self.width == 1:
            return "rows", self.points * units.rows(self.neurons, self.single, self.draws)
        columns = ceil(self.points / self.width) * self.width  # the last product is padded
        return "product", columns * units.product(self.neurons, self.single, self.width)

    def learning(self, updates: float) -> Counter:
        """Work of the updates, but for the steps between them."""
        n, p = self.neurons, self.points
        if updates <= n // 2:
            work = {"low_rank": updates * p * units.low_rank_update(n, updates / 2)}
        else:
            work = {"dense": updates * p * units.dense_update(n)}
        calls = units.UPDATE + p * units.decoder_update(n, self.outputs)
        return self._on_engine(work | {"python": updates * calls})

    def drawing(self) -> Counter:
        """Work of drawing the weights."""
        return Counter(draw=self.draws * units.draw(self.neurons, self.draws == 1))

    def memory(self, updates: float = 0) -> float:
        """Bytes of the networks, and of what they learn with."""
        n = self.neurons
        rls = updates if updates <= n // 2 else n + FLUSH
        laid_out = 0.5 if self.single and self.network == "rate" else 1.0
        numbers = (1 + laid_out) * self.draws * n**2 + 3 * n**2  # one is being drawn
        numbers += self.points * n * (rls + STATES + 4 * self.outputs)
        return NUMBER * numbers

    def _on_engine(self, work: dict) -> Counter:
        slower = {} if self.compiled else units.NUMPY
        return Counter({kind: s * slower.get(kind, 1.0) for kind, s in work.items()})


class Costs:
    """What every job of a study needs.

    Parameters
    ----------
    config : of the whole study, validated
    """

    def __init__(self, config: dict):
        self.config = config
        self._known: dict[tuple, Job] = {}
        self._chunks: dict[tuple, Counter] = {}

    def of(self, rule: str, wildcards: dict | None = None) -> Job:
        """What a job of a rule needs."""
        chosen = {n: str(v) for n, v in (wildcards or {}).items() if n not in ("draw", "rate")}
        if "chunk" in chosen:  # of which only the size matters
            sizes = self._points(chosen["task"], CHUNKED[rule], chosen["network"])
            chosen["points"] = sizes[int(chosen.pop("chunk"))]
        key = rule, *sorted(chosen.items())
        if key not in self._known:
            self._known[key] = self._estimate(rule, chosen)
        return self._known[key]

    def mem_mb(self, rule: str, wildcards: dict | None = None) -> int:
        """Memory (MB) to ask for, with room for what is not counted."""
        return ceil((ROOM * self.of(rule, wildcards).memory + AROUND) / MB / 100) * 100

    def runtime(self, rule: str, wildcards: dict | None = None) -> int:
        """Minutes to ask for, with patience for slower machines than the reference."""
        return LEAST + ceil(PATIENCE * self.of(rule, wildcards).seconds() / 60)

    def _estimate(self, rule: str, wildcards: dict[str, str]) -> Job:
        maker = getattr(self, MAKERS.get(rule, f"_{rule}"), None)
        if maker:
            return maker(**wildcards)
        seconds, memory = FIGURES.get(rule, (units.DRAWING, PAGE))
        return Job(Counter(python=seconds), memory, 1 * MB)

    # Sizes.

    @cached_property
    def compiled(self) -> bool:
        """Whether the inner loops run compiled."""
        return engine.compiled(self.config["engine"])

    @cached_property
    def _every(self) -> int:
        return round(self.config["recording"]["sample_every"] / self.config["dt"])

    def _points(self, task: str, stage: str, network: str) -> Counter:
        """Points in each chunk of a task, of one twin in one stage."""
        key = task, stage, network
        if key not in self._chunks:
            self._chunks[key] = sweep.chunk_sizes(self.config, *key)
        return self._chunks[key]

    def _steps(self, task: str, part: str, repetitions: int | None = None) -> float:
        """Steps of dt of some repetitions of a part, "train" or "test", of a task."""
        own = self.config["tasks"][task]
        lasts = tasks.duration(task, part, **own.get("options", {}))
        count = own[f"{part}_repetitions"] if repetitions is None else repetitions
        return lasts * count / self.config["dt"]

    def _updates(self, task: str) -> float:
        return self._steps(task, "train") * self.config["dt"] / self._task(task)["update_every"]

    def _task(self, task: str) -> dict:
        return sweep.task_settings(self.config, task)

    def batch(self, network: str, task: str, points: int, **changes) -> Batch:
        """Batch of networks of the sweep of a task.

        Parameters
        ----------
        changes : `neurons`, `width` and `shared`, where they are not those of the sweep
        """
        settings = {"neurons": self._task(task)["neurons"], "width": self.config["product_width"],
                    "shared": self.config["reservoir_draws"] == "shared"} | changes  # fmt: skip
        shared = settings["shared"]
        like = SimpleNamespace(numerics=self.config["numerics"], dt=self.config["dt"])
        return Batch(
            network, points, settings["neurons"], tasks.outputs(task), tasks.channels(task),
            1 if shared else points, settings["width"] if shared else 1,
            RateTwin.coarse_steps(like, self._every),
            self.config["product_precision"] == "single", self.compiled,
        )  # fmt: skip

    def _alone(self, network: str, task: str, neurons: int) -> Batch:
        """One network of a demonstration."""
        return self.batch(network, task, 1, neurons=neurons, width=1)

    def _beside(self, network: str, neurons: int) -> Batch:
        """Networks of the size sweep, one for each learning rate, on one reservoir."""
        task = self.config["sizes"]["task"]
        rates = len(sweep.learning_rates(self.config, task))
        return self.batch(network, task, rates, neurons=neurons, shared=True)

    def _batches(self, network: str, task: str, points: int) -> list[Batch]:
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
        for network in TWINS:
            for task in sweep.swept(self.config):
                points = max(self._points(task, "train", network).values())
                yield self._batches(network, task, points)[0], self._steps(task, "train")
            for task in self.config["figures"]["demonstrations"]:
                neurons = self.config["demonstrations"][task]["neurons"]
                yield self._alone(network, task, neurons), self._steps(task, "train")

    def learners(self) -> dict[str, tuple[int, float]]:
        """Neurons and updates of the trainings that have most of each kind of update."""
        found, most = {}, Counter()
        for task in sweep.swept(self.config):
            neurons, updates = self._task(task)["neurons"], self._updates(task)
            kind = "low_rank" if updates <= neurons // 2 else "dense"
            if updates * neurons**2 > most[kind]:
                found[kind], most[kind] = (neurons, updates), updates * neurons**2
        return found

    # Parts of jobs.

    def _trained(self, batch: Batch, task: str) -> Counter:
        own = self._task(task)
        steps = self._steps(task, "train") + own["warm_up"] / self.config["dt"]
        return batch.steps(steps) + batch.learning(self._updates(task))

    def _tested(self, batch: Batch, task: str, decoders: int) -> Counter:
        steps = self._steps(task, "test")
        judging = decoders * steps / self._every * batch.points * batch.outputs * units.ALIGN
        return _scaled(batch.steps(steps), decoders) + Counter(python=judging)

    def _repeated(self, batch: Batch, task: str, repetitions: int) -> Counter:
        around = 2 if tasks.phase(task) == "drifting" else 0
        steps = self._steps(task, "test", repetitions + around)
        aligning = repetitions * batch.points * units.REPETITION if around else 0.0
        return batch.steps(steps) + Counter(python=aligning)

    def _signals(self, task: str, points: int = 0) -> float:
        """Bytes of the signals of a task, and of the readouts of a test of so many points."""
        outputs, once = tasks.outputs(task), [self._steps(task, p, 1) for p in ("train", "test")]
        tiled = self._steps(task, "test") if points else 0.0
        readouts = self._steps(task, "test") / self._every * points
        return NUMBER * ((1.6 * sum(once) + 0.5 * tiled) * (outputs + tasks.channels(task))
                         + 5 * readouts * outputs)  # fmt: skip

    def _held(self, task: str, points: int) -> float:
        """Bytes of a chunk on disk: decoders, states and the norms of the updates."""
        own = self._task(task)
        numbers = own["neurons"] * (tasks.outputs(task) + 5) + self._updates(task)
        return NUMBER * points * numbers + 0.1 * MB

    def _picked(self, task: str, points: int, twins) -> float:
        """Bytes of some points of some twins, and of a trained chunk that they are taken from."""
        chunks = [max(self._points(task, "train", network).values()) for network in twins]
        return (len(twins) + 0.5) * self._held(task, points) + self._held(task, max(chunks))

    # Rules.

    def _task_signals(self, task: str) -> Job:
        samples = sum(self._steps(task, part, 1) for part in ("train", "test"))
        size = NUMBER * samples * (tasks.outputs(task) + tasks.channels(task) + 1)
        work = Counter(python=0.5 * units.START + samples * units.SAMPLE)
        return Job(work, READER + 2.2 * size, size)

    def _neuron(self) -> Job:
        return Job(Counter(python=units.START), IMPORTS, 0.2 * MB)

    def _untrained(self) -> Job:
        simulated = self.config["simulate"]["untrained"]
        neurons = self.config["network"]["neurons"]
        steps = simulated["duration"] / self.config["dt"]
        parts = [self.batch(n, "sine", 2, neurons=neurons, shared=True) for n in TWINS]
        work = sum((b.drawing() + b.steps(steps) for b in parts), Counter(python=units.START))
        traces = NUMBER * 3 * steps / self._every * neurons
        return Job(work, IMPORTS + parts[0].memory() + traces, 0.5 * MB)

    def _train(self, task: str, network: str, points: int) -> Job:
        batches = self._batches(network, task, points)
        parts = [b.drawing() + self._trained(b, task) for b in batches]
        memory = batches[0].memory(self._updates(task)) + self._signals(task)
        held = self._held(task, points)
        return Job(_job(parts), IMPORTS + memory + 2 * held, held)

    def _transfer(self, task: str, network: str, points: int) -> Job:
        batches = self._batches(network, task, points)
        parts = [b.drawing() + self._tested(b, task, 3) for b in batches]
        memory = batches[0].memory() + self._signals(task, batches[0].points)
        memory += self._picked(task, points, TWINS)
        return Job(_job(parts), IMPORTS + memory, 0.1 * MB)

    def _repeat(self, task: str, network: str, points: int) -> Job:
        times = self.config["trials"]["repetitions"]
        batches = self._batches(network, task, points)
        parts = [b.drawing() + self._repeated(b, task, times) for b in batches]
        memory = batches[0].memory() + self._signals(task, batches[0].points)
        memory += self._picked(task, points, [network])
        return Job(_job(parts), IMPORTS + memory, 0.1 * MB)

    def _starred(self, task: str) -> Job:
        parts = [_scaled(b.drawing() + self._tested(b, task, 2), DRAWN) for b in self._pair(task)]
        return self._shown(task, parts)

    def _repeat_shown(self, task: str) -> Job:
        times = self.config["trials"]["shown"]
        parts = [
            _scaled(b.drawing() + self._repeated(b, task, times), DRAWN) for b in self._pair(task)
        ]
        return self._shown(task, parts)

    def _pair(self, task: str) -> list[Batch]:
        """Both twins at one point."""
        return [self.batch(network, task, 1) for network in TWINS]

    def _shown(self, task: str, parts: list[Counter]) -> Job:
        """Job of a few points that are picked out of all chunks."""
        sizes = [self._points(task, "train", network) for network in TWINS]
        chunks = sum(map(len, sizes)) * DRAWN * self.config["draws"] / len(TWINS)
        largest = self._held(task, max(max(s.values()) for s in sizes))
        memory = self._pair(task)[0].memory() + self._signals(task, 4)
        work = _job([*parts, Counter(python=chunks * units.FILE)])
        return Job(work, IMPORTS + memory + 2 * largest, self._signals(task, 4) / 10)

    def _maps(self, task: str, stage: str = "transfer") -> Job:
        chunks = sum(len(self._points(task, stage, network)) for network in TWINS)
        rates = len(sweep.learning_rates(self.config, task))
        return _reading(chunks * rates * self.config["draws"])

    def _repeat_maps(self, task: str) -> Job:
        return self._maps(task, "trials")

    def _sizes(self) -> Job:
        return _reading(len(self.config["sizes"]["neurons"]) * self.config["sizes"]["draws"])

    def _demonstration(self, task: str) -> Job:
        shown = self.config["demonstrations"][task]
        before, after = (
            self._steps(task, part, shown[when])
            for part, when in (("train", "before"), ("test", "after"))
        )
        learning = self._steps(task, "train", shown["learning"])
        updates = learning * self.config["dt"] / shown["update_every"]
        parts = []
        for network in TWINS:
            batch = self._alone(network, task, shown["neurons"])
            parts += [batch.drawing(), batch.steps(before + learning + after)]
            parts += [batch.learning(updates)]
        traces = NUMBER * (before + after + (learning if before else 0)) / self._every
        traces *= tasks.outputs(task) * (2 + self.config["recording"]["neurons"])
        memory = batch.memory(updates) + self._signals(task) + 2 * traces
        return Job(_job(parts), IMPORTS + memory, traces)

    def _size(self, size: str) -> Job:
        task = self.config["sizes"]["task"]
        rates = len(sweep.learning_rates(self.config, task))
        parts = []
        for network in TWINS:
            batch = self._beside(network, int(size))
            parts += [batch.drawing(), self._trained(batch, task), self._tested(batch, task, 2)]
        memory = 1.5 * batch.memory(self._updates(task)) + self._signals(task, rates)
        return Job(_job(parts), IMPORTS + memory, 0.1 * MB)

    def _spectra(self, task: str) -> Job:
        points, neurons = self.config["spectra"]["tasks"][task], self._task(task)["neurons"]
        rates, updates = len(sweep.learning_rates(self.config, task)), self._updates(task)
        bases = 2 * rates * units.decomposition(updates, neurons)
        parts = [Counter(dense=points * bases)]
        for network in TWINS:
            batch = self.batch(network, task, rates)
            parts += [_scaled(batch.drawing() + self._trained(batch, task), points)]
        visited = NUMBER * updates * neurons
        found = NUMBER * 2 * rates * min(updates, neurons) * neurons
        memory = batch.memory(updates) + (3 * rates + 3) * visited + found
        return Job(_job(parts), IMPORTS + memory, 0.2 * MB)


def _scaled(work: Counter, times: float) -> Counter:
    return Counter({kind: times * s for kind, s in work.items()})


def _job(parts: list[Counter]) -> Counter:
    """Work of a job with these parts, its start included."""
    return sum(parts, Counter(python=units.START))


def _reading(files: int) -> Job:
    return Job(Counter(python=0.5 * units.START + files * units.FILE), READER, 0.5 * MB)
