"""A job of a sweep, as the pipeline runs it; a worker of speed.py.

    python job.py '{"task": "sine", "neurons": 2000, "Q": [25.0], "G": [0.15], ...}'

`workers` describes how it is used. A sample trains the twins `networks` at the points, and
with `test` swaps their decoders; with `updates` a training is cut after so many. It also writes
the `peak` memory of the process, in bytes.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import xarray as xr

from spikerate.learning import force
from spikerate.model.networks import Settings
from spikerate.study import train as training
from spikerate.study.settings import Training
from spikerate.study.transfer import swap
from spikerate.tasks import registry as tasks

REPETITIONS = {"sine": (6, 6), "ode_to_joy": (20, 2)}
DT = 5e-5  # s


def train(
    task: tasks.Task, networks: Sequence[str], asked: dict[str, Any], settings: Settings
) -> dict[str, xr.Dataset]:
    """Datasets of the trained twins, by network."""
    with mock.patch.object(force, "_track", lambda steps, *_: steps[: asked.get("updates")]):
        return {
            network: training.train(
                task,
                network,
                asked["Q"],
                asked["G"],
                alpha=asked["alpha"],
                speed="slow",
                settings=settings,
                training=Training(update_every=5e-3, warm_up=asked.get("warm_up", 0.1)),
            )
            for network in networks
        }


def work(
    task: tasks.Task, networks: Sequence[str], asked: dict[str, Any], settings: Settings
) -> None:
    """Train the twins at the points and, with `test`, swap their decoders."""
    trained = train(task, networks, asked, settings)
    if asked.get("test"):
        for network, other in zip(networks, reversed(networks), strict=True):
            swap(
                task,
                network,
                trained[network],
                trained[other],
                settings=settings,
                sample_every=5e-4,
            )


def peak() -> int:
    """Peak memory of this process, bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage may count the process that started this one
        return 1024 * int(re.findall(r"VmHWM:\s+(\d+) kB", status.read_text())[0])
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(asked: dict[str, Any]) -> None:
    """Serve samples until standard input ends."""
    name, networks = asked["task"], asked.get("networks", ["spiking", "rate"])
    repeated, tested = REPETITIONS[name]
    task = tasks.make(name, dt=DT, train_repetitions=repeated, test_repetitions=tested)
    settings = Settings(neurons=asked["neurons"], dt=DT, seed=1, **asked.get("settings", {}))
    print(json.dumps({"count": None}), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        work(task, networks, asked, settings)
        seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "peak": peak()}), flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
