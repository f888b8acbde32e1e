"""Did it reproduce? The study's claims as statistics of its datasets, with intervals and verdicts.

A claim has one part or several, each a statistic held against a criterion of the config, and is
reproduced if all of them are. The criteria follow from the words of the claim alone.

An interval is that of 95 % by resampling grid points or draws (percentile bootstrap), each task by
itself. Points of one draw share their random weights: the interval tells how far the finding holds
over the grid, and only with several draws also how far it holds over networks.

Fewer than `least` units give no verdict: from 6 on, units that all say the same are evidence at the
5 % level by a sign test too, so that even an interval without width may be believed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import bootstrap

from spikerate.analysis import sizes
from spikerate.analysis.maps import GRID, TWINS, at_rate, learned, own_error
from spikerate.analysis.spectra import ALIGNED
from spikerate.model import seeds

REPRODUCED, FAILED, UNDECIDED = "reproduced", "not reproduced", "undecided"
COLUMNS = ["claim", "words", "statistic", "value", "low", "high", "criterion", "verdict"]
FULL = "the study paper, with N = 2000, 40 x 40 grids and 21 draws of 5 sizes, could decide"
MARK = " (undecided: "  # in the words of a claim, before the reason
BATCH = 100  # resamples held in memory at once
LEAST_SIZES = 3  # a line through two points says nothing of a power law
FOREIGN = {"spiking": "rate", "rate": "spiking"}  # whose decoder a twin gets in a swap


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
    settings: dict  # the section `claims` of the config

    def criterion(self, claim: str, part: str) -> dict[str, float]:
        """Criterion of a part of a claim: {"above": limit} or {"below": limit}."""
        return self.settings["criteria"][claim][part]

    def both_rates(self) -> dict[str, tuple[xr.Dataset, xr.Dataset]]:
        """Maps at slow and at fast learning, of each task that was swept at both."""
        wanted = (self.slow, self.fast)
        return {
            task: tuple(at_rate(maps, rate) for rate in wanted)
            for task, maps in self.maps.items()
            if set(wanted) <= set(maps["learning_rate"].values.tolist())
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


# Intervals and verdicts.


def interval(
    samples: list[np.ndarray],
    statistic: Callable,
    *,
    rng: np.random.Generator,
    resamples: int,
) -> tuple[float, float, float]:
    """Statistic of some samples, mean over them, and both ends of its interval.

    Parameters
    ----------
    samples : arrays (unit, column), two units or more; each is resampled by itself
    statistic : function of an array (..., unit, column) that returns (...)
    rng, resamples : of the bootstrap
    """
    value = np.mean([statistic(rows) for rows in samples])
    wide = [sizes.widened(rows) for rows in samples]

    def of_resampled(*index, axis=-1):
        drawn = [statistic(rows[i]) for rows, i in zip(wide, index, strict=True)]
        return np.mean(drawn, axis=0)

    low, high = bootstrap(
        [np.arange(len(rows)) for rows in samples], of_resampled, vectorized=True, rng=rng,
        n_resamples=resamples, batch=BATCH, confidence_level=sizes.CONFIDENCE, method="percentile",
    ).confidence_interval  # fmt: skip
    return float(value), float(low), float(high)


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
    of : as for `interval`
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


def undecided(statistic: str, criterion: dict, why: str, value: float = np.nan) -> Part:
    """Part on which too little is known."""
    return Part(statistic, value, np.nan, np.nan, written(criterion), UNDECIDED, why)


def written(criterion: dict[str, float]) -> str:
    """Criterion in words, for example "above 0.5"."""
    return " ".join(f"{side} {limit:g}" for side, limit in criterion.items())


# Statistics of an array (..., unit, column).


def mean(rows: np.ndarray) -> np.ndarray:
    """Mean of the only column."""
    return rows[..., 0].mean(axis=-1)


def share(rows: np.ndarray) -> np.ndarray:
    """Mean of the only column, which holds 0 or 1."""
    return np.clip(mean(rows), 0, 1)


def ratio(rows: np.ndarray) -> np.ndarray:
    """Mean of the first column over that of the second."""
    means = rows.mean(axis=-2)
    return means[..., 0] / means[..., 1]


def added_spread(rows: np.ndarray) -> np.ndarray:
    """Standard deviation of the second column less that of the first."""
    spread = rows.std(axis=-2, ddof=1)
    return spread[..., 1] - spread[..., 0]


# Rows of a sample.


def points(*arrays: xr.DataArray, where: xr.DataArray | None = None) -> np.ndarray:
    """Grid points as rows (point, column), one column an array (draw, Q, G).

    Parameters
    ----------
    where : only the points where it is true
    """
    stacked = [array.stack(point=GRID).values.astype(float) for array in arrays]
    rows = np.stack(stacked, axis=-1)
    return rows if where is None else rows[where.stack(point=GRID).values]


def finite(rows: np.ndarray) -> np.ndarray:
    """Rows without NaN."""
    return rows[np.isfinite(rows).all(axis=-1)]


def swap_works(maps: xr.Dataset, twin: str) -> xr.DataArray:
    """Whether a twin works with the other's decoder, (draw, Q, G).

    It does where its error is nearer to that with its own decoder than to that with a decoder that
    knows nothing of its neurons, zero or shuffled, whichever errs less.
    """
    error = maps[maps.attrs["measure"]].sel(network=twin)
    own, other, shuffled = (error.sel(decoder=d, drop=True) for d in ("own", "other", "shuffled"))
    useless = np.fmin(shuffled, maps.attrs["untrained"])
    return other < (own + useless) / 2


# The claims, each a function of a study; the config holds their words and criteria by these names.


def both_learn(study: Study) -> list[Part]:
    """Both twins learn each task at slow learning, in regions of the grid that overlap."""
    parts = []
    for task, (slow, _) in study.both_rates().items():
        good = learned(slow)
        parts += [_learned_share(study, task, twin, good.sel(network=twin)) for twin in TWINS]
        both = points(good.all("network"), where=good.any("network"))
        text = "share of the points that either twin learned which both did (Jaccard overlap)"
        criterion = study.criterion("both_learn", "overlap")
        parts.append(judge(study, text, {task: both}, share, criterion))
    return parts or [_no_task(study, "both_learn", "overlap")]


def _learned_share(study: Study, task: str, twin: str, good: xr.DataArray) -> Part:
    criterion = study.criterion("both_learn", "learned")
    text = f"share of the points that the {twin} twin learned, under the cutoff"
    if not good.any() and study.neurons[task] < study.settings["full_size"]:
        text = f"{text}: {task} 0 ({good.size} points)"
        why = f"{study.neurons[task]} neurons may be too few to learn the task"
        return undecided(text, criterion, why, 0.0)
    return judge(study, text, {task: points(good)}, share, criterion)


def _no_task(study: Study, claim: str, part: str) -> Part:
    text = f"no task was swept at both {study.slow} and {study.fast} learning"
    return undecided(text, study.criterion(claim, part), text)


def correlated(study: Study) -> list[Part]:
    """At slow learning the decoders correlate strongly."""
    samples = {
        task: finite(points(slow["decoder_correlation"], where=learned(slow).all("network")))
        for task, (slow, _) in study.both_rates().items()
    }
    text = "mean decoder correlation where both twins learned"
    return [judge(study, text, samples, mean, study.criterion("correlated", "correlation"))]


def interchangeable(study: Study) -> list[Part]:
    """At slow learning each twin works with the other's decoder."""
    slow = {task: slow for task, (slow, _) in study.both_rates().items()}
    return [_swap(study, slow, twin, "interchangeable", twin) for twin in TWINS]


def _swap(study: Study, maps: dict, twin: str, claim: str, part: str) -> Part:
    """Share of the learned points at which a twin works with the other's decoder."""
    samples = {
        task: points(swap_works(one, twin), where=learned(one).all("network"))
        for task, one in maps.items()
    }
    text = (
        f"share of the learned points where the {twin} twin with the {FOREIGN[twin]} twin's decoder"
        " errs nearer to its own than to a zero or shuffled one"
    )
    return judge(study, text, samples, share, study.criterion(claim, part))


def decorrelated(study: Study) -> list[Part]:
    """At fast learning the correlation falls sharply."""
    samples = {
        task: finite(
            points(
                fast["decoder_correlation"],
                slow["decoder_correlation"],
                where=learned(slow).all("network"),
            )
        )
        for task, (slow, fast) in study.both_rates().items()
    }
    text = "decoder correlation at fast over that at slow learning, where both twins learned slowly"
    return [judge(study, text, samples, ratio, study.criterion("decorrelated", "remaining"))]


def one_way(study: Study) -> list[Part]:
    """At fast learning the rate twin works with the spiking twin's decoder, not the reverse."""
    fast = {task: fast for task, (_, fast) in study.both_rates().items()}
    return [_swap(study, fast, twin, "one_way", twin) for twin in ("rate", "spiking")]


def rate_gains(study: Study) -> list[Part]:
    """Faster learning lowers the rate twin's error, and hardly the spiking twin's."""
    slopes = {task: _slopes(maps) for task, maps in study.maps.items()}
    rate = {task: rows[:, [0]] for task, rows in slopes.items()}
    spared = {task: rows[:, [1]] - rows[:, [0]] / 2 for task, rows in slopes.items()}
    text = "slope of log10 error per decade of alpha at learned points, {}"
    return [
        judge(study, text.format("rate twin"), rate, mean, study.criterion("rate_gains", "rate")),
        judge(
            study, text.format("spiking twin, less half the rate twin's"), spared, mean,
            study.criterion("rate_gains", "spiking"),
        ),
    ]  # fmt: skip


def _slopes(maps: xr.Dataset) -> np.ndarray:
    """Slopes of log10 error against log10 alpha, (point, 2), rate twin first.

    Over the rates at which a twin learned; points where either learned at fewer than two are left
    out.
    """
    error = np.log10(own_error(maps).where(learned(maps)))
    alpha = np.log10(maps["alpha"]).where(error.notnull())
    spread = alpha - alpha.mean("alpha")
    power = (spread**2).sum("alpha")
    slope = (spread * error).sum("alpha") / power.where(power > 0)
    return finite(points(slope.sel(network="rate"), slope.sel(network="spiking")))


def unstable(study: Study) -> list[Part]:
    """Faster learning makes the spiking twin less stable."""
    lost = {}
    for task, (slow, fast) in study.both_rates().items():
        good = [learned(maps).sel(network="spiking").astype(float) for maps in (slow, fast)]
        lost[task] = points(good[0] - good[1])
    failed = "share of the points where the spiking twin failed or diverged, fast less slow"
    spread = "standard deviation over draws of the spiking twin's log10 error, fast less slow"
    return [
        judge(study, failed, lost, mean, study.criterion("unstable", "failed")),
        judge(
            study, spread, _errors_of_draws(study), added_spread,
            study.criterion("unstable", "spread"), units="draws",
        ),
    ]  # fmt: skip


def _errors_of_draws(study: Study) -> dict[str, np.ndarray]:
    """log10 errors of the spiking twin, slow and fast, (draw, 2), by size; none that diverged."""
    own = study.sizes[sizes.shown_error(study.sizes)].sel(decoder="own", network="spiking")
    names = study.sizes["learning_rate"].values.tolist()
    if not {study.slow, study.fast} <= set(names):
        return {}
    pair = np.log10(own.isel(alpha=[names.index(study.slow), names.index(study.fast)]))
    return {
        f"N = {size}": finite(pair.sel(neurons=size).transpose("draw", "alpha").values)
        for size in pair["neurons"].values
    }


def size_matters(study: Study) -> list[Part]:
    """Error falls with network size, with a steeper slope for the rate twin at fast learning."""
    found = study.sizes
    name = sizes.shown_error(found)
    error = found[name]
    apart = error.sel(network=["rate"]) / error.sel(network="spiking", drop=True)
    fits = {
        "each": sizes.fit(found, seed=study.seed),
        "apart": sizes.fit(found.drop_vars(name).sel(network=["rate"]).assign({name: apart}),
                           seed=study.seed),
    }  # fmt: skip
    text = "slope of log10 error against log10 N at fast learning, {}"
    parts = [_slope(study, text.format(f"{twin} twin"), fits["each"], twin, twin) for twin in TWINS]
    less = text.format("rate twin's less the spiking twin's")
    return [*parts, _slope(study, less, fits["apart"], "rate", "steeper")]


def _slope(study: Study, text: str, fitted: xr.Dataset, twin: str, part: str) -> Part:
    """Slope of a power law of size, judged."""
    criterion = study.criterion("size_matters", part)
    counts = {"draws": (study.sizes.sizes["draw"], study.settings["least"])}
    counts["sizes"] = study.sizes.sizes["neurons"], LEAST_SIZES
    text = f"{text} ({counts['sizes'][0]} sizes, {counts['draws'][0]} draws)"
    if study.fast not in fitted["learning_rate"].values.tolist():
        return undecided(text, criterion, f"no learning rate {study.fast}")
    line = at_rate(fitted.sel(network=twin), study.fast)
    value, low, high = (float(line[n]) for n in ("slope", "slope_low", "slope_high"))
    for units, (count, least) in counts.items():
        if count < least:
            return undecided(text, criterion, f"fewer than {least} {units}", value)
    return of_interval(text, value, low, high, criterion)


def variance_and_bias(study: Study) -> list[Part]:
    """Variance dominates the spiking twin's error, bias the rate twin's."""
    parts = []
    for twin in TWINS:
        samples = {}
        for task, trials in study.trials.items():
            held = trials["variance_share"].where(learned(study.maps[task])).sel(network=twin)
            samples[task] = finite(points(held.mean("alpha")))
        text = f"variance's share of the {twin} twin's squared error, at the rates it learned"
        criterion = study.criterion("variance_and_bias", twin)
        parts.append(judge(study, text, samples, mean, criterion))
    return parts


def low_pass(study: Study) -> list[Part]:
    """The learned coefficient on each principal component follows the low-pass filter."""
    samples = {}
    for task, parts in study.spectra.items():
        miss = [abs(part["measured_gain"] - part["predicted_gain"]).max("component")
                for part in parts]  # fmt: skip
        samples[task] = _stacked([each.values.reshape(-1, 1) for each in miss])
    text = "largest distance of a component's gain to alpha lambda/(1 + alpha lambda)"
    criterion = study.criterion("low_pass", "distance")
    return [judge(study, text, samples, mean, criterion, units="trained networks")]


def leading_agree(study: Study) -> list[Part]:
    """Leading principal components agree between the twins, trailing ones do not."""
    count = study.settings["components"]
    parts = []
    for end, part in ((slice(None, count), "leading"), (slice(-count, None), "trailing")):
        rows = [_common_span(found, study.slow, end) for found in _pooled(study)
                if study.slow in found["learning_rate"].values.tolist()]  # fmt: skip
        text = (
            f"share of the span of the {part} {count} of {ALIGNED} components that the twins share"
        )
        criterion = study.criterion("leading_agree", part)
        parts.append(judge(study, text, {_names(study): _stacked(rows)}, mean, criterion))
    return parts


def _pooled(study: Study) -> list[xr.Dataset]:
    """Spectra of all tasks and draws: too few points to resample each task by itself."""
    return [part for parts in study.spectra.values() for part in parts]


def _names(study: Study) -> str:
    return " and ".join(study.spectra) or "no task"


def _stacked(rows: list[np.ndarray], columns: int = 1) -> np.ndarray:
    """Rows (unit, column) of all arrays, without NaN."""
    return finite(np.concatenate([np.empty((0, columns)), *rows]))


def _common_span(spectra: xr.Dataset, rate: str, end: slice) -> np.ndarray:
    """Share of the span of some components that the twins have in common, (point, 1)."""
    where = {"component_spiking": end, "component_rate": end}
    cosines = at_rate(spectra, rate)["alignment"].isel(where)
    common = (cosines**2).sum(list(where), skipna=False) / cosines.sizes["component_rate"]
    return common.values[:, None]


def filter_predicts(study: Study) -> list[Part]:
    """The filter alone predicts the fall of the decoder correlation."""
    rows = []
    for part in _pooled(study):
        measured, predicted = (
            part[f"correlation_{name}"].isel(alpha=[0, -1]).transpose("alpha", "point").values
            for name in ("measured", "filter")
        )
        fall = measured[0] - measured[1]
        rows.append(np.column_stack([abs(predicted[1] - measured[1]), fall]))
    rows = _stacked(rows, columns=2)
    name = _names(study)
    fall = "fall of the decoder correlation from slowest to fastest learning"
    miss = "what the filter misses of the correlation at fastest learning, over the mean fall"
    return [
        judge(study, fall, {name: rows[:, [1]]}, mean, study.criterion("filter_predicts", "fall")),
        judge(study, miss, {name: rows}, ratio, study.criterion("filter_predicts", "missed")),
    ]


CLAIMS = (
    both_learn,
    correlated,
    interchangeable,
    decorrelated,
    one_way,
    rate_gains,
    unstable,
    size_matters,
    variance_and_bias,
    low_pass,
    leading_agree,
    filter_predicts,
)


# Tables.


def tables(study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The claims, and all their parts, a row each, with COLUMNS; claims are numbered from 1.

    The statistic of a claim is that of the part that decides.
    """
    claims, every = [], []
    for number, claim in enumerate(CLAIMS, start=1):
        parts = claim(study)
        claims.append(_row(study, number, claim.__name__, overall(parts)))
        every += [_row(study, number, claim.__name__, part) for part in parts]
    return pd.DataFrame(claims, columns=COLUMNS), pd.DataFrame(every, columns=COLUMNS)


def _row(study: Study, number: int, name: str, part: Part) -> dict:
    words = study.settings["criteria"][name]["words"]
    if part.verdict == UNDECIDED:
        words = f"{words}{MARK}{part.why}; {_decisive(study)})"
    kept = asdict(replace(part, why=""))
    return {"claim": number, "words": words} | {n: v for n, v in kept.items() if n in COLUMNS}


def _decisive(study: Study) -> str:
    """Scale that could decide what this study cannot."""
    if study.name == "paper":
        return "more draws could decide"
    return FULL


def words_and_why(words: str) -> tuple[str, str]:
    """Words of a claim as the config has them, and why it is undecided or ""."""
    claim, _, why = words.partition(MARK)
    return claim, why.removesuffix(")")


def text(table: pd.DataFrame) -> str:
    """Table of claims as lines of text for a terminal."""
    lines = []
    for row in table.itertuples():
        words, _ = words_and_why(row.words)
        found = "no interval"
        if np.isfinite(row.low):
            found = f"{row.value:.2g} [{row.low:.2g}, {row.high:.2g}]"
        lines.append(
            f"{row.claim:>2}  {row.verdict:<14}  {found:<24}  {row.criterion:<10}  {words}"
        )
    return "\n".join(lines)


def show(folder: Path) -> None:
    """Print the claims of a study and where its report is, if it has come so far.

    Parameters
    ----------
    folder : results/<study>
    """
    if (folder / "claims.csv").exists():
        print(text(pd.read_csv(folder / "claims.csv")))
    for name in ("report.html", "workflow.html"):
        if (folder / name).exists():
            print(folder / name)


if __name__ == "__main__":
    show(Path(sys.argv[1]))
