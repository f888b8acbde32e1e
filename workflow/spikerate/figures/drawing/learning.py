"""Figures 4 and 5: slow and fast learning over the (Q, G) grid, and its best-correlated point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import seaborn as sns
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import FigureBase, SubFigure
from matplotlib.ticker import NullFormatter
from scipy.stats import linregress

from spikerate.analysis.maps import at_rate
from spikerate.figures import names
from spikerate.figures.drawing import sheet, style
from spikerate.model.kinds import KINDS

Parts = tuple[SubFigure, style.Panels, Axes, Axes]  # maps, runs, decoders and errors of a task

SHOWN = 4.0  # s of the runs at most


@sheet.own_style()
def draw(tasks: Mapping[str, Sequence[xr.Dataset]], speed: str, scale: str) -> sheet.Sheet:
    """Draw Figure 4 or 5, one column of panels for each task; a single task fills the width.

    Parameters
    ----------
    tasks : (maps, starred) of `maps.gather` and `maps.starred`, by task
    speed : name of the learning rate to draw
    scale : line at the foot that gives the scale of the study
    """
    alone = len(tasks) == 1
    figure = sheet.sheet(17.0 if alone else 21.5, scale)
    columns = style.side_by_side(figure, [1] * len(tasks))
    letters = style.letters()
    for column, (task, (maps, starred)) in zip(columns, tasks.items(), strict=True):
        best = at_rate(starred, speed)
        style.heading(column, _title(task, best, speed, ", " if alone else ",\n"))
        top, runs, decoders, errors = _wide_layout(column) if alone else _column_layout(column)
        _maps(top, maps, best, speed, next(letters))
        _runs(runs, task, style.window(best, SHOWN), letters)
        _decoders(decoders, best, next(letters))
        _errors(errors, at_rate(maps, speed), next(letters))
    return figure


def _wide_layout(block: FigureBase) -> Parts:
    """Parts of a single task: maps across the page, runs beside decoders and errors."""
    top, rest = style.stacked(block, [1, 1.9])
    left, right = style.side_by_side(rest, [2.1, 1])
    runs = left.subplots(3, 2, sharex=True, sharey="row")
    return (top, runs, *right.subplots(2, 1))


def _column_layout(block: FigureBase) -> Parts:
    """Parts of one of several tasks, from top to bottom."""
    top, middle, foot = style.stacked(block, [1.35, 3.2, 1.2])
    runs = middle.subplots(6, 1, sharex=True).reshape(3, 2)
    for pair in runs:
        pair[1].sharey(pair[0])
    return (top, runs, *foot.subplots(1, 2, width_ratios=(1, 1.2)))


def _title(task: str, best: xr.Dataset, speed: str, between: str) -> str:
    alpha, q, g = (style.number(float(best[n])) for n in ("alpha", "starred_Q", "starred_G"))
    under = "under the cutoff" if int(best["under_cutoff"]) else "of all, none under the cutoff"
    return (
        rf"{names.name(task)}, {speed} learning, $\alpha$ = {alpha}"
        "\n"
        f"star: Q = {q} mV, G = {g} mV s{between}best correlated {under}"
    )


def _maps(block: FigureBase, whole: xr.Dataset, best: xr.Dataset, speed: str, letter: str) -> None:
    """Errors of both twins on one scale, and the correlation of their decoders.

    The scales span all learning rates, so that Figures 4 and 5 can be compared.
    """
    measure, cutoff = whole.attrs["measure"], whole.attrs["l2_cutoff"]
    maps = at_rate(whole, speed)
    panels = block.subplots(1, 3, sharex=True, sharey=True)
    all_errors, errors = (
        style.median_over_draws(found[measure].sel(decoder="own")) for found in (whole, maps)
    )
    norm = style.log_norm(all_errors, cutoff)
    drawn = {twin: errors.sel(network=twin) for twin in KINDS}
    for axes, (twin, values) in zip(panels, drawn.items(), strict=False):
        mesh = style.heat_map(axes, values, norm=norm, cmap=style.ERROR_MAP)
        style.outline(axes, values < cutoff)
        axes.set_title(f"{twin} twin", color=style.PALETTE[twin])
    style.label(panels[0], letter, "spiking twin", style.PALETTE["spiking"])
    _error_bar(block, mesh, panels[:2], cutoff)
    drawn["both"] = maps["decoder_correlation"].median("draw")
    tenths = _correlation_norm(whole["decoder_correlation"].median("draw"))
    mesh = style.heat_map(panels[2], drawn["both"], norm=tenths, cmap=style.CORRELATION_MAP)
    panels[2].set_title("decoders")
    block.colorbar(mesh, ax=panels[2], **BAR).set_label("correlation of\nthe decoders")
    panels[0].set(ylabel="G (mV s)")
    for axes in panels:
        style.star(axes, best)
        axes.set(xlabel="Q (mV)")
    if any(values.isnull().any() for values in drawn.values()):
        block.legend(handles=[style.diverged()], loc="outside upper right")


BAR: dict[str, Any] = {"location": "bottom", "aspect": 25, "pad": 0.04, "shrink": 0.9}


def _error_bar(
    block: FigureBase, mesh: ScalarMappable, panels: Sequence[Axes], cutoff: float
) -> None:
    """Colour bar of the errors, with the cutoff on it."""
    bar = block.colorbar(mesh, ax=list(panels), **BAR | {"aspect": 50})
    bar.set_label(f"error\nwhite: cutoff {style.number(cutoff)}")
    bar.ax.axvline(cutoff, color="w", lw=1.5)
    bar.ax.xaxis.set_minor_formatter(NullFormatter())


def _correlation_norm(correlations: xr.DataArray) -> Normalize:
    """Scale over all correlations, its ends rounded to tenths."""
    found = correlations.values[np.isfinite(correlations)]
    low, high = found.min(initial=0.0), found.max(initial=0.1)
    return Normalize(np.floor(10 * low) / 10, np.ceil(10 * high) / 10)


def _runs(panels: style.Panels, task: str, best: xr.Dataset, letters: Iterator[str]) -> None:
    """Runs at the starred point: readouts, neurons, and readouts with swapped decoders."""
    lane = style.spacing(best["filtered"])
    for row, title in zip(panels, ("own decoder", "neurons", "swapped decoders"), strict=True):
        style.label(row[0], next(letters), title)
        for axes, twin in zip(row, KINDS, strict=True):
            one = best.sel(network=twin)
            if title == "neurons":
                traces = one["filtered"].transpose("time", ...).values
                style.stacked_neurons(axes, one["time"].values, traces, twin, lane)
            else:
                decoder = "own" if title == "own decoder" else "other"
                style.readout(axes, task, one.sel(decoder=decoder), twin)
            axes.label_outer()
    for axes, twin in zip(panels[0], KINDS, strict=True):
        style.legend(axes, twin)
    for axes in panels.flat[-2:]:
        if axes.get_subplotspec().is_last_row():
            axes.set_xlabel("time (s)")


def _decoders(axes: Axes, best: xr.Dataset, letter: str) -> None:
    """Decoder weights of the two twins, neuron by neuron, with the linear fit."""
    style.label(axes, letter, "decoder weights")
    axes.set_xlabel("rate twin (ms)", color=style.PALETTE["rate"])
    axes.set_ylabel("spiking twin (ms)", color=style.PALETTE["spiking"])
    rate, spiking = (best["weights"].sel(network=t).values.ravel() * 1e3 for t in KINDS[::-1])
    if not (np.isfinite(rate).all() and np.isfinite(spiking).all() and np.ptp(rate) > 0):
        style.explain_empty(axes, "no fit: a decoder\ndiverged")
        return
    axes.plot(rate, spiking, ".", ms=2, color="0.3", alpha=0.4, mew=0, rasterized=True)
    fit = linregress(rate, spiking)
    ends = np.array([rate.min(), rate.max()])
    axes.axline((0, 0), slope=1, color="0.6", lw=0.6, ls="--")
    axes.plot(ends, fit.intercept + fit.slope * ends, color="k", lw=1.2)
    limit = 1.05 * max(abs(rate).max(), abs(spiking).max())
    axes.set(xlim=(-limit, limit), ylim=(-limit, 1.5 * limit))
    ticks = style.round_below(limit) * np.arange(-1, 2)
    labels = [style.number(tick) for tick in ticks]
    axes.set(xticks=ticks, xticklabels=[labels[0], "", labels[2]])  # a narrow panel
    axes.set(yticks=ticks, yticklabels=labels)
    text = f"slope {fit.slope:.2f} ± {fit.stderr:.2f}\ncorrelation {fit.rvalue:.2f}"
    axes.annotate(text, (0.03, 0.99), xycoords="axes fraction", va="top", fontsize=sheet.SMALL)


def _errors(axes: Axes, maps: xr.Dataset, letter: str) -> None:
    """Errors of all points of the grid, with their own and with swapped decoders."""
    measure, cutoff = maps.attrs["measure"], maps.attrs["l2_cutoff"]
    table = maps[measure].sel(decoder=["own", "other"]).to_dataframe().reset_index()
    table["decoder"] = table["decoder"].map({"own": "own", "other": "swapped"})
    look = {
        "data": table.dropna(subset=[measure]),
        "x": "decoder",
        "y": measure,
        "hue": "network",
        "dodge": True,
        "order": ["own", "swapped"],
        "hue_order": KINDS,
        "palette": style.PALETTE,
        "legend": False,
    }
    axes.set_yscale("log")
    style.jittered_dots(axes, 0.12, size=2, alpha=0.5, **look)
    sns.boxplot(ax=axes, fill=False, fliersize=0, linewidth=0.8, width=0.8, **look)
    axes.axhline(cutoff, color="k", lw=0.8, ls=":", gid="cutoff")
    axes.annotate(
        "cutoff",
        (1, cutoff),
        (0, 1.5),
        ("axes fraction", "data"),
        ha="right",
        textcoords="offset points",
        fontsize=sheet.SMALL,
        zorder=9,
        bbox={"facecolor": "w", "alpha": 0.75, "lw": 0, "pad": 0.5},
    )
    diverged = int(table[measure].isna().sum())
    axes.set(xlabel=f"{diverged} diverged" if diverged else "decoder", xlim=(-0.55, 1.55))
    axes.set(ylabel="error", ylim=(None, max(axes.get_ylim()[1], 2.5 * cutoff)))
    axes.tick_params(axis="x", labelsize=sheet.SMALL)
    style.label(axes, letter, "all points")
