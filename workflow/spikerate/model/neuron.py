"""What a neuron model is: constants with units, its rate, and the equations of its voltage.

To add a model, write one class in a file of its own and add one entry to `registry.NEURONS`. Both
engines call its equations, the reference with arrays and the compiled engine with numbers. So the
equations are functions at the top of a module, without branches, and use only NumPy functions that
take both.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import Field, field, fields
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

NUMERICS = ("exact", "published")
V_HIGH = 30.0  # mV, upper end of the uniform initial voltages

Floats = NDArray[np.float64]


class ConstantError(ValueError):
    """A constant of a model has a value that is not allowed.

    Parameters
    ----------
    owner : name of the class, with which the message begins
    name : of the constant
    text : what the constant must be, and its value
    """

    def __init__(self, owner: str, name: str, text: str):
        super().__init__(f"{owner}.{name} {text}")
        self.name, self.text = name, text

    def __reduce__(self) -> tuple[Any, ...]:
        owner = str(self).partition(".")[0]
        return type(self), (owner, self.name, self.text)


def check_numerics(numerics: str) -> None:
    """Raise ValueError unless `numerics` is one of NUMERICS."""
    if numerics not in NUMERICS:
        raise ValueError(f"numerics must be one of {', '.join(NUMERICS)}, got {numerics!r}")


def multiple(duration: float, dt: float, name: str) -> int:
    """Steps of `dt` (s) in a `duration` (s).

    Raises
    ------
    ValueError
        if it is not a whole number of steps; the message begins with `name`.
    """
    steps = round(duration / dt)
    if abs(steps * dt - duration) > 1e-6 * dt:
        raise ValueError(f"{name} must be a multiple of dt = {dt:g} s, got {duration:g} s")
    return steps


def constant(default: float, unit: str, meaning: str, symbol: str) -> Any:
    """Dataclass field of a constant, with its description for readers.

    Parameters
    ----------
    unit : "s" for a time, which must be positive; "mV" for a voltage or a current
    symbol : in mathtext
    """
    return field(default=default, metadata={"unit": unit, "meaning": meaning, "symbol": symbol})


class Equations(NamedTuple):
    """Equations of the voltage of a model over a step of dt."""

    change: Callable[..., Any]  # of v (mV) over a step, from v, the current and the constants
    reset: Callable[..., Any]  # v after a spike, from v and the constants
    constants: tuple[float, ...]


class Neuron(ABC):
    """Base of the neuron models, each a frozen dataclass whose fields are its constants.

    The spiking and the rate network share one object. Every model has the constants below.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    tau_ref: float  # s, absolute refractory period
    v_reset: float  # mV, where v restarts after a spike
    bias: float  # mV, constant current
    formula: ClassVar[str]  # of the voltage, in mathtext
    rate_formula: ClassVar[str]  # of the rate, in mathtext

    def __post_init__(self) -> None:
        for part in fields(self):  # type: ignore[arg-type]  # each subclass is a dataclass
            value, unit = getattr(self, part.name), part.metadata["unit"]
            if not np.isfinite(value) or (unit == "s" and value <= 0):
                sign = "positive" if unit == "s" else "finite"
                raise self._wrong(part.name, f"must be {sign}, got {value:g} {unit}")
        self.check()

    def _wrong(self, name: str, text: str) -> ConstantError:
        return ConstantError(type(self).__name__, name, text)

    def check(self) -> None:  # noqa: B027, a model may have nothing to check
        """Raise a ConstantError if constants do not fit together."""

    @property
    @abstractmethod
    def v_spike(self) -> float:
        """Voltage (mV) at which a spike is fired."""

    @property
    @abstractmethod
    def rheobase(self) -> float:
        """Smallest constant current (mV) above which the neuron fires."""

    @abstractmethod
    def rate(self, current: ArrayLike) -> Floats:
        """Steady firing rate under a constant current.

        Parameters
        ----------
        current : array (..., neuron), mV

        Returns
        -------
        array (..., neuron), Hz; exactly 0 at and below rheobase, NaN for a NaN current
        """

    @abstractmethod
    def equations(self, dt: float, numerics: str = "exact") -> Equations:
        """Equations of the voltage over a step of dt (s), the current held over it.

        `exact` solves the equation of the model; `published` takes an Euler step.
        """

    def initial_voltage(self, uniform: Floats) -> Floats:
        """Voltages (mV) at the start of a run, from numbers drawn uniformly from [0, 1)."""
        return self.v_reset + uniform * (V_HIGH - self.v_reset)

    def refractory_steps(self, dt: float) -> int:
        """Steps of dt (s) for which v is held after a spike: 40 at dt = 5e-5 s.

        Raises
        ------
        ValueError
            if tau_ref is not a whole number of steps, as the twins would then differ in it.
        """
        return multiple(self.tau_ref, dt, f"{type(self).__name__}.tau_ref")
