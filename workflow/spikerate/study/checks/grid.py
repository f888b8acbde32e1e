"""The axes of the grids, and the points that are analysed."""

from __future__ import annotations

from math import prod

from spikerate.study import sweep
from spikerate.study.errors import ConfigError


def check_grid(config: dict) -> None:
    """Each axis of each grid rises, or has a single value."""
    grids = {"grid": config["grid"]}
    own = {name: task for name, task in config["tasks"].items() if "grid" in task}
    grids |= {f"tasks.{name}.grid": task["grid"] for name, task in own.items()}
    axes = {f"{key}.{name}": axis for key, axes in grids.items() for name, axis in axes.items()}
    for key, axis in axes.items():
        first, last = axis["first"], axis["last"]
        if axis["points"] == 1 and first != last:
            raise ConfigError(
                f"{key}.last must equal {key}.first = {first:g} where {key}.points is 1,"
                f" got {last:g}"
            )
        if axis["points"] > 1 and not first < last:
            raise ConfigError(
                f"{key}.last must be above {key}.first = {first:g} where {key}.points is"
                f" {axis['points']}, got {last:g}"
            )


def check_spectra(config: dict) -> None:
    """There are at least as many points and components as are to be analysed."""
    for task, points in config["spectra"]["tasks"].items():
        settings = sweep.task_settings(config, task)
        limit, neurons = prod(sweep.grid_shape(settings)), settings["neurons"]
        if points > limit:
            raise ConfigError(
                f"spectra.tasks.{task} must be at most {limit}, the number of points of the grid,"
                f" got {points}"
            )
        if config["spectra"]["components"] > neurons:
            raise ConfigError(
                f"spectra.components must be at most {neurons}, the neurons of the task {task},"
                f" got {config['spectra']['components']}"
            )
