"""The trained task repeated many times: the bias and the variance of the error.

Bias squared is the squared distance from the target to the mean over repetitions. The variance is
the scatter of the repetitions about that mean, over their number, so that bias squared + variance
is the mean squared error. Both are averaged over time and outputs.

A free run continues from the state at the end of training, one repetition after the other. If its
phase may drift, each repetition is shifted on its own by the rule of `errors.aligned`. A repetition
that is not finite, or so flat that it has no phase, is left out and counted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from spikerate.analysis import errors, maps
from spikerate.analysis.transfer import drifts
from spikerate.learning import force
from spikerate.model import networks
from spikerate.model.kinds import KINDS
from spikerate.model.network import Network, Trace
from spikerate.model.networks import Settings
from spikerate.model.neuron import Floats
from spikerate.tasks.signals import Task

MEASURES = ("bias_squared", "variance", "variance_share", "failed_share")


def decompose(readout: Floats, target: Floats) -> tuple[float, float, float]:
    """Bias squared, variance, and the share of the variance in their sum.

    Parameters
    ----------
    readout : array (repetition, time, output), aligned
    target : array (time, output), one repetition

    Returns
    -------
    bias_squared, variance : float; their sum is the mean squared error
    share : float; NaN where both are zero
    """
    moments = Moments((1, *target.shape))
    for repetition in readout:
        moments.add(repetition[None], np.ones(1, dtype=bool))
    bias_squared, variance, share = (value.item() for value in moments.decompose(target))
    return bias_squared, variance, share


class Moments:
    """Mean over repetitions and scatter about it, one repetition at a time (Welford 1962).

    Identical repetitions have a scatter of exactly zero.

    Parameters
    ----------
    shape : (point, time, output)
    """

    def __init__(self, shape: tuple[int, int, int]):
        self.count = np.zeros((shape[0], 1, 1))
        self.mean, self.scatter = np.zeros(shape), np.zeros(shape)  # (point, time, output)

    def add(self, readout: Floats, good: NDArray[np.bool_]) -> None:
        """Add a repetition (point, time, output) at the points where `good` (point,) is true."""
        self.count[good] += 1
        step = readout[good] - self.mean[good]
        self.mean[good] += step / self.count[good]
        self.scatter[good] += step * (readout[good] - self.mean[good])

    def decompose(self, target: Floats) -> tuple[Floats, Floats, Floats]:
        """Bias squared, variance and its share, each (point,); NaN where nothing was added."""
        none = self.count[:, 0, 0] == 0
        bias = np.square(self.mean - target).mean(axis=(1, 2))
        variance = (self.scatter / np.maximum(self.count, 1)).mean(axis=(1, 2))
        bias[none], variance[none] = np.nan, np.nan
        with np.errstate(invalid="ignore"):
            return bias, variance, variance / (bias + variance)


class Repetition(NamedTuple):
    """One repetition of a batch, aligned with the target if its phase may drift."""

    readout: Floats  # (point, time, output)
    filtered: Floats  # (point, time, recorded), 1/s
    spikes: Floats  # (spike, 3): point, neuron, steps from the start; empty unless asked for
    shift_steps: Floats  # (point,), by how much it was delayed; NaN where it does not count
    finite: NDArray[np.bool_]  # (point,), whether the run around it is finite


def run(
    network: Network,
    trained: xr.Dataset,
    task: Task,
    *,
    repetitions: int,
    sample_steps: int,
    recorded: ArrayLike = (),
    spikes: bool = False,
) -> Iterator[Repetition]:
    """Run a trained batch freely and yield one repetition of the test after the other.

    If the phase may drift, each repetition is cut out of the run a little earlier or later, so that
    the peak of its smoothed output falls on that of the target. This needs the repetitions before
    and after it: the run is two repetitions longer, and three are held in memory.

    Parameters
    ----------
    network : the networks
    trained : dataset of `force.train` with their decoders and state
    sample_steps : steps of dt between samples; each repetition is sampled from its start
    recorded : indices of the neurons whose R is returned
    spikes : whether to return the spikes
    """
    signal, decoder = task.test, trained["decoder"].values
    steps, target = len(signal.target), signal.target[::sample_steps]
    state = force.state_of(network, trained)
    around = 3 if drifts(task) else 1
    pieces: deque[Trace] = deque(maxlen=around)
    for _ in range(repetitions + around - 1):
        state, trace = network.advance(
            state, decoder, steps, signal.input, sample_steps, recorded, spikes=spikes
        )
        pieces.append(trace)
        if len(pieces) == around:
            yield _repetition(pieces, target, sample_steps, steps)


def _repetition(
    pieces: Sequence[Trace], target: Floats, sample_steps: int, steps: int
) -> Repetition:
    """Middle one of one or three pieces, aligned with the target if there are three."""
    readout = np.concatenate([piece.readout for piece in pieces], axis=1)
    filtered = np.concatenate([piece.filtered for piece in pieces], axis=1)
    starts = (np.arange(len(pieces)) - len(pieces) // 2) * steps
    spikes = np.concatenate(
        [
            np.add(piece.spikes, np.array([0, 0, start]))
            for piece, start in zip(pieces, starts, strict=True)
        ]
    )
    own = np.arange(len(target)) * sample_steps  # steps from the start of the middle piece
    times = np.add.outer(starts, own).ravel()
    finite = np.isfinite(readout).all(axis=(1, 2))
    shift_steps = np.where(finite, 0.0, np.nan)
    if len(pieces) > 1:
        for point in finite.nonzero()[0]:
            shift_steps[point] = _shift(readout[point], times, own, target) * sample_steps
        late = np.nan_to_num(shift_steps)
        spikes = spikes + np.column_stack([np.zeros((len(spikes), 2)), late[spikes[:, 0]]])
        with np.errstate(invalid="ignore"):  # what is not finite does not count
            readout, filtered = (
                np.stack([_cut(a, times, own - k) for a, k in zip(traces, late, strict=True)])
                for traces in (readout, filtered)
            )
    inside = (spikes[:, 2] >= 0) & (spikes[:, 2] < steps)
    return Repetition(readout, filtered, spikes[inside], shift_steps, finite)


def _shift(
    readout: Floats, times: NDArray[np.int64], own: NDArray[np.int64], target: Floats
) -> float:
    """Samples by which to delay the middle of a run (3 time, output); NaN if it is flat.

    The rule of `errors.aligned` gives whole samples. From there, the peak lies away from the ends
    of the piece, where a repetition that does not close would move it, and gives a fraction.
    """
    length, step = len(target), times[-1] - times[-2]
    whole = errors.shift(readout[length : 2 * length], target)
    if whole is None:
        return np.nan
    whole = (whole + length // 2) % length - length // 2
    return whole + errors.fine_shift(_cut(readout, times, own - whole * step), target)


def _cut(trace: Floats, times: NDArray[np.int64], wanted: Floats | NDArray[np.int64]) -> Floats:
    """Values (wanted, k) of a trace (time, k), by linear interpolation."""
    left = np.clip(np.searchsorted(times, wanted, side="right") - 1, 0, len(times) - 2)
    share = ((wanted - times[left]) / (times[left + 1] - times[left]))[:, None]
    values: Floats = (1 - share) * trace[left] + share * trace[left + 1]
    return values


def repeat(
    network: Network, trained: xr.Dataset, task: Task, *, repetitions: int, sample_steps: int
) -> xr.Dataset:
    """Decompose the error of a trained batch over many repetitions of the test.

    Parameters
    ----------
    As those of `run`

    Returns
    -------
    Dataset along `point`: `bias_squared`, `variance` and `variance_share` over the repetitions that
    count, NaN if none does; `failed_share`, the share of those that do not count; and `status`:
    "diverged" if one was not finite, else "flat" if one had no phase, else "ok".
    """
    target = task.test.target[::sample_steps]
    moments = Moments((network.weights.points, *target.shape))
    finite = np.ones(network.weights.points, dtype=bool)
    ran = run(network, trained, task, repetitions=repetitions, sample_steps=sample_steps)
    for repetition in ran:
        moments.add(repetition.readout, np.isfinite(repetition.shift_steps))
        finite &= repetition.finite
    failed = 1 - moments.count[:, 0, 0] / repetitions
    status = np.where(failed > 0, "flat", "ok")
    status = np.where(finite, status, "diverged").astype(object)
    values = dict(zip(MEASURES, (*moments.decompose(target), failed), strict=True))
    return xr.Dataset({n: ("point", v) for n, v in (values | {"status": status}).items()})


def gather(chunks: Iterable[xr.Dataset]) -> xr.Dataset:
    """Maps of bias, variance and failures.

    Parameters
    ----------
    chunks : datasets of `repeat` with the coordinates of their points; one is read at a time

    Returns
    -------
    Dataset with dimensions network, alpha, draw, Q, G, alpha and speed slowest first, and
    the attribute `repetitions`
    """
    tables: list[pd.DataFrame] = []
    names: dict[float, str] = {}
    repetitions = None
    for part in chunks:
        repetitions = part.attrs["repetitions"]
        where = {name: part[name].item() for name in ("network", "alpha", "draw")}
        names[where["alpha"]] = part["speed"].item()
        values = part[[*MEASURES, "status"]].reset_coords(drop=True)
        tables.append(maps.rows(values, part, where, ["network", "alpha", *maps.GRID]))
    gathered = pd.concat(tables).to_xarray()
    gathered = gathered.reindex(network=list(KINDS), fill_value=maps.MISSING)
    return maps.named(gathered, names).assign_attrs(repetitions=repetitions)


def show(
    task: Task,
    stars: xr.Dataset,
    pick: Callable[..., xr.Dataset],
    *,
    settings: Settings,
    repetitions: int,
    sample_every: float,
    recorded: int,
) -> xr.Dataset:
    """Both twins at the starred points, repetition by repetition.

    Parameters
    ----------
    stars : of `maps.star`
    pick : function of `network`, `alpha`, `draw`, `Q` and `G` that returns that point, trained
    settings : of any draw; each starred point names its own
    sample_every : s
    recorded : how many neurons to record, spread evenly

    Returns
    -------
    Dataset with `readout` (alpha, network, repetition, time, output) and `filtered` (alpha,
    network, repetition, time, recorded), aligned, in single precision; `shift` (alpha, network,
    repetition), s, by which they were delayed, NaN where a repetition does not count; `target`
    (time, output); the starred points; and along `spike` the aligned spikes of the recorded neurons
    of the spiking twin: `spike_alpha`, `spike_repetition`, `spike_neuron` and `spike_time`, s.
    """
    sample_steps = settings.steps(sample_every)
    neurons = networks.recorded_neurons(settings.neurons, recorded)
    rates, fired = [], []
    for alpha in stars["alpha"].values:
        best = stars.sel(alpha=alpha)
        where = {name: best[f"starred_{name}"].item() for name in maps.GRID}
        pair = []
        for kind in KINDS:
            point = pick(network=kind, alpha=alpha.item(), **where)
            q, g = point["Q"].values, point["G"].values
            drawn = replace(settings, draw=where["draw"])
            network, _ = networks.for_task(task, kind, q, g, drawn)
            traces, spikes = _traces(
                network,
                point,
                task,
                repetitions=repetitions,
                sample_steps=sample_steps,
                recorded=neurons,
                spikes=kind == "spiking",
            )
            pair.append(traces)
            fired.append(
                spikes.assign(spike_alpha=("spike", np.full(spikes.sizes["spike"], alpha)))
            )
        rates.append(xr.concat(pair, xr.Variable("network", list(KINDS))))
    shown = xr.merge([xr.concat(rates, stars["alpha"]), xr.concat(fired, "spike"), stars])
    target = task.test.target[::sample_steps]
    shown["target"] = ("time", "output"), target
    return shown.assign_coords(
        time=np.arange(len(target)) * sample_steps * task.dt,
        recorded=neurons,
        repetition=np.arange(repetitions),
    )


def _traces(
    network: Network,
    trained: xr.Dataset,
    task: Task,
    *,
    repetitions: int,
    sample_steps: int,
    recorded: NDArray[np.int64],
    spikes: bool,
) -> tuple[xr.Dataset, xr.Dataset]:
    """Aligned traces of one point, and the spikes of its recorded neurons."""
    traces, shifts, fired = [], [], []
    ran = run(
        network,
        trained,
        task,
        repetitions=repetitions,
        sample_steps=sample_steps,
        recorded=recorded,
        spikes=spikes,
    )
    for number, repetition in enumerate(ran):
        traces.append((repetition.readout[0], repetition.filtered[0]))
        shifts.append(repetition.shift_steps[0] * task.dt)
        _, neuron, step = repetition.spikes.T
        rows = pd.DataFrame({"neuron": neuron.astype(int), "time": step * task.dt})
        rows = rows.assign(repetition=number)
        fired.append(rows[rows["neuron"].isin(recorded)])
    readout, filtered = (np.array(part, np.float32) for part in zip(*traces, strict=True))
    table = pd.concat(fired, ignore_index=True)
    events = {f"spike_{name}": ("spike", table[name].to_numpy()) for name in table}
    data = {
        "readout": (("repetition", "time", "output"), readout),
        "filtered": (("repetition", "time", "recorded"), filtered),
        "shift": ("repetition", np.array(shifts)),
    }
    return xr.Dataset(data), xr.Dataset(events)
