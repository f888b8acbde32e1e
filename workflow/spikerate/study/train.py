"""Train the points of a chunk, in batches of one width."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from spikerate.data.checkpoint import NO_CHECKPOINT, JobCheckpoint
from spikerate.learning import force
from spikerate.model import networks
from spikerate.model.network import Network, State
from spikerate.model.networks import Settings
from spikerate.study.points import joined
from spikerate.study.settings import Training
from spikerate.tasks.registry import Task


def train(
    task: Task,
    kind: str,
    encoder_strength: ArrayLike,
    reservoir_strength: ArrayLike,
    *,
    alpha: float,
    speed: str,
    settings: Settings,
    training: Training,
    progress: bool = False,
    checkpoint: JobCheckpoint = NO_CHECKPOINT,
) -> xr.Dataset:
    """Train the networks of one kind at some points of a (Q, G) grid.

    Parameters
    ----------
    encoder_strength, reservoir_strength : array (point,), Q in mV and G in mV s
    alpha, speed : the learning rate and its name
    checkpoint : saves what is done, in case the job is killed

    Returns
    -------
    Dataset of `force.train` for all the points, with coordinates Q and G along `point`, and the
    scalar ones network, alpha, speed and draw.
    """
    where = np.array([encoder_strength, reservoir_strength], dtype=float)
    batches, parts = settings.batches(where.shape[1]), []
    for number, batch in enumerate(batches, start=1):
        q, g = where[:, batch]
        name = f"{kind} twin, batch {number} of {len(batches)}"
        run = partial(
            train_batch, task, kind, q, g, alpha, settings, training,
            progress=name if progress else "", checkpoint=checkpoint.training(name),
        )  # fmt: skip
        parts.append(checkpoint.part(name, run).assign_coords(Q=("point", q), G=("point", g)))
    return joined(parts).assign_coords(network=kind, alpha=alpha, speed=speed, draw=settings.draw)


def train_batch(
    task: Task,
    kind: str,
    encoder_strength: ArrayLike,
    reservoir_strength: ArrayLike,
    alpha: ArrayLike,
    settings: Settings,
    training: Training,
    **flags: Any,
) -> xr.Dataset:
    """Train networks, each at its own point and alpha; `flags` are those of `force.train`."""
    drawn = networks.for_task(task, kind, encoder_strength, reservoir_strength, settings)
    return learn(*drawn, task, alpha, settings, training, **flags)


def learn(
    network: Network,
    state: State,
    task: Task,
    alpha: ArrayLike,
    settings: Settings,
    training: Training,
    **flags: Any,
) -> xr.Dataset:
    """Train networks that are drawn already on a task."""
    return force.train(
        network, state, task.train.target, alpha, inputs=task.train.input,
        repetitions=task.train.repetitions, **training.in_steps(settings), **flags,
    )  # fmt: skip
