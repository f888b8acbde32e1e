"""Figure 1: the neuron and its rate twin, and both networks before learning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from spikerate.figures.drawing import sheet, style
from spikerate.model.kinds import KINDS


@sheet.own_style()
def draw(neuron: xr.Dataset, untrained: xr.Dataset, scale: str) -> sheet.Sheet:
    """Draw Figure 1.

    Parameters
    ----------
    neuron : of `simulate.neuron_response`
    untrained : of `simulate.untrained`
    scale : line at the foot that gives the scale of the study
    """
    figure = sheet.sheet(13.5, scale)
    upper, lower = style.stacked(figure, [1.3, 1])
    panels = upper.subplot_mosaic(
        [["drive", "f-I"], ["voltage", "f-I"], ["rate", "f-I"], ["filtered", "f-I"]],
        width_ratios=(1.8, 1),
        height_ratios=(0.6, 1, 0.7, 1),
    )
    letters = style.letters()
    _response(panels, neuron, next(letters))
    _f_i(panels["f-I"], neuron, next(letters))
    *networks, match, separation = lower.subplots(1, 4, width_ratios=(1.15, 1.15, 1, 1))
    _activity(networks, untrained, letters)
    _match(match, untrained, next(letters))
    _separation(separation, untrained, next(letters))
    return figure


def _response(panels: Mapping[str, Axes], neuron: xr.Dataset, letter: str) -> None:
    """One neuron under a step of current."""
    time, spikes = neuron["time"] * 1e3, neuron["spike_time"] * 1e3
    panels["drive"].plot(time, neuron["drive"], color=style.PALETTE["input"])
    panels["drive"].set(ylabel="current\n(mV)")
    style.label(panels["drive"], letter, "one neuron under a step of current")
    top = float(neuron["voltage"].max())
    voltage = panels["voltage"]
    voltage.plot(time, neuron["voltage"], color=style.PALETTE["spiking"], lw=0.8)
    voltage.vlines(spikes, top, top + 30, style.PALETTE["spiking"], lw=0.8)
    voltage.set(ylabel="voltage\n(mV)")
    rate = panels["rate"]
    rate.plot(time, neuron["instantaneous_rate"], color=style.PALETTE["rate"])
    rate.set(ylabel="rate f(I)\n(Hz)")
    for twin in KINDS:
        panels["filtered"].plot(
            time, neuron["filtered"].sel(network=twin), color=style.PALETTE[twin]
        )
    panels["filtered"].set(xlabel="time (ms)", ylabel="filtered R\n(1/s)")
    style.legend(panels["drive"], *KINDS, target=False)
    column = [panels[part] for part in ("drive", "voltage", "rate", "filtered")]
    for axes in column:
        axes.set_xlim(0, float(time[-1]))
        axes.tick_params(labelbottom=axes is column[-1])


def _f_i(axes: Axes, neuron: xr.Dataset, letter: str) -> None:
    """Rate against constant current, in closed form and from spike counts."""
    current = neuron["current"]
    axes.plot(current, neuron["rate"], color=style.PALETTE["rate"], label="rate twin, f(I)")
    axes.plot(
        current,
        neuron["spike_rate"],
        "o",
        ms=3,
        mfc="none",
        mew=0.8,
        color=style.PALETTE["spiking"],
        label="spiking twin, spikes counted",
    )
    axes.set(xlabel="constant current (mV)", ylabel="firing rate (Hz)")
    axes.legend(loc="upper left")
    style.label(axes, letter, "f-I curve")


def _activity(panels: Sequence[Axes], untrained: xr.Dataset, letters: Iterator[str]) -> None:
    """Filtered activity of a few neurons of both networks before learning."""
    time, lane = untrained["time"].values, style.spacing(untrained["filtered"])
    for axes, twin in zip(panels, KINDS, strict=True):
        traces = untrained["filtered"].sel(network=twin).transpose("time", ...).values
        style.stacked_neurons(axes, time, traces, twin, lane)
        axes.set(xlabel="time (s)")
        style.label(axes, next(letters), f"{twin} twin, untrained", style.PALETTE[twin])


def _match(axes: Axes, untrained: xr.Dataset, letter: str) -> None:
    """Mean rate of each neuron in one network against its rate in the other."""
    spiking, rate = (untrained["mean_rate"].sel(network=twin) for twin in KINDS)
    top = 1.05 * max(float(spiking.max()), float(rate.max()), 1.0)
    axes.axline((0, 0), slope=1, color="0.6", lw=0.6, ls="--")
    axes.plot(rate, spiking, ".", ms=2, color="0.25", alpha=0.5, mew=0, rasterized=True)
    axes.set(xlim=(0, top), ylim=(0, top))
    axes.set_xlabel("rate twin (Hz)", color=style.PALETTE["rate"])
    axes.set_ylabel("spiking twin (Hz)", color=style.PALETTE["spiking"])
    style.label(axes, letter, "mean rates")


def _separation(axes: Axes, untrained: xr.Dataset, letter: str) -> None:
    """Distance between two runs that start close together; zero is drawn at the bottom."""
    distance = untrained["separation"]
    floor = float(distance.where(distance > 0).min()) / 10
    floor = floor if np.isfinite(floor) else 1e-12
    for twin in KINDS:
        own = distance.sel(network=twin)
        axes.semilogy(untrained["time"], own.where(own > 0, floor), color=style.PALETTE[twin])
    still = [twin for twin in KINDS if not (distance.sel(network=twin) > 0).any()]
    if still:
        axes.annotate(
            f"{' and '.join(still)} twin: exactly 0:\nno spike moved by a step",
            (0.97, floor),
            (0, 3),
            ("axes fraction", "data"),
            ha="right",
            textcoords="offset points",
            color=style.PALETTE[still[0]],
            fontsize=sheet.SMALL,
        )
    axes.set(xlabel="time (s)", ylabel="rms distance of R (1/s)", ylim=(floor / 2, None))
    axes.set_xlim(0, float(untrained["time"][-1]))
    style.label(axes, letter, f"runs started {untrained.attrs['nudge']:g} mV apart")
