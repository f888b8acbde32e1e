"""Chunks of the grid: the points that one job trains, swaps or repeats."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from spikerate.study import grid, sweep

STAGES = ("train", "transfer", "trials")  # whose jobs are chunks of the grid, of one kind each


def tile(chunk: int) -> tuple[int, int]:
    """Rows (Q) and columns (G) of the tile of a grid that a chunk covers, as square as possible."""
    rows = max(k for k in range(1, math.isqrt(chunk) + 1) if chunk % k == 0)
    return rows, chunk // rows


def numbers(config: dict, task: str, stage: str, kind: str) -> list[int]:
    """Numbers of the chunks of a task, those of one kind of network in one of the STAGES.

    If the grid is oblong, some numbers are skipped.
    """
    return sorted(sizes(config, task, stage, kind))


def points(config: dict, task: str, stage: str, kind: str, number: int) -> dict[str, list[float]]:
    """Points of one chunk: `Q` (mV) and `G` (mV s), equally long.

    A chunk is a tile of the grid, and its number depends only on where the tile is. So a grid that
    grows by rows or columns keeps its chunks; those at its former edge may gain points.
    """
    inside = _chunk_of_points(config, task, stage, kind) == number
    q, g = grid.points(config, task)
    return {"Q": q[inside].tolist(), "G": g[inside].tolist()}


def sizes(config: dict, task: str, stage: str, kind: str) -> Counter[int]:
    """Number of points in each chunk of a task, by the chunk's number."""
    return Counter(_chunk_of_points(config, task, stage, kind).tolist())


def trained_in(
    config: dict, task: str, trained: str, stage: str, kind: str, number: int
) -> list[int]:
    """Numbers of the chunks where a kind was trained at the points of another stage's chunk."""
    inside = _chunk_of_points(config, task, stage, kind) == number
    return sorted(set(_chunk_of_points(config, task, "train", trained)[inside].tolist()))


def _chunk_of_points(config: dict, task: str, stage: str, kind: str) -> NDArray[np.int64]:
    """Number of the chunk of each point: tiles are counted in growing squares."""
    settings = sweep.task_settings(config, task)
    rows, columns = sweep.grid_shape(settings)
    row, column = np.divmod(np.arange(rows * columns), columns)
    tile_rows, tile_columns = tile(settings["chunk"][stage][kind])
    row, column = row // tile_rows, column // tile_columns
    square = np.maximum(row, column)
    return square**2 + square + row - column
