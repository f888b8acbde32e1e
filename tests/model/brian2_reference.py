"""The spiking network stated once more, in Brian2; run by the Python of .venv-brian2.

    python brian2_reference.py network.npz spikes.npz

Reads the weights omega, eta, psi and phi, the inputs (steps, channel), the initial voltages (mV)
and the numerics; writes the spikes (neuron, step), the last v and s (mV) and the last R (1/s).
"""

import sys

import brian2 as b2
import numpy as np
from brian2 import Hz, ms, mV, second

DT = 0.05 * ms
CONSTANTS = {
    "tau_m": 10 * ms,
    "tau_rise": 2 * ms,
    "tau_decay": 20 * ms,
    "v_reset": -65 * mV,
    "v_threshold": -40 * mV,
    "bias": -40 * mV,
}
# The current is held over a step: a parameter, set at its start.
NEURON = """
dv/dt = (current - v) / tau_m : volt (unless refractory)
current : volt
feedback : volt
"""
SYNAPSE = {
    "exact": """
        ds/dt = -s / tau_rise + h : volt
        dh/dt = -h / tau_decay : volt / second
        dR/dt = -R / tau_rise + H : Hz
        dH/dt = -H / tau_decay : Hz / second
    """,
    "published": """
        s : volt
        h : volt / second
        R : Hz
        H : Hz / second
    """,
}
PUBLISHED_STEP = """
s = s * exp(-dt / tau_rise) + dt * h
h = h * exp(-dt / tau_decay)
R = R * exp(-dt / tau_rise) + dt * H
H = H * exp(-dt / tau_decay)
"""
METHOD = {"exact": "exact", "published": "euler"}


def simulate(omega, eta, psi, phi, inputs, voltages, numerics):
    """Run one network; what the module writes, by name."""
    b2.prefs.codegen.target = "numpy"  # needs no compiler
    b2.defaultclock.dt = DT
    outputs, neurons = phi.shape
    group = b2.NeuronGroup(
        neurons,
        NEURON + SYNAPSE[numerics] + "drive : volt (constant)",
        threshold="v >= v_threshold",
        reset="v = v_reset + (v - v_threshold); H += 1 / (tau_rise * tau_decay)",
        refractory=2 * ms + DT,  # 40 steps in which v stands still
        method=METHOD[numerics],
        namespace=CONSTANTS | {"u": b2.TimedArray(inputs[:, 0], dt=DT)},
    )
    group.v, group.drive = voltages * mV, psi[:, 0] * mV

    reservoir = b2.Synapses(
        group, group, "w : volt * second", on_pre="h_post += w / (tau_rise * tau_decay)",
        namespace=CONSTANTS,
    )  # fmt: skip
    post, pre = omega.nonzero()
    reservoir.connect(i=pre, j=post)
    reservoir.w = omega[post, pre] * mV * second

    readout = b2.NeuronGroup(outputs, "x : 1")
    decoder = b2.Synapses(group, readout, "weight : second\nx_post = weight * R_pre : 1 (summed)")
    decoder.connect()
    decoder.weight = phi[decoder.j[:], decoder.i[:]] * second
    encoder = b2.Synapses(
        readout, group, "weight : volt\nfeedback_post = weight * x_pre : volt (summed)"
    )
    encoder.connect()
    encoder.weight = eta[encoder.j[:], encoder.i[:]] * mV

    # Before the step: x from R, the feedback from x, the current from all; then v, s and R.
    for order, updater in enumerate(
        (decoder.summed_updaters["x_post"], encoder.summed_updaters["feedback_post"])
    ):
        updater.when, updater.order = "start", order
    group.run_regularly("current = s + feedback + bias + drive * u(t)", when="start", order=2)
    if numerics == "published":
        group.run_regularly(PUBLISHED_STEP, when="groups", order=1)

    spikes = b2.SpikeMonitor(group)
    b2.Network(group, reservoir, readout, decoder, encoder, spikes).run(len(inputs) * DT)
    return {
        "spikes": np.column_stack([spikes.i, np.rint(spikes.t / DT).astype(int)]),
        "v": group.v / mV,
        "s": group.s / mV,
        "R": group.R / Hz,
    }


if __name__ == "__main__":
    with np.load(sys.argv[1]) as network:
        arrays = dict(network)
    numerics = str(arrays.pop("numerics"))
    np.savez(sys.argv[2], **simulate(**arrays, numerics=numerics))
