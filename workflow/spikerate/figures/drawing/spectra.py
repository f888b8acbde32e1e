"""Figure 8: slow learning as a low-pass filter on the principal components."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from spikerate.analysis.spectra import low_pass
from spikerate.figures import names
from spikerate.figures.drawing import sheet, style
from spikerate.learning.registry import RLS
from spikerate.model.kinds import KINDS
from spikerate.model.neuron import Floats

CURVE: dict[str, Any] = {"color": "k", "lw": 0.8, "ls": "--"}  # of the low-pass filter
TICKS = (-1, -0.5, 0, 0.5, 1)  # of the correlations; higher up is the legend
FEWEST = 5  # gains that a bin needs to be drawn


@sheet.own_style()
def draw(tasks: dict[str, list[xr.Dataset]], scale: str, rule: str = RLS) -> sheet.Sheet:
    """Draw Figure 8, one block of panels for each task.

    Parameters
    ----------
    tasks : datasets of `spectra.retrain_best`, one for each draw, by task
    scale : line at the foot that gives the scale of the study
    rule : learning rule of the networks; the theory of the filter holds only for RLS
    """
    figure = sheet.sheet(9.5 if len(tasks) == 1 else 7.3 * len(tasks) + 0.3, scale)
    letters = style.letters()
    blocks = style.stacked(figure, [1] * len(tasks))
    for block, (task, draws) in zip(blocks, tasks.items(), strict=True):
        spectra = xr.concat(draws, "draw", data_vars="all", coords="different", compat="equals")
        _block(block, task, spectra.stack(run=("draw", "point")), rule, letters)
    return figure


def _block(
    block: FigureBase, task: str, spectra: xr.Dataset, rule: str, letters: Iterator[str]
) -> None:
    """Panels of one task; dimension `run` holds its points and draws."""
    head, rest = style.stacked(block, [0.06, 1])
    runs = spectra.sizes["run"]
    counted = f"{runs} best-learned point" + "s" * (runs > 1)
    style.heading(block, f"{names.name(task)}: {counted}; median and quartiles")
    _legend(head, spectra, rule)
    drawings = {
        "spectra": _spectra,
        "gain, own basis": _gain,
        "gain, slowest basis": _reference_gain,
        "decoder correlation": _correlations,
        f"|cosine|, {_names(spectra)[0]}": lambda a, s: _alignment(a, s, 0),
        f"|cosine|, {_names(spectra)[-1]}": lambda a, s: _alignment(a, s, -1),
        "shared subspace": _overlap,
        "components kept": _correlation_of_leading,
    }
    for axes, (title, drawing) in zip(rest.subplots(2, 4).flat, drawings.items(), strict=True):
        drawing(axes, spectra)
        style.label(axes, next(letters), title)


def _names(spectra: xr.Dataset) -> list[str]:
    """Names of the learning rates, slowest first."""
    return [str(name) for name in spectra["speed"].values]


def _legend(block: FigureBase, spectra: xr.Dataset, rule: str) -> None:
    """Legend of twins and learning rates, for all panels of a block."""
    handles = [Line2D([], [], color=style.PALETTE[t], label=f"{t} twin") for t in KINDS]
    colors = style.learning_colors(spectra.sizes["alpha"])
    for text, color in zip(style.rate_labels(spectra), colors, strict=True):
        handles.append(Line2D([], [], color=color, marker="o", ms=2.5, label=text))
    theory = r"$\alpha\lambda / (1 + \alpha\lambda)$"
    theory += "" if rule == RLS else f" of {RLS.upper()}, not {rule}"
    handles.append(Line2D([], [], label=theory, **CURVE))
    block.legend(handles=handles, loc="center left", ncols=len(handles), columnspacing=1.2)


def _quartiles(values: xr.DataArray) -> tuple[Floats, Floats, Floats]:
    """Quartiles over the runs, without those that diverged."""
    found = values.quantile((0.25, 0.5, 0.75), "run")
    low, middle, high = (found.isel(quantile=k).values for k in range(3))
    return low, middle, high


def _band(axes: Axes, x: ArrayLike, values: xr.DataArray, color: style.Color) -> None:
    """Median line over the runs, and the quartiles as a band."""
    low, middle, high = _quartiles(values)
    axes.fill_between(x, low, high, color=color, alpha=0.2, lw=0)
    axes.plot(x, middle, color=color)


def _spectra(axes: Axes, spectra: xr.Dataset) -> None:
    """Eigenvalues of both twins at each learning rate, and the cut of each rate."""
    colors = style.learning_colors(spectra.sizes["alpha"])
    for twin in KINDS:
        shades = style.shades(style.PALETTE[twin], len(colors))[::-1]
        for k, shade in enumerate(shades):
            own = spectra["eigenvalue"].sel(network=twin).isel(alpha=k)
            axes.plot(own["component"], _quartiles(own)[1], color=shade)
    for alpha, word, color in zip(spectra["alpha"].values, _names(spectra), colors, strict=True):
        axes.axhline(1 / alpha, color=color, lw=0.8, ls="--")
        axes.annotate(
            word,
            (1.01, 1 / alpha),
            xycoords=("axes fraction", "data"),
            va="center",
            color=color,
            fontsize=sheet.SMALL,
        )
    axes.set(yscale="log", xlabel="component", ylabel="eigenvalue λ (1/s$^2$)")
    axes.set_xlim(0, spectra.sizes["component"])


def _gain(axes: Axes, spectra: xr.Dataset) -> None:
    """Gain on the components of each run's own states, with the curve of the filter."""
    strength = spectra["eigenvalue"] * spectra["alpha"]
    for twin, size in zip(KINDS, (5, 2.5), strict=True):  # the larger dots show behind the smaller
        x, y = (
            a.sel(network=twin).values.ravel()
            for a in xr.broadcast(strength, spectra["measured_gain"])
        )
        axes.loglog(
            x,
            np.where(y > 0, y, np.nan),
            ".",
            ms=size,
            color=style.PALETTE[twin],
            mew=0,
            rasterized=True,
        )
    _curve(axes, strength)


def _curve(axes: Axes, strength: xr.DataArray) -> None:
    """Predicted gain over the range of alpha times lambda."""
    found = strength.values[np.isfinite(strength) & (strength > 0)]
    x = np.geomspace(found.min(), found.max(), 200) if found.size else np.array([1e-3, 1e3])
    axes.plot(x, low_pass(x), **CURVE)
    axes.set(xscale="log", xlabel=r"$\alpha\lambda$", ylabel="gain")


def _reference_gain(axes: Axes, spectra: xr.Dataset) -> None:
    """Gain of faster learning on the components of the slowest, in bins of alpha lambda.

    Nothing forces this gain onto the curve, because faster learning visits other states.
    """
    slowest = spectra["eigenvalue"].isel(alpha=0, drop=True)
    faster = spectra["reference_gain"].isel(alpha=slice(1, None))
    faster = faster if faster.size else spectra["reference_gain"]
    strength = slowest * faster["alpha"]
    for twin in KINDS:
        x, y = (a.sel(network=twin).values.ravel() for a in xr.broadcast(strength, faster))
        _binned(axes, x, y, style.PALETTE[twin])
    _curve(axes, strength)
    axes.set(ylim=(-0.6, 1.6))


def _binned(axes: Axes, x: Floats, y: Floats, color: str) -> None:
    """Median and quartiles of y in bins of half a power of ten of x."""
    good = np.isfinite(x) & np.isfinite(y) & (x > 0)
    bins = np.floor(2 * np.log10(x[good]))
    rows = [
        (10 ** ((b + 0.5) / 2), *np.quantile(y[good][bins == b], (0.25, 0.5, 0.75)))
        for b in np.unique(bins)
        if (bins == b).sum() >= FEWEST
    ]
    if rows:
        centre, low, middle, high = np.array(rows).T
        axes.fill_between(centre, low, high, color=color, alpha=0.2, lw=0)
        axes.plot(centre, middle, "o-", ms=2.5, color=color)


def _correlations(axes: Axes, spectra: xr.Dataset) -> None:
    """Correlation of the trained decoders at each rate, and as the filter alone predicts it."""
    looks = {"measured": ("o", "-", "k", 0.92), "filter": ("s", "--", "0.55", 1.09)}
    labels = {"measured": "trained", "filter": "filter alone"}
    for name, (marker, line, color, shift) in looks.items():
        values = spectra[f"correlation_{name}"].transpose("alpha", "run")
        x = values["alpha"].values * shift
        axes.plot(x, values.values, marker, ms=2, color=color, alpha=0.4, mew=0)
        axes.plot(x, _quartiles(values)[1], marker + line, ms=3.5, color=color, label=labels[name])
    axes.set(xscale="log", xlabel=r"learning rate $\alpha$", ylabel="correlation")
    axes.set(ylim=(None, 1.7), yticks=[tick for tick in TICKS if tick >= axes.get_ylim()[0]])
    axes.legend(loc="upper right", borderpad=0)


def _alignment(axes: Axes, spectra: xr.Dataset, index: int) -> None:
    """Overlap of the leading components of the two twins."""
    values = spectra["alignment"].isel(alpha=index).median("run")
    values = values.transpose("component_spiking", "component_rate")
    x, y = (style.edges(np.arange(1, size + 1)) for size in values.shape[::-1])
    mesh = axes.pcolormesh(x, y, values, vmin=0, vmax=1, cmap="Greys", rasterized=True)
    axes.set(xticks=(1, 10, 20), yticks=(1, 10, 20))
    axes.set_xlabel("rate twin's component", color=style.PALETTE["rate"])
    axes.set_ylabel("spiking twin's comp.", color=style.PALETTE["spiking"])
    corner = axes.inset_axes((0.77, 1.05, 0.16, 0.06))
    axes.figure.colorbar(mesh, cax=corner, orientation="horizontal", ticks=[])
    for end, side, text in ((0, "right", "0 "), (1, "left", " 1")):
        corner.text(
            end, 0.4, text, ha=side, va="center", fontsize=sheet.SMALL, transform=corner.transAxes
        )


def _overlap(axes: Axes, spectra: xr.Dataset) -> None:
    """Share of the span of the leading components that the twins have in common."""
    squares = (spectra["alignment"] ** 2).transpose("alpha", "run", ...).values
    summed = np.diagonal(squares.cumsum(-1).cumsum(-2), axis1=-2, axis2=-1)
    leading = np.arange(1, summed.shape[-1] + 1)
    share = xr.DataArray(summed / leading, dims=("alpha", "run", "component"))
    for k, color in enumerate(style.learning_colors(spectra.sizes["alpha"])):
        _band(axes, leading, share.isel(alpha=k), color)
    axes.set(xlabel="leading components", ylabel="share in common", ylim=(0, 1.03))


def _correlation_of_leading(axes: Axes, spectra: xr.Dataset) -> None:
    """Decoder correlation on the leading components only."""
    for k, color in enumerate(style.learning_colors(spectra.sizes["alpha"])):
        _band(axes, spectra["kept"], spectra["correlation_kept"].isel(alpha=k), color)
    axes.set(xlabel="components kept", ylabel="decoder correlation", ylim=(None, 1.03))
