"""Untrained neurons and networks: the f-I curve, one neuron's response, chaos before learning."""

from __future__ import annotations

import numpy as np
import xarray as xr

from spikerate.model import networks
from spikerate.model.network import Network
from spikerate.model.networks import TWINS
from spikerate.model.weights import Weights

NUDGE = 1e-2  # mV, by how much the neighbouring run starts away; less may not move any spike, for
# spikes fall on steps, and is then forgotten


def uncoupled(network: str, current, neuron: dict, dt: float, numerics: str) -> Network:
    """Neurons without synapses between them, each driven by its own input channel weight.

    Parameters
    ----------
    current : array (neuron,), mV, the current that an input of 1 adds to the bias
    """
    current = np.asarray(current, dtype=float)
    n = current.size
    weights = Weights.of_arrays(np.zeros((n, n)), np.zeros((n, 1)), current[:, None])
    return networks.build(network, weights, neuron, dt, numerics)


def spike_rates(current, neuron: dict, dt: float, duration: float, numerics="exact") -> np.ndarray:
    """Spikes per second of simulated neurons under constant currents.

    Parameters
    ----------
    current : array (neuron,), mV, the whole current; each neuron starts at reset
    duration : s

    Returns
    -------
    array (neuron,), Hz
    """
    cell, _ = networks.constants(neuron)
    twin = uncoupled("spiking", np.asarray(current) - cell.bias, neuron, dt, numerics)
    steps = round(duration / dt)
    _, trace = twin.advance(twin.rest(), None, steps, np.ones((steps, 1)), spikes=True)
    return np.bincount(trace.spikes[:, 1], minlength=len(current)) / (steps * dt)


def neuron_response(
    neuron: dict, dt: float, numerics: str, *, step: float, duration: float, span: float,
    currents: int = 41, every: int = 2,
) -> xr.Dataset:  # fmt: skip
    """One neuron and its rate twin under a step of current, and the f-I curve of both.

    Parameters
    ----------
    step : mV, current above rheobase during the middle half of the run
    duration : s, of the run; the f-I curve counts spikes for four times as long
    span : mV, the f-I curve's range of currents above and below rheobase: -span/4 to span
    every : steps of dt between the samples of the traces
    """
    cell, _ = networks.constants(neuron)
    steps = round(duration / dt)
    time = np.arange(steps) * dt
    on = np.zeros(steps)
    on[round(steps / 4) : round(3 * steps / 4)] = 1.0
    step = cell.rheobase - cell.bias + step
    current = cell.rheobase + np.linspace(-span / 4, span, currents)
    twins = {n: uncoupled(n, [step], neuron, dt, numerics) for n in TWINS}
    traces = {
        n: twin.advance(twin.rest(), None, steps, on[:, None], every, recorded=[0], spikes=True)[1]
        for n, twin in twins.items()
    }
    drive = cell.bias + step * on[::every]
    data = {
        "rate": ("current", cell.rate(current)),
        "spike_rate": ("current", spike_rates(current, neuron, dt, 4 * duration, numerics)),
        "drive": ("time", drive),
        "voltage": ("time", _voltage(twins["spiking"], on, every)),
        "spike_time": ("spike", traces["spiking"].spikes[:, 2] * dt),
        "instantaneous_rate": ("time", cell.rate(drive)),
        "filtered": (("network", "time"), [traces[n].filtered[0, :, 0] for n in TWINS]),
    }
    coords = {"current": current, "time": time[::every], "network": list(TWINS)}
    return xr.Dataset(data, coords)


def _voltage(twin: Network, drive: np.ndarray, every: int) -> list[float]:
    """Voltage (mV) of a single neuron, every few steps."""
    state, voltage = twin.rest(), []
    for start in range(0, len(drive), every):
        voltage.append(state.v[0, 0])
        inputs = drive[start : start + every, None]
        state, _ = twin.advance(state, None, len(inputs), inputs, every)
    return voltage


def untrained(
    settings: dict,
    *,
    reservoir_strength: float,
    duration: float,
    sample_every: float,
    recorded: int,
) -> xr.Dataset:
    """Both twins before learning: traces, mean rates, and how fast neighbouring runs part.

    Parameters
    ----------
    settings : of `networks.draw`, without the points
    reservoir_strength : G, mV s
    duration, sample_every : s
    recorded : how many neurons to record, spread evenly
    """
    every = round(sample_every / settings["dt"])
    shown = networks.recorded_neurons(settings["neurons"], recorded)
    parts = [_untrained(n, settings, reservoir_strength, duration, every, shown) for n in TWINS]
    result = xr.concat(parts, xr.Variable("network", list(TWINS)))
    return result.assign_attrs(
        neurons=settings["neurons"], encoder_strength=0.0, reservoir_strength=reservoir_strength,
        nudge=NUDGE,
    )  # fmt: skip


def _untrained(network, settings, reservoir_strength, duration, every, recorded) -> xr.Dataset:
    """Two runs of one network that start a hair apart; the first is shown, the second compared."""
    settings = settings | {"reservoir_draws": "shared"}
    twin, state = networks.draw(network, np.zeros(2), reservoir_strength, **settings)
    moved = state.v if network == "spiking" else state.synaptic
    moved[1] += NUDGE * np.sign(np.arange(moved.shape[1]) % 2 - 0.5)
    steps = round(duration / twin.dt)
    everyone = np.arange(twin.weights.neurons)
    _, trace = twin.advance(state, None, steps, every=every, recorded=everyone)
    first, second = trace.filtered
    data = {
        "filtered": (("time", "recorded"), first[:, recorded]),
        "mean_rate": ("neuron", first[len(first) // 2 :].mean(axis=0)),
        "separation": ("time", np.sqrt(((first - second) ** 2).mean(axis=1))),
    }
    coords = {"time": np.arange(len(first)) * every * twin.dt, "recorded": np.asarray(recorded)}
    return xr.Dataset(data, coords)
