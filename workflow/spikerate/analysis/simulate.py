"""Untrained neurons and networks: f-I curve, response to a step of current, chaos."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from spikerate.model import networks
from spikerate.model.kinds import KINDS
from spikerate.model.network import Network
from spikerate.model.networks import Settings
from spikerate.model.neuron import Floats
from spikerate.model.weights import Weights

# mV, distance between the starts of two neighbouring runs; a smaller one may move no spike to
# another step, and is then forgotten
NUDGE = 1e-2


def uncoupled(
    kind: str, current: ArrayLike, neuron: Mapping[str, Any], dt: float, numerics: str
) -> Network:
    """Neurons without synapses between them, each driven by the input through its own weight.

    Parameters
    ----------
    current : array (neuron,), mV, the current that an input of 1 adds to the bias
    neuron : of `networks.constants`
    """
    psi = np.asarray(current, dtype=float)[:, None]
    n = psi.size
    weights = Weights.of_arrays(np.zeros((n, n)), np.zeros((n, 1)), psi)
    return networks.build(kind, weights, neuron, dt, numerics)


def spike_rates(
    current: ArrayLike,
    neuron: Mapping[str, Any],
    dt: float,
    duration: float,
    numerics: str = "exact",
) -> Floats:
    """Spikes per second of simulated neurons under constant currents.

    Parameters
    ----------
    current : array (neuron,), mV, the bias included; each neuron starts at reset
    neuron : of `networks.constants`
    dt, duration : s

    Returns
    -------
    array (neuron,), Hz
    """
    cell, _ = networks.constants(neuron)
    added = np.asarray(current) - cell.bias
    network = uncoupled("spiking", added, neuron, dt, numerics)
    steps = round(duration / dt)
    _, trace = network.advance(network.rest(), None, steps, np.ones((steps, 1)), spikes=True)
    rates: Floats = np.bincount(trace.spikes[:, 1], minlength=added.size) / (steps * dt)
    return rates


def neuron_response(
    neuron: Mapping[str, Any],
    dt: float,
    numerics: str,
    *,
    step: float,
    duration: float,
    span: float,
    currents: int = 41,
    sample_steps: int = 2,
) -> xr.Dataset:
    """One neuron and its rate twin under a step of current, and the f-I curve of both.

    Parameters
    ----------
    neuron : of `networks.constants`
    step : mV, current above rheobase during the middle half of the run
    duration : s, of the run; the f-I curve counts spikes for four times as long
    span : mV; the f-I curve runs from span/4 below rheobase to span above it
    currents : how many points the f-I curve has
    sample_steps : steps of dt between samples of the traces
    """
    cell, _ = networks.constants(neuron)
    steps = round(duration / dt)
    time = np.arange(steps) * dt
    on = np.zeros(steps)
    on[round(steps / 4) : round(3 * steps / 4)] = 1.0
    step = cell.rheobase - cell.bias + step
    current = cell.rheobase + np.linspace(-span / 4, span, currents)
    twins = {n: uncoupled(n, [step], neuron, dt, numerics) for n in KINDS}
    traces = {
        n: network.advance(
            network.rest(), None, steps, on[:, None], sample_steps, recorded=[0], spikes=True
        )[1]
        for n, network in twins.items()
    }
    drive = cell.bias + step * on[::sample_steps]
    data = {
        "rate": ("current", cell.rate(current)),
        "spike_rate": ("current", spike_rates(current, neuron, dt, 4 * duration, numerics)),
        "drive": ("time", drive),
        "voltage": ("time", _voltage(twins["spiking"], on, sample_steps)),
        "spike_time": ("spike", traces["spiking"].spikes[:, 2] * dt),
        "instantaneous_rate": ("time", cell.rate(drive)),
        "filtered": (("network", "time"), [traces[n].filtered[0, :, 0] for n in KINDS]),
    }
    coords = {"current": current, "time": time[::sample_steps], "network": list(KINDS)}
    return xr.Dataset(data, coords)


def _voltage(network: Network, drive: Floats, sample_steps: int) -> list[float]:
    """Voltage (mV) of a single spiking neuron, sampled every `sample_steps` steps."""
    state, voltage = network.rest(), []
    for start in range(0, len(drive), sample_steps):
        voltage.append(state.arrays()["v"][0, 0])
        inputs = drive[start : start + sample_steps, None]
        state, _ = network.advance(state, None, len(inputs), inputs, sample_steps)
    return voltage


def untrained(
    settings: Settings,
    *,
    reservoir_strength: float,
    duration: float,
    sample_every: float,
    recorded: int,
) -> xr.Dataset:
    """Both twins before learning: traces, mean rates, and how fast neighbouring runs diverge.

    Parameters
    ----------
    settings : whose points share one reservoir
    reservoir_strength : G, mV s
    duration, sample_every : s
    recorded : how many neurons to record, spread evenly

    Returns
    -------
    Dataset along `network`: `filtered` (time, recorded), R of a few neurons; `mean_rate` (neuron),
    over the second half of the run; and `separation` (time), the rms difference in R between two
    runs whose starts differ by NUDGE, over all neurons. All in Hz.
    """
    shown = networks.recorded_neurons(settings.neurons, recorded)
    steps, sample_steps = settings.steps(duration), settings.steps(sample_every)
    parts = [
        _untrained(kind, settings, reservoir_strength, steps, sample_steps, shown) for kind in KINDS
    ]
    result = xr.concat(parts, xr.Variable("network", list(KINDS)))
    return result.assign_attrs(
        neurons=settings.neurons,
        encoder_strength=0.0,
        reservoir_strength=reservoir_strength,
        nudge=NUDGE,
    )


def _untrained(
    kind: str,
    settings: Settings,
    reservoir_strength: float,
    steps: int,
    sample_steps: int,
    recorded: NDArray[np.int64],
) -> xr.Dataset:
    """Two runs of one network from neighbouring states: the first is shown, both are compared."""
    network, state = networks.from_settings(kind, np.zeros(2), reservoir_strength, settings)
    moved = state.arrays()["v" if kind == "spiking" else "synaptic"]
    moved[1] += NUDGE * np.sign(np.arange(moved.shape[1]) % 2 - 0.5)
    everyone = np.arange(settings.neurons)
    _, trace = network.advance(state, None, steps, None, sample_steps, everyone)
    first, second = trace.filtered
    data = {
        "filtered": (("time", "recorded"), first[:, recorded]),
        "mean_rate": ("neuron", first[len(first) // 2 :].mean(axis=0)),
        "separation": ("time", np.sqrt(((first - second) ** 2).mean(axis=1))),
    }
    coords = {"time": np.arange(len(first)) * sample_steps * network.dt, "recorded": recorded}
    return xr.Dataset(data, coords)
