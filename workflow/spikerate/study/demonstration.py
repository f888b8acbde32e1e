"""Demonstrate both networks of a draw on a task."""

from __future__ import annotations

from functools import partial

import xarray as xr

from spikerate.analysis.demonstration import demonstrate
from spikerate.data.checkpoint import NO_CHECKPOINT, JobCheckpoint
from spikerate.learning.registry import RLS
from spikerate.model import networks
from spikerate.tasks.registry import Task


def both_networks(
    task: Task,
    *,
    settings: dict,
    neurons: int,
    encoder_strength: float,
    reservoir_strength: float,
    learning_rate: float,
    update_every: float,
    sample_every: float,
    recorded: int,
    rule: str = RLS,
    progress: bool = False,
    checkpoint: JobCheckpoint = NO_CHECKPOINT,
    **phases: int,
) -> xr.Dataset:
    """Demonstrate both twins of a draw on a task.

    Parameters
    ----------
    settings : of `networks.draw`
    neurons : size of the networks, whatever the settings say
    update_every, sample_every : s
    recorded : how many neurons to record, spread evenly
    rule : a name in `learning.registry.RULES`
    checkpoint : saves what is done, in case the job is killed
    phases : before, learning, after of `demonstrate`

    Returns
    -------
    Dataset of `demonstrate` along a dimension `network`.
    """
    settings, dt = settings | {"neurons": neurons, "product_width": 1}, settings["dt"]
    shown = networks.recorded_neurons(neurons, recorded)
    parts = []
    for network in networks.TWINS:
        twin, state = networks.for_task(
            task, network, encoder_strength, reservoir_strength, settings
        )
        name = f"{network} twin"
        parts.append(checkpoint.part(name, partial(
            demonstrate, twin, state, task, learning_rate, update_every=round(update_every / dt),
            every=round(sample_every / dt), recorded=shown, rule=rule,
            progress=name if progress else "", keep=checkpoint.training(name), **phases,
        )))  # fmt: skip
    attrs = {
        "neurons": neurons,
        "learning_rate": learning_rate,
        "encoder_strength": encoder_strength,
        "reservoir_strength": reservoir_strength,
    }
    dims = xr.Variable("network", list(networks.TWINS))
    joined = xr.concat(parts, dims, data_vars="different", compat="equals")
    return joined.assign_attrs(attrs)
