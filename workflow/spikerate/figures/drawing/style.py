"""What several figures share: colours, layout, panel letters, traces and maps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from math import floor, log10
from typing import Any

import numpy as np
import seaborn as sns
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, QuadMesh
from matplotlib.colors import LogNorm
from matplotlib.figure import FigureBase, SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import ArrayLike, NDArray

from spikerate.figures import names
from spikerate.figures.drawing.sheet import RULES, SMALL
from spikerate.model.neuron import Floats

# Okabe & Ito's colours, which colour-blind readers can tell apart; each twin has its own.
PALETTE = {"spiking": "#D55E00", "rate": "#0072B2", "target": "#000000", "input": "#7F7F7F"}
ERROR_MAP = "viridis"
CORRELATION_MAP = "cividis"
LEARNING = "#4B1D6B"  # colour of the fastest learning; slower learning is lighter
DASHED: dict[str, Any] = {"color": PALETTE["target"], "lw": 0.8, "ls": (0, (3, 1.5))}  # the target
STAR: dict[str, Any] = {"marker": "*", "ls": "", "ms": 9, "mfc": "w", "mec": "k", "mew": 0.7}
COLUMNS = 4  # learning rates drawn for a task that has more
HATCHED: dict[str, Any] = {"facecolor": "0.92", "edgecolor": "0.55", "hatch": "//////", "lw": 0}
LANES = 5  # outputs drawn for a task that has more

Panels = NDArray[np.object_]  # axes, as `subplots` returns them
Color = tuple[float, float, float]  # RGB, from 0 to 1


def stacked(figure: FigureBase, heights: Sequence[float]) -> list[SubFigure]:
    """Parts of a figure from top to bottom, with heights in any unit."""
    return list(figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0])


def side_by_side(figure: FigureBase, widths: Sequence[float]) -> list[SubFigure]:
    """Parts of a figure from left to right, with widths in any unit."""
    return list(figure.subfigures(1, len(widths), width_ratios=widths, squeeze=False)[0])


def heading(block: FigureBase, text: str) -> None:
    """Title of a part of a figure, at its upper left."""
    block.suptitle(text, fontsize=7.5, x=0.01, ha="left", linespacing=1.3)


def letters() -> Iterator[str]:
    """Panel letters A, B, ... Z, A1, B1, ..."""
    for turn in count():
        for one in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
            yield f"{one}{turn or ''}"


def letter(axes: Axes, text: str) -> None:
    """Panel letter left of the upper left corner."""
    pad = RULES["axes.titlepad"]
    look: dict[str, Any] = {
        "ha": "right",
        "va": "baseline",
        "fontsize": 9,
        "fontweight": "bold",
        "gid": "letter",
    }
    axes.annotate(text, (0, 1), (-pad, pad), "axes fraction", "offset points", **look)


def label(axes: Axes, text: str, title: str = "", color: str = "k") -> None:
    """Panel letter, and the title to its right."""
    axes.set_title(title, color=color, y=1)
    letter(axes, text)


def number(value: float) -> str:
    """Number as journals print it: 0.15, 25, or 5 x 10^-7 with a superscript."""
    exponent = floor(log10(abs(value))) if value else 0
    if -3 < exponent < 4:
        return f"{float(f'{value:.3g}'):g}".replace("-", "\N{MINUS SIGN}")
    factor = f"{value / 10.0**exponent:.3g}"
    times = "" if factor == "1" else rf"{factor} \times "
    return f"${times}10^{{{exponent}}}$"


def round_below(value: float) -> float:
    """Round a positive value down to 1, 2 or 5 times a power of ten."""
    decade = 10.0 ** floor(log10(value))
    return decade * max(k for k in (1, 2, 5) if k * decade <= value)


def rate_labels(maps: xr.Dataset) -> list[str]:
    """A label for each learning rate: its name and alpha."""
    pairs = zip(maps["speed"].values, maps["alpha"].values, strict=True)
    return [f"{word}, {number(alpha)}" for word, alpha in pairs]


def some_rates(maps: xr.Dataset) -> xr.Dataset:
    """At most COLUMNS learning rates, spread from the slowest to the fastest."""
    last = maps.sizes["alpha"] - 1
    return maps.isel(alpha=np.unique(np.linspace(0, last, COLUMNS).round().astype(int)))


def median_over_draws(errors: xr.DataArray) -> xr.DataArray:
    """Median over the draws; diverged networks count as the worst, NaN if the median is one."""
    middle = errors.fillna(np.inf).median("draw")
    return middle.where(np.isfinite(middle))


def shades(color: str, count: int) -> list[Color]:
    """Shades of a colour, the full colour first."""
    return [tuple(c) for c in sns.light_palette(color, count + 2)[:1:-1]]


def learning_colors(rates: int) -> list[Color]:
    """A colour for each learning rate, from light for slow to dark for fast."""
    return shades(LEARNING, rates)[::-1]


def legend(axes: Axes, *networks: str, target: bool = True) -> None:
    """Legend of target and twins, above the panel on the right, clear of the data."""
    handles = [Line2D([], [], label="target", **DASHED)] if target else []
    handles += [Line2D([], [], color=PALETTE[n], label=f"{n} twin") for n in networks]
    axes.legend(
        handles=handles,
        loc="lower right",
        bbox_to_anchor=(1, 1),
        ncols=len(handles),
        columnspacing=0.7,
        handlelength=1.0,
        handletextpad=0.4,
        borderpad=0.1,
    )


def window(run: xr.Dataset, seconds: float) -> xr.Dataset:
    """Part of a run in which the target moves most; the whole run if it is short."""
    time = run["time"].values
    size = int(np.searchsorted(time, time[0] + seconds * (1 - 1e-9)))
    if size >= time.size:
        return run
    starts = range(0, time.size - size + 1, size)
    moves = [run["target"].isel(time=slice(s, s + size)).var("time").sum() for s in starts]
    start = starts[int(np.argmax(np.round(moves, 6)))]
    return run.isel(time=slice(start, start + size))


def readout(axes: Axes, task: str, run: xr.Dataset, network: str) -> None:
    """Draw the readout of a twin over the target; several outputs are stacked, up to LANES.

    Parameters
    ----------
    run : with `target` and `readout`, both (time, output)
    """
    target, made = run["target"].values[:, :LANES], run["readout"].values[:, :LANES]
    several = target.shape[1] > 1
    span = float(np.ptp(target, axis=0).max()) or 1.0
    middle = (target.min(axis=0) + target.max(axis=0)) / 2
    places = -1.4 * span * np.arange(target.shape[1]) if several else middle
    reach = 0.9 * span
    axes.plot(run["time"], target - middle + places, **DASHED)
    made = (made - middle).clip(-reach, reach)
    axes.plot(run["time"], made + places, color=PALETTE[network], lw=0.9)
    axes.set(xlim=run["time"].values[[0, -1]], ylim=(places[-1] - reach, places[0] + reach))
    axes.set(ylabel="readout")
    if several:
        word, known = names.OUTPUTS.get(task, ("output", range(1, LANES + 1)))
        axes.set(ylabel=word, yticks=places)
        axes.set_yticklabels(list(map(str, known))[: places.size], fontsize=SMALL)
    if not np.isfinite(made).any():
        explain_empty(axes, "diverged")


def jittered_dots(axes: Axes, jitter: float, **look: Any) -> None:
    """Draw every value as a dot, at most `jitter` to the side of its category.

    Seaborn's own jitter comes from NumPy's global generator, so it would differ each time.

    Parameters
    ----------
    look : arguments of `seaborn.stripplot`
    """
    earlier, rng = len(axes.collections), np.random.default_rng(0)
    sns.stripplot(ax=axes, jitter=False, **look)
    for dots in axes.collections[earlier:]:
        places: np.ma.MaskedArray[Any, Any] = np.ma.asarray(dots.get_offsets())
        places[:, 0] += rng.uniform(-jitter, jitter, len(places))
        dots.set_offsets(places)


def spacing(traces: ArrayLike) -> float:
    """Distance between stacked neurons: a little more than the largest R (1/s)."""
    found = np.asarray(traces)[np.isfinite(traces)]
    return 1.05 * float(found.max(initial=0.0)) or 1.0


def stacked_neurons(axes: Axes, time: Floats, traces: Floats, network: str, lane: float) -> None:
    """Draw filtered R (time, neuron), stacked; the axis gives the scale of the first neuron."""
    colors = shades(PALETTE[network], traces.shape[1])
    for k, color in enumerate(colors):
        axes.plot(time, traces[:, k] - k * lane, color=color, lw=0.8)
    bar = round_below(lane)
    axes.set(xlim=(time[0], time[-1]), ylim=(-(len(colors) - 0.9) * lane, lane))
    axes.set(yticks=[0, bar], yticklabels=["", f"{bar:g}"], ylabel="R (1/s)")
    axes.spines["left"].set_bounds(0, bar)


def explain_empty(axes: Axes, text: str) -> None:
    """Say in a panel why it is empty."""
    axes.annotate(text, (0.5, 0.5), xycoords="axes fraction", ha="center", va="center", color="0.4")


def edges(centres: ArrayLike) -> Floats:
    """Edges of the cells around increasing centres, also around a single one."""
    places: Floats = np.asarray(centres, dtype=float)
    if places.size == 1:
        half = abs(places[0]) / 2 or 0.5
        return np.array([places[0] - half, places[0] + half])
    middle = (places[1:] + places[:-1]) / 2
    return np.array([2 * places[0] - middle[0], *middle, 2 * places[-1] - middle[-1]])


def heat_map(axes: Axes, values: xr.DataArray, **look: Any) -> QuadMesh:
    """Draw a map over (Q, G), with Q along x; points without a number are hatched."""
    values = values.transpose("G", "Q")
    x, y = edges(values["Q"]), edges(values["G"])
    axes.patch.set(**HATCHED)
    mesh = axes.pcolormesh(x, y, np.ma.masked_invalid(values), rasterized=True, **look)
    axes.spines[:].set_visible(False)
    axes.locator_params(nbins=4)
    return mesh


def diverged() -> Patch:
    """Entry of a legend for the points of a map that have no number."""
    return Patch(label="diverged", **HATCHED)


def outline(axes: Axes, inside: xr.DataArray) -> None:
    """Outline in white the cells of a map for which `inside` is true."""
    x, y = edges(inside["Q"]), edges(inside["G"])
    mask = np.pad(inside.transpose("G", "Q").values, 1)
    upright = np.argwhere(mask[1:-1, 1:] != mask[1:-1, :-1])
    level = np.argwhere(mask[1:, 1:-1] != mask[:-1, 1:-1])
    lines = [[(x[j], y[i]), (x[j], y[i + 1])] for i, j in upright]
    lines += [[(x[j], y[i]), (x[j + 1], y[i])] for i, j in level]
    axes.add_collection(LineCollection(lines, colors="w", lw=1.0, capstyle="round"), autolim=False)


def star(axes: Axes, best: xr.Dataset) -> None:
    """Draw a star on a map at the point `starred_Q`, `starred_G` of a dataset."""
    axes.plot(best["starred_Q"], best["starred_G"], **STAR)


def log_norm(values: ArrayLike, cutoff: float | None = None) -> LogNorm:
    """Logarithmic scale over all finite values and the cutoff, with at least one power of ten."""
    found = np.append(np.asarray(values, dtype=float).ravel(), cutoff or [])
    found = found[np.isfinite(found) & (found > 0)]
    if not found.size:
        return LogNorm(0.1, 1)
    low, high = found.min() / 1.05, found.max() * 1.05
    return LogNorm(min(low, 10.0 ** floor(log10(high))), high)
