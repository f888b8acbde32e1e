"""Recompute tasks and single points of finished chunks from their provenance, and compare.

The numbers of a point do not depend on the other points, so a point that is recomputed alone must
be the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xarray as xr
from threadpoolctl import threadpool_limits

from spikerate.data import datasets, provenance
from spikerate.model.kinds import OTHER
from spikerate.study.points import select
from spikerate.study.settings import typed
from spikerate.study.train import train
from spikerate.study.transfer import swap
from spikerate.study.trials import repeat
from spikerate.tasks import registry as tasks
from spikerate.tasks.registry import Task


def same_task(path: str | Path) -> bool:
    """Whether a task is the same when it is made again."""
    stored = datasets.load(path)
    params = provenance.params(stored)
    again = tasks.make(Path(path).stem, **params.pop("options"), **params).to_dataset()
    same = again.drop_attrs().equals(stored.drop_attrs())
    return same and all(stored.attrs.get(name) == value for name, value in again.attrs.items())


def same(path: str | Path, point: int) -> bool:
    """Whether a point of a chunk is the same when it is recomputed.

    Parameters
    ----------
    path : of a dataset that the rule `train`, `transfer` or `repeat` made
    point : its index in the dataset
    """
    stored = datasets.load(path)
    with threadpool_limits(1):  # as in a job
        again = RULES[stored.attrs["rule"]](stored, point)
    one, again = (d.drop_vars("point").drop_attrs() for d in (stored.isel(point=[point]), again))
    return again.equals(one)


def _train(stored: xr.Dataset, point: int) -> xr.Dataset:
    task, params = _task_and_params(stored)
    points = params.pop("points")
    q, g = ([points[name][point]] for name in ("Q", "G"))
    speed = stored["speed"].item()
    return train(task, _network(stored), q, g, speed=speed, **params)


def _transfer(stored: xr.Dataset, point: int) -> xr.Dataset:
    (task, params), network = _task_and_params(stored), _network(stored)
    del params["points"]
    own = _trained(stored, point, network)
    other = _trained(stored, point, OTHER[network])
    return swap(task, network, own, other, **params)


def _repeat(stored: xr.Dataset, point: int) -> xr.Dataset:
    (task, params), network = _task_and_params(stored), _network(stored)
    del params["points"]
    return repeat(task, network, _trained(stored, point, network), **params)


RULES = {"train": _train, "transfer": _transfer, "repeat": _repeat}


def _task_and_params(stored: xr.Dataset) -> tuple[Task, dict[str, Any]]:
    """Task and params from which a dataset was made."""
    (signals,) = (part for part in _read(stored) if "train_target" in part)
    return Task.from_dataset(signals), typed(provenance.params(stored))


def _read(stored: xr.Dataset) -> Iterator[xr.Dataset]:
    """Yield the datasets from which a dataset was made."""
    for path in provenance.inputs(stored):
        yield datasets.load(Path(path))


def _trained(stored: xr.Dataset, point: int, network: str) -> xr.Dataset:
    """Trained networks of a kind, from which a point was made."""
    parts = (p for p in _read(stored) if "decoder" in p and _network(p) == network)
    return select(parts, {name: stored[name].values[[point]] for name in ("Q", "G")})


def _network(stored: xr.Dataset) -> str:
    return str(stored["network"].item())
