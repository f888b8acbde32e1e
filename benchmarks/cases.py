"""What is timed: each implementation at each task, all on the same network of each size."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import textbook
import xarray as xr
from workers import Worker

from spikerate.learning import force
from spikerate.learning.rls import rls
from spikerate.learning.rule import Engine, Floats, Learner
from spikerate.model import networks
from spikerate.model.network import Network, State
from spikerate.model.weights import Weights
from spikerate.tasks import registry as tasks

DT, UPDATE_EVERY, WARM_UP = 5e-5, 100, 2000  # s, steps, steps
ENCODER_STRENGTH, RESERVOIR_STRENGTH, ALPHA = 20.0, 0.125, 5e-6  # mV, mV s, of the sine
BATCH = 32
SHORT = 2000  # steps over which spikes are counted
FEW, MANY = 240, 16000  # updates of the sine and of Ode to Joy
FLUSHED = 32  # updates in a sample with many: a multiple of those that P takes in at once

OURS = {  # settings by implementation
    "spikerate numpy": {"engine": "numpy"},
    "spikerate numba": {"engine": "numba"},
    "spikerate numba single": {"engine": "numba", "product_precision": "single"},
}
REFERENCE = "textbook"
STANDALONE, RUNTIME, RESERVOIRPY = "Brian2 C++ standalone", "Brian2 Cython runtime", "reservoirpy"
IMPLEMENTATIONS = (REFERENCE, *OURS, STANDALONE, RUNTIME, RESERVOIRPY)


@dataclass
class Candidate:
    """An implementation at a task."""

    implementation: str
    seconds: Callable[[int], float]  # s that a number of rounds take
    units: float = 1.0  # steps and networks, or updates, in a round
    count: int | None = None  # rounds of a sample, if it cannot be chosen
    most: int = 10**9  # rounds


def timed(work: Callable[[int], object]) -> Callable[[int], float]:
    """Function that gives the seconds of some rounds of work."""

    def seconds(count: int) -> float:
        start = time.perf_counter()
        work(count)
        return time.perf_counter() - start

    return seconds


class Pair:
    """A pair of twins, trained on the sine, that all implementations are given.

    Parameters
    ----------
    neurons : N
    engine : engine that trains it
    batch : networks in a batch of rate twins
    """

    def __init__(self, neurons: int, engine: str = "auto", batch: int = BATCH):
        self.neurons, self.engine, self.batch = neurons, engine, batch
        self.sine = tasks.make("sine", dt=DT, train_repetitions=6, test_repetitions=6)
        self.weights = Weights.draw(
            neurons, 1, ENCODER_STRENGTH, RESERVOIR_STRENGTH, seed=1, reservoir_draws="shared"
        )
        self.omega = RESERVOIR_STRENGTH * self.weights.reservoir
        self.eta = ENCODER_STRENGTH * self.weights.encoder

    def twin(self, kind: str, points: int = 1, **settings: Any) -> Network:
        """Twins on the shared reservoir, each with an encoder strength of its own."""
        spread = np.linspace(0.5, 1.5, points) if points > 1 else np.ones(1)
        weights = replace(
            self.weights,
            encoder_strength=ENCODER_STRENGTH * spread,
            reservoir_strength=RESERVOIR_STRENGTH * np.ones(points),
        )
        return networks.build(kind, weights, dt=DT, product_width=points, **settings)

    @cached_property
    def trained(self) -> dict[str, xr.Dataset]:
        """Datasets of `force.train` by kind of twin."""
        return {kind: self._trained(kind) for kind in networks.TWINS}

    def _trained(self, kind: str) -> xr.Dataset:
        twin = self.twin(kind, engine=self.engine)
        state = twin.initial_state(np.random.default_rng(1))
        return force.train(
            twin,
            state,
            self.sine.train.target,
            ALPHA,
            update_steps=UPDATE_EVERY,
            warm_up_steps=WARM_UP,
            repetitions=self.sine.train.repetitions,
            states=True,
        )

    @cached_property
    def states(self) -> np.ndarray:
        """States R (update, neuron) of the spiking twin at the updates."""
        return self.trained["spiking"]["states"].values[0]

    @cached_property
    def wanted(self) -> np.ndarray:
        """Targets (update, output) at those states."""
        return self.sine.train.tiled()[0][::UPDATE_EVERY]

    def start(self, twin: Network, kind: str) -> tuple[State, np.ndarray]:
        """Trained state, for every network of a batch, and decoder."""
        trained = self.trained[kind]
        arrays = {
            str(name).removeprefix("state_"): values.values[0]
            for name, values in trained.data_vars.items()
            if str(name).startswith("state_")
        }
        return twin.state(**arrays), trained["decoder"].values[0]

    def textbook(self, kind: str, alpha: float = ALPHA) -> textbook.Loop:
        """The textbook loop from the trained state."""
        make = {"spiking": textbook.Spiking, "rate": textbook.Rate}[kind]
        return make(omega=self.omega, eta=self.eta, alpha=alpha, **self.state(kind))

    def state(self, kind: str) -> dict[str, Any]:
        """Trained decoder and state by their names in the textbook loop."""
        names = {
            "synaptic": "s",
            "synaptic_rise": "h",
            "filtered": "r",
            "filtered_rise": "r_rise",
            "v": "v",
            "refractory": "refractory",
        }
        trained = self.trained[kind]
        arrays = {
            short: trained[f"state_{name}"].values[0]
            for name, short in names.items()
            if f"state_{name}" in trained
        }
        return {"phi": trained["decoder"].values[0], **arrays}

    def save(self, path: Path) -> None:
        """Write what the workers read."""
        np.savez(
            path,
            omega=self.omega,
            eta=self.eta,
            states=self.states,
            wanted=self.wanted,
            alpha=ALPHA,
            **self.state("spiking"),
        )

    @cached_property
    def activity(self) -> dict[str, float]:
        """Spikes in a step of the spiking twin, and share of the rate twin's neurons that fire."""
        spiking, rate = (self.twin(kind, engine=self.engine) for kind in ("spiking", "rate"))
        _, trace = spiking.advance(*self.start(spiking, "spiking"), SHORT, spikes=True)
        state, decoder = self.start(rate, "rate")
        feedback = rate.readout(state, rate.decoder(decoder)) @ self.eta.T
        active = rate.neuron.rate(state.synaptic + feedback + rate.neuron.bias) > 0
        return {"spikes": len(trace.spikes) / SHORT, "active": float(active.mean())}


def candidates(
    what: str, network: Pair, workers: dict[str, Worker], names: tuple[str, ...]
) -> list[Candidate]:
    """Those of the named implementations that can do a task, the textbook loop first."""
    return [c for c in WHAT[what](network, workers) if c.implementation in names]


def batch_of(what: str, implementation: str, batch: int) -> int:
    """Networks that an implementation runs side by side at a task."""
    return batch if what.endswith("_batch") and implementation in OURS else 1


def _free_run(
    kind: str, points: int, network: Pair, workers: dict[str, Worker]
) -> Iterator[Candidate]:
    yield Candidate(REFERENCE, timed(network.textbook(kind).run))
    for name, settings in _differing(kind).items():
        twin = network.twin(kind, points, **settings)
        yield Candidate(name, timed(_runner(twin, network, kind)), UPDATE_EVERY * points)
    for name in (STANDALONE, RUNTIME):
        if kind == "spiking" and name in workers:
            yield Candidate(name, workers[name].seconds, count=workers[name].count)


def _runner(twin: Network, network: Pair, kind: str) -> Callable[[int], object]:
    state, decoder = network.start(twin, kind)
    return lambda count: twin.advance(state, decoder, count * UPDATE_EVERY)


def _training(kind: str, points: int, network: Pair, _: dict[str, Worker]) -> Iterator[Candidate]:
    loop, full = network.textbook(kind), network.sine.train.tiled()[0]
    yield Candidate(
        REFERENCE,
        timed(lambda count: loop.train(full[: count * UPDATE_EVERY], UPDATE_EVERY)),
        UPDATE_EVERY,
        most=FEW,
    )
    for name, settings in _differing(kind).items():
        twin = network.twin(kind, points, **settings)
        yield Candidate(name, timed(_trainer(twin, network, kind)), UPDATE_EVERY * points, most=FEW)


def _trainer(twin: Network, network: Pair, kind: str) -> Callable[[int], None]:
    """Function that does some updates from the middle of a training, where they cost the mean."""
    state, decoder = network.start(twin, kind)
    full = network.sine.train.tiled()[0]
    learner: Any = rls(network.neurons, np.full(twin.weights.points, ALPHA), FEW, twin.engine)
    if hasattr(learner, "done"):
        learner._rows[:] = 0.0

    def half_way(neurons: int, learning_rates: Floats, updates: int, engine: Engine) -> Learner:
        if hasattr(learner, "done"):
            learner.done = (FEW - updates) // 2
        return learner

    def train(count: int) -> None:
        force.train(
            twin,
            state,
            full[: count * UPDATE_EVERY],
            ALPHA,
            update_steps=UPDATE_EVERY,
            decoder=decoder,
            rule=half_way,
        )

    return train


def _rls(updates: int, network: Pair, workers: dict[str, Worker]) -> Iterator[Candidate]:
    yield Candidate(REFERENCE, timed(_textbook_updates(network)))
    for name in ("spikerate numpy", "spikerate numba"):
        work = _few_updates if updates == FEW else _many_updates
        yield work(name, network)
    if RESERVOIRPY in workers:
        yield Candidate(RESERVOIRPY, workers[RESERVOIRPY].seconds)


def _textbook_updates(network: Pair) -> Callable[[int], None]:
    loop = network.textbook("spiking")

    def work(count: int) -> None:
        for index in np.arange(count) % FEW:
            loop.r = network.states[index]
            loop.x = loop.phi @ loop.r
            loop.update(network.wanted[index])

    return work


def _few_updates(name: str, network: Pair) -> Candidate:
    """All updates of a sine training; a round is a training."""

    def work(count: int) -> None:
        for _ in range(count):
            learner = rls(network.neurons, ALPHA, FEW, OURS[name]["engine"])
            _learn(learner, network, FEW)

    return Candidate(name, timed(work), FEW)


def _many_updates(name: str, network: Pair) -> Candidate:
    """Updates of a long training; a round is a part at whose start and end P is up to date."""
    learner = rls(network.neurons, ALPHA, MANY, OURS[name]["engine"])
    return Candidate(name, timed(lambda count: _learn(learner, network, count * FLUSHED)), FLUSHED)


def _learn(learner: Learner, network: Pair, updates: int) -> None:
    """Compute gains and decoder changes at some of the states."""
    decoder = np.zeros((1, 1, network.neurons))
    for index in np.arange(updates) % FEW:
        state = network.states[None, index]
        error = np.matmul(decoder, state[:, :, None])[:, :, 0] - network.wanted[index]
        decoder = decoder - error[:, :, None] * learner.gain(state)[:, None, :]


def _differing(kind: str) -> dict[str, dict[str, Any]]:
    """Our implementations that differ for a twin; only the rate twin has a product precision."""
    return {n: s for n, s in OURS.items() if kind == "rate" or "product_precision" not in s}


WHAT = {
    "spiking_free_run": lambda n, w: _free_run("spiking", 1, n, w),
    "spiking_training": lambda n, w: _training("spiking", 1, n, w),
    "rate_free_run_single": lambda n, w: _free_run("rate", 1, n, w),
    "rate_free_run_batch": lambda n, w: _free_run("rate", n.batch, n, w),
    "rate_training_batch": lambda n, w: _training("rate", n.batch, n, w),
    "rls_update_few": lambda n, w: _rls(FEW, n, w),
    "rls_update_many": lambda n, w: _rls(MANY, n, w),
}
