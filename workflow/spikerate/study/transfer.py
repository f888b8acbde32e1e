"""Run the points of a trained chunk with their own decoders and with the other network's."""

from __future__ import annotations

from functools import partial

import numpy as np
import xarray as xr

from spikerate.analysis.transfer import measure, transfer, untrained_error
from spikerate.data.checkpoint import NO_CHECKPOINT, JobCheckpoint
from spikerate.model import networks
from spikerate.model.networks import Settings
from spikerate.study.points import WHERE, joined, source_hashes
from spikerate.tasks.registry import Task


def swap(
    task: Task,
    kind: str,
    trained: xr.Dataset,
    other: xr.Dataset,
    *,
    settings: Settings,
    sample_every: float,
    recorded: int | None = None,
    checkpoint: JobCheckpoint = NO_CHECKPOINT,
) -> xr.Dataset:
    """Run the points of a trained chunk with their own decoders and with the other twin's.

    The traces of few points are kept; of many, the other's decoder is also run shuffled.

    Parameters
    ----------
    trained, other : of `train`, for this network and for the other one
    sample_every : s
    recorded : how many neurons to record, spread evenly; with None no traces are kept
    checkpoint : saves what is done, in case the job is killed

    Returns
    -------
    Dataset of `transfer.transfer` for all the points, its traces, if they are kept, in single
    precision, with the coordinates of `train`, and `source_hash` where none are kept. The
    attributes are `measure`, the error held against the cutoff, and `untrained`, that error with a
    decoder that stays zero.
    """
    for name in ("Q", "G"):
        if not np.array_equal(trained[name], other[name]):
            raise ValueError(f"the two chunks hold different points: {name} differs")
    sample_steps = settings.steps(sample_every)
    parts = []
    for number, batch in enumerate(settings.batches(trained.sizes["point"]), start=1):
        own, foreign = trained.isel(point=batch), other.isel(point=batch)
        run = partial(_swap, task, kind, own, foreign, settings, sample_steps, recorded)
        parts.append(checkpoint.part(f"batch {number}", run))
    swapped = joined(parts).assign_coords({name: trained[name] for name in WHERE})
    if recorded is None:
        swapped = swapped.assign_coords(source_hash=("point", source_hashes(trained, other)))
    return swapped.assign_attrs(
        measure=measure(task), untrained=untrained_error(task, sample_steps)
    )


def _swap(
    task: Task,
    kind: str,
    own: xr.Dataset,
    other: xr.Dataset,
    settings: Settings,
    sample_steps: int,
    recorded: int | None,
) -> xr.Dataset:
    """`swap` of a batch of points."""
    q, g = own["Q"].values, own["G"].values
    network, _ = networks.for_task(task, kind, q, g, settings)
    order = None
    if recorded is None:
        order = networks.shuffles(kind, q, g, outputs=task.outputs, settings=settings)
    neurons = networks.recorded_neurons(settings.neurons, recorded or 0)
    part = transfer(
        network, own, other, task, sample_steps=sample_steps, recorded=neurons, order=order
    )
    if recorded is None:
        part = part.drop_dims(["time", "recorded"])
    else:
        part = part.assign({n: part[n].astype(np.float32) for n in ("readout", "filtered")})
    return part.assign_coords(Q=("point", q), G=("point", g))
