"""The RLS of reservoirpy, timed; run by the Python of .venv-reservoirpy, a worker of speed.py.

    python reservoirpy_speed.py network.npz

Reads the states visited, the targets there and alpha. `workers` describes how it is used.
"""

import json
import sys
import time

import numpy as np
from reservoirpy.nodes import RLS

if __name__ == "__main__":
    with np.load(sys.argv[1]) as arrays:
        states, wanted, alpha = arrays["states"], arrays["wanted"], float(arrays["alpha"])
    node = RLS(alpha=1 / alpha, fit_bias=False)  # its alpha is one over ours
    node.partial_fit(states[:1], wanted[:1])
    print(json.dumps({"count": None}), flush=True)
    for line in sys.stdin:
        chosen = np.arange(int(line)) % len(states)
        x, y = states[chosen], wanted[chosen]
        start = time.perf_counter()
        node.partial_fit(x, y)
        print(json.dumps({"seconds": time.perf_counter() - start}), flush=True)
