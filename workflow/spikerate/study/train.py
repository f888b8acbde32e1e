"""Train the points of a chunk, in batches of one width."""

from __future__ import annotations

from functools import partial

import numpy as np
import xarray as xr

from spikerate.data.checkpoint import NO_CHECKPOINT, JobCheckpoint
from spikerate.learning import force
from spikerate.learning.registry import RLS
from spikerate.model import networks
from spikerate.study.points import joined
from spikerate.tasks.registry import Task


def train(
    task: Task,
    network: str,
    encoder_strength,
    reservoir_strength,
    *,
    alpha: float,
    learning_rate: str,
    settings: dict,
    update_every: float,
    warm_up: float,
    rule: str = RLS,
    progress: bool = False,
    checkpoint: JobCheckpoint = NO_CHECKPOINT,
) -> xr.Dataset:
    """Train one twin at some points of a (Q, G) grid.

    Parameters
    ----------
    encoder_strength, reservoir_strength : array (point,), Q in mV and G in mV s
    alpha, learning_rate : the learning rate and its name
    settings : of `networks.draw`
    update_every, warm_up : s
    rule : a name in `learning.registry.RULES`
    checkpoint : saves what is done, in case the job is killed

    Returns
    -------
    Dataset of `force.train` for all the points, with coordinates Q and G along `point`, and the
    scalar ones network, alpha, learning_rate and draw.
    """
    where = np.array([encoder_strength, reservoir_strength], dtype=float)
    batches, parts = networks.batches(where.shape[1], settings), []
    for number, batch in enumerate(batches, start=1):
        q, g = where[:, batch]
        name = f"{network} twin, batch {number} of {len(batches)}"
        train = partial(
            train_batch, task, network, q, g, alpha, settings=settings, update_every=update_every,
            warm_up=warm_up, rule=rule, progress=name if progress else "",
            keep=checkpoint.training(name),
        )  # fmt: skip
        parts.append(checkpoint.part(name, train).assign_coords(Q=("point", q), G=("point", g)))
    return joined(parts).assign_coords(
        network=network, alpha=alpha, learning_rate=learning_rate, draw=settings["draw"]
    )


def train_batch(
    task: Task, network: str, q, g, alpha, *, settings: dict, update_every: float, warm_up: float,
    **flags,
) -> xr.Dataset:  # fmt: skip
    """Train a batch of points; `flags` are those of `force.train`."""
    twin, state = networks.for_task(task, network, q, g, settings)
    return force.train(
        twin, state, task.train.target, alpha, inputs=task.train.input,
        update_every=round(update_every / twin.dt), warm_up=round(warm_up / twin.dt),
        repetitions=task.train.repetitions, **flags,
    )  # fmt: skip
