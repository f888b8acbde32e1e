"""A sweep: the points of the (Q, G) grid, their chunks, and the settings of each task.

A point is known by its draw, Q and G, never by its place in a chunk or in the order of the work.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

NETWORK_KEYS = ("seed", "dt", "numerics", "engine", "product_precision", "reservoir_draws")
PAPER = "paper: N = 2000, 40 x 40, 21 draws"


def axis(first: float, last: float, points: int) -> np.ndarray:
    """Values of one axis of the grid, evenly spaced.

    Rounded to 12 digits: a value is the same number in grids of any size, and so is what is
    drawn for it.
    """
    return np.array([float(f"{value:.12g}") for value in np.linspace(first, last, points)])


def grid_points(config: dict) -> pd.DataFrame:
    """Points of the grid, numbered row by row: all G of the first Q, then of the next.

    Returns
    -------
    DataFrame with the columns Q (mV) and G (mV s), indexed by `point`
    """
    grid = config["grid"]
    axes = [axis(**grid["encoder_strength"]), axis(**grid["reservoir_strength"])]
    index = pd.RangeIndex(axes[0].size * axes[1].size, name="point")
    return pd.MultiIndex.from_product(axes, names=["Q", "G"]).to_frame().set_index(index)


def chunks(points: int, chunk: int) -> int:
    """Return how many chunks of at most `chunk` points hold all the points."""
    return -(-points // chunk)


def chunk_numbers(config: dict) -> range:
    """Numbers of the chunks of a sweep, from 0."""
    return range(chunks(len(grid_points(config)), config["sweep"]["chunk"]))


def chunk_points(config: dict, number: int) -> dict[str, list[float]]:
    """Points of one chunk: `Q` (mV) and `G` (mV s), equally long."""
    size = config["sweep"]["chunk"]
    part = grid_points(config).iloc[number * size : (number + 1) * size]
    return part.to_dict("list")


def learning_rates(config: dict, task: str) -> dict[str, float]:
    """Learning rates of a task that are swept, by name, slowest first."""
    rates = config["tasks"][task]["learning_rates"]
    swept = {word: rates[word] for word in config["sweep"]["learning_rates"]}
    return dict(sorted(swept.items(), key=lambda item: item[1]))


def task_settings(config: dict, task: str) -> dict:
    """Return the settings of a task, its own constants put over the study's.

    Returns
    -------
    dict with `neuron` (its constants), `sparsity`, `update_every`, `warm_up` (s),
    `train_repetitions`, `test_repetitions` and `learning_rates` (those swept, slowest first)
    """
    own = dict(config["tasks"][task])
    neuron = config["neuron"] | {n: own.pop(n) for n in ("tau_decay",) if n in own}
    sparsity = own.pop("sparsity", config["network"]["sparsity"])
    own["learning_rates"] = learning_rates(config, task)
    return own | {"neuron": neuron, "sparsity": sparsity}


def network_settings(
    config: dict, task: str | None = None, draw: int = 0, neurons: int | None = None
) -> dict:
    """Return the settings of `networks.draw`, but for a task's outputs and channels.

    Parameters
    ----------
    task : whose own constants are put over the study's; the study's alone from None
    neurons : size of the network; the study's from None
    """
    own = task_settings(config, task) if task else {}
    study = {name: config[name] for name in NETWORK_KEYS}
    return study | {
        "draw": draw,
        "neurons": neurons or config["network"]["neurons"],
        "sparsity": own.get("sparsity", config["network"]["sparsity"]),
        "neuron": own.get("neuron", config["neuron"]),
    }


def scale_text(config: dict) -> str:
    """One line on the scale of a study, for the foot of a figure."""
    q, g = (config["grid"][name]["points"] for name in ("encoder_strength", "reservoir_strength"))
    draws = "1 draw" if config["draws"] == 1 else f"{config['draws']} draws"
    return (
        f"study {config['study']}: N = {config['network']['neurons']}, {q} x {g} grid, {draws},"
        f" {config['numerics']} numerics ({PAPER})"
    )
