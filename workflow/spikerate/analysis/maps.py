"""Maps over the (Q, G) grid, from the chunks of a sweep, and the starred point of each map."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from spikerate.analysis.transfer import DECODERS
from spikerate.model.kinds import KINDS, OTHER

ERRORS = ("l2_error", "nrmse", "aligned_l2_error", "aligned_nrmse")
CORRELATIONS = ("decoder_correlation", "output_correlation")  # the latter of several outputs
GRID = ["draw", "Q", "G"]
MISSING = {"status": ""}  # of a network that is not there; a number is NaN


def gather(chunks: Iterable[xr.Dataset], l2_cutoff: float) -> xr.Dataset:
    """Maps of errors, status and decoder correlation.

    Parameters
    ----------
    chunks : datasets of `transfer`, each with scalar coordinates network, alpha, speed
        and draw, and the attributes `measure` and `untrained`; one is read at a time
    l2_cutoff : stored as an attribute for `star` and the figures

    Returns
    -------
    Dataset with dimensions network, decoder, alpha, draw, Q, G; alpha and speed slowest
    first. The attributes are `l2_cutoff`, `measure` and `untrained`.
    """
    tables, correlations, names, held = [], [], {}, set()
    for chunk in chunks:
        where = {name: chunk[name].item() for name in ("network", "alpha", "draw")}
        held.add((chunk.attrs["measure"], chunk.attrs["untrained"]))
        names[where["alpha"]] = chunk["speed"].item()
        errors = chunk[[*ERRORS, "status"]].reset_coords(drop=True)
        tables.append(rows(errors, chunk, where, ["network", "decoder", "alpha", *GRID]))
        if where["network"] == "spiking":
            pair = chunk[[n for n in CORRELATIONS if n in chunk]].reset_coords(drop=True)
            correlations.append(rows(pair, chunk, where, ["alpha", *GRID]))
    maps = pd.concat(tables).to_xarray().merge(pd.concat(correlations).to_xarray())
    maps = maps.reindex(network=list(KINDS), decoder=list(DECODERS), fill_value=MISSING)
    maps = named(maps, names)
    maps["decoder"].attrs = {"units": "1", "long_name": "whose decoder is used"}
    ((measure, untrained),) = held
    return maps.assign_attrs(l2_cutoff=l2_cutoff, measure=measure, untrained=untrained)


def own_error(maps: xr.Dataset) -> xr.DataArray:
    """Error of each twin with its own decoder, the one that is compared with the cutoff."""
    error: xr.DataArray = maps[maps.attrs["measure"]].sel(decoder="own", drop=True)
    return error


def learned(maps: xr.Dataset) -> xr.DataArray:
    """Whether each twin learned at each point and learning rate.

    It learned if its error with its own decoder is under the cutoff and under that of a decoder
    that stays zero: in a long test, silence alone is under the cutoff.

    Returns
    -------
    DataArray of bool (network, alpha, draw, Q, G); a network that diverged did not learn
    """
    under: xr.DataArray = own_error(maps) < min(maps.attrs["l2_cutoff"], maps.attrs["untrained"])
    return under


def at_rate(dataset: xr.Dataset, name: str) -> xr.Dataset:
    """Part of a dataset at the learning rate of a name.

    Raises
    ------
    ValueError
        if there is no such learning rate.
    """
    names = dataset["speed"].values.tolist()
    if name not in names:
        raise ValueError(f"no learning rate {name!r} in this dataset, only {', '.join(names)}")
    return dataset.isel(alpha=names.index(name))


def named(maps: xr.Dataset, names: dict[float, str]) -> xr.Dataset:
    """Maps with the coordinate `speed`, the names of their alphas."""
    words = [names[alpha] for alpha in maps["alpha"].values]
    return maps.assign_coords(speed=("alpha", np.array(words, dtype=object)))


def rows(
    part: xr.Dataset, chunk: xr.Dataset, where: dict[str, Any], index: list[str]
) -> pd.DataFrame:
    """Table of a chunk, one row for each point, indexed by its place in the maps."""
    part = part.assign({name: chunk[name].variable for name in ("Q", "G")})
    frame = part.to_dataframe().reset_index().drop(columns="point")
    return frame.assign(**{n: v for n, v in where.items() if n in index}).set_index(index)


def star(maps: xr.Dataset, learning_rates: list[str] | None = None) -> xr.Dataset:
    """Best-correlated point under the cutoff, at each of some learning rates.

    Parameters
    ----------
    maps : of `gather`
    learning_rates : names; those that were not swept are left out; all from None

    Returns
    -------
    Dataset along alpha: starred_draw, starred_Q, starred_G, decoder_correlation, and under_cutoff.
    The last is 0 if both twins are under the cutoff at no point; the best of all is then starred.
    """
    if learning_rates is not None:
        maps = maps.isel(alpha=np.isin(maps["speed"].values.astype(str), learning_rates))
    worst = own_error(maps).max("network", skipna=False)
    table = xr.Dataset({"worst": worst, "correlation": maps["decoder_correlation"]})
    rows = []
    for alpha in maps["alpha"].values:
        points = table.sel(alpha=alpha, drop=True).to_dataframe()
        good = points[points["worst"] < maps.attrs["l2_cutoff"]]
        candidates = (good if len(good) else points)["correlation"].fillna(-np.inf)
        best = candidates.idxmax()
        rows.append((*best, points["correlation"][best], int(len(good) > 0)))
    names = "starred_draw", "starred_Q", "starred_G", "decoder_correlation", "under_cutoff"
    columns = zip(names, zip(*rows, strict=True), strict=True)
    data = {name: ("alpha", np.array(values)) for name, values in columns}
    return xr.Dataset(data, {name: maps[name] for name in ("alpha", "speed")})


def starred(
    stars: xr.Dataset, pick: Callable[..., xr.Dataset], swap: Callable[..., xr.Dataset]
) -> xr.Dataset:
    """Outputs, neurons and decoders of both twins at the starred points.

    Parameters
    ----------
    stars : of `star`
    pick : function of `network`, `alpha`, `draw`, `Q` and `G` that returns that point, trained
    swap : function of (network, trained, other) that returns the dataset of `transfer`

    Returns
    -------
    `stars` with `readout`, `filtered` (with the own decoder) and `weights` for each alpha and
    network, and `target`.
    """
    rates = []
    for alpha in stars["alpha"].values:
        best = stars.sel(alpha=alpha)
        where = {name: best[f"starred_{name}"].item() for name in GRID} | {"alpha": alpha.item()}
        trained = {network: pick(network=network, **where) for network in KINDS}
        pairs = []
        for network, other in OTHER.items():
            run = swap(network, trained[network], trained[other]).isel(point=0)
            weights = trained[network]["decoder"].isel(point=0)
            filtered = run["filtered"].sel(decoder="own", drop=True)
            pair = {"readout": run["readout"], "filtered": filtered, "weights": weights}
            pairs.append(xr.Dataset({n: a.reset_coords(drop=True) for n, a in pair.items()}))
        rates.append(xr.concat(pairs, xr.Variable("network", list(KINDS))))
    found = xr.concat(rates, stars["alpha"]).assign(target=run["target"].reset_coords(drop=True))
    return stars.merge(found)
