"""Figure 3: pairs of twins before, during and after learning."""

from __future__ import annotations

import xarray as xr
from matplotlib.figure import Figure

from spikerate.figures import style

TWINS = ("spiking", "rate")
ROWS = ("readout", "filtered", "weights", "updates")


def draw(demonstrations: dict[str, xr.Dataset], scale: str) -> Figure:
    """Draw Figure 3, one block of panels a task.

    Parameters
    ----------
    demonstrations : of `demonstration.both_twins`, by task
    scale : one line for the foot
    """
    figure = style.sheet(14.0 * len(demonstrations), scale)
    blocks = figure.subfigures(len(demonstrations), 1, squeeze=False)[:, 0]
    letters = iter("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    for block, (task, shown) in zip(blocks, demonstrations.items(), strict=True):
        block.suptitle(_title(task, shown), fontsize=8)
        panels = block.subplots(
            4, 2, sharex=True, sharey="row", height_ratios=(1.3, 1.3, 1, 1)
        )  # fmt: skip
        for column, name in zip(panels.T, TWINS, strict=True):
            _twin(column, shown.sel(network=name), name)
        for row in panels:
            style.letter(row[0], next(letters))
            row[1].tick_params(labelleft=True)
    return figure


def _title(task: str, shown: xr.Dataset) -> str:
    a = shown.attrs
    return (
        f"{task}: N = {a['neurons']}, alpha = {a['learning_rate']:g},"
        f" Q = {a['encoder_strength']:g} mV, G = {a['reservoir_strength']:g} mV s"
    )


def _twin(column, shown: xr.Dataset, name: str) -> None:
    """One twin: readout over target, neurons, decoder weights, size of the updates."""
    readout, neurons, weights, updates = column
    time, color = shown["time"], style.PALETTE[name]
    for output in range(min(shown.sizes["output"], 3)):
        readout.plot(time, shown["target"].isel(output=output), color=style.PALETTE["target"],
                     lw=0.8, ls=(0, (3, 1.5)), label="target")  # fmt: skip
        readout.plot(time, shown["readout"].isel(output=output), color=color, label=f"{name} twin")
    peak = float(abs(shown["target"]).max())
    readout.set(ylabel="readout", ylim=(-1.6 * peak, 2.2 * peak), title=f"{name} twin")
    handles, labels = readout.get_legend_handles_labels()
    readout.legend(handles[:2], labels[:2], loc="upper right", ncols=2, bbox_to_anchor=(1, 1.04))
    colors = style.shades(name, shown.sizes["recorded"])
    for k, shade in enumerate(colors):
        neurons.plot(time, shown["filtered"].isel(recorded=k), color=shade, lw=0.7)
        weights.plot(time, shown["decoder_weights"].isel(recorded=k) * 1e3, color=shade, lw=0.9)
    neurons.set(ylabel="filtered R (1/s)")
    weights.set(ylabel="decoder weights\n(ms)")
    change = shown["decoder_change"]
    updates.semilogy(shown["update_time"], change.where(change > 0) * 1e3, ".", ms=2, color=color)
    updates.set(ylabel="size of update\n(ms)", xlabel="time (s)")
    updates.set_xlim(0, float(time[-1]))
    for axes in column:
        axes.axvspan(shown.attrs["learning_start"], shown.attrs["learning_end"], color="0.93", lw=0)
    _phases(readout, shown)


def _phases(axes, shown: xr.Dataset) -> None:
    """Name the phases at the foot of the readout."""
    start, end = shown.attrs["learning_start"], shown.attrs["learning_end"]
    phases = {"before": (0, start), "learning": (start, end), "after": (end, float(shown.time[-1]))}
    for word, (first, last) in phases.items():
        axes.annotate(word, ((first + last) / 2, 0.02), xycoords=("data", "axes fraction"),
                      ha="center", color="0.35", fontsize=6.5)  # fmt: skip
