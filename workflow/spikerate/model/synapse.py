"""The double-exponential synapse: kernel, impulse propagator, and propagator under a smooth drive.

Its two variables obey dR/dt = -R/tau_rise + rise and d rise/dt = -rise/tau_decay + gain u. With
gain = 1/(tau_rise tau_decay), the response to a unit impulse in u has unit area.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import expm

from spikerate.model.neuron import Floats, check_numerics


def decayed(x: Any, rise: Any, fast: Any, slow: Any, cross: Any) -> tuple[Any, Any]:
    """(x, rise) after a step without input."""
    return fast * x + cross * rise, slow * rise


def driven(x: Any, rise: Any, u: Any, slope: Any, m: Any) -> tuple[Any, Any]:
    """(x, rise) after a step under the drive u, its slope, and the propagator m of `drive`."""
    return (
        m[0][0] * x + m[0][1] * rise + m[0][2] * u + m[0][3] * slope,
        m[1][1] * rise + m[1][2] * u + m[1][3] * slope,
    )


@dataclass(frozen=True, slots=True)
class Propagator:
    """One step without input: R <- fast R + cross rise, rise <- slow rise; a spike adds gain."""

    fast: float  # decay of R over a step
    slow: float  # decay of `rise` over a step
    cross: float  # s, what `rise` (1/s^2) adds to R (1/s) over a step
    gain: float  # 1/s^2, what a spike adds to `rise` at the end of its step

    def over(self, steps: Any) -> tuple[Any, Any, Any]:
        """(fast, slow, cross) over several steps; `steps` is an integer or an array of them."""
        fast, slow = self.fast**steps, self.slow**steps
        return fast, slow, self.cross * (slow - fast) / (self.slow - self.fast)


@dataclass(frozen=True, slots=True)
class DoubleExponential:
    """Synaptic filter of unit area."""

    tau_rise: float = 2e-3  # s
    tau_decay: float = 20e-3  # s

    def __post_init__(self) -> None:
        if not 0 < self.tau_rise < self.tau_decay < np.inf:
            raise ValueError(
                "DoubleExponential needs 0 < tau_rise < tau_decay, got"
                f" tau_rise = {self.tau_rise} s, tau_decay = {self.tau_decay} s"
            )

    @property
    def gain(self) -> float:
        """Jump of `rise` at a unit impulse, 1/s^2."""
        return 1.0 / (self.tau_rise * self.tau_decay)

    def kernel(self, time: ArrayLike) -> Floats:
        """Response R (1/s) at `time` (s) after a unit impulse; 0 before it."""
        time = np.asarray(time, dtype=float)
        after = np.maximum(time, 0.0)
        shape = np.exp(-after / self.tau_decay) - np.exp(-after / self.tau_rise)
        return np.where(time < 0, 0.0, shape / (self.tau_decay - self.tau_rise))

    @property
    def peak_time(self) -> float:
        """Time (s) from an impulse to the largest response."""
        ratio = self.tau_decay / self.tau_rise
        spread = self.tau_decay - self.tau_rise
        return float(np.log(ratio) * self.tau_rise * self.tau_decay / spread)

    def impulse(self, dt: float, numerics: str = "exact") -> Propagator:
        """Propagator over a step of dt (s) between impulses.

        `exact` solves the two equations (Rotter & Diesmann 1999, Biol Cybern 81:381).
        `published` adds dt * rise to R instead of the exact term.
        """
        check_numerics(numerics)
        fast, slow = np.exp(-dt / self.tau_rise), np.exp(-dt / self.tau_decay)
        exact = (slow - fast) / (1.0 / self.tau_rise - 1.0 / self.tau_decay)
        return Propagator(fast, slow, dt if numerics == "published" else exact, self.gain)

    def drive(self, step: float, numerics: str = "exact") -> Floats:
        """Propagator (2, 4) over `step` (s): (R, rise) after it from (R, rise, u, du/dt) before.

        `exact` takes the drive u (1/s) as linear over the step. With the slope from the last two
        evaluations this is ETD-AB2, the second-order exponential Adams-Bashforth rule
        (Cox & Matthews 2002, J Comput Phys 176:430). `published` takes the paper's Euler step.
        """
        if numerics == "published":
            one = self.impulse(step, numerics)
            return np.array(
                [[one.fast, one.cross, 0.0, 0.0], [0.0, one.slow, step * one.gain, 0.0]]
            )
        check_numerics(numerics)
        generator = np.zeros((4, 4))
        generator[0, :2] = -1.0 / self.tau_rise, 1.0
        generator[1, 1:3] = -1.0 / self.tau_decay, self.gain
        generator[2, 3] = 1.0
        propagator: Floats = expm(generator * step)
        return propagator[:2]
