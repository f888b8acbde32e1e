"""Lorenz: a chaotic target, judged by its attractor and not point by point."""

from __future__ import annotations

import numpy as np
from scipy.integrate import solve_ivp

from spikerate.model.neuron import Floats, multiple
from spikerate.tasks.registry import task

RHO, SIGMA, BETA = 28.0, 5.0, 7.0 / 3.0


def _lorenz_duration(
    part: str, train_duration: float = 200.0, test_duration: float = 100.0
) -> float:
    return test_duration if part == "test" else train_duration


@task(pointwise=False, duration=_lorenz_duration, outputs=3, channels=0)
def lorenz(
    dt: float,
    rng: np.random.Generator,
    part: str,
    *,
    train_duration: float = 200.0,
    test_duration: float = 100.0,
) -> Floats:
    """Lorenz attractor from (1, 1, 1); the test continues the training. Durations in s."""
    trained = multiple(train_duration, dt, "the training on lorenz")
    steps = trained + multiple(test_duration, dt, "the test on lorenz") * (part == "test")

    def flow(t: float, state: Floats) -> tuple[float, float, float]:
        x, y, z = state
        return SIGMA * (y - x), x * (RHO - z) - y, x * y - BETA * z

    times = np.arange(steps) * dt
    wanted = times[trained:] if part == "test" else times
    span = (0.0, times[-1])
    solved = solve_ivp(flow, span, [1.0, 1.0, 1.0], "DOP853", wanted, rtol=1e-9, atol=1e-9)
    course: Floats = solved.y.T
    return course
