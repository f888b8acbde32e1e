"""The size sweep: error and decoder correlation of one point of the grid against network size."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import xarray as xr
from scipy.stats import bootstrap

from spikerate.analysis.statistics import CONFIDENCE, widened

RESAMPLES = 2000  # of the draws, for an interval


def gather(parts: Iterable[xr.Dataset]) -> xr.Dataset:
    """All sizes and draws in one dataset.

    Parameters
    ----------
    parts : one dataset for each size and draw, in any order; one is read at a time

    Returns
    -------
    Dataset with dimensions network, decoder, alpha, neurons and draw
    """
    loaded = [part.load().expand_dims(["neurons", "draw"]) for part in parts]
    kept = {name: loaded[0].attrs[name] for name in ("task", "Q", "G", "measure")}
    joined = xr.combine_by_coords(loaded, data_vars="all", combine_attrs="drop")
    assert isinstance(joined, xr.Dataset)  # as all parts are
    order = ("network", "decoder", "alpha", "neurons", "draw")
    return joined.transpose(*order, missing_dims="ignore").assign_attrs(kept)


def shown_error(gathered: xr.Dataset) -> str:
    """Name of the error that is fitted and drawn: relative, and aligned if the phase drifts."""
    measure: str = gathered.attrs["measure"]
    return measure.replace("l2_error", "nrmse")


def fit(gathered: xr.Dataset, *, error: str | None = None, seed: int = 0) -> xr.Dataset:
    """Power law of the error with the own decoder against size, by least squares of the logs.

    Parameters
    ----------
    gathered : of `gather`
    error : name of the error; `shown_error` from None
    seed : of the resampling

    Returns
    -------
    Dataset (network, alpha): `slope` and `intercept` of log10 error against log10 neurons over all
    draws of all sizes; `slope_low` and `slope_high`, the ends of a 95 % interval by resampling the
    draws of each size; and `left_out`, how many networks had no error. The slope is NaN with fewer
    than two sizes, the interval also if a size has fewer than two draws.
    """
    errors = gathered[error or shown_error(gathered)].sel(decoder="own", drop=True)
    logs = np.log10(errors.where(errors > 0))
    fitted: xr.DataArray = xr.apply_ufunc(
        _fit_one,
        logs,
        np.log10(logs["neurons"]),
        kwargs={"seed": seed},
        vectorize=True,
        input_core_dims=[["neurons", "draw"], ["neurons"]],
        output_core_dims=[["number"]],
    )
    names = ("slope", "intercept", "slope_low", "slope_high", "left_out")
    table: xr.Dataset = fitted.assign_coords(number=list(names)).to_dataset("number")
    return table


def _fit_one(errors: np.ndarray, size: np.ndarray, seed: int) -> np.ndarray:
    """Slope, intercept, both ends of the interval, and number of NaN, of errors (size, draw)."""
    draws = [row[np.isfinite(row)] for row in errors]
    left_out = errors.size - sum(row.size for row in draws)
    seen = [k for k, row in enumerate(draws) if row.size]
    draws, size = [draws[k] for k in seen], size[seen]
    if len(draws) < 2:
        return np.array([np.nan] * 4 + [left_out])
    counts = np.array([row.size for row in draws])
    middle = np.average(size, weights=counts)
    spread = size - middle
    # The slope is a weighted sum of the mean log error of each size.
    weights = counts * spread / (counts @ spread**2)

    def slope(*rows: np.ndarray, axis: int = -1) -> Any:
        return sum(w * row.mean(axis=axis) for w, row in zip(weights, rows, strict=True))

    own = slope(*draws)
    intercept = np.concatenate(draws).mean() - own * middle
    low = high = np.nan
    if counts.min() > 1:
        low, high = bootstrap(
            [widened(row) for row in draws],
            slope,
            n_resamples=RESAMPLES,
            confidence_level=CONFIDENCE,
            method="percentile",
            rng=np.random.default_rng(seed),
        ).confidence_interval
    return np.array([own, intercept, low, high, left_out])
