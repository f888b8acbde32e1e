"""Sums of sines: the sine, the oscillator, and the first harmonics of a Fourier series."""

from __future__ import annotations

import numpy as np

from spikerate.model.neuron import Floats
from spikerate.tasks.registry import periodic


@periodic(0.2)
def sine(time: Floats) -> Floats:
    """Sine of 5 Hz."""
    return np.sin(2 * np.pi * 5 * time)


@periodic(1.0)
def oscillator(time: Floats) -> Floats:
    """Sine of 1 Hz plus sine of 2 Hz."""
    return np.sin(2 * np.pi * time) + np.sin(4 * np.pi * time)


@periodic(1.0)
def fourier(time: Floats) -> Floats:
    """First ten harmonics of 1 Hz, one output each."""
    return np.sin(2 * np.pi * np.arange(1, 11) * time[:, None])
