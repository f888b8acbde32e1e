"""What sets the scale of a figure: numbers of neurons, points and draws."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from spikerate.figures.figure import Config
from spikerate.study import sweep


def neurons(settings: dict[str, Any]) -> str:
    """Size of the networks, from settings with the key `neurons`."""
    return f"N = {settings['neurons']}"


def draws(config: Config) -> dict[str, object]:
    """Number of draws of the weights, by its name for readers."""
    return {"draws of the weights": config["draws"]}


def swept(config: Config, tasks: Iterable[str]) -> dict[str, object]:
    """Size of the networks and of the grid, by task."""
    return {task: _on_grid(sweep.task_settings(config, task)) for task in tasks}


def _on_grid(settings: dict[str, Any]) -> str:
    q, g = sweep.grid_shape(settings)
    return f"{neurons(settings)} on {q} \N{MULTIPLICATION SIGN} {g} points"


def sentence(facts: dict[str, object], full: dict[str, object]) -> str:
    """Scale of a figure, with that of the same figure in the study `paper` where it differs."""
    if facts == full:
        return "Scale: as in the study paper."
    here = []
    for name, value in facts.items():
        wanted = full.get(name, value)
        here.append(f"{name} {value}" if wanted == value else f"{name} {value} ({wanted})")
    return f"Scale (in brackets that of the study paper, where it differs): {', '.join(here)}."
