"""Figure 3: pairs of twins before, during and after learning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from spikerate.figures import names
from spikerate.figures.drawing import sheet, style
from spikerate.model.kinds import KINDS
from spikerate.model.neuron import Floats

SHOWN = 5.0  # s around the end of learning that are drawn of a task shown in brief
ABREAST = 3  # tasks shown in brief in one row
PLANES = ((0, 1), (0, 2), (1, 2))
SETTINGS = ("neurons", "alpha", "encoder_strength", "reservoir_strength")
SMOOTHING = 0.03  # s, of z before its maxima are sought


@sheet.own_style()
def draw(demonstrations: dict[str, xr.Dataset], scale: str) -> sheet.Sheet:
    """Draw Figure 3: one task in full, others in brief, the Lorenz attractor in its planes.

    Parameters
    ----------
    demonstrations : of `both_networks`, by task; the sine, or else the first, is shown
        in full
    scale : line at the foot that gives the scale of the study
    """
    tasks = [task for task in demonstrations if task != "lorenz"]
    full = ["sine"] if "sine" in tasks else tasks[:1]
    rest = [task for task in tasks if task not in full]
    brief = [rest[k : k + ABREAST] for k in range(0, len(rest), ABREAST)]
    chaotic = ["lorenz"] if "lorenz" in demonstrations else []
    others = [5.5] * len(brief) + [7.0] * len(chaotic)
    heights = [8.8 if others else 10.5] * len(full) + others
    figure = sheet.sheet(sum(heights) + 0.6, scale)
    rows, letters = iter(style.stacked(figure, heights)), style.letters()
    for task in full:
        _full(next(rows), task, demonstrations[task], letters)
    for abreast in brief:
        blocks = style.side_by_side(next(rows), [1] * len(abreast))
        for block, task in zip(blocks, abreast, strict=True):
            _brief(block, task, demonstrations[task], letters)
    for task in chaotic:
        _lorenz(next(rows), demonstrations[task], letters)
    return figure


def _title(task: str, shown: xr.Dataset, between: str = ", ") -> str:
    a = {setting: style.number(shown.attrs[setting]) for setting in SETTINGS}
    return (
        rf"{names.name(task)}, N = {a['neurons']}, $\alpha$ = {a['alpha']}{between}"
        f"Q = {a['encoder_strength']} mV, G = {a['reservoir_strength']} mV s"
    )


def _full(block: FigureBase, task: str, shown: xr.Dataset, letters: Iterator[str]) -> None:
    """Readout over the target, neurons, decoder weights and size of each update, for both twins."""
    style.heading(block, _title(task, shown))
    panels = block.subplots(4, 2, sharex=True, sharey="row", height_ratios=(1.2, 1.7, 1, 1))
    lane = style.spacing(shown["filtered"])
    for column, twin in zip(panels.T, KINDS, strict=True):
        one = shown.sel(network=twin)
        style.readout(column[0], task, one, twin)
        style.legend(column[0], twin)
        traces = one["filtered"].transpose("time", ...).values
        style.stacked_neurons(column[1], one["time"].values, traces, twin, lane)
        _learning(column[2:], one, twin)
        for axes in column:
            _shade_learning(axes, shown)
            axes.label_outer()
        column[-1].set_xlabel("time (s)")
        _name_phases(column[0], shown)
    block.align_ylabels(panels[:, 0])
    titles = "output over target", "neurons", "their decoder weights", "size of each update"
    for axes, title in zip(panels[:, 0], titles, strict=True):
        style.label(axes, next(letters), title)


def _learning(panels: Sequence[Axes], one: xr.Dataset, twin: str) -> None:
    """Decoder weights of the neurons shown, and the norm of every update."""
    weights, updates = panels
    colors = style.shades(style.PALETTE[twin], one.sizes["recorded"])
    for k, color in enumerate(colors):
        weights.plot(one["time"], one["decoder_weights"].isel(recorded=k) * 1e3, color=color)
    weights.set(ylabel="weight (ms)")
    change = one["decoder_change"]
    updates.semilogy(
        one["update_time"],
        change.where(change > 0) * 1e3,
        ".",
        ms=2,
        color=style.PALETTE[twin],
        mew=0,
    )
    updates.set(ylabel="norm (ms)", xlim=one["time"].values[[0, -1]])


def _shade_learning(axes: Axes, shown: xr.Dataset) -> None:
    """Grey background while the twins learn."""
    limits = axes.get_xlim()
    axes.axvspan(
        shown.attrs["learning_start"], shown.attrs["learning_end"], color="0.93", lw=0, zorder=0
    )
    axes.set_xlim(limits)


def _name_phases(axes: Axes, shown: xr.Dataset) -> None:
    """Label the phases below the readout."""
    start, end = shown.attrs["learning_start"], shown.attrs["learning_end"]
    phases = {"before": (0, start), "learning": (start, end), "after": (end, float(shown.time[-1]))}
    for word, (first, last) in phases.items():
        if last - first > 0.1 * float(shown.time[-1]):
            axes.annotate(
                word,
                ((first + last) / 2, 0.05),
                xycoords=("data", "axes fraction"),
                ha="center",
                va="bottom",
                color="0.35",
                fontsize=sheet.SMALL,
            )


def _brief(block: FigureBase, task: str, shown: xr.Dataset, letters: Iterator[str]) -> None:
    """Both twins over the target, around the end of learning."""
    style.heading(block, _title(task, shown, "\n"))
    _outputs(block.subplots(2, 1, sharex=True, sharey=True), task, shown, next(letters))


def _outputs(panels: Sequence[Axes], task: str, shown: xr.Dataset, letter: str) -> None:
    """Readout of both twins over the target, from just before the end of learning."""
    end, last = shown.attrs["learning_end"], float(shown["time"][-1])
    start = max(float(shown["time"][0]), min(end - SHOWN / 4, last - SHOWN))
    part = shown.sel(time=slice(start, start + SHOWN))
    for axes, twin in zip(panels, KINDS, strict=True):
        style.readout(axes, task, part.sel(network=twin), twin)
        style.legend(axes, twin)
        _shade_learning(axes, shown)
        axes.label_outer()
    panels[-1].set_xlabel("time (s)" + ("; grey: learning" if start < end else ", after learning"))
    style.label(panels[0], letter)


def _lorenz(block: FigureBase, shown: xr.Dataset, letters: Iterator[str]) -> None:
    """Outputs of both twins, and after learning the attractor in three planes and the tent map."""
    style.heading(block, _title("lorenz", shown))
    left, right = style.side_by_side(block, [1, 1.8])
    _outputs(left.subplots(2, 1, sharex=True, sharey=True), "lorenz", shown, next(letters))
    panels = right.subplots(3, 4, sharex="col", sharey="col")
    end = shown.attrs["learning_end"]
    late = shown.sel(time=slice(end, None) if end < float(shown["time"][-1]) else slice(None))
    target = late["target"].values
    rows = {twin: late["readout"].sel(network=twin).values for twin in KINDS}
    rows = {"target": target} | rows
    sample = float(late["time"][1] - late["time"][0])
    for row, (name, states) in zip(panels, rows.items(), strict=True):
        _planes(row[:3], states, target, name)
        _tent_map(row[3], states, target, sample, name)
        row[0].set_ylabel(f"{name}\n{row[0].get_ylabel()}", color=style.PALETTE[name])
    for axes, title in zip(panels[0], ("x, y", "x, z", "y, z", "maxima of z"), strict=True):
        style.label(axes, next(letters), title)


def _planes(panels: Sequence[Axes], states: Floats, target: Floats, name: str) -> None:
    """Trajectory (time, 3) in its three planes, with axes that fit the target."""
    low, high = target.min(axis=0), target.max(axis=0)
    low, high = low - 0.15 * (high - low), high + 0.15 * (high - low)
    for axes, (i, j) in zip(panels, PLANES, strict=True):
        axes.plot(states[:, i], states[:, j], color=style.PALETTE[name], lw=0.3, rasterized=True)
        axes.set(xlim=(low[i], high[i]), ylim=(low[j], high[j]), ylabel="xyz"[j])
        axes.tick_params(labelbottom=name == KINDS[-1])
        if name == KINDS[-1]:
            axes.set_xlabel("xyz"[i])


def _tent_map(axes: Axes, states: Floats, target: Floats, sample: float, name: str) -> None:
    """Each maximum of z against the one before, over those of the target in grey."""
    reach = np.ptp(target[:, 2])
    for values, color in ((target, "0.75"), (states, style.PALETTE[name])):
        found = maxima(values[:, 2], sample, 0.05 * reach)
        axes.plot(found[:-1], found[1:], ".", ms=2.5, mew=0, color=color, rasterized=True)
    top = target[:, 2].max() + 0.15 * reach
    axes.set(xlim=(top - 0.7 * reach, top), ylim=(top - 0.7 * reach, top), ylabel="next")
    if name == KINDS[-1]:
        axes.set_xlabel("maximum")


def maxima(signal: Floats, sample: float, prominence: float) -> Floats:
    """Successive maxima of a smoothed signal, sampled every `sample` s; none if it has a NaN."""
    if not np.isfinite(signal).all():
        return np.empty(0)
    smooth: Floats = gaussian_filter1d(signal, SMOOTHING / sample)
    found: Floats = smooth[find_peaks(smooth, prominence=prominence)[0]]
    return found
