"""Repeat the test at the points of a trained chunk."""

from __future__ import annotations

from functools import partial

import xarray as xr

from spikerate.analysis import trials
from spikerate.data.checkpoint import NOTHING, Keeper
from spikerate.model import networks
from spikerate.study.points import WHERE, source_hashes
from spikerate.tasks.registry import Task


def repeat(
    task: Task,
    network: str,
    trained: xr.Dataset,
    *,
    settings: dict,
    repetitions: int,
    sample_every: float,
    keep: Keeper = NOTHING,
) -> xr.Dataset:
    """Decompose the errors of the points of a trained chunk.

    Parameters
    ----------
    trained : of `train.train`
    settings : of `networks.draw`
    sample_every : s
    keep : of what is done, should the job be killed

    Returns
    -------
    Dataset of `trials.repeat` for all the points, with the coordinates of `trained`, the hash
    `origin` of each, and the attribute `repetitions`.
    """
    every = round(sample_every / settings["dt"])

    def decomposed(own: xr.Dataset) -> xr.Dataset:
        twin, _ = networks.for_task(task, network, own["Q"].values, own["G"].values, settings)
        return trials.repeat(twin, own, task, repetitions=repetitions, every=every)

    batches = networks.batches(trained.sizes["point"], settings)
    parts = [
        keep.part(f"batch {number}", partial(decomposed, trained.isel(point=batch)))
        for number, batch in enumerate(batches, start=1)
    ]
    names = (*WHERE, "Q", "G", "point")
    joined = xr.concat(parts, "point").assign_coords({name: trained[name] for name in names})
    origins = {"origin": ("point", source_hashes(trained))}
    return joined.assign_coords(origins).assign_attrs(repetitions=repetitions)
