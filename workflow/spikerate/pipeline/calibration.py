"""How fast this machine is: pieces of the work of a study are timed and compared with `timings`.

Several processes do the same work side by side, as jobs would, because they share caches and
memory. Processor time is measured, so that other programs on the machine hardly matter.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from spikerate.learning import force
from spikerate.learning.rls import FLUSH, rls
from spikerate.model import networks
from spikerate.pipeline import timings
from spikerate.pipeline.batch import Batch
from spikerate.pipeline.workload import Workload

FEW = 4  # networks that are timed if each has its own reservoir; more would only take longer
WARM_UP, LEARNED, RUN = 500, 20, 1000  # steps, updates, steps
EVERY = 100  # steps of dt between updates
LONG, BRIEF = 1.0, 200  # a run that would take more than LONG seconds has only BRIEF steps
REPEATS = 3  # the fastest of which counts, as other programs may be slowing down the others
MOST = 4  # processes
SEED = 0


def fastest(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Processor time (s) of the fastest of some repeats."""
    seconds = []
    for _ in range(repeats):
        start = clock()
        work()
        seconds.append(clock() - start)
    return min(seconds)


def clock() -> float:
    """Processor time (s) of this process and of its child processes that have ended."""
    used = os.times()
    return time.process_time() + used.children_user + used.children_system


def time_step(batch: Batch, dt: float, steps: int = RUN, **settings: Any) -> tuple[float, float]:
    """Processor time (s) of a step of networks that have begun to learn, and of drawing them.

    The target consists of sines; Q and G are in the range of most grids.

    Parameters
    ----------
    steps : that are timed
    settings : others of `networks.draw`
    """
    rng = np.random.default_rng(SEED)
    q, g = rng.uniform(5, 30, batch.points), rng.uniform(0.02, 0.2, batch.points)
    start = clock()
    network, state = networks.draw(
        batch.kind,
        q,
        g,
        neurons=batch.neurons,
        outputs=batch.outputs,
        channels=batch.channels,
        dt=dt,
        product_width=batch.width,
        reservoir_draws="shared" if batch.draws == 1 else "per_point",
        seed=SEED,
        **settings,
    )
    drawn = clock() - start
    phases = rng.uniform(0, 2 * np.pi, batch.outputs)
    times = np.arange(max(LEARNED * EVERY, steps)) * dt
    target = np.sin(10 * np.pi * times[:, None] + phases)
    inputs = np.zeros((len(times), batch.channels))
    learned, warm_up = (LEARNED * EVERY, WARM_UP) if steps == RUN else (BRIEF, BRIEF)
    trained = force.train(
        network,
        state,
        target[:learned],
        1e-3,
        inputs=inputs[:learned],
        update_steps=EVERY,
        warm_up_steps=warm_up,
    )
    state, decoder = force.state_of(network, trained), trained["decoder"].values
    run = fastest(lambda: network.advance(state, decoder, steps, inputs[:steps]))
    return run / steps, drawn


def time_update(neurons: int, updates: int, engine: str) -> float:
    """Processor time (s) of one update of one network in a training of some updates."""
    rng = np.random.default_rng(SEED)
    count = updates if updates <= neurons // 2 else 2 * FLUSH
    states = rng.uniform(0, 50, (count, FEW, neurons))
    learners = iter([rls(neurons, np.full(FEW, 1e-4), updates, engine) for _ in range(REPEATS)])

    def learn() -> None:
        learner = next(learners)
        for state in states:
            learner.gain(state)

    return fastest(learn) / (count * FEW)


def time_start() -> float:
    """Processor time (s) of starting a process that imports what a job needs."""
    command = [sys.executable, "-c", "import spikerate.study.train, spikerate.pipeline.job"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return fastest(lambda: subprocess.run(command, check=True, env=environment), repeats=2)


def time_pieces(load: Workload) -> dict[str, float]:
    """How many times as long as the reference machine this one takes, by piece of work."""
    config = load.config
    settings = {name: config[name] for name in ("engine", "numerics", "product_precision")}
    found: dict[str, float] = {}
    with threadpool_limits(1):
        found["python"] = time_start() / timings.IMPORTING
        for piece, batch in load.batches().items():
            small = batch if piece == "product" else _small(batch)
            steps = BRIEF if small.kind == "rate" and small.steps(RUN)[piece] > LONG else RUN
            seconds, drawn = time_step(small, load.dt, steps, **settings)
            found[piece] = seconds / small.steps(1)[piece]
            if small.draws > 1 or "draw" not in found:
                found["draw"] = drawn / small.drawing()["draw"]
        for piece, (neurons, updates) in load.learners().items():
            one = Batch(kind="rate", neurons=neurons, single=False, compiled=load.compiled)
            seconds = time_update(neurons, round(updates), config["engine"])
            found[piece] = seconds * updates / one.learning(updates)[piece]
    middle = float(np.median(list(found.values())))
    return {piece: found.get(piece, middle) for piece in timings.PIECES}


def _small(batch: Batch) -> Batch:
    points = min(batch.points, FEW)
    return replace(batch, points=points, draws=min(batch.draws, points))


def calibrate(load: Workload, cores: int) -> dict[str, float]:
    """Median of `time_pieces` over as many processes as will run side by side."""
    processes = max(1, min(cores, os.cpu_count() or 1, MOST))
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        parts = list(pool.map(time_pieces, [load] * processes))
    return {piece: float(np.median([part[piece] for part in parts])) for piece in parts[0]}
