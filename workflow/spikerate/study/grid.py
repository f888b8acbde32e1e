"""The (Q, G) grid of a task.

A point is known by its draw, Q and G, never by its place in a chunk or in the order of the work.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spikerate.study import sweep

Floats = NDArray[np.float64]


def axis(first: float, last: float, points: int) -> Floats:
    """Values of one axis of the grid, evenly spaced.

    They are rounded to 12 digits, so that a value, and whatever is drawn for it, is the same in
    grids of any size.
    """
    return np.array([float(f"{value:.12g}") for value in np.linspace(first, last, points)])


def points(config: dict, task: str) -> tuple[Floats, Floats]:
    """Q (mV) and G (mV s) of the points of the grid, row by row: all G for the first Q."""
    grid = sweep.task_settings(config, task)["grid"]
    q, g = axis(**grid["encoder_strength"]), axis(**grid["reservoir_strength"])
    return np.repeat(q, g.size), np.tile(g, q.size)
