"""Demonstrate both networks of a draw on a task."""

from __future__ import annotations

from functools import partial

import xarray as xr

from spikerate.analysis.demonstration import demonstrate
from spikerate.data.checkpoint import NO_CHECKPOINT, JobCheckpoint
from spikerate.model import networks
from spikerate.model.kinds import KINDS
from spikerate.model.networks import Settings
from spikerate.study.settings import Course, Training
from spikerate.tasks.registry import Task


def both_networks(
    task: Task,
    *,
    settings: Settings,
    training: Training,
    course: Course,
    sample_every: float,
    recorded: int,
    progress: bool = False,
    checkpoint: JobCheckpoint = NO_CHECKPOINT,
) -> xr.Dataset:
    """Demonstrate both twins of a draw on a task.

    Parameters
    ----------
    training : its warm-up is not used: the repetitions before learning take its place
    sample_every : s
    recorded : how many neurons to record, spread evenly
    checkpoint : saves what is done, in case the job is killed

    Returns
    -------
    Dataset of `demonstrate` along a dimension `network`.
    """
    where = course.encoder_strength, course.reservoir_strength
    parts = []
    for kind in KINDS:
        network, state = networks.for_task(task, kind, *where, settings)
        name = f"{kind} twin"
        run = partial(
            demonstrate, network, state, task, course.alpha,
            update_steps=settings.steps(training.update_every), rule=training.rule,
            before=course.before, learning=course.learning, after=course.after,
            sample_steps=settings.steps(sample_every),
            recorded=networks.recorded_neurons(settings.neurons, recorded),
            progress=name if progress else "", checkpoint=checkpoint.training(name),
        )  # fmt: skip
        parts.append(checkpoint.part(name, run))
    attrs = {
        "neurons": settings.neurons,
        "alpha": course.alpha,
        "encoder_strength": course.encoder_strength,
        "reservoir_strength": course.reservoir_strength,
    }
    dims = xr.Variable("network", list(KINDS))
    joined = xr.concat(parts, dims, data_vars="different", compat="equals")
    return joined.assign_attrs(attrs)
