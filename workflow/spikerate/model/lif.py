"""The leaky integrate-and-fire neuron."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from spikerate.model.neuron import Equations, Floats, Neuron, check_numerics, constant

LEAST_CLIMB = 0.1  # mV, from reset to threshold; a smaller distance means voltages in V


def relaxed(v: Any, current: Any, constants: Any) -> Any:
    """Change of the voltage (mV) in a step: a fixed share of its distance to the current."""
    return constants[0] * (current - v)


def dropped(v: Any, constants: Any) -> Any:
    """Voltage (mV) after a spike; it keeps the excess over the threshold."""
    return v - constants[1]


@dataclass(frozen=True, slots=True)
class LIF(Neuron):
    """Leaky integrate-and-fire constants: tau_m dv/dt = I - v, and a spike at v_threshold."""

    tau_m: float = constant(10e-3, "s", "membrane time constant", r"τ$_\mathrm{m}$")
    tau_ref: float = constant(2e-3, "s", "refractory time", r"τ$_\mathrm{ref}$")
    v_reset: float = constant(-65.0, "mV", "reset voltage", r"v$_\mathrm{reset}$")
    v_threshold: float = constant(-40.0, "mV", "threshold voltage", r"v$_\mathrm{thr}$")
    bias: float = constant(-40.0, "mV", "constant current", "bias")  # at v_threshold: rheobase

    formula: ClassVar[str] = (
        r"$\tau_\mathrm{m}\,\dot{v} = I - v;\;\; v \geq v_\mathrm{thr}$: spike, reset"
    )
    rate_formula: ClassVar[str] = (
        r"$f(I) = 1 / [\,\tau_\mathrm{ref} - \tau_\mathrm{m}"
        r" \ln\frac{I - v_\mathrm{thr}}{I - v_\mathrm{reset}}\,]$"
    )

    def check(self) -> None:
        """Raise a ConstantError if the threshold is not clearly above reset."""
        reset, threshold = self.v_reset, self.v_threshold
        if not reset < threshold:
            raise self._wrong(
                "v_reset", f"must be below v_threshold = {threshold:g} mV, got {reset:g} mV"
            )
        if threshold - reset < LEAST_CLIMB:
            raise self._wrong(
                "v_threshold",
                f"must be at least {LEAST_CLIMB:g} mV above v_reset = {reset:g} mV, got"
                f" {threshold:g} mV; voltages are in mV, not in V",
            )

    @property
    def v_spike(self) -> float:
        """Voltage (mV) at which a spike is fired."""
        return self.v_threshold

    @property
    def rheobase(self) -> float:
        """Smallest constant current (mV) above which the neuron fires."""
        return self.v_threshold

    def rate(self, current: ArrayLike) -> Floats:
        """Steady firing rate (Hz) under a constant current (mV), at most 1/tau_ref everywhere.

        Notes
        -----
        1 / (tau_ref + time from reset to threshold).
        """
        current = np.asarray(current, dtype=float)
        above = current - self.v_threshold
        with np.errstate(divide="ignore", over="ignore"):  # silent neurons never reach threshold
            gap = (self.v_threshold - self.v_reset) / np.maximum(above, 0.0)
            climb = np.log(1.0 + gap)
        return np.asarray(1.0 / (self.tau_ref + self.tau_m * climb))

    def leak(self, dt: float, numerics: str = "exact") -> float:
        """Share of the distance I - v that v covers in a step of dt (s) while I is constant.

        `published` takes the Euler step dt/tau_m, `exact` the exponential relaxation.
        """
        check_numerics(numerics)
        return dt / self.tau_m if numerics == "published" else float(-np.expm1(-dt / self.tau_m))

    def equations(self, dt: float, numerics: str = "exact") -> Equations:
        """Equations of the voltage over a step of dt (s)."""
        constants = self.leak(dt, numerics), self.v_threshold - self.v_reset
        return Equations(relaxed, dropped, constants)
