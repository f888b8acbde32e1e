"""Points of a sweep: some of the points of some datasets, and those that are not computed yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import xarray as xr

from spikerate.data import hashing

WHERE = ("network", "alpha", "speed", "draw")  # scalar coordinates of a chunk


def compute_missing(
    done: xr.Dataset | None, points: dict, run: Callable[[list[int]], xr.Dataset]
) -> xr.Dataset:
    """Run those points of a chunk that are not done yet, and join them to those that are.

    A point's numbers do not depend on the points that are run beside it.

    Parameters
    ----------
    done : dataset along `point`, made with the same settings, for any points; or None
    points : arrays (point,) that tell what a point is made from, by the names that they have in
        `done`: Q and G, and `source_hash` where the point was trained before
    run : function of indices of points, a list, that gives the dataset of those
    """
    held = {} if done is None else _places(done, points)
    wanted = list(zip(*points.values(), strict=True))
    missing = [k for k, point in enumerate(wanted) if point not in held]
    parts = [] if done is None or len(missing) == len(wanted) else [select([done], points)]
    parts += [run(missing)] if missing else []
    return select(parts, points)


def select(parts: Iterable[xr.Dataset], points: dict) -> xr.Dataset:
    """Those points of some chunks, in the order asked for, that any of them holds.

    Parameters
    ----------
    parts : chunks of one twin, one learning rate and one draw; each is read in turn
    points : as those of `compute_missing`
    """
    wanted, found = list(zip(*points.values(), strict=True)), []
    for part in parts:
        places = _places(part, points)
        inside = [places[point] for point in wanted if point in places]
        if inside:
            found.append(_at(hashing.bare(part), inside))
    held = joined(found)
    places = _places(held, points)
    return joined([_at(held, [places[point] for point in wanted if point in places])])


def joined(parts: list[xr.Dataset], data_vars: str = "minimal") -> xr.Dataset:
    """Parts of a chunk, one after the other along `point`."""
    whole = parts[0]
    if len(parts) > 1:  # of one, a copy that may be large
        whole = xr.concat(parts, "point", data_vars=data_vars, coords="minimal", compat="override")
    return whole.assign_coords(point=np.arange(whole.sizes["point"]))


def _places(part: xr.Dataset, names: Iterable[str]) -> dict[tuple, int]:
    """Number of each point of a chunk, by the coordinates of those names."""
    points = zip(*(part[name].values.tolist() for name in names), strict=True)
    return {point: number for number, point in enumerate(points)}


def _at(part: xr.Dataset, numbers: list[int]) -> xr.Dataset:
    """Some points of a chunk by their numbers; not a copy where they are all, in order."""
    everything = list(range(part.sizes["point"]))
    return part if numbers == everything else part.isel(point=numbers)


def source_hashes(*trained: xr.Dataset) -> list[str]:
    """Hash of each point of one trained chunk, or of each pair of points of two."""
    return [
        " ".join(hashing.digest(part.isel(point=[k]).drop_vars("point"))[:16] for part in trained)
        for k in range(trained[0].sizes["point"])
    ]
