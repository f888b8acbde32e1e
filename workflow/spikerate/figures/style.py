"""One look for all figures: size, fonts, colours, panel letters, the foot that gives the scale."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import seaborn as sns
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, to_rgb
from matplotlib.figure import Figure

WIDTH = 19.0  # cm, a journal's full width
DPI = 300
# Okabe & Ito's colours, which colour-blind readers tell apart: a twin is known by its colour.
PALETTE = {"spiking": "#D55E00", "rate": "#0072B2", "target": "#000000", "input": "#7F7F7F"}
ERROR_MAP, CORRELATION_MAP = "viridis", "cividis"
RULES = {
    "font.family": "DejaVu Sans",
    "font.size": 7.0,
    "axes.labelsize": 7.0,
    "axes.titlesize": 7.5,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.0,
    "hatch.linewidth": 0.4,
    "pdf.fonttype": 42,  # TrueType: text in the PDF stays text
}


def sheet(height: float, scale: str) -> Figure:
    """Empty figure, `height` cm high, with the scale of the study in its foot."""
    mpl.rcParams.update(RULES)
    figure = Figure(figsize=(WIDTH / 2.54, height / 2.54), layout="constrained")
    figure.supxlabel(scale, fontsize=6, x=0.01, ha="left", color="0.35")
    return figure


def letter(axes: Axes, text: str) -> None:
    """Panel letter at the upper left, outside the axes."""
    axes.set_title(text, loc="left", fontsize=9, fontweight="bold", x=-0.02, ha="right")


def shades(name: str, count: int) -> list:
    """Shades of a twin's colour for several neurons, full colour first."""
    return [tuple(c) for c in sns.light_palette(PALETTE[name], count + 2)[:1:-1]]


def tint(name: str, share: float) -> tuple:
    """A twin's colour mixed with white; share 1 leaves it as it is."""
    return tuple(share * np.array(to_rgb(PALETTE[name])) + (1 - share))


def words(maps: xr.Dataset) -> list[str]:
    """One label a learning rate: its name and alpha."""
    pairs = zip(maps["learning_rate"].values, maps["alpha"].values, strict=True)
    return [f"{word}, {alpha:g}" for word, alpha in pairs]


def heat_map(axes: Axes, values: xr.DataArray, **look):
    """Map over (Q, G), Q across; points without a number are hatched."""
    values = values.transpose("G", "Q")
    axes.set_facecolor("0.9")
    axes.patch.set(hatch="////", edgecolor="0.5")
    mesh = axes.pcolormesh(values["Q"], values["G"], values, shading="nearest", **look)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=2)
    axes.set(xlabel="Q (mV)", ylabel="G (mV s)")
    return mesh


def log_norm(values, cutoff: float | None = None) -> LogNorm:
    """Logarithmic scale over all finite values, and the cutoff."""
    found = np.asarray(values, dtype=float).ravel()
    found = np.append(found[np.isfinite(found) & (found > 0)], cutoff or [])
    return LogNorm(found.min() / 1.05, found.max() * 1.05) if found.size else LogNorm(0.1, 1)


def save(figure: Figure, png: Path, pdf: Path) -> None:
    """Write a figure as PNG and as PDF; the same figure gives the same bytes."""
    figure.savefig(png, dpi=DPI, format="png", metadata={"Software": None})
    figure.savefig(pdf, format="pdf", metadata={"CreationDate": None})
