"""A sweep: the points of the (Q, G) grid, their chunks, and the settings of each task.

A point is known by its draw, Q and G, never by its place in a chunk or in the order of the work.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pandas as pd

NETWORK_KEYS = (
    "seed", "dt", "numerics", "engine", "product_precision", "product_width", "reservoir_draws",
)  # fmt: skip
STAGES = ("train", "transfer", "trials")  # stages whose jobs are chunks of the grid, one twin each
PAPER = "paper: N = 2000, 40 x 40 grid"


def axis(first: float, last: float, points: int) -> np.ndarray:
    """Values of one axis of the grid, evenly spaced.

    They are rounded to 12 digits, so that a value, and whatever is drawn for it, is the same in
    grids of any size.
    """
    return np.array([float(f"{value:.12g}") for value in np.linspace(first, last, points)])


def grid_points(config: dict, task: str) -> pd.DataFrame:
    """Points of the grid of a task, numbered row by row: all G for the first Q, then the next.

    Returns
    -------
    DataFrame with the columns Q (mV) and G (mV s), indexed by `point`
    """
    grid = task_settings(config, task)["grid"]
    axes = [axis(**grid["encoder_strength"]), axis(**grid["reservoir_strength"])]
    index = pd.RangeIndex(axes[0].size * axes[1].size, name="point")
    return pd.MultiIndex.from_product(axes, names=["Q", "G"]).to_frame().set_index(index)


def tile(chunk: int) -> tuple[int, int]:
    """Rows (Q) and columns (G) of the tile of a grid that a chunk covers, as square as possible."""
    rows = max(k for k in range(1, math.isqrt(chunk) + 1) if chunk % k == 0)
    return rows, chunk // rows


def chunk_numbers(config: dict, task: str, stage: str, network: str) -> list[int]:
    """Numbers of the chunks of a task, those of one twin in one of the STAGES.

    If the grid is oblong, some numbers are skipped.
    """
    return sorted(chunk_sizes(config, task, stage, network))


def chunk_points(
    config: dict, task: str, stage: str, network: str, number: int
) -> dict[str, list[float]]:
    """Points of one chunk: `Q` (mV) and `G` (mV s), equally long.

    A chunk is a tile of the grid, and its number depends only on where the tile is. So a grid that
    grows by rows or columns keeps its chunks; those at its former edge may gain points.
    """
    inside = _chunk_of_points(config, task, stage, network) == number
    return grid_points(config, task)[inside].to_dict("list")


def chunk_sizes(config: dict, task: str, stage: str, network: str) -> Counter:
    """Number of points in each chunk of a task, by the chunk's number."""
    return Counter(_chunk_of_points(config, task, stage, network).tolist())


def trained_in(
    config: dict, task: str, twin: str, stage: str, network: str, number: int
) -> list[int]:
    """Numbers of the chunks in which a twin is trained at the points of another stage's chunk."""
    inside = _chunk_of_points(config, task, stage, network) == number
    return sorted(set(_chunk_of_points(config, task, "train", twin)[inside].tolist()))


def _chunk_of_points(config: dict, task: str, stage: str, network: str) -> np.ndarray:
    """Number of the chunk of each point: tiles are counted in growing squares."""
    settings = task_settings(config, task)
    rows, columns = (
        settings["grid"][n]["points"] for n in ("encoder_strength", "reservoir_strength")
    )
    row, column = np.divmod(np.arange(rows * columns), columns)
    size = tile(settings["chunk"][stage][network])
    row, column = row // size[0], column // size[1]
    square = np.maximum(row, column)
    return square**2 + square + row - column


def swept(config: dict) -> list[str]:
    """Return the tasks that are swept."""
    return [task for task, words in config["sweep"]["tasks"].items() if words]


def analysed(config: dict) -> list[str]:
    """Return the tasks whose spectra are analysed."""
    return [task for task, points in config["spectra"]["tasks"].items() if points]


def learning_rates(config: dict, task: str) -> dict[str, float]:
    """Learning rates of a task that are swept, by name, slowest first."""
    rates = config["tasks"][task]["learning_rates"]
    words = {word: rates[word] for word in config["sweep"]["tasks"].get(task, [])}
    return dict(sorted(words.items(), key=lambda item: item[1]))


def task_settings(config: dict, task: str) -> dict:
    """Return the settings of a task: its own where it has them, else those of the study.

    Returns
    -------
    dict with the keys of `tasks.<task>` in the config, and `neuron` (its constants), `sparsity`,
    `neurons`, `grid` and `chunk`
    """
    own = dict(config["tasks"][task])
    neuron = config["neuron"] | {n: own.pop(n) for n in ("tau_decay",) if n in own}
    chunk = own.pop("chunk", {})
    chunk = {s: sizes | chunk.get(s, {}) for s, sizes in config["sweep"]["chunk"].items()}
    return {"grid": config["grid"], **config["network"], **own, "chunk": chunk, "neuron": neuron}


def network_settings(
    config: dict, task: str | None = None, draw: int = 0, neurons: int | None = None, unused=()
) -> dict:
    """Return the settings of `networks.draw`, except a task's outputs and channels.

    Parameters
    ----------
    task : its own constants override those of the study; None takes the study's
    neurons : size of the network; None takes that of the task or the study
    unused : keys to leave out: a job does not depend on what it does not use
    """
    own = {"neuron": config["neuron"], **config["network"]}
    if task:
        own |= task_settings(config, task)
    if neurons:
        own["neurons"] = neurons
    study = {name: config[name] for name in NETWORK_KEYS}
    study |= {"draw": draw} | {name: own[name] for name in ("neurons", "sparsity", "neuron")}
    return {name: value for name, value in study.items() if name not in unused}


def scale_text(config: dict, tasks) -> str:
    """One line that gives the scale at which tasks were swept, for the foot of a figure."""
    scales = {}
    for task in tasks:
        settings = task_settings(config, task)
        q, g = (settings["grid"][n]["points"] for n in ("encoder_strength", "reservoir_strength"))
        scales.setdefault(f"N = {settings['neurons']}, {q} x {g} grid", []).append(task)
    parts = [scale if len(scales) == 1 else f"{', '.join(names)} {scale}"
             for scale, names in scales.items()]  # fmt: skip
    draws = "1 draw" if config["draws"] == 1 else f"{config['draws']} draws"
    return (
        f"study {config['study']}: {'; '.join(parts)}; {draws}, {config['numerics']} numerics"
        f" ({PAPER})"
    )
