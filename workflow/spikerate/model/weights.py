"""Weights of a pair of twins: reservoir, encoder and input, each a unit draw times its strength."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from spikerate.model import checked, seeds

RESERVOIR_DRAWS = ("shared", "per_point")


def reservoir(rng: np.random.Generator, neurons: int, sparsity: float) -> np.ndarray:
    """Sparse Gaussian reservoir of unit strength, each row balanced.

    Parameters
    ----------
    sparsity : share of nonzero weights, in (0, 1]

    Returns
    -------
    array (neuron, neuron), row i the weights onto neuron i. The mean of each row's nonzero
    entries is subtracted from those entries; zeros stay zero. A row with one entry becomes zero.
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


def encoder(rng: np.random.Generator, neurons: int, outputs: int) -> np.ndarray:
    """Encoder (or input) weights of unit strength, uniform on (-1/2, 1/2), (neuron, output)."""
    return rng.random((neurons, outputs)) - 0.5


@dataclass(frozen=True)
class Weights:
    """Weights of a batch of networks.

    Parameters
    ----------
    reservoir : array (neuron, neuron), one draw for the whole batch, or (point, neuron, neuron)
    encoder : array (neuron, output) or (point, neuron, output)
    inputs : array (neuron, channel) or (point, neuron, channel), or None for no input
    reservoir_strength : array (point,), G, mV s; scales the reservoir
    encoder_strength : array (point,), Q, mV; scales the encoder and the input weights
    """

    reservoir: np.ndarray
    encoder: np.ndarray
    inputs: np.ndarray | None
    reservoir_strength: np.ndarray
    encoder_strength: np.ndarray

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
    def of_arrays(cls, reservoir, encoder, inputs=None) -> Weights:
        """Weights from given arrays omega, eta and psi, for one network or a batch.

        Parameters
        ----------
        reservoir : array (neuron, neuron) or (point, neuron, neuron), omega, mV s
        encoder : array (neuron, output) or (point, neuron, output), eta, mV
        inputs : array (neuron, channel) or (point, neuron, channel), psi, mV, or None
        """
        given = {"reservoir": reservoir, "encoder": encoder, "inputs": inputs}
        arrays = [None if a is None else checked.array(a, name) for name, a in given.items()]
        sizes = {a.shape[0] for a in arrays if a is not None and a.ndim == 3}
        one = np.ones(sizes.pop() if sizes else 1)
        if one.size == 1 and arrays[0].ndim == 2:
            arrays[0] = arrays[0][None]  # a single network shares its reservoir with no other
        return cls(*arrays, one, one)

    @classmethod
    def draw(
        cls, neurons, outputs, encoder_strength, reservoir_strength, *, channels=0, sparsity=0.4,
        seed=0, draw=0, reservoir_draws="shared",
    ) -> Weights:  # fmt: skip
        """Draw the weights of some points of a (Q, G) grid.

        Parameters
        ----------
        encoder_strength, reservoir_strength : float or array (point,), Q in mV and G in mV s
        reservoir_draws : "shared" (one draw for all points) or "per_point" (keyed by Q and G)
        """
        if reservoir_draws not in RESERVOIR_DRAWS:
            raise ValueError(f"reservoir_draws must be shared or per_point, got {reservoir_draws}")
        counts = {"neurons": (neurons, 1), "outputs": (outputs, 1), "channels": (channels, 0),
                  "seed": (seed, 0), "draw": (draw, 0)}  # fmt: skip
        for name, (count, least) in counts.items():
            checked.whole(count, name, least)
        q, g = np.broadcast_arrays(*np.atleast_1d(encoder_strength, reservoir_strength))
        q, g = q.astype(float), g.astype(float)
        makers = {"reservoir": partial(reservoir, neurons=neurons, sparsity=sparsity)}
        makers["encoder"] = partial(encoder, neurons=neurons, outputs=outputs)
        if channels:
            makers["input"] = partial(encoder, neurons=neurons, outputs=channels)

        def arrays(point):
            return [m(seeds.generator(seed, neurons, outputs, draw, role, point))
                    for role, m in makers.items()]  # fmt: skip

        if reservoir_draws == "shared":
            drawn = arrays(())
        else:
            drawn = [np.stack(a) for a in zip(*map(arrays, zip(q, g, strict=True)), strict=True)]
        return cls(*drawn, *([] if channels else [None]), g, q)

    @property
    def points(self) -> int:
        """Networks in the batch."""
        return self.reservoir_strength.size

    @property
    def neurons(self) -> int:
        """Neurons of each network."""
        return self.reservoir.shape[-1]

    @property
    def outputs(self) -> int:
        """Outputs of each network."""
        return self.encoder.shape[-1]

    @property
    def channels(self) -> int:
        """Input channels of each network."""
        return 0 if self.inputs is None else self.inputs.shape[-1]

    @property
    def shared(self) -> bool:
        """Whether all networks share one reservoir draw."""
        return self.reservoir.ndim == 2

    def outgoing(self, dtype=float) -> np.ndarray:
        """Unit weights by source, (1 or point, neuron, neuron): row j holds what neuron j sends."""
        stacked = self.reservoir[None] if self.shared else self.reservoir
        return np.ascontiguousarray(stacked.swapaxes(1, 2), dtype=dtype)

    def feedback(self) -> np.ndarray:
        """Currents per unit of each output and then of each input, (point, k, neuron)."""
        strength = self.encoder_strength[:, None, None]
        parts = [strength * part for part in (self.encoder, self.inputs) if part is not None]
        stacked = np.concatenate(parts, axis=-1)  # (point, neuron, output + channel)
        return np.ascontiguousarray(stacked.swapaxes(1, 2))
