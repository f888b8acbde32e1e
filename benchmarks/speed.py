"""Speed, side by side: `python benchmarks/speed.py`, or `make benchmark`, in under ten minutes.

Writes results/benchmarks/speed.json, targets.json, speed.md and speed.png, and prints the targets.
Implementations take turns, so that a drift of the machine affects all alike. All use one core.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":  # before NumPy is there; processes that are started here inherit it
    os.environ.update({f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL", "NUMBA")})

import argparse
import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import cases
import jobs
import limits
import numpy as np
import publish
import targets
from cases import Candidate, Pair
from targets import Record, Rows
from threadpoolctl import threadpool_limits
from workers import Worker, python_of

Activity = dict[int, dict[str, float]]  # of the networks, by N

SIZES = (500, 1000, 2000, 4000)
SAMPLE, ROUNDS = 0.15, 5  # shortest sample (s), and samples of each implementation
RESULTS = Path("results/benchmarks")
WORKERS = {  # script, environment and mode
    cases.STANDALONE: ("brian2_speed.py", ".venv-brian2", ["standalone"]),
    cases.RUNTIME: ("brian2_speed.py", ".venv-brian2", ["runtime"]),
    cases.RESERVOIRPY: ("reservoirpy_speed.py", ".venv-reservoirpy", []),
}


def calibrated(candidate: Candidate, least: float) -> int:
    """Rounds that take at least so many seconds, counted once everything is compiled."""
    if candidate.count:
        return candidate.count
    candidate.seconds(1)
    count, seconds = 1, candidate.seconds(1)
    while seconds < least and count < candidate.most:
        wanted = ceil(1.1 * count * least / max(seconds, 1e-9))
        count = min(max(wanted, count + 1), 100 * count, candidate.most)
        seconds = candidate.seconds(count)
    return count


def sampled(candidates: list[Candidate], least: float, rounds: int) -> np.ndarray:
    """Microseconds (round, candidate) of a step and network or of an update, taken in turns."""
    counts = [calibrated(candidate, least) for candidate in candidates]
    pairs = list(zip(candidates, counts, strict=True))
    return np.array([[1e6 * c.seconds(n) / (n * c.units) for c, n in pairs] for _ in range(rounds)])


def records(what: str, network: Pair, found: list[Candidate], samples: np.ndarray) -> list[Record]:
    """A record of each implementation at a task."""
    low, median, high = np.percentile(samples, [25, 50, 75], axis=0).tolist()
    textbook = dict(zip([c.implementation for c in found], median, strict=True)).get(
        cases.REFERENCE
    )
    return [
        {
            "what": what,
            "implementation": c.implementation,
            "neurons": network.neurons,
            "batch": cases.batch_of(what, c.implementation, network.batch),
            "microseconds": median[k],
            "ratio_to_textbook": textbook / median[k] if textbook else None,
            "spread": [low[k], high[k]],
            "samples": len(samples),
        }
        for k, c in enumerate(found)
    ]


def growth_exponent(sizes: list[int], microseconds: list[float]) -> float | None:
    """Power of N that the time grows with, fitted on logarithms; None from a single size."""
    if len(sizes) < 2:
        return None
    return float(np.polyfit(np.log(sizes), np.log(microseconds), 1)[0])


def with_growth(speed: list[Record]) -> list[Record]:
    """Add the growth exponent to every record, and sort them by task and implementation."""
    curves: dict[tuple[str, str], list[Record]] = {}
    for r in speed:
        curves.setdefault((r["what"], r["implementation"]), []).append(r)
    order = [(what, name) for what in cases.WHAT for name in cases.IMPLEMENTATIONS]
    done = []
    for key in sorted(curves, key=order.index):
        curve = curves[key]
        fit = growth_exponent([r["neurons"] for r in curve], [r["microseconds"] for r in curve])
        done += [r | {"growth_exponent": fit} for r in curve]
    return done


def workers_of(network: Pair, folder: Path, names: tuple[str, ...]) -> dict[str, Worker]:
    """Workers on a network, started; those whose environment is missing are left out."""
    started = {}
    network.save(folder / f"{network.neurons}.npz")
    for name in set(names) & set(WORKERS):
        script, environment, mode = WORKERS[name]
        if not python_of(environment).exists():
            print(f"{name} is left out: {environment} is missing; `make benchmark` sets it up")
            continue
        build = folder / f"{'cython' if name == cases.RUNTIME else network.neurons}"
        arguments: list[Path | str] = [
            folder / f"{network.neurons}.npz",
            *mode,
            *([build] if mode else []),
        ]
        started[name] = Worker(script, *arguments, python=python_of(environment))
    return started


def compare(
    sizes: list[int],
    names: tuple[str, ...],
    what: list[str],
    least: float,
    rounds: int,
    batch: int,
) -> tuple[list[Record], Activity]:
    """Records of speed.json, and the activity of the networks by N."""
    speed: list[Record] = []
    activity: Activity = {}
    with tempfile.TemporaryDirectory() as folder:
        networks = [Pair(n, batch=batch) for n in sizes]
        with ThreadPoolExecutor(2) as pool:  # at once, because each compiles

            def prepare(network: Pair) -> dict[str, Worker]:
                ready = workers_of(network, Path(folder), names)
                return {name: worker.ready() for name, worker in ready.items()}

            prepared = list(pool.map(prepare, networks))
        for network, workers in zip(networks, prepared, strict=True):
            activity[network.neurons] = network.activity
            for task in what:
                found = cases.candidates(task, network, workers, names)
                samples = sampled(found, least, rounds)
                speed += records(task, network, found, samples)
                times = ", ".join(
                    f"{r['implementation']} {publish.three(r['microseconds'])}"
                    for r in speed[-len(found) :]
                )
                print(f"N = {network.neurons}, {task}, µs: {times}", flush=True)
            for name, worker in workers.items():
                check_same_network(name, worker, network.activity["spikes"])
                worker.close()
    return with_growth(speed), activity


def check_same_network(name: str, worker: Worker, spikes: float) -> None:
    """Raise an error if the network of a worker does not fire as ours does."""
    theirs = worker.reply["spikes"] / worker.count if "spikes" in worker.reply else spikes
    if not 0.75 * spikes < theirs < 1.33 * spikes:
        raise RuntimeError(f"{name} fires {theirs:.3g} spikes a step, we {spikes:.3g}")


def against_limits(
    speed: list[Record], activity: Activity, machine: dict[str, float], neurons: int
) -> dict[str, str]:
    """Sentence for each task that says how near to its limit ours runs."""
    words = {}
    for what in cases.WHAT:
        record = targets.find(speed, what, targets.OURS, neurons)
        if record:
            asked = limits.demand(what, neurons, activity[neurons], cases.FEW, cases.FLUSHED)
            words[what] = limits.share(*asked, record["microseconds"], machine)
    return words


def measured_jobs(sample: int) -> Rows:
    """Value and note of every row about whole jobs, by name.

    Parameters
    ----------
    sample : points of the sweep that are timed with a draw for each
    """
    rows: Rows = {"start": jobs.start()}
    for name, measure in (
        ("two_jobs", jobs.two_jobs),
        ("sweep_shared", lambda: jobs.sweep("shared", 2 * jobs.WIDTH, rows["start"][0])),
        ("sweep_per_point", lambda: jobs.sweep("per_point", sample, rows["start"][0])),
        ("memory_sine", lambda: jobs.memory("sine")),
        ("memory_ode_to_joy", lambda: jobs.memory("ode_to_joy")),
    ):
        rows[name] = measure()
        print(f"{name}: {rows[name][0]:.3g} ({rows[name][1]})", flush=True)
    return rows


def arguments() -> argparse.Namespace:
    """Arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--neurons", type=int, nargs="+", default=SIZES, metavar="N")
    parser.add_argument(
        "--only", default="", help="beginnings of the names of the implementations to time"
    )
    parser.add_argument("--what", nargs="+", choices=cases.WHAT, default=list(cases.WHAT))
    parser.add_argument("--quick", action="store_true", help="short samples, and no whole jobs")
    parser.add_argument(
        "--sample",
        type=int,
        default=32,
        metavar="POINTS",
        help="points of the sweep with a draw for each; with 64, all takes over ten minutes",
    )
    return parser.parse_args()


def write(speed: list[Record], judged: list[Record], text: str) -> None:
    """Write the results."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    for name, data in (("speed", speed), ("targets", judged)):
        (RESULTS / f"{name}.json").write_text(json.dumps(data, indent=1) + "\n")
    (RESULTS / "speed.md").write_text(text)
    publish.picture(speed, RESULTS / "speed.png")


def main() -> None:
    """Measure, write and print."""
    asked = arguments()
    begins = tuple(asked.only.split(","))
    names = tuple(n for n in cases.IMPLEMENTATIONS if n.startswith(begins))
    threadpool_limits(1)
    least, rounds, batch = (1e-3, 2, 2) if asked.quick else (SAMPLE, ROUNDS, cases.BATCH)
    speed, activity = compare(asked.neurons, names, asked.what, least, rounds, batch)
    size = targets.NEURONS if targets.NEURONS in asked.neurons else max(asked.neurons)
    machine = limits.machine(size, *([2**22] if asked.quick else []))
    words = against_limits(speed, activity, machine, size)
    rows = {} if asked.quick else measured_jobs(asked.sample)
    judged = targets.judged(speed, rows, words)
    text = publish.markdown(speed, judged, limits.text(machine, size))
    write(speed, judged, text)
    print(f"\n{publish.target_table(judged)}\n\n{limits.text(machine, size)}")


if __name__ == "__main__":
    main()
