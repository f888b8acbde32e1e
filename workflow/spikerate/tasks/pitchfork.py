"""Pitchfork: a variable that pulses push from one of two wells into the other."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from spikerate.model.neuron import Floats, multiple
from spikerate.tasks.registry import task

LATTICE = 5e-4  # s, grid of the edges of pulses, where the multistep rule may restart, for any dt
RELAXATION = 10e-3  # s, gamma


@task(lattice=LATTICE, duration=lambda part, pulses=400: 0.1 + 0.3 * pulses, outputs=1, channels=1)
def pitchfork(
    dt: float, rng: np.random.Generator, part: str, *, pulses: int = 400
) -> tuple[Floats, Floats]:
    """Course of gamma dx/dt = x - x^3 + u, which pulses u push between two wells.

    Rectangular pulses of 5 to 10 ms and height 2 N(0, 1), each starting 0.1 to 0.5 s after the
    one before; 400 last about 119 s. x starts at rest in the upper well.
    """
    stride, pulses = multiple(LATTICE, dt, "the lattice of pulse edges"), int(pulses)
    starts = np.cumsum(_on_lattice(rng, 0.1, 0.5, pulses)) * stride
    stops = starts + _on_lattice(rng, 5e-3, 10e-3, pulses) * stride
    pulse = np.zeros(starts[-1] + round(0.1 / LATTICE) * stride)
    for start, stop, height in zip(starts, stops, 2 * rng.standard_normal(pulses), strict=True):
        pulse[start:stop] = height
    edges = [0, *np.column_stack([starts, stops]).ravel(), len(pulse)]
    x = [np.ones(1)]
    for start, stop in pairwise(edges):
        x.append(_relaxed(x[-1][-1], pulse[start], stop - start, dt))
    return np.concatenate(x)[:-1], pulse


def _on_lattice(
    rng: np.random.Generator, low: float, high: float, pulses: int
) -> NDArray[np.int64]:
    """One duration for each pulse, uniform on [low, high] (s), in lattice steps."""
    return rng.integers(round(low / LATTICE), round(high / LATTICE), pulses, endpoint=True)


def _relaxed(x: float, pulse: float, steps: int, dt: float) -> Floats:
    """Values of x after each of some steps under a constant pulse, (steps,)."""

    def flow(t: float, x: Floats) -> Floats:
        return (x - x**3 + pulse) / RELAXATION

    times = np.arange(1, steps + 1) * dt
    solved = solve_ivp(flow, (0, times[-1]), [x], "DOP853", times, rtol=1e-9, atol=1e-12)
    course: Floats = solved.y[0]
    return course
