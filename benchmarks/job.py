"""A job of a sweep, as the pipeline runs it; a worker of speed.py.

    python job.py '{"task": "sine", "neurons": 2000, "Q": [25.0], "G": [0.15], ...}'

See `workers` for what it says and hears. A sample trains the twins `networks` at the points, and
with `test` swaps their decoders; with `updates` a training is cut after so many. It says the
`peak` memory of the process, in bytes, too.
"""

import json
import re
import resource
import sys
import time
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from spikerate.learning import force
from spikerate.model.networks import Settings
from spikerate.study import train as training
from spikerate.study.settings import Training
from spikerate.study.transfer import swap
from spikerate.tasks import registry as tasks

REPETITIONS = {"sine": (6, 6), "ode_to_joy": (20, 2)}
DT = 5e-5  # s


def train(task, networks, asked, settings):
    """Datasets of the trained twins, by network."""
    with mock.patch.object(force, "_track", lambda steps, *_: steps[: asked.get("updates")]):
        return {
            network: training.train(
                task, network, asked["Q"], asked["G"], alpha=asked["alpha"], speed="slow",
                settings=settings,
                training=Training(update_every=5e-3, warm_up=asked.get("warm_up", 0.1)),
            )
            for network in networks
        }  # fmt: skip


def work(task, networks, asked, settings):
    """Train the twins at the points and, with `test`, swap their decoders."""
    trained = train(task, networks, asked, settings)
    if asked.get("test"):
        for network, other in zip(networks, reversed(networks), strict=True):
            swap(
                task, network, trained[network], trained[other], settings=settings,
                sample_every=5e-4,
            )  # fmt: skip


def peak() -> int:
    """Peak memory of this process, bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage may count the process that started this one
        return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1])
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(asked: dict) -> None:
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
