"""The spiking network in Brian2, timed; run by the Python of .venv-brian2, a worker of speed.py.

    python brian2_speed.py network.npz standalone|runtime folder

Reads the weights, the decoder and the state; compiles into the folder. `workers` describes how a
worker is used. A sample is the time of the run itself, without compilation and set-up.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import brian2 as b2
import numpy as np
from brian2 import Hz, ms, mV, second

Arrays = dict[str, np.ndarray]  # weights, decoder and state, by name
Sample = Callable[[], tuple[float, float]]  # seconds and spikes

DT = 0.05 * ms
WORK = 20_000_000  # steps times neurons in a sample of a compiled program
STAMPED = 1000  # steps in a sample that runs from Python
CONSTANTS = {
    "tau_m": 10 * ms,
    "tau_rise": 2 * ms,
    "tau_decay": 20 * ms,
    "gain": 1 / (2 * ms * 20 * ms),
    "v_reset": -65 * mV,
    "v_threshold": -40 * mV,
    "bias": -40 * mV,
}
NEURONS = """
dv/dt = (s + eta * x + bias - v) / tau_m : volt (unless refractory)
ds/dt = -s / tau_rise + h : volt
dh/dt = -h / tau_decay : volt / second
eta : volt (constant)
x : 1 (linked)
"""
# x_hat follows the equation of the synaptic filter, driven by the decoder's weights at the spikes.
READOUT = """
dx/dt = -x / tau_rise + y : 1
dy/dt = -y / tau_decay : Hz
"""


def connected(
    source: b2.NeuronGroup, target: b2.NeuronGroup, weights: np.ndarray, unit: str, on_pre: str
) -> b2.Synapses:
    """Synapses with weights (target, source), zeros left out."""
    synapses = b2.Synapses(
        source, target, f"w : {unit}", on_pre=on_pre, delay=0 * ms, namespace=CONSTANTS
    )
    post, pre = weights.nonzero()
    synapses.connect(i=pre, j=post)
    synapses.w = weights[post, pre] * (mV * second if unit == "volt * second" else second)
    return synapses


def network(arrays: Arrays) -> tuple[b2.Network, b2.SpikeMonitor]:
    """Brian2 network, and the counter of its spikes."""
    phi = arrays["phi"]
    readout = b2.NeuronGroup(1, READOUT, method="exact", namespace=CONSTANTS)
    readout.x, readout.y = phi @ arrays["r"], phi @ arrays["r_rise"] * Hz
    group = b2.NeuronGroup(
        phi.shape[1],
        NEURONS,
        threshold="v >= v_threshold",
        method="exact",
        reset="v = v_reset + (v - v_threshold)",
        refractory=2 * ms + DT,
        namespace=CONSTANTS,
    )
    group.x = b2.linked_var(readout, "x")
    group.v, group.eta = arrays["v"] * mV, arrays["eta"][:, 0] * mV
    group.s, group.h = arrays["s"] * mV, arrays["h"] * mV / second
    reservoir = connected(group, group, arrays["omega"], "volt * second", "h_post += w * gain")
    decoder = connected(group, readout, phi, "second", "y_post += w * gain")
    spikes = b2.SpikeMonitor(group, record=False)
    return b2.Network(readout, group, reservoir, decoder, spikes), spikes


def standalone(arrays: Arrays, folder: Path) -> tuple[int, Sample]:
    """Compile a program; steps in a sample, and the function that runs it."""
    b2.set_device("cpp_standalone", build_on_run=False)
    b2.defaultclock.dt = DT
    steps = WORK // arrays["v"].size
    net, spikes = network(arrays)
    net.run(steps * DT)
    b2.device.build(directory=str(folder), run=False)

    def sample() -> tuple[float, float]:
        b2.device.run(with_output=False)
        return b2.device._last_run_time, int(spikes.num_spikes)

    return steps, sample


def runtime(arrays: Arrays, folder: Path) -> tuple[int, Sample]:
    """Compile Cython; steps in a sample, and the function that runs them from Python."""
    b2.prefs.codegen.target = "cython"
    b2.prefs.codegen.runtime.cython.cache_dir = str(folder)
    b2.defaultclock.dt = DT
    net, spikes = network(arrays)
    stamps = []
    # The preparation of a run takes long, so time is taken from its first step to its middle.
    net.add(b2.NetworkOperation(lambda: stamps.append(time.perf_counter()), dt=STAMPED * DT))
    net.run(2 * STAMPED * DT)

    def sample() -> tuple[float, float]:
        before = int(spikes.num_spikes)
        net.run(2 * STAMPED * DT)
        return stamps[-1] - stamps[-2], (int(spikes.num_spikes) - before) / 2

    return STAMPED, sample


if __name__ == "__main__":
    with np.load(sys.argv[1]) as loaded:
        arrays = dict(loaded)
    mode = {"standalone": standalone, "runtime": runtime}[sys.argv[2]]
    steps, sample = mode(arrays, Path(sys.argv[3]))
    print(json.dumps({"count": steps}), flush=True)
    for _ in sys.stdin:
        seconds, spikes = sample()
        print(json.dumps({"seconds": seconds, "spikes": spikes}), flush=True)
