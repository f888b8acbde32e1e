"""Single points of finished chunks computed again, from what their provenance says, and compared.

A point's numbers do not depend on its neighbours: alone it must come out the same to the last bit.
"""

from __future__ import annotations

from pathlib import Path

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
    """Whether a task, made again by what makes it now, comes out as it is stored."""
    stored = datasets.load(path)
    params = provenance.params(stored)
    again = tasks.make(Path(path).stem, **params.pop("options"), **params).to_dataset()
    same = again.drop_attrs().equals(stored.drop_attrs())
    return same and all(stored.attrs.get(name) == value for name, value in again.attrs.items())


def same(path, point: int) -> bool:
    """Whether a point of a chunk comes out as it is stored.

    Parameters
    ----------
    path : of a dataset of the rules `train`, `transfer` or `repeat`
    point : number of the point in it
    """
    stored = datasets.load(path)
    with threadpool_limits(1):  # as in a job
        again = RULES[stored.attrs["rule"]](stored, point)
    one, again = (d.drop_vars("point").drop_attrs() for d in (stored.isel(point=[point]), again))
    return again.equals(one)


def _train(stored: xr.Dataset, point: int) -> xr.Dataset:
    task, params = _made_of(stored)
    points = params.pop("points")
    q, g = ([points[name][point]] for name in ("Q", "G"))
    speed = stored["learning_rate"].item()
    return train(task, _network(stored), q, g, speed=speed, **params)


def _transfer(stored: xr.Dataset, point: int) -> xr.Dataset:
    (task, params), network = _made_of(stored), _network(stored)
    del params["points"]
    own = _trained(stored, point, network)
    other = _trained(stored, point, OTHER[network])
    return swap(task, network, own, other, **params)


def _repeat(stored: xr.Dataset, point: int) -> xr.Dataset:
    (task, params), network = _made_of(stored), _network(stored)
    del params["points"]
    return repeat(task, network, _trained(stored, point, network), **params)


RULES = {"train": _train, "transfer": _transfer, "repeat": _repeat}


def _made_of(stored: xr.Dataset) -> tuple[Task, dict]:
    """Task and params that a dataset was made from."""
    (signals,) = (part for part in _read(stored) if "train_target" in part)
    return Task.from_dataset(signals), typed(provenance.params(stored))


def _read(stored: xr.Dataset):
    """Datasets that a dataset was made from, one at a time."""
    for path in provenance.inputs(stored):
        yield datasets.load(Path(path))


def _trained(stored: xr.Dataset, point: int, network: str) -> xr.Dataset:
    """Training of a twin that a point was made from."""
    parts = (p for p in _read(stored) if "decoder" in p and _network(p) == network)
    return select(parts, {name: stored[name].values[[point]] for name in ("Q", "G")})


def _network(stored: xr.Dataset) -> str:
    return stored["network"].item()
