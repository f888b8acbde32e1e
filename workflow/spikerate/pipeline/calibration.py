"""How fast this machine is: pieces of the work of a study, timed and held against `timings`.

As many processes run the same side by side as jobs would: they share caches and memory. Processor
time is taken, so that what else runs on the machine counts for little.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from threadpoolctl import threadpool_limits

from spikerate.learning import force
from spikerate.learning.rls import FLUSH, rls
from spikerate.model import networks
from spikerate.pipeline import timings
from spikerate.pipeline.batch import Batch
from spikerate.pipeline.workload import Workload

FEW = 4  # networks timed where more would only take longer
WARM_UP, LEARNED, RUN = 500, 20, 1000  # steps, updates, steps
EVERY = 100  # steps of dt between updates
LONG, BRIEF = 1.0, 200  # s of a run above which it has only so many steps
REPEATS = 3  # of which the fastest counts: others may be using the machine
BESIDE = 4  # processes at most
SEED = 0


def least(work: Callable, repeats: int = REPEATS) -> float:
    """Processor time (s) of the fastest of some repeats, that of processes it starts included."""
    seconds = []
    for _ in range(repeats):
        start = clock()
        work()
        seconds.append(clock() - start)
    return min(seconds)


def clock() -> float:
    """Processor time (s) that this process, and those it waited for, have used."""
    used = os.times()
    return time.process_time() + used.children_user + used.children_system


def stepped(batch: Batch, dt: float, run: int = RUN, **settings) -> tuple[float, float]:
    """Seconds of a step of networks that have begun to learn, and of drawing them.

    The target is sines; Q and G are those of most grids.
    """
    rng = np.random.default_rng(SEED)
    q, g = rng.uniform(5, 30, batch.points), rng.uniform(0.02, 0.2, batch.points)
    start = clock()
    twin, state = networks.draw(
        batch.network, q, g, neurons=batch.neurons, outputs=batch.outputs,
        channels=batch.channels, dt=dt, product_width=batch.width,
        reservoir_draws="shared" if batch.draws == 1 else "per_point", seed=SEED, **settings,
    )  # fmt: skip
    drawn = clock() - start
    phases = rng.uniform(0, 2 * np.pi, batch.outputs)
    times = np.arange(max(LEARNED * EVERY, run)) * dt
    target = np.sin(10 * np.pi * times[:, None] + phases)
    inputs = np.zeros((len(times), batch.channels))
    learned = LEARNED * EVERY if run == RUN else BRIEF
    trained = force.train(
        twin, state, target[: learned], 1e-3, inputs=inputs[:learned],
        update_every=EVERY, warm_up=WARM_UP if run == RUN else BRIEF,
    )  # fmt: skip
    state, decoder = force.state_of(twin, trained), trained["decoder"].values
    return least(lambda: twin.advance(state, decoder, run, inputs[:run])) / run, drawn


def updated(neurons: int, updates: int, engine: str) -> float:
    """Seconds of an update of one network; of the whole of P where it pays."""
    rng = np.random.default_rng(SEED)
    count = updates if updates <= neurons // 2 else 2 * FLUSH
    states = rng.uniform(0, 50, (count, FEW, neurons))

    def learn(learner):
        for state in states:
            learner.gain(state)

    learners = [rls(neurons, np.full(FEW, 1e-4), updates, engine) for _ in range(REPEATS)]
    waiting = iter(learners)
    return least(lambda: learn(next(waiting))) / (count * FEW)


def started() -> float:
    """Seconds of starting a process that has imported what a job needs."""
    command = [sys.executable, "-c", "import spikerate.study.train, spikerate.pipeline.job"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return least(lambda: subprocess.run(command, check=True, env=environment), repeats=2)


def timed(load: Workload) -> dict[str, float]:
    """How many times as long as the reference machine this one takes, by kind of work."""
    config, found = load.config, {}
    settings = {name: config[name] for name in ("engine", "numerics", "product_precision")}
    with threadpool_limits(1):
        found["python"] = started() / timings.IMPORTING
        for kind, batch in load.batches().items():
            few = batch if kind == "product" else _fewer(batch)
            run = BRIEF if few.network == "rate" and few.steps(RUN)[kind] > LONG else RUN
            seconds, drawn = stepped(few, config["dt"], run, **settings)
            found[kind] = seconds / few.steps(1)[kind]
            if few.draws > 1 or "draw" not in found:
                found["draw"] = drawn / few.drawing()["draw"]
        for kind, (neurons, updates) in load.learners().items():
            one = Batch("rate", 1, neurons, 1, 0, 1, 1, 1, single=False, compiled=load.compiled)
            seconds = updated(neurons, round(updates), config["engine"])
            found[kind] = seconds * updates / one.learning(updates)[kind]
    middle = float(np.median(list(found.values())))
    return {kind: found.get(kind, middle) for kind in timings.KINDS}


def _fewer(batch: Batch) -> Batch:
    points = min(batch.points, FEW)
    return batch._replace(points=points, draws=min(batch.draws, points))


def calibrate(load: Workload, cores: int) -> dict[str, float]:
    """`timed`, in as many processes as will run side by side; the middle of what they find."""
    processes = max(1, min(cores, os.cpu_count() or 1, BESIDE))
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        parts = list(pool.map(timed, [load] * processes))
    return {kind: float(np.median([part[kind] for part in parts])) for kind in parts[0]}
