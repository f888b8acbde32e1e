"""Twins of a study: from the settings of the config to networks in their initial state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any

import numpy as np

from spikerate.marks import ChosenBy
from spikerate.model import seeds
from spikerate.model.network import WIDTH, Network, State
from spikerate.model.neuron import Neuron
from spikerate.model.rate import RateNetwork
from spikerate.model.registry import NEURONS
from spikerate.model.spiking import SpikingNetwork
from spikerate.model.synapse import DoubleExponential
from spikerate.model.weights import Weights

TWINS: Annotated[dict[str, type[Network]], ChosenBy("kind")] = {
    "spiking": SpikingNetwork,
    "rate": RateNetwork,
}


def constants(neuron: Mapping[str, Any] | None = None) -> tuple[Neuron, DoubleExponential]:
    """Neuron and synapse from one mapping of their constants, as in the config.

    Parameters
    ----------
    neuron : `model`, a name in NEURONS, and constants; missing ones have the classes' defaults

    Raises
    ------
    ValueError
        if there is no such model or constant, or a value is not allowed.
    """
    given = dict(neuron or {})
    name = given.pop("model", "lif")
    if name not in NEURONS:
        raise ValueError(f"neuron model must be one of {', '.join(NEURONS)}, got {name!r}")
    names = {part: [f.name for f in fields(part)] for part in (NEURONS[name], DoubleExponential)}
    known = [known for part in names.values() for known in part]
    for key in given:
        if key not in known:
            raise ValueError(f"neuron has no constant {key}; known: {', '.join(known)}")
    model, synapse = (
        part(**{key: given[key] for key in own if key in given}) for part, own in names.items()
    )
    return model, synapse


def build(
    network: str,
    weights: Weights,
    neuron: Mapping[str, Any] | None = None,
    dt: float = 5e-5,
    numerics: str = "exact",
    **settings: Any,
) -> Network:
    """Network of a kind, "spiking" or "rate", on given weights.

    Parameters
    ----------
    neuron : of `constants`
    settings : engine, product_precision and product_width of `Network`
    """
    if network not in TWINS:
        raise ValueError(f"network must be one of {', '.join(TWINS)}, got {network!r}")
    model, synapse = constants(neuron)
    return TWINS[network](weights, model, synapse, dt, numerics, **settings)


def draw(
    network: str,
    encoder_strength,
    reservoir_strength,
    *,
    neurons: int,
    sparsity: float = 0.4,
    neuron: Mapping[str, Any] | None = None,
    seed: int = 0,
    draw: int = 0,
    outputs: int = 1,
    channels: int = 0,
    dt: float = 5e-5,
    numerics: str = "exact",
    reservoir_draws: str = "shared",
    **settings,
) -> tuple[Network, State]:
    """Networks at some points of a (Q, G) grid and their initial state.

    The numbers depend on the settings and on a point's own Q and G, not on the other points.
    Both twins of a draw get the same weights.
    """
    q, g = np.broadcast_arrays(*np.atleast_1d(encoder_strength, reservoir_strength))
    weights = Weights.draw(
        neurons, outputs, q, g, channels=channels, sparsity=sparsity, seed=seed, draw=draw,
        reservoir_draws=reservoir_draws,
    )  # fmt: skip
    twin = build(network, weights, neuron, dt, numerics, **settings)
    points = [()] if weights.shared else list(zip(q, g, strict=True))
    rngs = [seeds.generator(seed, neurons, outputs, draw, f"{network} state", p) for p in points]
    return twin, twin.initial_state(*rngs)


def for_task(task, network: str, encoder_strength, reservoir_strength, settings: dict):
    """As `draw`, with the outputs and input channels of a task."""
    return draw(
        network, encoder_strength, reservoir_strength, outputs=task.outputs, channels=task.channels,
        **settings,
    )  # fmt: skip


def shuffles(
    network: str, encoder_strength, reservoir_strength, *, neurons: int, outputs: int, seed: int,
    draw: int,
) -> np.ndarray:  # fmt: skip
    """Random orders of the neurons (point, neuron), to shuffle a decoder for a twin.

    The order of a point depends only on its own Q and G.
    """
    points = np.broadcast(*np.atleast_1d(encoder_strength, reservoir_strength))
    rngs = [seeds.generator(seed, neurons, outputs, draw, f"{network} shuffle", p) for p in points]
    return np.array([rng.permutation(neurons) for rng in rngs])


def width_of(settings: dict) -> int:
    """Largest number of points that advance together, by the settings of `draw`."""
    shared = settings.get("reservoir_draws", "shared") == "shared"
    return settings.get("product_width", WIDTH) if shared else 1


def batches(points: int, settings: dict) -> list[slice]:
    """Points that advance together: those of one product of the rate twin.

    Points that share no reservoir advance alone, so that their weights stay in the cache.

    Parameters
    ----------
    settings : of `draw`
    """
    width = width_of(settings)
    return [slice(start, start + width) for start in range(0, points, width)]


def recorded_neurons(neurons: int, count: int) -> np.ndarray:
    """Indices of a few neurons, spread evenly over the network."""
    return np.linspace(0, neurons - 1, min(count, neurons)).round().astype(int)
