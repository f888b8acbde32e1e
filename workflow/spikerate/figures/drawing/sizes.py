"""Figure 6: errors over the (Q, G) grid at each learning rate, and how they change with size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import seaborn as sns
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import FigureBase
from matplotlib.lines import Line2D

from spikerate.analysis import sizes
from spikerate.figures import names
from spikerate.figures.drawing import sheet, style
from spikerate.model.kinds import KINDS
from spikerate.model.neuron import Floats

WORST = 2.0  # nrmse above which all errors look alike; a silent network has 1


@sheet.own_style()
def draw(maps: dict[str, xr.Dataset], gathered: xr.Dataset, scale: str) -> sheet.Sheet:
    """Draw Figure 6.

    Parameters
    ----------
    maps : of `maps.gather`, by task
    gathered : of `sizes.gather`
    scale : line at the foot that gives the scale of the study
    """
    upper, lower = 1.6 + 2.75 * len(maps), 6.2  # cm
    figure = sheet.sheet(upper + lower, scale)
    block, foot = style.stacked(figure, [upper, lower])
    _maps(block, {task: style.some_rates(found) for task, found in maps.items()})
    _sizes(foot, gathered)
    return figure


def _maps(block: FigureBase, tasks: dict[str, xr.Dataset]) -> None:
    """Panel A: a row of maps for each task, the spiking twin on the left."""
    columns = max(maps.sizes["alpha"] for maps in tasks.values())
    widths = [*[1] * columns, 0.12, *[1] * columns, 0.09]  # a gap between the twins, and the scale
    heights = [0.01, *[1] * len(tasks)]
    grid = block.add_gridspec(len(heights), len(widths), width_ratios=widths, height_ratios=heights)
    starts = {"spiking": 0, "rate": columns + 1}
    for twin, start in starts.items():
        axes = block.add_subplot(grid[0, start : start + columns])
        axes.set_axis_off()
        axes.set_title(f"{twin} twin, error", color=style.PALETTE[twin], pad=-4)
    if any(np.isnan(_median_error(maps, sizes.shown_error(maps))).any() for maps in tasks.values()):
        axes.legend(handles=[style.diverged()], loc="center right", borderpad=0)
    norm = _norm(tasks)
    for row, (task, maps) in enumerate(tasks.items(), start=1):
        panels = {
            twin: [block.add_subplot(grid[row, start + k]) for k in range(maps.sizes["alpha"])]
            for twin, start in starts.items()
        }
        _row(panels, block.add_subplot(grid[row, -1]), maps, norm)
        first = panels["spiking"][0]
        first.set_ylabel(f"{names.name(task)}\nG (mV s)")
        first.tick_params(labelleft=True)
        if row == 1:
            style.letter(first, "A")
    for axes in [*panels["spiking"], *panels["rate"]]:
        axes.set_xlabel("Q (mV)")


def _row(panels: dict[str, list[Axes]], scale: Axes, maps: xr.Dataset, norm: LogNorm) -> None:
    """Maps of one task, and their colour scale."""
    alphas, labels = maps["alpha"].values, style.rate_labels(maps)
    shown, held = (_median_error(maps, n) for n in (sizes.shown_error(maps), maps.attrs["measure"]))
    for twin, row in panels.items():
        for axes, alpha, word in zip(row, alphas, labels, strict=True):
            where = {"network": twin, "alpha": alpha}
            mesh = style.heat_map(axes, shown.sel(where), norm=norm, cmap=style.ERROR_MAP)
            style.outline(axes, held.sel(where) < maps.attrs["l2_cutoff"])
            axes.set_title(word.replace(", ", "\n"), fontsize=sheet.SMALL)
            axes.tick_params(labelleft=False)
    over = "max" if float(shown.max()) > (norm.vmax or np.inf) else "neither"
    bar = scale.figure.colorbar(mesh, scale, extend=over)
    bar.set_label("error / s.d.\nwhite: cutoff")
    bar.ax.axhline(_shown_cutoff(maps), color="w", lw=1.5)


def _norm(tasks: dict[str, xr.Dataset]) -> LogNorm:
    """One colour scale for all tasks, learning rates and twins; it includes every cutoff."""
    parts = [_median_error(maps, sizes.shown_error(maps)).values.ravel() for maps in tasks.values()]
    cutoffs = [_shown_cutoff(maps) for maps in tasks.values()]
    return style.log_norm(np.concatenate([cutoffs, np.clip(np.concatenate(parts), None, WORST)]))


def _shown_cutoff(maps: xr.Dataset) -> float:
    """Cutoff as a value of the error shown.

    The cutoff is for another error, which is only nearly proportional with several outputs.
    """
    shown, held = (maps[name] for name in (sizes.shown_error(maps), maps.attrs["measure"]))
    ratio = (shown / held).sel(decoder="own").median()
    return float(ratio) * float(maps.attrs["l2_cutoff"])


def _median_error(maps: xr.Dataset, name: str) -> xr.DataArray:
    """Median over draws of an error with the own decoder."""
    return style.median_over_draws(maps[name].sel(decoder="own", drop=True))


def _sizes(block: FigureBase, gathered: xr.Dataset) -> None:
    """Panels B and C: error and decoder correlation against the size of the networks."""
    spiking, rate, slopes, correlation = block.subplots(1, 4, width_ratios=(1, 1, 1, 1))
    rate.sharey(spiking)
    fitted, words = sizes.fit(gathered), style.rate_labels(gathered)
    colors = style.learning_colors(len(words))
    for axes, twin in ((spiking, "spiking"), (rate, "rate")):
        _errors(axes, gathered.sel(network=twin), fitted.sel(network=twin), colors)
    spiking.set_ylabel("error / s.d. of target")
    _slopes(slopes, fitted, words, colors)
    _correlation(correlation, gathered, colors)
    keys = [Line2D([], [], color=color, marker="o", ms=3) for color in colors]
    title = _sweep_title(gathered)
    block.legend(keys, words, loc="outside upper center", ncols=len(words), title=title)
    for axes, text in ((spiking, "B"), (correlation, "C")):
        style.letter(axes, text)


def _sweep_title(gathered: xr.Dataset) -> str:
    """Title of the size sweep: its task, its point on the grid and its draws."""
    task, draws = names.name(gathered.attrs["task"]), gathered.sizes["draw"]
    q, g = (style.number(gathered.attrs[name]) for name in ("Q", "G"))
    counted = f"{draws} draw{'s' * (draws > 1)} of each size"
    return f"{task} at Q = {q} mV, G = {g} mV s, {counted}; learning rate:"


def _errors(
    axes: Axes, gathered: xr.Dataset, fitted: xr.Dataset, colors: Sequence[style.Color]
) -> None:
    """Error of each draw, the median and the power law, in one colour for each learning rate."""
    errors = gathered[sizes.shown_error(gathered)].sel(decoder="own")
    errors = errors.transpose("neurons", "draw", "alpha")
    size = gathered["neurons"].values.astype(float)
    for k, color in enumerate(colors):
        aside = size * 1.04 ** (k - (len(colors) - 1) / 2)  # so that no rate hides another
        own, line = errors.isel(alpha=k), fitted.isel(alpha=k)
        axes.plot(aside, own, ".", ms=3.5, mew=0, color=color, alpha=0.5)
        axes.plot(aside, own.median("draw"), "o", ms=3, mew=0, color=color)
        axes.plot(size, 10 ** line["intercept"].item() * size ** line["slope"].item(), color=color)
    twin, left_out = gathered["network"].item(), int(fitted["left_out"].sum())
    lost = f"\n{left_out} of {errors.size} diverged, left out" if left_out else ""
    axes.set_title(f"{twin} twin{lost}", color=style.PALETTE[twin])
    if left_out == errors.size:
        style.explain_empty(axes, "all diverged")
    else:
        axes.set_yscale("log")
    _size_axis(axes, size)


def _size_axis(axes: Axes, size: Floats) -> None:
    axes.set(xscale="log", xlim=(0.85 * min(size), 1.18 * max(size)))
    axes.set_xticks(size, [f"{n:g}" for n in size])
    axes.xaxis.minorticks_off()
    axes.set_xlabel("neurons N")


def _slopes(
    axes: Axes, fitted: xr.Dataset, words: list[str], colors: Sequence[style.Color]
) -> None:
    """Slope of each power law with its interval, drawn and as numbers."""
    for twin, aside in zip(KINDS, (0.2, -0.2), strict=True):
        own, color = fitted.sel(network=twin), style.PALETTE[twin]
        low, slope, high = (own[name].values for name in ("slope_low", "slope", "slope_high"))
        place = aside - np.arange(len(words))
        axes.errorbar(
            slope,
            place,
            xerr=np.maximum([slope - low, high - slope], 0),
            fmt="o",
            ms=3,
            color=color,
            elinewidth=0.8,
            capsize=1.5,
        )
        for y, *numbers in zip(place, slope, low, high, strict=True):
            axes.annotate(
                _slope_text(*numbers),
                (1.03, y),
                xycoords=("axes fraction", "data"),
                va="center",
                fontsize=sheet.SMALL,
                color=color,
            )
    axes.axvline(0, color="0.6", lw=0.7, zorder=0)
    axes.axvline(-0.5, color="0.6", lw=0.7, ls=":", zorder=0)
    axes.set_yticks(-np.arange(len(words)), [word.replace(", ", "\n") for word in words])
    for label, shade in zip(axes.get_yticklabels(), colors, strict=True):
        label.set_color(shade)
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.08)
    axes.set(xlabel="slope", title="error ~ N$^{slope}$, 95 % interval")


def _slope_text(slope: float, low: float, high: float) -> str:
    """Slope and interval as text, or the reason why there are none."""
    if not np.isfinite(slope):
        return "too few sizes"
    interval = f" [{low:.2f}, {high:.2f}]" if np.isfinite(low) else ", too few draws"
    return f"{slope:.2f}{interval}".replace("-", "\N{MINUS SIGN}")


def _correlation(axes: Axes, gathered: xr.Dataset, colors: Sequence[style.Color]) -> None:
    """Decoder correlation, mean and interval over draws."""
    table = gathered["decoder_correlation"].reset_coords(drop=True).rename("value")
    table = table.to_dataframe().reset_index()
    for color, (_, part) in zip(colors, table.groupby("alpha"), strict=True):
        sns.lineplot(
            part,
            x="neurons",
            y="value",
            errorbar=("ci", 95),
            seed=0,
            color=color,
            marker="o",
            ms=3.5,
            mew=0,
            ax=axes,
        )
    axes.set(ylabel="decoder correlation", title="twins' decoders")
    _size_axis(axes, gathered["neurons"].values)
