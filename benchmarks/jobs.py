"""Time and memory of whole jobs of the pipeline: two at once, a sweep, the start of a job."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time

import numpy as np
from workers import ROOT, Worker

NEURONS, WIDTH, DIVISIONS = 2000, 32, 40  # N, points of a batch, Q and G of the grid
GRID = DIVISIONS**2
CHUNK = 320  # points of a job in the full-size study
SLOW = {"sine": 5e-6, "ode_to_joy": 5e-8}  # alpha
ALL_UPDATES = {"sine": 240, "ode_to_joy": 16000}
CUT = 33  # updates; by then a training uses all its arrays, except later rows of a short RLS
ROUNDS = 5
START = """
import sys
sys.path.insert(0, "workflow")
from spikerate.model.networks import Settings
from spikerate.study.settings import Training
from spikerate.study.train import train
from spikerate.data import datasets
from spikerate.tasks.registry import Task
import numpy as np
wave = Task.of_arrays(np.ones(20), dt=5e-5)
for network in ("spiking", "rate"):
    train(wave, network, [20.0], [0.1], alpha=1e-5, speed="slow", settings=Settings(neurons=10),
          training=Training(update_every=5e-4, warm_up=5e-4))
"""


def points(count: int) -> dict[str, list[float]]:
    """Q and G of some points, spread evenly over the grid."""
    q, g = np.meshgrid(np.linspace(2, 30, DIVISIONS), np.linspace(0, 0.2, DIVISIONS))
    chosen = np.linspace(0, GRID - 1, count).round().astype(int)
    return {"Q": q.flat[chosen].tolist(), "G": g.flat[chosen].tolist()}


def job(task: str, chosen: dict[str, list[float]], **asked: object) -> Worker:
    """Worker that runs a job, N and alpha given by the task."""
    asked = {"task": task, "neurons": NEURONS, "alpha": SLOW[task]} | chosen | asked
    return Worker("job.py", json.dumps(asked))


def together(workers: list[Worker]) -> float:
    """Seconds until samples that run at once are all done."""
    start = time.perf_counter()
    for worker in workers:
        worker.start(1)
    for worker in workers:
        worker.finish()
    return time.perf_counter() - start


def two_jobs() -> tuple[float, str]:
    """Throughput of two training jobs at once over that of one, and what was run."""
    pair = [job("sine", points(WIDTH), updates=20).ready() for _ in range(2)]
    together(pair)
    rates = []
    for _ in range(ROUNDS):
        alone = together(pair[:1])
        rates.append(2 * alone / together(pair))
    for worker in pair:
        worker.close()
    return statistics.median(rates), f"median of {ROUNDS}, 20 updates of {WIDTH} points, both twins"


def sweep(reservoir_draws: str, sample: int, start: float) -> tuple[float, str]:
    """Minutes of a sine sweep on two cores, from a sample of its points, and what was run.

    Parameters
    ----------
    sample : points
    start : s, of a job
    """
    chosen = points(sample)
    halves = [{name: values[half::2] for name, values in chosen.items()} for half in range(2)]
    settings = {"reservoir_draws": reservoir_draws, "product_precision": "single"}
    pair = [job("sine", half, test=True, settings=settings).ready() for half in halves]
    seconds = together(pair)
    for worker in pair:
        worker.close()
    jobs = 4 * GRID // CHUNK  # a training and a test of each twin
    total = seconds * GRID / sample + jobs / 2 * start
    note = f"{sample} points in {seconds:.0f} s, two jobs at once, single-precision products"
    note += f", and the start of {jobs} jobs"
    return total / 60, note


def memory(task: str) -> tuple[float, str]:
    """Peak memory (GB) of a training job with a reservoir for each point, and what was run."""
    pair = [
        job(
            task,
            points(WIDTH),
            networks=[network],
            updates=CUT,
            warm_up=0.0,
            settings={"reservoir_draws": "per_point"},
        )
        for network in ("spiking", "rate")
    ]
    together([worker.ready() for worker in pair])
    peak = max(worker.reply["peak"] for worker in pair)
    for worker in pair:
        worker.close()
    left = ALL_UPDATES[task] - CUT if ALL_UPDATES[task] <= NEURONS // 2 else 0
    rows = 8 * WIDTH * NEURONS * left
    note = f"per-point draws, the larger twin; cut after {CUT} updates"
    return (peak + rows) / 1e9, note + (f", {rows / 1e9:.2f} GB added for the rest" if rows else "")


def start() -> tuple[float, str]:
    """Seconds until a job has imported its modules and stepped both twins, and what was run."""
    seconds = []
    for _ in range(ROUNDS + 1):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", START], cwd=ROOT, check=True)
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds[1:]), f"median of {ROUNDS}, kernels loaded from disk"
