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

import numpy as np
import xarray as xr

from spikerate.analysis import sizes
from spikerate.analysis.maps import GRID, at_rate, learned, own_error
from spikerate.analysis.spectra import ALIGNED
from spikerate.analysis.statistics import added_spread, mean, ratio, share
from spikerate.learning.registry import RLS
from spikerate.model.kinds import KINDS, OTHER
from spikerate.study.verdicts import Part, Study, judge, of_interval, undecided

LEAST_SIZES = 3  # a line through two points says nothing of a power law


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


def log10(array: xr.DataArray) -> xr.DataArray:
    """Decadic logarithm."""
    return xr.apply_ufunc(np.log10, array)


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
        parts += [_learned_share(study, task, twin, good.sel(network=twin)) for twin in KINDS]
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
    return [_swap(study, slow, twin, "interchangeable", twin) for twin in KINDS]


def _swap(study: Study, maps: dict, twin: str, claim: str, part: str) -> Part:
    """Share of the learned points at which a twin works with the other's decoder."""
    samples = {
        task: points(swap_works(one, twin), where=learned(one).all("network"))
        for task, one in maps.items()
    }
    text = (
        f"share of the learned points where the {twin} twin with the {OTHER[twin]} twin's decoder"
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
    error = log10(own_error(maps).where(learned(maps)))
    alpha = log10(maps["alpha"]).where(error.notnull())
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
    names = study.sizes["speed"].values.tolist()
    if not {study.slow, study.fast} <= set(names):
        return {}
    pair = log10(own.isel(alpha=[names.index(study.slow), names.index(study.fast)]))
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
    parts = [_slope(study, text.format(f"{twin} twin"), fits["each"], twin, twin) for twin in KINDS]
    less = text.format("rate twin's less the spiking twin's")
    return [*parts, _slope(study, less, fits["apart"], "rate", "steeper")]


def _slope(study: Study, text: str, fitted: xr.Dataset, twin: str, part: str) -> Part:
    """Slope of a power law of size, judged."""
    criterion = study.criterion("size_matters", part)
    counts = {"draws": (study.sizes.sizes["draw"], study.settings["least"])}
    counts["sizes"] = study.sizes.sizes["neurons"], LEAST_SIZES
    text = f"{text} ({counts['sizes'][0]} sizes, {counts['draws'][0]} draws)"
    if study.fast not in fitted["speed"].values.tolist():
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
    for twin in KINDS:
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
    text = "largest distance of a component's gain to alpha lambda/(1 + alpha lambda)"
    criterion = study.criterion("low_pass", "distance")
    if study.rule != RLS:
        return [_of_another_rule(study, text, criterion)]
    samples = {}
    for task, parts in study.spectra.items():
        miss = [abs(part["measured_gain"] - part["predicted_gain"]).max("component")
                for part in parts]  # fmt: skip
        samples[task] = _stacked([each.values.reshape(-1, 1) for each in miss])
    return [judge(study, text, samples, mean, criterion, units="trained networks")]


def _of_another_rule(study: Study, text: str, criterion: dict) -> Part:
    """Part of a claim on the low-pass filter, which is a theory of RLS alone."""
    why = f"the filter is that of the learning rule {RLS}, and the networks learned by {study.rule}"
    return undecided(text, criterion, why, decisive=f"a study that learns by {RLS} could decide")


def leading_agree(study: Study) -> list[Part]:
    """Leading principal components agree between the twins, trailing ones do not."""
    count = study.settings["components"]
    parts = []
    for end, part in ((slice(None, count), "leading"), (slice(-count, None), "trailing")):
        rows = [_common_span(found, study.slow, end) for found in _pooled(study)
                if study.slow in found["speed"].values.tolist()]  # fmt: skip
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
    name = _names(study)
    fall = "fall of the decoder correlation from slowest to fastest learning"
    miss = "what the filter misses of the correlation at fastest learning, over the mean fall"
    fallen, missed = (study.criterion("filter_predicts", part) for part in ("fall", "missed"))
    if study.rule != RLS:
        return [_of_another_rule(study, *part) for part in ((fall, fallen), (miss, missed))]
    found = []
    for part in _pooled(study):
        measured, predicted = (
            part[f"correlation_{name}"].isel(alpha=[0, -1]).transpose("alpha", "point").values
            for name in ("measured", "filter")
        )
        lost = measured[0] - measured[1]
        found.append(np.column_stack([abs(predicted[1] - measured[1]), lost]))
    rows = _stacked(found, columns=2)
    return [
        judge(study, fall, {name: rows[:, [1]]}, mean, fallen),
        judge(study, miss, {name: rows}, ratio, missed),
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
