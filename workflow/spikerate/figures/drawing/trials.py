"""Figure 7: bias and variance of the error over repetitions of the test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from typing import Any

import numpy as np
import seaborn as sns
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, QuadMesh
from matplotlib.figure import FigureBase
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from spikerate.figures import names
from spikerate.figures.drawing import sheet, style
from spikerate.model.kinds import KINDS
from spikerate.model.neuron import Floats

FLOOR = 1e-6  # share of the largest bias or variance; smaller values have the lowest colour
LEAST = 1e-9  # smaller values are drawn here, where variance is plotted against bias
MOST_FAILED = 0.5  # share of the repetitions; if more failed, the rest are not representative
SHARE_MAP = "PuOr_r"  # purple where bias dominates, orange where variance does
THIN: dict[str, Any] = {"lw": 0.35, "alpha": 0.25, "rasterized": True}
DARK = {"spiking": "#6B2F00", "rate": "#00304D"}  # of a mean, over thin lines in the twin's colour
OUTPUT = 0  # the output drawn


@sheet.own_style()
def draw(tasks: Mapping[str, Sequence[xr.Dataset]], scale: str) -> sheet.Sheet:
    """Draw Figure 7, one block of panels for each task.

    Parameters
    ----------
    tasks : (maps, shown) of `trials.gather` and `trials.show`, by task
    scale : line at the foot that gives the scale of the study
    """
    figure = sheet.sheet(22.0 * len(tasks), scale)
    letters = style.letters()
    blocks = style.stacked(figure, [1.0] * len(tasks))
    for block, (task, (maps, shown)) in zip(blocks, tasks.items(), strict=True):
        style.heading(block, _heading(task, maps, shown))
        errors, shares, *runs = style.stacked(block, [5.2, 5.2, *[5.6] * shown.sizes["alpha"]])
        some = style.some_rates(maps.where(maps["failed_share"] <= MOST_FAILED))
        _errors(errors, some, shown, letters)
        _shares(shares, some, shown, letters)
        for part, alpha in zip(runs, shown["alpha"].values, strict=True):
            _runs(part, shown, alpha, letters)
    return figure


def _heading(task: str, maps: xr.Dataset, shown: xr.Dataset) -> str:
    """Name of the task, and how often it was repeated."""
    counts = maps.attrs["repetitions"], shown.sizes["repetition"]
    text = "{} repetitions" if len(set(counts)) == 1 else "maps of {}, runs of {} repetitions"
    aligned = ", each aligned in phase" if (shown["shift"].fillna(0) != 0).any() else ""
    return f"{names.name(task)}: {text.format(*counts)} of the test{aligned}"


def _errors(part: FigureBase, maps: xr.Dataset, shown: xr.Dataset, letters: Iterator[str]) -> None:
    """Bias squared and variance, all on one scale."""
    both = np.stack([maps[name].median("draw") for name in ("bias_squared", "variance")])
    least = FLOOR * np.nanmax(both, initial=FLOOR)
    look = {"norm": style.log_norm(np.maximum(both, least)), "cmap": style.ERROR_MAP}
    left, right = style.side_by_side(part, [1, 1.13])
    _grid(left, maps, shown, "bias_squared", next(letters), "bias squared", **look)
    title = "variance over repetitions"
    mesh, panels = _grid(right, maps, shown, "variance", next(letters), title, **look)
    extend = "min" if (both < least).any() else "neither"
    bar = right.colorbar(mesh, ax=panels, shrink=0.8, pad=0.03, extend=extend)
    bar.set_label("bias squared, variance")


def _grid(
    part: FigureBase,
    maps: xr.Dataset,
    shown: xr.Dataset,
    name: str,
    letter: str,
    title: str,
    **look: Any,
) -> tuple[QuadMesh, style.Panels]:
    """Maps of one quantity, with stars: a row for each twin, a column for each learning rate."""
    panels = part.subplots(2, maps.sizes["alpha"], sharex=True, sharey=True, squeeze=False)
    for row, twin in zip(panels, KINDS, strict=True):
        for axes, alpha in zip(row, maps["alpha"].values, strict=True):
            values = maps[name].sel(network=twin, alpha=alpha).median("draw")
            mesh = style.heat_map(axes, values, **look)
            if alpha in shown["alpha"]:
                style.star(axes, shown.sel(alpha=alpha))
        row[0].set_ylabel(f"{twin} twin\nG (mV s)", color=style.PALETTE[twin])
    for axes, word in zip(panels[0], style.rate_labels(maps), strict=True):
        axes.set_title(word.replace(", ", "\n"), fontsize=sheet.SMALL)
    for axes in panels[-1]:
        axes.set_xlabel("Q (mV)")
    part.suptitle(title, fontsize=7)
    style.letter(panels[0, 0], letter)
    return mesh, panels


def _shares(part: FigureBase, maps: xr.Dataset, shown: xr.Dataset, letters: Iterator[str]) -> None:
    """Share of variance as maps, and at all points, beside bias against variance."""
    left, right = style.side_by_side(part, [1.13, 1])
    look, title = {"vmin": 0, "vmax": 1, "cmap": SHARE_MAP}, "share of variance"
    mesh, panels = _grid(left, maps, shown, "variance_share", next(letters), title, **look)
    bar = left.colorbar(mesh, ax=panels, shrink=0.8, pad=0.03, ticks=[0, 0.5, 1])
    bar.set_label("share of variance")
    bar.ax.yaxis.set_major_formatter(PercentFormatter(1))
    points, plane = right.subplots(1, 2, width_ratios=(1.15, 1))
    style.letter(points, next(letters))
    style.letter(plane, next(letters))
    _share_at_all_points(points, maps)
    _bias_and_variance(plane, maps)


def _share_at_all_points(axes: Axes, maps: xr.Dataset) -> None:
    """Share of the variance at every point of the grid."""
    table = maps["variance_share"].to_dataframe().reset_index().dropna(subset=["variance_share"])
    look = {
        "data": table,
        "x": "speed",
        "y": "variance_share",
        "hue": "network",
        "order": maps["speed"].values.tolist(),
        "hue_order": KINDS,
        "palette": style.PALETTE,
        "dodge": True,
        "legend": False,
    }
    style.jittered_dots(axes, 0.1, size=1.5, alpha=0.4, **look)
    sns.boxplot(ax=axes, fill=False, fliersize=0, linewidth=0.7, width=0.8, **look)
    axes.axhline(0.5, color="0.6", lw=0.6, ls="--")
    axes.set(xlabel="learning rate", ylabel="share of variance", ylim=(-0.03, 1.03))
    axes.set_title("all points of the grid")
    axes.tick_params(axis="x", labelsize=sheet.SMALL)
    axes.yaxis.set_major_formatter(PercentFormatter(1))


def _bias_and_variance(axes: Axes, maps: xr.Dataset) -> None:
    """Variance against squared bias at every point, darker for faster learning."""
    pair = [maps[name].clip(min=LEAST) for name in ("bias_squared", "variance")]
    for twin in KINDS:
        shades = style.shades(style.PALETTE[twin], maps.sizes["alpha"])[::-1]
        for alpha, color in zip(maps["alpha"].values, shades, strict=True):
            bias, variance = (v.sel(network=twin, alpha=alpha).values.ravel() for v in pair)
            axes.plot(bias, variance, ".", ms=2.5, mew=0, color=color)
    found = np.ravel([v.values[np.isfinite(v)] for v in pair]) if pair[0].notnull().any() else 1.0
    ends = np.min(found) / 3, np.max(found) * 3
    axes.plot(ends, ends, color="0.6", lw=0.6, ls="--", zorder=0)
    axes.set(xscale="log", yscale="log", xlim=ends, ylim=ends)
    axes.set(xlabel="bias squared", ylabel="variance", title="darker: faster")
    keys = [Line2D([], [], color=style.PALETTE[n], marker=".", ls="", label=n) for n in KINDS]
    axes.legend(handles=keys, loc="upper left", handletextpad=0.1)


def _runs(part: FigureBase, shown: xr.Dataset, alpha: float, letters: Iterator[str]) -> None:
    """Spikes, filtered currents and outputs at the starred point of one learning rate."""
    best = shown.sel(alpha=alpha)
    q, g = (style.number(float(best[f"starred_{name}"])) for name in ("Q", "G"))
    word = rf"{best['speed'].item()} learning ($\alpha$ = {style.number(alpha)})"
    style.heading(part, f"{word}, starred point: Q = {q} mV, G = {g} mV s")
    panels = part.subplot_mosaic(
        [
            ["spikes", "spiking", "rate", "output spiking"],
            ["spikes", "spiking", "rate", "output rate"],
        ]
    )
    _spikes(panels["spikes"], shown, alpha)
    top = _strip_height(best)
    for twin in KINDS:
        good = best.sel(network=twin)
        good = good.isel(repetition=np.isfinite(good["shift"].values).nonzero()[0])
        _filtered(panels[twin], good, twin, top)
        _output(panels[f"output {twin}"], good, twin)
    panels["output spiking"].set(xlabel="")
    panels["output spiking"].tick_params(labelbottom=False)
    _legend(part)
    for name in ("spikes", "spiking", "rate", "output spiking"):
        style.letter(panels[name], next(letters))


def _strip_height(best: xr.Dataset) -> float:
    """Height of a neuron's strip, 1/s: the largest current, rounded."""
    largest = float(best["filtered"].quantile(0.999)) if best["filtered"].notnull().any() else 1.0
    return max(10.0, 10.0 * ceil(largest / 10.0))


def _strips(axes: Axes, shown: xr.Dataset, title: str, twin: str) -> None:
    """Divide a panel into one strip for each neuron, the first on top."""
    count = shown.sizes["recorded"]
    axes.set(ylim=(count, 0), xlim=(0, _repetition_length(shown)), xlabel="time (s)")
    axes.set_title(title, color=style.PALETTE[twin])
    axes.set_yticks(np.arange(count) + 0.5, shown["recorded"].values)
    axes.set_ylabel("neuron")
    axes.tick_params(axis="y", length=0)
    for edge in range(1, count):
        axes.axhline(edge, color="0.8", lw=0.4)


def _repetition_length(shown: xr.Dataset) -> float:
    """End of a repetition (s)."""
    time = shown["time"].values
    return float(2 * time[-1] - time[-2])


def _spikes(axes: Axes, shown: xr.Dataset, alpha: float) -> None:
    """Spikes of the spiking twin; each neuron's strip has the repetitions from top to bottom."""
    fired = shown["spike_alpha"].values == alpha
    neuron, repetition, time = (
        shown[f"spike_{name}"].values[fired] for name in ("neuron", "repetition", "time")
    )
    strip = np.searchsorted(shown["recorded"].values, neuron)
    count = shown.sizes["repetition"]
    axes.plot(
        time,
        strip + 0.05 + 0.9 * (repetition + 0.5) / count,
        ".",
        ms=1,
        mew=0,
        color=style.PALETTE["spiking"],
        rasterized=True,
    )
    _strips(axes, shown, "spiking twin, spikes", "spiking")


def _filtered(axes: Axes, good: xr.Dataset, twin: str, top: float) -> None:
    """Filtered currents of the neurons: thin lines for repetitions, a thick line for the mean."""
    for strip in range(good.sizes["recorded"]):
        traces = strip + 0.95 - 0.9 * good["filtered"].isel(recorded=strip).values / top
        _repetitions(axes, good["time"].values, traces, twin)
    _strips(axes, good, f"{twin} twin, filtered R", twin)
    x = 1.025
    axes.plot(
        [x, x], [0.05, 0.95], color="k", lw=1, transform=axes.get_yaxis_transform(), clip_on=False
    )
    axes.annotate(
        f"{top:g} s$^{{-1}}$",
        (x + 0.02, 0.5),
        rotation=90,
        va="center",
        fontsize=6,
        xycoords=axes.get_yaxis_transform(),
        annotation_clip=False,
    )


def _output(axes: Axes, good: xr.Dataset, twin: str) -> None:
    """One output: thin lines for repetitions, thick for the mean, dashed for the target."""
    _repetitions(axes, good["time"].values, good["readout"].isel(output=OUTPUT).values, twin)
    target = good["target"].isel(output=OUTPUT)
    axes.plot(good["time"], target, **style.DASHED | {"color": style.PALETTE["input"]})
    low, high = float(target.min()), float(target.max())
    room = 0.25 * (high - low or 1.0)
    axes.set(xlim=(0, _repetition_length(good)), ylim=(low - room, high + room), xlabel="time (s)")
    axes.set_ylabel("readout")
    axes.set_title(f"{twin} twin, readout", color=style.PALETTE[twin])


def _repetitions(axes: Axes, time: Floats, traces: Floats, twin: str) -> None:
    """Draw traces (repetition, time) as thin lines, and their mean as a thick one."""
    if not len(traces):
        style.explain_empty(axes, "no valid repetition")
        return
    lines = [np.column_stack([time, trace]) for trace in traces]
    axes.add_collection(LineCollection(lines, colors=[style.PALETTE[twin]], **THIN))
    axes.plot(time, traces.mean(axis=0), color=DARK[twin], lw=0.9)


def _legend(part: FigureBase) -> None:
    """Legend of thin and thick lines, beside the heading."""
    looks: dict[str, dict[str, Any]] = {
        "one repetition": {"color": "0.6", "lw": 0.4},
        "mean": {"color": "0.1", "lw": 0.9},
    }
    looks["target"] = style.DASHED | {"color": style.PALETTE["input"]}
    handles = [Line2D([], [], label=label, **look) for label, look in looks.items()]
    part.legend(handles=handles, loc="upper right", ncols=len(handles))
