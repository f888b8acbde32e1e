"""Repeat the test at the points of a trained chunk."""

from __future__ import annotations

from functools import partial

import xarray as xr

from spikerate.analysis import trials
from spikerate.data.checkpoint import NO_CHECKPOINT, JobCheckpoint
from spikerate.model import networks
from spikerate.model.networks import Settings
from spikerate.study.points import WHERE, source_hashes
from spikerate.tasks.registry import Task


def repeat(
    task: Task,
    kind: str,
    trained: xr.Dataset,
    *,
    settings: Settings,
    repetitions: int,
    sample_every: float,
    checkpoint: JobCheckpoint = NO_CHECKPOINT,
) -> xr.Dataset:
    """Decompose the errors of the points of a trained chunk.

    Parameters
    ----------
    trained : of `train.train`
    sample_every : s
    checkpoint : saves what is done, in case the job is killed

    Returns
    -------
    Dataset of `trials.repeat` for all the points, with the coordinates of `trained`, the hash
    `source_hash` of each, and the attribute `repetitions`.
    """
    sample_steps = settings.steps(sample_every)

    def decomposed(own: xr.Dataset) -> xr.Dataset:
        network, _ = networks.for_task(task, kind, own["Q"].values, own["G"].values, settings)
        return trials.repeat(network, own, task, repetitions=repetitions, sample_steps=sample_steps)

    batches = settings.batches(trained.sizes["point"])
    parts = [
        checkpoint.part(f"batch {number}", partial(decomposed, trained.isel(point=batch)))
        for number, batch in enumerate(batches, start=1)
    ]
    names = (*WHERE, "Q", "G", "point")
    joined = xr.concat(parts, "point").assign_coords({name: trained[name] for name in names})
    hashes = {"source_hash": ("point", source_hashes(trained))}
    return joined.assign_coords(hashes).assign_attrs(repetitions=repetitions)
