"""The textbook loop: the published update of both twins, as anyone would write it in NumPy.

It runs one network at a time. Every step takes a dense product with the reservoir, R and the
readout, and every update makes a new P from temporary arrays. Times are in s, voltages and currents
in mV.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

DT = 5e-5
TAU_M, TAU_REF, TAU_RISE, TAU_DECAY = 0.010, 0.002, 0.002, 0.020
V_RESET, V_THRESHOLD, BIAS = -65.0, -40.0, -40.0
FAST, SLOW = np.exp(-DT / TAU_RISE), np.exp(-DT / TAU_DECAY)
HELD = 40  # steps for which v is held after a spike

Floats = NDArray[np.float64]


class Loop:
    """One network with recursive least squares; `emitted` is what distinguishes the twins.

    Parameters
    ----------
    omega : array (neuron, neuron), mV s
    eta : array (neuron, output), mV
    phi : array (output, neuron), s
    s, h, r, r_rise : arrays (neuron,), recurrent current and filtered train, each with its rise
    alpha : learning rate
    """

    def __init__(
        self,
        omega: Floats,
        eta: Floats,
        phi: Floats,
        s: Floats,
        h: Floats,
        r: Floats,
        r_rise: Floats,
        alpha: float = 1.0,
    ) -> None:
        self.omega, self.eta, self.phi = omega, eta, phi
        self.s, self.h, self.r, self.r_rise = s, h, r, r_rise
        self.x = phi @ r
        self.p = alpha * np.eye(len(r))

    def emitted(self, current: Floats) -> Floats:
        """Spikes or the integral of the rate of each neuron in this step."""
        raise NotImplementedError

    def step(self, drive: Floats | float = 0.0) -> None:
        """Advance by one step of dt under an input current (neuron,), mV."""
        emitted = self.emitted(self.s + self.eta @ self.x + drive + BIAS)
        self.s = self.s * FAST + DT * self.h
        self.h = self.h * SLOW + (self.omega @ emitted) / (TAU_RISE * TAU_DECAY)
        self.r = self.r * FAST + DT * self.r_rise
        self.r_rise = self.r_rise * SLOW + emitted / (TAU_RISE * TAU_DECAY)
        self.x = self.phi @ self.r

    def update(self, target: Floats) -> None:
        """Move the decoder towards a target (output,); x_hat stays until the next step is over."""
        error = self.x - target
        k = self.p @ self.r
        c = 1 / (1 + self.r @ k)
        self.p = self.p - c * np.outer(k, k)
        self.phi = self.phi - c * np.outer(error, k)

    def run(self, steps: int, drive: Floats | None = None) -> Floats:
        """Run freely, under an input current (step, neuron) in mV; x_hat before each step."""
        readout = []
        for n in range(steps):
            readout.append(self.x)
            self.step(0.0 if drive is None else drive[n])
        return np.array(readout)

    def train(self, target: Floats, update_every: int, drive: Floats | None = None) -> Floats:
        """Learn a target (step, output); x_hat (step, output) before each step.

        Parameters
        ----------
        update_every : steps between updates; the first comes after the first step
        drive : input current (step, neuron), mV, or None
        """
        readout = []
        for n, wanted in enumerate(target):
            readout.append(self.x)
            self.step(0.0 if drive is None else drive[n])
            if n % update_every == 0:
                self.update(wanted)
        return np.array(readout)


class Spiking(Loop):
    """Leaky integrate-and-fire neurons; `v` in mV, `refractory` in steps still to be held."""

    def __init__(self, v: Floats, refractory: NDArray[np.int64], **arrays: Any) -> None:
        super().__init__(**arrays)
        self.v, self.refractory = v, refractory

    def emitted(self, current: Floats) -> Floats:
        """Spikes, 0 or 1, of each neuron in this step."""
        free = self.refractory == 0
        self.refractory = np.maximum(self.refractory - 1, 0)
        self.v = self.v + free * DT * (current - self.v) / TAU_M
        spikes = self.v >= V_THRESHOLD
        self.v = np.where(spikes, V_RESET + (self.v - V_THRESHOLD), self.v)
        self.refractory = np.where(spikes, HELD, self.refractory)
        return spikes.astype(float)


class Rate(Loop):
    """Neurons replaced by their steady firing rate."""

    def emitted(self, current: Floats) -> Floats:
        """Integral over this step of the rate of each neuron."""
        rate = np.zeros_like(current)
        on = current > V_THRESHOLD
        climb = np.log((current[on] - V_THRESHOLD) / (current[on] - V_RESET))
        rate[on] = 1 / (TAU_REF - TAU_M * climb)
        return DT * rate
