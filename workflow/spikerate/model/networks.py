"""Twins of a study: from the settings of the config to networks in their initial state."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated

import numpy as np

from spikerate.marks import ChosenBy
from spikerate.model import seeds
from spikerate.model.neuron import LIF
from spikerate.model.rate import RateTwin
from spikerate.model.spiking import SpikingTwin
from spikerate.model.synapse import DoubleExponential
from spikerate.model.twin import WIDTH, State, Twin
from spikerate.model.weights import Weights

TWINS: Annotated[dict[str, type[Twin]], ChosenBy("network")] = {
    "spiking": SpikingTwin,
    "rate": RateTwin,
}


def constants(neuron: dict) -> tuple[LIF, DoubleExponential]:
    """Neuron and synapse from one mapping of their constants, as the config holds them."""
    parts = [{f.name: neuron[f.name] for f in fields(kind)} for kind in (LIF, DoubleExponential)]
    return LIF(**parts[0]), DoubleExponential(**parts[1])


def build(
    network: str, weights: Weights, neuron: dict | None = None, dt=5e-5, numerics="exact",
    **settings,
) -> Twin:  # fmt: skip
    """Twin of a kind, "spiking" or "rate", on given weights.

    Parameters
    ----------
    neuron : constants of LIF and DoubleExponential by name; the study's own from None
    settings : engine, product_precision and product_width of `Twin`
    """
    if network not in TWINS:
        raise ValueError(f"network must be one of {', '.join(TWINS)}, got {network!r}")
    lif, synapse = constants(neuron) if neuron else (LIF(), DoubleExponential())
    return TWINS[network](weights, lif, synapse, dt, numerics, **settings)


def draw(
    network: str,
    encoder_strength,
    reservoir_strength,
    *,
    neurons: int,
    sparsity: float = 0.4,
    neuron: dict | None = None,
    seed: int = 0,
    draw: int = 0,
    outputs: int = 1,
    channels: int = 0,
    dt: float = 5e-5,
    numerics: str = "exact",
    reservoir_draws: str = "shared",
    **settings,
) -> tuple[Twin, State]:
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

    A point's own Q and G give its order, whatever the other points are.
    """
    points = np.broadcast(*np.atleast_1d(encoder_strength, reservoir_strength))
    rngs = [seeds.generator(seed, neurons, outputs, draw, f"{network} shuffle", p) for p in points]
    return np.array([rng.permutation(neurons) for rng in rngs])


def width_of(settings: dict) -> int:
    """How many points advance together at most, by the settings of `draw`."""
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
