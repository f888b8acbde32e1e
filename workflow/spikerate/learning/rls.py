"""Recursive least squares (RLS) for a batch of networks; all outputs of a network share one P.

P(0) = alpha I; at an update with regressor R: k = P R, c = 1/(1 + R.k), P <- P - c k k^T. After M
updates with errors e the decoder, moved by -c e k^T each time, is the ridge solution
(sum R R^T + I/alpha)^-1 sum R x^T. Two ways to hold P give the same numbers to rounding.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg.blas import dsymv, dsyrk

from spikerate.engine.loops import LOW_RANK_GAIN
from spikerate.engine.selection import resolve

FLUSH = 32  # updates collected before they are added to a dense P


def rls(neurons: int, learning_rates, updates: int, engine: str = "auto") -> LowRank | Dense:
    """RLS in the storage that is cheaper for the given number of updates.

    Parameters
    ----------
    neurons : length of the regressor
    learning_rates : array (point,), alpha of each network, positive
    updates : how many updates will follow
    engine : "numpy", "numba" or "auto", of the inner loops
    """
    alpha = np.atleast_1d(np.asarray(learning_rates, dtype=float))
    if not (alpha > 0).all() or not np.isfinite(alpha).all():
        raise ValueError(f"learning rates must be positive and finite, got {alpha.tolist()}")
    if updates <= neurons // 2:
        return LowRank(neurons, alpha, updates, engine)
    return Dense(neurons, alpha)


class LowRank:
    """P = alpha I - U^T U, with one row of U for each update: cheap while updates are few."""

    def __init__(self, neurons: int, alpha: np.ndarray, updates: int, engine: str = "auto"):
        self.alpha, self._gain = alpha, LOW_RANK_GAIN[resolve(engine)]
        self._rows = np.empty((alpha.size, updates, neurons))
        self.done = 0

    def gain(self, regressor: np.ndarray) -> np.ndarray:
        """Take in a regressor (point, neuron); return c k, (point, neuron)."""
        if self.done == self._rows.shape[1]:
            raise ValueError(f"this RLS was made for {self.done} updates")
        gain = self._gain(self._rows, self.done, self.alpha, regressor)
        self.done += 1
        return gain

    def arrays(self) -> dict[str, np.ndarray]:
        """What defines P, by name; not copies."""
        return {"rows": self._rows[:, : self.done]}

    def restore(self, arrays: dict[str, np.ndarray]) -> None:
        """Go on from what `arrays` gave."""
        self.done = arrays["rows"].shape[1]
        self._rows[:, : self.done] = arrays["rows"]


class Dense:
    """Symmetric P, lower triangle, read once for each update; updates are flushed in blocks."""

    def __init__(self, neurons: int, alpha: np.ndarray, flush: int = FLUSH):
        self.alpha = alpha
        self._p = [np.asfortranarray(a * np.eye(neurons)) for a in alpha]
        self._rows = np.empty((alpha.size, flush, neurons))
        self._pending = 0

    def gain(self, regressor: np.ndarray) -> np.ndarray:
        """Take in a regressor (point, neuron); return c k, (point, neuron)."""
        u = self._rows[:, : self._pending]
        product = [dsymv(1.0, p, r, lower=1) for p, r in zip(self._p, regressor, strict=True)]
        k = np.array(product) - _projected(u, regressor)
        c = 1.0 / (1.0 + _dot(regressor, k))
        self._rows[:, self._pending] = np.sqrt(c)[:, None] * k
        self._pending += 1
        if self._pending == self._rows.shape[1]:
            self._flush()
        return c[:, None] * k

    def arrays(self) -> dict[str, np.ndarray]:
        """What defines P, by name; not copies."""
        held = {f"p{index}": p for index, p in enumerate(self._p)}
        return held | {"rows": self._rows[:, : self._pending]}

    def restore(self, arrays: dict[str, np.ndarray]) -> None:
        """Go on from what `arrays` gave."""
        self._p = [arrays[f"p{index}"] for index in range(len(self._p))]
        self._pending = arrays["rows"].shape[1]
        self._rows[:, : self._pending] = arrays["rows"]

    def _flush(self) -> None:
        for index, rows in enumerate(self._rows):
            self._p[index] = dsyrk(-1.0, rows.T, beta=1.0, c=self._p[index], lower=1, overwrite_c=1)
        self._pending = 0


def _projected(u: np.ndarray, regressor: np.ndarray) -> np.ndarray:
    """U^T U R of each network: (point, neuron) from (point, row, neuron) and (point, neuron)."""
    inner = np.matmul(u, regressor[:, :, None])
    return np.matmul(inner.swapaxes(1, 2), u)[:, 0]


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Inner product of each network, (point,)."""
    return np.matmul(a[:, None, :], b[:, :, None])[:, 0, 0]
