"""Statistics of samples, and their intervals by resampling.

A sample is an array (unit, column); a statistic is a function of an array (..., unit, column).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import bootstrap

from spikerate.model.neuron import Floats

Statistic = Callable[[Floats], Floats]

CONFIDENCE = 0.95  # of an interval
BATCH = 100  # resamples held in memory at once


def interval(
    samples: list[Floats],
    statistic: Statistic,
    *,
    rng: np.random.Generator,
    resamples: int,
) -> tuple[float, float, float]:
    """Mean of a statistic over some samples, and both ends of its interval.

    Parameters
    ----------
    samples : arrays (unit, column) of two units or more, each resampled on its own
    statistic : function of an array (..., unit, column) that returns (...)
    rng, resamples : of the bootstrap
    """
    value = np.mean([statistic(rows) for rows in samples])
    wide = [widened(rows) for rows in samples]

    def of_resampled(*index: np.ndarray, axis: int = -1) -> np.ndarray:
        drawn = [statistic(rows[i]) for rows, i in zip(wide, index, strict=True)]
        means: np.ndarray = np.mean(drawn, axis=0)
        return means

    low, high = bootstrap(
        [np.arange(len(rows)) for rows in samples],
        of_resampled,
        vectorized=True,
        rng=rng,
        n_resamples=resamples,
        batch=BATCH,
        confidence_level=CONFIDENCE,
        method="percentile",
    ).confidence_interval
    return float(value), float(low), float(high)


def widened(rows: Floats) -> Floats:
    """Values moved away from their mean until their plain variance is the unbiased one.

    Otherwise the intervals of few draws would be too short.
    """
    middle = rows.mean(axis=0)
    wide: Floats = middle + (rows - middle) * np.sqrt(len(rows) / (len(rows) - 1))
    return wide


def mean(rows: Floats) -> Floats:
    """Mean of the only column."""
    found: Floats = rows[..., 0].mean(axis=-1)
    return found


def share(rows: Floats) -> Floats:
    """Mean of the only column, which holds 0 or 1."""
    found: Floats = np.clip(mean(rows), 0, 1)
    return found


def ratio(rows: Floats) -> Floats:
    """Mean of the first column over that of the second."""
    means = rows.mean(axis=-2)
    found: Floats = means[..., 0] / means[..., 1]
    return found


def added_spread(rows: Floats) -> Floats:
    """Standard deviation of the second column minus that of the first."""
    spread = rows.std(axis=-2, ddof=1)
    found: Floats = spread[..., 1] - spread[..., 0]
    return found
