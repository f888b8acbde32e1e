"""Weights that the twins share: reservoir, encoder and input, each a unit draw times a strength."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from spikerate.model import checked, seeds
from spikerate.model.neuron import Floats

RESERVOIR_DRAWS = ("shared", "per_point")


def reservoir(rng: np.random.Generator, neurons: int, sparsity: float) -> Floats:
    """Sparse Gaussian reservoir of unit strength, each row balanced.

    Parameters
    ----------
    sparsity : share of nonzero weights, in (0, 1]

    Returns
    -------
    array (neuron, neuron), in row i the weights onto neuron i. The mean of the nonzero entries of
    each row is subtracted from them; zeros stay zero. A row with one nonzero entry becomes zero.
    """
    if not 0 < sparsity <= 1:
        raise ValueError(f"sparsity must lie in (0, 1], got {sparsity}")
    kept = rng.random((neurons, neurons)) < sparsity
    matrix = rng.standard_normal((neurons, neurons))
    matrix *= kept
    matrix /= np.sqrt(neurons) * sparsity
    counts = np.maximum(kept.sum(axis=1), 1)
    matrix -= kept * (matrix.sum(axis=1) / counts)[:, None]
    return matrix


def encoder(rng: np.random.Generator, neurons: int, outputs: int) -> Floats:
    """Encoder (or input) weights of unit strength, uniform on (-1/2, 1/2), (neuron, output)."""
    return rng.random((neurons, outputs)) - 0.5


@dataclass(frozen=True)
class Weights:
    """Weights of a batch of networks; all must be finite.

    Parameters
    ----------
    reservoir : array (neuron, neuron), one draw for the whole batch, or (point, neuron, neuron)
    encoder : array (neuron, output) or (point, neuron, output)
    inputs : array (neuron, channel) or (point, neuron, channel), or None for no input
    reservoir_strength : array (point,), G, mV s; scales the reservoir
    encoder_strength : array (point,), Q, mV; scales the encoder and the input weights
    """

    reservoir: Floats
    encoder: Floats
    inputs: Floats | None
    reservoir_strength: Floats
    encoder_strength: Floats

    def __post_init__(self) -> None:
        for name, array in vars(self).items():
            if not isinstance(array, np.ndarray | None):
                raise ValueError(
                    f"{name} must be an array, got {type(array).__name__};"
                    " Weights.of_arrays takes lists and sparse matrices"
                )
        n, points = self.neurons, self.points
        leading = ((), (points,))
        if self.reservoir.shape not in [(*lead, n, n) for lead in leading]:
            raise ValueError(
                f"reservoir must be ({n}, {n}) or ({points}, {n}, {n}), got {self.reservoir.shape}"
            )
        for name in ("encoder", "inputs"):
            array = getattr(self, name)
            if array is not None and array.shape[:-1] not in [(*lead, n) for lead in leading]:
                raise ValueError(
                    f"{name} must be ({n}, k) or ({points}, {n}, k), got {array.shape}"
                )
        if self.encoder_strength.shape != self.reservoir_strength.shape:
            raise ValueError("encoder_strength and reservoir_strength must have one shape")
        for name, array in vars(self).items():
            if array is not None and not np.isfinite(array).all():
                raise ValueError(f"{name} must be finite")

    @classmethod
    def of_arrays(cls, reservoir: Any, encoder: Any, inputs: Any = None) -> Weights:
        """Weights from given arrays omega, eta and psi, for one network or a batch.

        Lists and sparse matrices are taken too.

        Parameters
        ----------
        reservoir : array (neuron, neuron) or (point, neuron, neuron), omega, mV s
        encoder : array (neuron, output) or (point, neuron, output), eta, mV
        inputs : array (neuron, channel) or (point, neuron, channel), psi, mV, or None
        """
        omega, eta = checked.array(reservoir, "reservoir"), checked.array(encoder, "encoder")
        psi = None if inputs is None else checked.array(inputs, "inputs")
        sizes = {a.shape[0] for a in (omega, eta, psi) if a is not None and a.ndim == 3}
        one = np.ones(sizes.pop() if sizes else 1)
        if one.size == 1 and omega.ndim == 2:
            omega = omega[None]  # a single network shares its reservoir with no other
        return cls(omega, eta, psi, one, one)

    @classmethod
    def draw(
        cls,
        neurons: int,
        outputs: int,
        encoder_strength: ArrayLike,
        reservoir_strength: ArrayLike,
        *,
        channels: int = 0,
        sparsity: float = 0.4,
        seed: int = 0,
        draw: int = 0,
        reservoir_draws: str = "shared",
    ) -> Weights:
        """Draw the weights of some points of a (Q, G) grid.

        Parameters
        ----------
        encoder_strength, reservoir_strength : float or array (point,), Q in mV and G in mV s
        channels : of the input
        sparsity : share of nonzero weights of the reservoir
        seed, draw : of `seeds.generator`
        reservoir_draws : "shared" (one draw for all points) or "per_point" (keyed by Q and G)
        """
        if reservoir_draws not in RESERVOIR_DRAWS:
            raise ValueError(f"reservoir_draws must be shared or per_point, got {reservoir_draws}")
        checked.whole(neurons, "neurons", 1)
        checked.whole(outputs, "outputs", 1)
        checked.whole(channels, "channels", 0)
        checked.whole(seed, "seed", 0)
        checked.whole(draw, "draw", 0)
        q, g = np.broadcast_arrays(*np.atleast_1d(encoder_strength, reservoir_strength))
        q, g = q.astype(float), g.astype(float)
        points = [()] if reservoir_draws == "shared" else list(zip(q, g, strict=True))

        def drawn(role: str, array: Callable[[np.random.Generator], Floats]) -> Floats:
            keys = [(seed, neurons, outputs, draw, role, point) for point in points]
            arrays = [array(seeds.generator(*key)) for key in keys]
            return arrays[0] if reservoir_draws == "shared" else np.stack(arrays)

        omega = drawn("reservoir", partial(reservoir, neurons=neurons, sparsity=sparsity))
        eta = drawn("encoder", partial(encoder, neurons=neurons, outputs=outputs))
        psi = drawn("input", partial(encoder, neurons=neurons, outputs=channels))
        return cls(omega, eta, psi if channels else None, g, q)

    @property
    def points(self) -> int:
        """Networks in the batch."""
        return self.reservoir_strength.size

    @property
    def neurons(self) -> int:
        """Neurons of each network."""
        return int(self.reservoir.shape[-1])

    @property
    def outputs(self) -> int:
        """Outputs of each network."""
        return int(self.encoder.shape[-1])

    @property
    def channels(self) -> int:
        """Input channels of each network."""
        return 0 if self.inputs is None else int(self.inputs.shape[-1])

    @property
    def shared(self) -> bool:
        """Whether all networks share one reservoir draw."""
        return self.reservoir.ndim == 2

    def outgoing(self, dtype: DTypeLike = float) -> NDArray[Any]:
        """Unit weights (1 or point, neuron, neuron); row j holds what neuron j sends."""
        stacked = self.reservoir[None] if self.shared else self.reservoir
        return np.ascontiguousarray(stacked.swapaxes(1, 2), dtype=dtype)

    def feedback(self) -> Floats:
        """Currents per unit of each output and then of each input, (point, k, neuron)."""
        strength = self.encoder_strength[:, None, None]
        parts = [strength * part for part in (self.encoder, self.inputs) if part is not None]
        stacked = np.concatenate(parts, axis=-1)  # (point, neuron, output + channel)
        return np.ascontiguousarray(stacked.swapaxes(1, 2))
