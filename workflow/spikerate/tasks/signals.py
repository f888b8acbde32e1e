"""Signals of a task: the target that a readout should follow, and the input that goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from spikerate.model.neuron import Floats


@dataclass(frozen=True)
class Signal:
    """A target and its input, and how many times they are presented."""

    target: Floats  # (time, output), one repetition; sample n is the target at time n dt
    input: Floats | None  # (time, channel)
    repetitions: int

    @property
    def steps(self) -> int:
        """Steps of dt in all repetitions."""
        return len(self.target) * self.repetitions

    def tiled(self) -> tuple[Floats, Floats | None]:
        """Return target (steps, output) and input (steps, channel) over all repetitions."""
        times = (self.repetitions, 1)
        inputs = None if self.input is None else np.tile(self.input, times)
        return np.tile(self.target, times), inputs


@dataclass(frozen=True)
class Task:
    """What a network is trained on, and what it is tested on."""

    name: str
    train: Signal
    test: Signal
    dt: float  # s
    pointwise: bool = True  # whether its pointwise error is meaningful; not for a chaotic target

    @property
    def outputs(self) -> int:
        """Outputs of the network."""
        return int(self.train.target.shape[1])

    @property
    def channels(self) -> int:
        """Input channels of the network."""
        return 0 if self.train.input is None else self.train.input.shape[1]

    @property
    def autonomous(self) -> bool:
        """Whether the network runs without input, so that its phase may drift."""
        return self.channels == 0

    @classmethod
    def of_arrays(
        cls,
        target: ArrayLike,
        inputs: ArrayLike | None = None,
        *,
        dt: float,
        train_repetitions: int = 1,
        test_repetitions: int = 1,
        name: str = "custom",
        pointwise: bool = True,
    ) -> Task:
        """Task from arrays, tested on the signals that it is trained on.

        Parameters
        ----------
        target : array (time,) or (time, output), one repetition, sampled at dt
        inputs : array (time,) or (time, channel), or None
        dt : s

        Raises
        ------
        ValueError
            if the arrays are empty, not finite or of different lengths, or a repetition count is
            below 1.
        """
        check_repetitions(train_repetitions, test_repetitions)
        target = _columns(target, f"target of {name}")
        if inputs is not None:
            inputs = _columns(inputs, f"input of {name}")
            if len(inputs) != len(target):
                raise ValueError(
                    f"target and input of {name} must be equally long,"
                    f" got {len(target)} and {len(inputs)} samples"
                )
        make = partial(Signal, target, inputs)
        return cls(name, make(train_repetitions), make(test_repetitions), dt, pointwise)

    def to_dataset(self) -> xr.Dataset:
        """Dataset with train_target, test_target, and train_input, test_input if there are any."""
        data, coords = {}, {}
        for part, signal in (("train", self.train), ("test", self.test)):
            time = f"{part}_time"
            coords[time] = (time, np.arange(len(signal.target)) * self.dt)
            data[f"{part}_target"] = ((time, "output"), signal.target)
            if signal.input is not None:
                data[f"{part}_input"] = ((time, "channel"), signal.input)
        attrs = {
            "name": self.name,
            "dt": self.dt,
            "pointwise": int(self.pointwise),
            "train_repetitions": self.train.repetitions,
            "test_repetitions": self.test.repetitions,
        }
        return xr.Dataset(data, coords, attrs)

    @classmethod
    def from_dataset(cls, dataset: xr.Dataset) -> Task:
        """Task from a dataset made by `to_dataset`."""

        def signal(part: str) -> Signal:
            inputs = dataset.get(f"{part}_input")
            repetitions = int(dataset.attrs[f"{part}_repetitions"])
            target = dataset[f"{part}_target"].values
            return Signal(target, None if inputs is None else inputs.values, repetitions)

        attrs = dataset.attrs
        dt, pointwise = float(attrs["dt"]), bool(attrs["pointwise"])
        return cls(attrs["name"], signal("train"), signal("test"), dt, pointwise)


def check_repetitions(train_repetitions: int, test_repetitions: int) -> None:
    """Raise ValueError unless both signals are presented at least once."""
    for part, repetitions in (("train", train_repetitions), ("test", test_repetitions)):
        if repetitions < 1:
            raise ValueError(f"{part}_repetitions must be at least 1, got {repetitions}")


def _columns(values: ArrayLike, name: str) -> Floats:
    """Check an array (time,) or (time, k), and return it as a signal (time, k)."""
    array = np.asarray(values, dtype=float)
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or not array.size:
        raise ValueError(f"the {name} must be (time,) or (time, k), got shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"the {name} must be finite")
    return array
