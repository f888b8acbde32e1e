"""The leaky integrate-and-fire neuron: one set of constants, for the spiking and the rate twin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NUMERICS = ("exact", "published")


def check_numerics(numerics: str) -> None:
    """Raise ValueError unless `numerics` is one of NUMERICS."""
    if numerics not in NUMERICS:
        raise ValueError(f"numerics must be one of {', '.join(NUMERICS)}, got {numerics!r}")


def relaxed(v, current, share):
    """Voltage (mV) after a step in which it closes a `share` of its gap to the current."""
    return v + share * (current - v)


def multiple(duration: float, dt: float, name: str) -> int:
    """Steps of dt in a duration.

    Raises
    ------
    ValueError
        if `duration` (s) is not a whole number of steps of `dt` (s).
    """
    steps = round(duration / dt)
    if abs(steps * dt - duration) > 1e-6 * dt:
        raise ValueError(f"{name} must be a multiple of dt = {dt:g} s, got {duration:g} s")
    return steps


@dataclass(frozen=True, slots=True)
class LIF:
    """Leaky integrate-and-fire constants, shared by the spiking and the rate twin."""

    tau_m: float = 10e-3  # s, membrane time constant
    tau_ref: float = 2e-3  # s, absolute refractory period
    v_reset: float = -65.0  # mV, where v restarts after a spike
    v_threshold: float = -40.0  # mV, where a spike is fired
    bias: float = -40.0  # mV, constant current; at v_threshold it is the rheobase

    def __post_init__(self):
        for name in ("tau_m", "tau_ref"):
            if not 0 < getattr(self, name) < np.inf:
                raise ValueError(f"LIF.{name} must be positive, got {getattr(self, name)} s")
        if not -np.inf < self.v_reset < self.v_threshold < np.inf:
            raise ValueError(
                f"LIF.v_reset must lie below v_threshold = {self.v_threshold} mV,"
                f" got {self.v_reset} mV"
            )
        if not np.isfinite(self.bias):
            raise ValueError(f"LIF.bias must be finite, got {self.bias} mV")

    def rate(self, current: np.ndarray) -> np.ndarray:
        """Steady firing rate under a constant current.

        Parameters
        ----------
        current : array (..., neuron), mV

        Returns
        -------
        array (..., neuron), Hz; exactly 0 at and below threshold, at most 1/tau_ref everywhere

        Notes
        -----
        1 / (tau_ref + time from reset to threshold). A NaN current gives NaN.
        """
        current = np.asarray(current, dtype=float)
        above = current - self.v_threshold
        with np.errstate(divide="ignore", over="ignore"):  # silent neurons climb for ever
            gap = (self.v_threshold - self.v_reset) / np.maximum(above, 0.0)
            climb = np.log(1.0 + gap)
        return 1.0 / (self.tau_ref + self.tau_m * climb)

    def leak(self, dt: float, numerics: str = "exact") -> float:
        """Share of the gap I - v that v closes in a step of dt (s), I held over the step.

        `published` is the Euler step dt/tau_m, `exact` the exponential relaxation.
        """
        check_numerics(numerics)
        return dt / self.tau_m if numerics == "published" else -np.expm1(-dt / self.tau_m)

    def refractory_steps(self, dt: float) -> int:
        """Steps of dt (s) for which v is held after a spike: 40 at dt = 5e-5 s."""
        return round(self.tau_ref / dt)
