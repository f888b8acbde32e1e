"""Twins of a study: from the settings of the config to networks in their initial state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Annotated, Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

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


class Task(Protocol):
    """What a task says about the networks that learn it."""

    @property
    def outputs(self) -> int:
        """Number of outputs."""

    @property
    def channels(self) -> int:
        """Number of input channels."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the networks of a draw are made from, apart from their points and their task."""

    neurons: int
    sparsity: float = 0.4  # share of nonzero weights
    neuron: Mapping[str, Any] = field(default_factory=dict)  # of `constants`
    seed: int = 0
    draw: int = 0
    reservoir_draws: str = "shared"  # by all points, or "per_point"
    dt: float = 5e-5  # s
    numerics: str = "exact"
    engine: str = "auto"
    product_precision: str = "double"
    product_width: int = WIDTH

    def steps(self, duration: float) -> int:
        """Steps of dt in a duration (s)."""
        return round(duration / self.dt)

    @property
    def width(self) -> int:
        """Largest number of points that advance together."""
        return self.product_width if self.reservoir_draws == "shared" else 1

    def batches(self, points: int) -> list[slice]:
        """Points that advance together: those of one product of the rate network.

        Points that share no reservoir advance alone, so that their weights stay in the cache.
        """
        return [slice(start, start + self.width) for start in range(0, points, self.width)]


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
    model = NEURONS[name]
    own, shared = _names(model), _names(DoubleExponential)
    known = own + shared
    for key in given:
        if key not in known:
            raise ValueError(f"neuron has no constant {key}; known: {', '.join(known)}")
    return (
        model(**{key: given[key] for key in own if key in given}),
        DoubleExponential(**{key: given[key] for key in shared if key in given}),
    )


def _names(part: Any) -> list[str]:
    """Names of the constants of a neuron model or of the synapse."""
    return [constant.name for constant in fields(part)]


def build(
    kind: str,
    weights: Weights,
    neuron: Mapping[str, Any] | None = None,
    dt: float = 5e-5,
    numerics: str = "exact",
    **numbers: Any,
) -> Network:
    """Network of a kind, "spiking" or "rate", on given weights.

    Parameters
    ----------
    neuron : of `constants`
    numbers : engine, product_precision and product_width of `Network`
    """
    if kind not in TWINS:
        raise ValueError(f"network must be one of {', '.join(TWINS)}, got {kind!r}")
    model, synapse = constants(neuron)
    return TWINS[kind](weights, model, synapse, dt, numerics, **numbers)


def draw(
    kind: str,
    encoder_strength: ArrayLike,
    reservoir_strength: ArrayLike,
    *,
    outputs: int = 1,
    channels: int = 0,
    **settings: Any,
) -> tuple[Network, State]:
    """Networks at some points of a (Q, G) grid and their initial state.

    The numbers depend on the settings and on a point's own Q and G, not on the other points.
    Both twins of a draw get the same weights.

    Parameters
    ----------
    encoder_strength, reservoir_strength : array (point,) or number, Q in mV and G in mV s
    settings : of `Settings`; `neurons` must be there
    """
    where = encoder_strength, reservoir_strength
    return from_settings(kind, *where, Settings(**settings), outputs, channels)


def for_task(
    task: Task,
    kind: str,
    encoder_strength: ArrayLike,
    reservoir_strength: ArrayLike,
    settings: Settings,
) -> tuple[Network, State]:
    """As `draw`, with the outputs and input channels of a task."""
    where = encoder_strength, reservoir_strength
    return from_settings(kind, *where, settings, task.outputs, task.channels)


def from_settings(
    kind: str,
    encoder_strength: ArrayLike,
    reservoir_strength: ArrayLike,
    settings: Settings,
    outputs: int = 1,
    channels: int = 0,
) -> tuple[Network, State]:
    """As `draw`, from an object of settings."""
    q, g = _points(encoder_strength, reservoir_strength)
    own = settings
    weights = Weights.draw(
        own.neurons, outputs, q, g, channels=channels, sparsity=own.sparsity, seed=own.seed,
        draw=own.draw, reservoir_draws=own.reservoir_draws,
    )  # fmt: skip
    network = build(
        kind, weights, own.neuron, own.dt, own.numerics, engine=own.engine,
        product_precision=own.product_precision, product_width=own.product_width,
    )  # fmt: skip
    points = [()] if weights.shared else list(zip(q, g, strict=True))
    key = own.seed, own.neurons, outputs, own.draw
    rngs = [seeds.generator(*key, f"{kind} state", point) for point in points]
    return network, network.initial_state(*rngs)


def shuffles(
    kind: str,
    encoder_strength: ArrayLike,
    reservoir_strength: ArrayLike,
    *,
    outputs: int,
    settings: Settings,
) -> NDArray[np.int64]:
    """Random orders of the neurons (point, neuron), to shuffle a decoder for a network.

    The order of a point depends only on its own Q and G.
    """
    points = zip(*_points(encoder_strength, reservoir_strength), strict=True)
    key = settings.seed, settings.neurons, outputs, settings.draw
    rngs = [seeds.generator(*key, f"{kind} shuffle", point) for point in points]
    return np.array([rng.permutation(settings.neurons) for rng in rngs])


def _points(q: ArrayLike, g: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Q and G of each point, equally long."""
    q, g = np.broadcast_arrays(*np.atleast_1d(q, g))
    return q, g


def recorded_neurons(neurons: int, count: int) -> NDArray[np.int64]:
    """Indices of a few neurons, spread evenly over the network."""
    return np.linspace(0, neurons - 1, min(count, neurons)).round().astype(int)
