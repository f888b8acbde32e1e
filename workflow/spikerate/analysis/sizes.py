"""The size sweep: error and decoder correlation of one point of the grid as the networks grow."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
import xarray as xr
from scipy.stats import bootstrap

from spikerate.analysis.maps import ERRORS
from spikerate.analysis.transfer import measure, transfer
from spikerate.data import hashing as content
from spikerate.data.checkpoint import NOTHING, Keeper
from spikerate.learning import force
from spikerate.model import networks
from spikerate.tasks.registry import Task

RESAMPLES = 2000  # of the draws, for an interval
CONFIDENCE = 0.95


def train_and_swap(
    task: Task,
    *,
    neurons: int,
    draw: int,
    encoder_strength: float,
    reservoir_strength: float,
    learning_rates: dict[str, float],
    settings: dict,
    update_every: float,
    warm_up: float,
    sample_every: float,
    progress: bool = False,
    keep: Keeper = NOTHING,
) -> xr.Dataset:
    """Train both twins of one size and draw at all learning rates, and swap their decoders.

    Parameters
    ----------
    neurons, draw : size of the networks and number of the draw, whatever the settings say
    encoder_strength, reservoir_strength : Q in mV and G in mV s
    learning_rates : alpha by name
    settings : of `networks.draw`; all learning rates share one reservoir
    update_every, warm_up, sample_every : s
    keep : of what is done, should the job be killed

    Returns
    -------
    Dataset with the errors, `status` (network, decoder, alpha), `training_nrmse` (network, alpha)
    and `decoder_correlation` (alpha), alpha slowest first; scalar coordinates neurons and draw. The
    attributes are `task`, Q, G, and `measure`, the error held against the cutoff.
    """
    names, alphas = zip(*sorted(learning_rates.items(), key=lambda item: item[1]), strict=True)
    own = {"neurons": neurons, "draw": draw, "reservoir_draws": "shared"}
    dt = settings["dt"]
    twins, trained = {}, {}
    for network in networks.TWINS:
        q = np.full(len(alphas), encoder_strength)
        twins[network], state = networks.for_task(
            task, network, q, reservoir_strength, settings | own
        )
        name = f"{network} twin, {neurons} neurons"
        trained[network] = keep.part(name, partial(
            force.train, twins[network], state, task.train.target, alphas, inputs=task.train.input,
            update_every=round(update_every / dt), warm_up=round(warm_up / dt),
            repetitions=task.train.repetitions,
            progress=name if progress else "", keep=keep.training(name),
        ))  # fmt: skip
    judged = [
        _swapped(network, twins[network], trained, task, every=round(sample_every / dt))
        for network in twins
    ]
    found = xr.concat(judged, xr.Variable("network", list(twins)), data_vars="all")
    found["decoder_correlation"] = found["decoder_correlation"].isel(network=0)
    coords = {"alpha": list(alphas), "learning_rate": ("alpha", np.array(names, dtype=object))}
    found = found.drop_vars("point").rename(point="alpha").assign_coords(coords)
    attrs = {"task": task.name, "Q": encoder_strength, "G": reservoir_strength}
    attrs |= {"measure": measure(task)}
    return found.assign_coords(neurons=neurons, draw=draw).assign_attrs(attrs)


def extended(done: xr.Dataset | None, learning_rates: dict[str, float], run: Callable):
    """Run those learning rates that are not done yet, and join them to those that are.

    Parameters
    ----------
    done : of `train_and_swap`, with the same settings, at any learning rates; or None
    learning_rates : alpha by name
    run : function of learning rates that is `train_and_swap` of them
    """
    held = (
        {} if done is None else done["alpha"].swap_dims(alpha="learning_rate").to_series().to_dict()
    )
    missing = {n: alpha for n, alpha in learning_rates.items() if held.get(n) != alpha}
    parts = [run(missing)] if missing else []
    if kept := [held[n] for n in learning_rates if n not in missing]:
        parts.append(content.bare(done).sel(alpha=kept))
    joined = xr.concat(parts, "alpha", data_vars="minimal", coords="minimal", compat="override")
    return joined.sortby("alpha")


def _swapped(network: str, twin, trained: dict, task: Task, every: int) -> xr.Dataset:
    """Errors of one twin with both decoders, without the traces."""
    (other,) = set(trained) - {network}
    swapped = transfer(twin, trained[network], trained[other], task, every=every)
    swapped = swapped[[*ERRORS, "status", "decoder_correlation"]]
    return swapped.assign(training_nrmse=trained[network]["training_nrmse"])


def gather(parts: Iterable[xr.Dataset]) -> xr.Dataset:
    """All sizes and draws in one dataset.

    Parameters
    ----------
    parts : of `train_and_swap`, in any order; one is read at a time

    Returns
    -------
    Dataset with dimensions network, decoder, alpha, neurons and draw
    """
    loaded = [part.load().expand_dims(["neurons", "draw"]) for part in parts]
    kept = {name: loaded[0].attrs[name] for name in ("task", "Q", "G", "measure")}
    joined = xr.combine_by_coords(loaded, data_vars="all", combine_attrs="drop")
    order = ("network", "decoder", "alpha", "neurons", "draw")
    return joined.transpose(*order, missing_dims="ignore").assign_attrs(kept)


def shown_error(gathered: xr.Dataset) -> str:
    """Error of the own decoder that is fitted and drawn: relative, aligned where phase drifts."""
    return gathered.attrs["measure"].replace("l2_error", "nrmse")


def fit(gathered: xr.Dataset, *, error: str | None = None, seed: int = 0) -> xr.Dataset:
    """Power law of the own decoder's error against size: least squares of the logarithms.

    Parameters
    ----------
    gathered : of `gather`
    error : which one; `shown_error` from None
    seed : of the resampling

    Returns
    -------
    Dataset (network, alpha): `slope` and `intercept` of log10 error against log10 neurons over all
    draws of all sizes, `slope_low` and `slope_high`, the ends of a 95 % interval by resampling the
    draws of each size, and `left_out`, how many networks had no error. The slope is NaN with fewer
    than two sizes; the interval is also NaN where a size has fewer than two draws.
    """
    errors = gathered[error or shown_error(gathered)].sel(decoder="own", drop=True)
    errors = np.log10(errors.where(errors > 0))
    fitted = xr.apply_ufunc(
        _fit_one, errors, np.log10(errors["neurons"]), kwargs={"seed": seed}, vectorize=True,
        input_core_dims=[["neurons", "draw"], ["neurons"]], output_core_dims=[["number"]],
    )  # fmt: skip
    names = ("slope", "intercept", "slope_low", "slope_high", "left_out")
    return fitted.assign_coords(number=list(names)).to_dataset("number")


def _fit_one(errors: np.ndarray, size: np.ndarray, seed: int) -> np.ndarray:
    """Slope, intercept, both ends of the interval, and the count of NaN, of (size, draw)."""
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

    def slope(*rows, axis=-1):
        return sum(w * row.mean(axis=axis) for w, row in zip(weights, rows, strict=True))

    own = slope(*draws)
    intercept = np.concatenate(draws).mean() - own * middle
    low = high = np.nan
    if counts.min() > 1:
        low, high = bootstrap(
            [widened(row) for row in draws], slope, n_resamples=RESAMPLES,
            confidence_level=CONFIDENCE, method="percentile", rng=np.random.default_rng(seed),
        ).confidence_interval  # fmt: skip
    return np.array([own, intercept, low, high, left_out])


def widened(rows: np.ndarray) -> np.ndarray:
    """Values with unbiased plain variance: without it the intervals of few draws are short."""
    middle = rows.mean(axis=0)
    return middle + (rows - middle) * np.sqrt(len(rows) / (len(rows) - 1))
