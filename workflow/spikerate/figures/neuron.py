"""Figure 1: the neuron and its rate twin, and both networks before learning."""

from __future__ import annotations

import xarray as xr
from matplotlib.figure import Figure

from spikerate.figures import style

TWINS = ("spiking", "rate")


def draw(neuron: xr.Dataset, untrained: xr.Dataset, scale: str) -> Figure:
    """Draw Figure 1.

    Parameters
    ----------
    neuron : of `simulate.neuron_response`
    untrained : of `simulate.untrained`
    scale : one line for the foot
    """
    figure = style.sheet(15.0, scale)
    upper, lower = figure.subfigures(2, 1, height_ratios=(1.25, 1))
    panels = upper.subplot_mosaic(
        [["drive", "f-I"], ["voltage", "f-I"], ["rate", "f-I"], ["filtered", "f-I"]],
        width_ratios=(1.7, 1), height_ratios=(0.6, 1, 0.8, 1),
    )  # fmt: skip
    _response(panels, neuron)
    _f_i(panels["f-I"], neuron)
    left, middle, right, last = lower.subplots(1, 4)
    _activity(left, untrained, "spiking")
    _activity(middle, untrained, "rate")
    middle.sharey(left)
    _match(right, untrained)
    _separation(last, untrained)
    shown = (panels["drive"], panels["f-I"], left, middle, right, last)
    for axes, text in zip(shown, "ABCDEF", strict=True):
        style.letter(axes, text)
    return figure


def _response(panels, neuron):
    """Panel A: one neuron under a step of current."""
    time, spikes = neuron["time"] * 1e3, neuron["spike_time"] * 1e3
    panels["drive"].plot(time, neuron["drive"], color=style.PALETTE["input"])
    panels["drive"].set(ylabel="current\n(mV)", title="one neuron under a step of current")
    low, high = neuron.attrs.get("v_axis", (float(neuron["voltage"].min()) - 5, 0.0))
    voltage = panels["voltage"]
    voltage.plot(time, neuron["voltage"], color=style.PALETTE["spiking"], lw=0.8)
    voltage.vlines(spikes, neuron["voltage"].max(), high - 5, style.PALETTE["spiking"], lw=0.8)
    voltage.set(ylabel="voltage\n(mV)", ylim=(low, high))
    rate = panels["rate"]
    rate.plot(time, neuron["instantaneous_rate"], color=style.PALETTE["rate"])
    rate.set(ylabel="rate f(I)\n(Hz)")
    for name in TWINS:
        values = neuron["filtered"].sel(network=name)
        panels["filtered"].plot(time, values, color=style.PALETTE[name], label=f"{name} twin")
    panels["filtered"].set(xlabel="time (ms)", ylabel="filtered R\n(1/s)")
    panels["filtered"].legend(loc="upper left", ncols=1)
    column = [panels[name] for name in ("drive", "voltage", "rate", "filtered")]
    for axes in column:
        axes.set_xlim(0, float(time[-1]))
        if axes is not column[-1]:
            axes.tick_params(labelbottom=False)


def _f_i(axes, neuron):
    """Panel B: rate against constant current, closed form and spike counts."""
    current = neuron["current"]
    axes.plot(current, neuron["rate"], color=style.PALETTE["rate"], label="rate twin, f(I)")
    axes.plot(
        current, neuron["spike_rate"], "o", ms=3, mfc="none", mew=0.8,
        color=style.PALETTE["spiking"], label="spiking twin, counted",
    )  # fmt: skip
    axes.set(xlabel="constant current (mV)", ylabel="firing rate (Hz)", title="f-I curve")
    axes.legend(loc="upper left")


def _activity(axes, untrained, name):
    """Panels C and D: filtered activity of a few neurons before learning."""
    traces = untrained["filtered"].sel(network=name)
    for k, shade in enumerate(style.shades(name, traces.sizes["recorded"])):
        axes.plot(traces["time"] * 1e3, traces.isel(recorded=k), color=shade, lw=0.8)
    axes.set(xlabel="time (ms)", ylabel="filtered R (1/s)", title=f"{name} network, untrained")


def _match(axes, untrained):
    """Panel E: mean rate of each neuron in both networks."""
    spiking, rate = (untrained["mean_rate"].sel(network=name) for name in TWINS)
    top = 1.05 * max(float(spiking.max()), float(rate.max()), 1.0)
    axes.axline((0, 0), slope=1, color="0.6", lw=0.6, ls="--")
    axes.plot(rate, spiking, ".", ms=2, color="0.25", alpha=0.5, mew=0)
    axes.set(xlim=(0, top), ylim=(0, top), aspect="equal", title="mean rates (Hz)")
    axes.set_xlabel("rate twin", color=style.PALETTE["rate"])
    axes.set_ylabel("spiking twin", color=style.PALETTE["spiking"])


def _separation(axes, untrained):
    """Panel F: how far a run and one started beside it part."""
    for name in TWINS:
        values = untrained["separation"].sel(network=name)
        axes.semilogy(
            untrained["time"] * 1e3, values.where(values > 0), color=style.PALETTE[name], label=name
        )
    axes.set(xlabel="time (ms)", ylabel="rms distance of R (1/s)", title="runs begun 1e-6 mV apart")
    axes.legend(loc="lower right")
