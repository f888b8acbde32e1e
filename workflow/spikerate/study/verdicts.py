"""Verdicts: statistics of a study held against the criteria of its config."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from spikerate.analysis.maps import at_rate
from spikerate.analysis.statistics import interval
from spikerate.model import seeds

REPRODUCED, FAILED, UNDECIDED = "reproduced", "not reproduced", "undecided"


@dataclass(frozen=True, slots=True)
class Study:
    """What a study found, and how it is judged."""

    name: str
    maps: dict[str, xr.Dataset]  # of `maps.gather`, by task
    trials: dict[str, xr.Dataset]  # of `trials.gather`, by task
    sizes: xr.Dataset  # of `sizes.gather`
    spectra: dict[str, list[xr.Dataset]]  # of `spectra.analyse`, one a draw, by task
    neurons: dict[str, int]  # in each twin, by task
    slow: str  # learning rate, by name
    fast: str
    seed: int
    rule: str  # of `learning.registry.RULES`, by which all networks were trained
    settings: dict  # the section `claims` of the config

    def criterion(self, claim: str, part: str) -> dict[str, float]:
        """Criterion of a part of a claim: {"above": limit} or {"below": limit}."""
        return self.settings["criteria"][claim][part]

    def both_rates(self) -> dict[str, tuple[xr.Dataset, xr.Dataset]]:
        """Maps at slow and at fast learning, of each task that was swept at both."""
        return {
            task: (at_rate(maps, self.slow), at_rate(maps, self.fast))
            for task, maps in self.maps.items()
            if {self.slow, self.fast} <= set(maps["speed"].values.tolist())
        }


@dataclass(frozen=True, slots=True)
class Part:
    """One statistic of a claim and its verdict."""

    statistic: str
    value: float
    low: float
    high: float
    criterion: str
    verdict: str
    why: str = ""  # it is undecided
    decisive: str = ""  # what could decide it; "" is a larger study


def verdict(low: float, high: float, criterion: dict[str, float]) -> str:
    """Whether an interval lies on the side that the criterion asks for, on the other or on both."""
    ((side, limit),) = criterion.items()
    if side == "below":
        low, high, limit = -high, -low, -limit
    if low > limit:
        return REPRODUCED
    return FAILED if high <= limit else UNDECIDED


def overall(parts: list[Part]) -> Part:
    """Part that decides a claim.

    One that failed, if any: that which lies farthest from its criterion, in widths of its interval.
    Else one that is undecided. Else, of those that all reproduced, the one nearest its criterion.
    """
    failed, open_, good = (
        [part for part in parts if part.verdict == w] for w in (FAILED, UNDECIDED, REPRODUCED)
    )
    if failed:
        return max(failed, key=_clearness)
    return open_[0] if open_ else min(good, key=_clearness)


def _clearness(part: Part) -> float:
    """Distance of a value from its criterion, in widths of the interval."""
    limit, width = float(part.criterion.split()[1]), part.high - part.low
    return abs(part.value - limit) / width if width else np.inf


def judge(
    study: Study,
    statistic: str,
    samples: dict[str, np.ndarray],
    of: Callable,
    criterion: dict[str, float],
    units: str = "points",
) -> Part:
    """Judge one statistic.

    Parameters
    ----------
    statistic : what it is, in words
    samples : arrays (unit, column) by what they are of, mostly a task; those with fewer units than
        `least` are left out, and said to be
    of : as for `statistics.interval`
    units : what is resampled
    """
    least = study.settings["least"]
    enough = {name: rows for name, rows in samples.items() if len(rows) >= least}
    described = [
        f"{name} {of(rows):.2g} ({len(rows)} {units})"
        if name in enough
        else f"{name} left out ({len(rows)} {units})"
        for name, rows in samples.items()
    ]
    text = f"{statistic}: {', '.join(described)}"
    if not enough:
        return undecided(text, criterion, f"fewer than {least} {units}")
    rng = seeds.generator(study.seed, 0, 0, 0, statistic)
    found = interval(list(enough.values()), of, rng=rng, resamples=study.settings["resamples"])
    return of_interval(text, *found, criterion)


def of_interval(statistic: str, value: float, low: float, high: float, criterion: dict) -> Part:
    """Part from an interval that is known."""
    if not (np.isfinite(low) and np.isfinite(high)):
        return undecided(statistic, criterion, "no interval can be given", value)
    word = verdict(low, high, criterion)
    why = "the interval holds the criterion" if word == UNDECIDED else ""
    return Part(statistic, value, low, high, written(criterion), word, why)


def undecided(
    statistic: str, criterion: dict, why: str, value: float = np.nan, decisive: str = ""
) -> Part:
    """Part on which too little is known."""
    return Part(statistic, value, np.nan, np.nan, written(criterion), UNDECIDED, why, decisive)


def written(criterion: dict[str, float]) -> str:
    """Criterion in words, for example "above 0.5"."""
    return " ".join(f"{side} {limit:g}" for side, limit in criterion.items())
