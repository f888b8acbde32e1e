"""Figures 4 and 5: slow and fast learning over the (Q, G) grid, and its best-correlated point."""

from __future__ import annotations

import numpy as np
import seaborn as sns
import xarray as xr
from matplotlib.figure import Figure
from scipy.stats import linregress

from spikerate.datasets import at_rate
from spikerate.figures import style

TWINS = ("spiking", "rate")
OTHER = {"spiking": "rate", "rate": "spiking"}
SHOWN = 3.0  # periods, or s where a task has none, of the runs drawn


def draw(tasks: dict[str, tuple], learning_rate: str, scale: str) -> Figure:
    """Draw Figure 4 or 5, one block of panels a task.

    Parameters
    ----------
    tasks : (maps, starred) of `maps.gather` and `maps.starred`, by task
    learning_rate : name of the one to draw
    scale : one line for the foot
    """
    figure = style.sheet(18.5 * len(tasks), scale)
    blocks = figure.subfigures(len(tasks), 1, squeeze=False)[:, 0]
    letters = iter("ABCDEFGHIJKLMNOPQRSTUVWXYZ" * 2)
    for block, (task, (maps, starred)) in zip(blocks, tasks.items(), strict=True):
        # Both figures share the scales of all learning rates: slow and fast can be compared.
        whole, best = maps, at_rate(starred, learning_rate)
        block.suptitle(_title(task, best, learning_rate, maps), fontsize=8)
        panels = block.subplot_mosaic(
            [["map spiking", "map rate", "map correlation"],
             ["own spiking", "own rate", "decoders"],
             ["neurons spiking", "neurons rate", "decoders"],
             ["swapped spiking", "swapped rate", "errors"]],
            height_ratios=(1.35, 1, 1, 1),
        )  # fmt: skip
        _maps(block, panels, whole, best, learning_rate)
        _runs(panels, best)
        _decoders(panels["decoders"], best)
        _errors(panels["errors"], at_rate(maps, learning_rate))
        for axes in panels.values():
            style.letter(axes, next(letters))
    return figure


def error_name(maps: xr.Dataset) -> str:
    """Error held against the cutoff: `measure` in the attributes."""
    return maps.attrs["measure"]


def _title(task, best, learning_rate, maps) -> str:
    under = "" if int(best["under_cutoff"]) else "; no point has both twins under the cutoff"
    return (
        f"{task}, {learning_rate} learning (alpha = {float(best['alpha']):g});"
        f" star: Q = {float(best['starred_Q']):.3g} mV, G = {float(best['starred_G']):.3g} mV s,"
        f" best-correlated point under the cutoff{under}"
    )


def _maps(block, panels, whole, best, learning_rate) -> None:
    """Errors of both twins on one scale, and the correlation of their decoders."""
    name, maps = error_name(whole), at_rate(whole, learning_rate)
    cutoff = whole.attrs["l2_cutoff"]
    norm = style.log_norm(whole[name].sel(decoder="own").median("draw"), cutoff)
    for twin in TWINS:
        axes = panels[f"map {twin}"]
        values = maps[name].sel(network=twin, decoder="own").median("draw")
        mesh = style.heat_map(axes, values, norm=norm, cmap=style.ERROR_MAP)
        axes.set_title(f"{twin} twin, error", color=style.PALETTE[twin])
        _outline(axes, values, cutoff)
    bar = block.colorbar(mesh, ax=[panels[f"map {twin}"] for twin in TWINS], shrink=0.9, pad=0.01)
    bar.set_label("error (s$^{1/2}$); line: cutoff")
    bar.ax.axhline(cutoff, color="w", lw=1.5)
    axes = panels["map correlation"]
    values = maps["decoder_correlation"].median("draw")
    low = min(0.0, float(whole["decoder_correlation"].median("draw").min()))
    mesh = style.heat_map(axes, values, vmin=low, vmax=1, cmap=style.CORRELATION_MAP)
    axes.set_title("decoder correlation")
    block.colorbar(mesh, ax=axes, shrink=0.9, pad=0.01).set_label("correlation")
    star = {"marker": "*", "ms": 9, "mfc": "w", "mec": "k", "mew": 0.7}
    for panel in ("map spiking", "map rate", "map correlation"):
        panels[panel].plot(best["starred_Q"], best["starred_G"], **star)


def _outline(axes, values, cutoff) -> None:
    """White outline around the points under the cutoff."""
    values = values.transpose("G", "Q")
    if min(values.shape) > 1 and (values < cutoff).any() and (values > cutoff).any():
        filled = np.log(values.fillna(values.max()))
        axes.contour(values["Q"], values["G"], filled, [np.log(cutoff)], colors="w", linewidths=1)


def _runs(panels, best) -> None:
    """Starred point: readouts with each decoder over the target, and a few neurons."""
    time = best["time"]
    span = {"own": "own decoder", "other": "{} decoder"}
    for twin in TWINS:
        for decoder, row in (("own", "own"), ("other", "swapped")):
            axes = panels[f"{row} {twin}"]
            readout = best["readout"].sel(network=twin, decoder=decoder).isel(output=0)
            axes.plot(time, best["target"].isel(output=0), color=style.PALETTE["target"], lw=0.8,
                      ls=(0, (3, 1.5)))  # fmt: skip
            axes.plot(time, readout, color=style.PALETTE[twin])
            of = span[decoder].format(f"{OTHER[twin]} twin's")
            axes.set(title=f"{twin} twin, {of}", ylabel="readout", xlim=(0, float(time[-1])))
            axes.set_ylim(*_limits(best["target"]))
        axes = panels[f"neurons {twin}"]
        filtered = best["filtered"].sel(network=twin)
        for k, shade in enumerate(style.shades(twin, best.sizes["recorded"])):
            axes.plot(time, filtered.isel(recorded=k), color=shade, lw=0.7)
        axes.set(title=f"{twin} twin, five neurons", ylabel="filtered R (1/s)")
        axes.set_xlim(0, float(time[-1]))
        panels[f"swapped {twin}"].set_xlabel("time (s)")
    panels["neurons rate"].sharey(panels["neurons spiking"])


def _limits(target) -> tuple[float, float]:
    peak = float(abs(target.isel(output=0)).max())
    return -1.8 * peak, 1.8 * peak


def _decoders(axes, best) -> None:
    """Decoder weights of the two twins, neuron by neuron, with the linear fit."""
    rate, spiking = (best["weights"].sel(network=twin).values.ravel() * 1e3 for twin in TWINS[::-1])
    axes.plot(rate, spiking, ".", ms=2.5, color="0.3", alpha=0.5, mew=0)
    if np.isfinite(rate).all() and np.isfinite(spiking).all() and np.ptp(rate) > 0:
        fit = linregress(rate, spiking)
        ends = np.array([rate.min(), rate.max()])
        axes.plot(ends, fit.intercept + fit.slope * ends, color="k", lw=1.2)
        text = f"slope {fit.slope:.2f} $\\pm$ {fit.stderr:.2f}\ncorrelation {fit.rvalue:.2f}"
        axes.annotate(text, (0.04, 0.97), xycoords="axes fraction", va="top")
    axes.set_title("decoder weights at the star (ms)")
    axes.set_xlabel("rate twin", color=style.PALETTE["rate"])
    axes.set_ylabel("spiking twin", color=style.PALETTE["spiking"])


def _errors(axes, maps) -> None:
    """Errors of all points of the grid, with their own and with swapped decoders."""
    name = error_name(maps).replace("l2_error", "nrmse")
    table = maps[name].to_dataframe().reset_index().dropna(subset=[name])
    table["decoder"] = table["decoder"].map({"own": "own", "other": "swapped"})
    look = {"data": table, "x": "decoder", "y": name, "hue": "network", "ax": axes, "dodge": True,
            "order": ["own", "swapped"], "hue_order": TWINS, "palette": style.PALETTE}  # fmt: skip
    sns.stripplot(size=2, alpha=0.6, legend=False, **look, log_scale=True, jitter=0.2)
    sns.boxplot(fill=False, fliersize=0, linewidth=0.7, width=0.75, legend=False, **look)
    axes.set(xlabel="decoder", ylabel="error / s.d. of target", title="all points of the grid")
