"""A chunk of a sweep: its points trained, or their decoders swapped, in batches of one width."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
import xarray as xr

from spikerate.analysis import spectra as spectrum
from spikerate.analysis.transfer import measure, transfer, untrained_error
from spikerate.data import hashing as content
from spikerate.data.checkpoint import NOTHING, Keeper
from spikerate.learning import force
from spikerate.model import networks
from spikerate.tasks.registry import Task

WHERE = ("network", "alpha", "learning_rate", "draw")  # scalar coordinates of a chunk


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
    progress: bool = False,
    keep: Keeper = NOTHING,
) -> xr.Dataset:
    """Train one twin at some points of a (Q, G) grid.

    Parameters
    ----------
    encoder_strength, reservoir_strength : array (point,), Q in mV and G in mV s
    alpha, learning_rate : the learning rate and its name
    settings : of `networks.draw`
    update_every, warm_up : s
    keep : of what is done, should the job be killed

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
            _train, task, network, q, g, alpha, settings=settings, update_every=update_every,
            warm_up=warm_up, progress=name if progress else "", keep=keep.training(name),
        )  # fmt: skip
        parts.append(keep.part(name, train).assign_coords(Q=("point", q), G=("point", g)))
    return _joined(parts).assign_coords(
        network=network, alpha=alpha, learning_rate=learning_rate, draw=settings["draw"]
    )


def _train(
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


def extended(done: xr.Dataset | None, points: dict, run: Callable) -> xr.Dataset:
    """Run those points of a chunk that are not done yet, and join them to those that are.

    A point's numbers do not depend on the points that are run beside it.

    Parameters
    ----------
    done : dataset along `point`, made with the same settings, for any points; or None
    points : arrays (point,) that tell what a point is made from, by the names that they have in
        `done`: Q and G, and `origin` where the point was trained before
    run : function of indices of points, a list, that gives the dataset of those
    """
    held = {} if done is None else _places(done, points)
    wanted = list(zip(*points.values(), strict=True))
    missing = [k for k, point in enumerate(wanted) if point not in held]
    parts = [chosen([done], points)] if len(missing) < len(wanted) else []
    parts += [run(missing)] if missing else []
    return chosen(parts, points)


def chosen(parts: Iterable[xr.Dataset], points: dict) -> xr.Dataset:
    """Those points of some chunks, in the order asked for, that any of them holds.

    Parameters
    ----------
    parts : chunks of one twin, one learning rate and one draw; each is read in turn
    points : as those of `extended`
    """
    wanted, found = list(zip(*points.values(), strict=True)), []
    for part in parts:
        places = _places(part, points)
        inside = [places[point] for point in wanted if point in places]
        if inside:
            found.append(_at(content.bare(part), inside))
    joined = _joined(found)
    places = _places(joined, points)
    return _joined([_at(joined, [places[point] for point in wanted if point in places])])


def _places(part: xr.Dataset, names: Iterable[str]) -> dict[tuple, int]:
    """Number of each point of a chunk, by the coordinates of those names."""
    points = zip(*(part[name].values.tolist() for name in names), strict=True)
    return {point: number for number, point in enumerate(points)}


def _at(part: xr.Dataset, numbers: list[int]) -> xr.Dataset:
    """Some points of a chunk by their numbers; not a copy where they are all, in order."""
    everything = list(range(part.sizes["point"]))
    return part if numbers == everything else part.isel(point=numbers)


def origin(*trained: xr.Dataset) -> list[str]:
    """Hash of each point of one trained chunk, or of each pair of points of two."""
    return [
        " ".join(content.digest(part.isel(point=[k]).drop_vars("point"))[:16] for part in trained)
        for k in range(trained[0].sizes["point"])
    ]


def swap(
    task: Task,
    network: str,
    trained: xr.Dataset,
    other: xr.Dataset,
    *,
    settings: dict,
    sample_every: float,
    recorded: int | None = None,
    keep: Keeper = NOTHING,
) -> xr.Dataset:
    """Run the points of a trained chunk with their own decoders and with the other twin's.

    The traces of few points are kept; of many, the other's decoder is also run shuffled.

    Parameters
    ----------
    trained, other : of `train`, for this network and for the other one
    sample_every : s
    recorded : how many neurons to record, spread evenly; with None no traces are kept
    keep : of what is done, should the job be killed

    Returns
    -------
    Dataset of `transfer.transfer` for all the points, its traces, if they are kept, in single
    precision, with the coordinates of `train`, and `origin` where none are kept. The attributes are
    `measure`, the error held against the cutoff, and `untrained`, that error with a decoder that
    stays zero.
    """
    for name in ("Q", "G"):
        if not np.array_equal(trained[name], other[name]):
            raise ValueError(f"the two chunks hold different points: {name} differs")
    every = round(sample_every / settings["dt"])
    parts = []
    for number, batch in enumerate(networks.batches(trained.sizes["point"], settings), start=1):
        own, foreign = trained.isel(point=batch), other.isel(point=batch)
        swapped = partial(
            _swap, task, network, own, foreign, settings=settings, every=every, recorded=recorded
        )
        parts.append(keep.part(f"batch {number}", swapped))
    swapped = _joined(parts).assign_coords({name: trained[name] for name in WHERE})
    if recorded is None:
        swapped = swapped.assign_coords(origin=("point", origin(trained, other)))
    return swapped.assign_attrs(measure=measure(task), untrained=untrained_error(task, every))


def _swap(
    task: Task, network: str, own: xr.Dataset, other: xr.Dataset, *, settings: dict, every: int,
    recorded: int | None,
) -> xr.Dataset:  # fmt: skip
    """`swap` of a batch of points."""
    q, g = own["Q"].values, own["G"].values
    twin, _ = networks.for_task(task, network, q, g, settings)
    order = None
    if recorded is None:
        order = networks.shuffles(
            network, q, g, neurons=settings["neurons"], outputs=task.outputs,
            seed=settings["seed"], draw=settings["draw"],
        )  # fmt: skip
    neurons = networks.recorded_neurons(settings["neurons"], recorded or 0)
    part = transfer(twin, own, other, task, every=every, recorded=neurons, order=order)
    if recorded is None:
        part = part.drop_dims(["time", "recorded"])
    else:
        part = part.assign({n: part[n].astype(np.float32) for n in ("readout", "filtered")})
    return part.assign_coords(Q=("point", q), G=("point", g))


def spectra(
    task: Task,
    maps: xr.Dataset,
    learning_rates: dict[str, float],
    *,
    points: int,
    components: int,
    settings: dict,
    update_every: float,
    warm_up: float,
    progress: bool = False,
    keep: Keeper = NOTHING,
) -> xr.Dataset:
    """Train both twins again at the best-learned points of a draw, and analyse their spectra.

    Parameters
    ----------
    maps : of `maps.gather`, one draw
    learning_rates : alpha by name
    points : how many grid points
    components : leading principal components to keep
    keep : of what is done, should the job be killed

    Returns
    -------
    Dataset of `spectra.analyse`, with point_Q and point_G along `point`.
    """
    rates = dict(sorted(learning_rates.items(), key=lambda item: item[1]))
    q, g = best_learned(maps, points)
    wanted = task.train.tiled()[0][:: round(update_every / settings["dt"])]
    parts = []
    for number, point in enumerate(zip(q, g, strict=True), start=1):  # all at once: much memory
        name = f"point {number} of {len(q)}"

        def analysed(point=point, name=name) -> xr.Dataset:
            trained = {}
            for network in networks.TWINS:
                # All learning rates of a point run side by side: they share the point's weights.
                label = f"{name}, {network} twin"
                batch = _train(
                    task, network, *(np.full(len(rates), value) for value in point),
                    list(rates.values()), settings=settings, update_every=update_every,
                    warm_up=warm_up, visited=True, progress=label if progress else "",
                    keep=keep.training(label),
                )  # fmt: skip
                trained[network] = [
                    batch.isel(point=[k]).assign_coords(alpha=alpha)
                    for k, alpha in enumerate(rates.values())
                ]
            return spectrum.analyse(trained, wanted, components)

        parts.append(keep.part(name, analysed))
    return _joined(parts, data_vars="all").assign_coords(
        point_Q=("point", q), point_G=("point", g),
        learning_rate=("alpha", np.array(list(rates), dtype=object)),
    )  # fmt: skip


def best_learned(maps: xr.Dataset, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Q and G of the points where, at the slowest learning, the worse twin errs least."""
    own = maps[maps.attrs["measure"]].sel(decoder="own").isel(alpha=0)
    worst = own.max("network", skipna=False).to_series().fillna(np.inf).sort_values(kind="stable")
    chosen = worst.index[:count].to_frame(index=False)
    return chosen["Q"].to_numpy(), chosen["G"].to_numpy()


def _joined(parts: list[xr.Dataset], data_vars="minimal") -> xr.Dataset:
    joined = parts[0]
    if len(parts) > 1:  # of one, a copy that may be large
        joined = xr.concat(parts, "point", data_vars=data_vars, coords="minimal", compat="override")
    return joined.assign_coords(point=np.arange(joined.sizes["point"]))
