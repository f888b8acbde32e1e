"""The compiled engine: the kernels, on one network after another."""

from __future__ import annotations

import numpy as np

from spikerate.engine import kernels
from spikerate.engine.cache import compiled
from spikerate.engine.interface import (
    AdvanceSpiking,
    DriveSynapses,
    Equation,
    Floats,
    SingleOrDouble,
)


def spiking(change: Equation, reset: Equation, decayed: Equation) -> AdvanceSpiking:
    """Loop over the steps of spiking networks."""
    advance: AdvanceSpiking = compiled(
        kernels.advance_spiking, voltage_change=change, reset_voltage=reset, decayed=decayed
    )
    return advance


def synapses(driven: Equation) -> DriveSynapses:
    """Step of the synapses of rate networks."""
    drive: DriveSynapses = compiled(kernels.drive_synapses, driven=driven)
    return drive


def readout(decoder: Floats, filtered: Floats) -> Floats:
    """x_hat = phi R."""
    x = np.empty(decoder.shape[:2])
    compiled(kernels.readouts)(decoder, filtered, x)
    return x


def currents(synaptic: Floats, feedback: Floats, signal: Floats, bias: float) -> Floats:
    """Input currents."""
    current = np.empty_like(synaptic)
    compiled(kernels.rate_currents)(synaptic, feedback, signal, bias, current)
    return current


def weighted_rows(outgoing: SingleOrDouble, rate: SingleOrDouble) -> SingleOrDouble:
    """Rates times what each neuron sends."""
    drive = np.empty_like(rate)
    compiled(kernels.weighted_rows)(outgoing, rate, drive)
    return drive


def low_rank_gain(rows: Floats, done: int, alpha: Floats, regressor: Floats) -> Floats:
    """Gain of an update."""
    gain = np.empty_like(regressor)
    compiled(kernels.low_rank_gain)(rows, done, alpha, regressor, gain)
    return gain
