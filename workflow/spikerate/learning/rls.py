"""Recursive least squares (RLS) for a batch of networks; all outputs of a network share one P.

P(0) = alpha I. At an update with regressor R: k = P R, c = 1/(1 + R.k), P <- P - c k k^T, and the
decoder moves by -c e k^T, where e is the error. After M updates the decoder is the ridge solution
(sum R R^T + I/alpha)^-1 sum R x^T. Two ways to store P give the same numbers to rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg.blas import dsymv, dsyrk

from spikerate.engine.loops import LOW_RANK_GAIN
from spikerate.engine.selection import resolve
from spikerate.learning.rule import Learner
from spikerate.model.neuron import Floats

FLUSH = 32  # updates collected before they are added to a dense P


def rls(neurons: int, learning_rates: ArrayLike, updates: int, engine: str = "auto") -> Learner:
    """RLS that stores P in the way that is cheaper for the number of updates.

    Parameters
    ----------
    neurons : length of the regressor
    learning_rates : array (point,), alpha of each network, positive
    updates : how many will follow
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

    def __init__(self, neurons: int, alpha: Floats, updates: int, engine: str = "auto"):
        self.alpha, self._gain = alpha, LOW_RANK_GAIN[resolve(engine)]
        self._rows = np.empty((alpha.size, updates, neurons))
        self.done = 0

    def gain(self, regressor: Floats) -> Floats:
        """Gain c k (point, neuron) of an update with a regressor (point, neuron)."""
        if self.done == self._rows.shape[1]:
            raise ValueError(f"this RLS was made for {self.done} updates")
        gain = self._gain(self._rows, self.done, self.alpha, regressor)
        self.done += 1
        return gain

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """Arrays that define P, by name, without copying them."""
        return {"rows": self._rows[:, : self.done]}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Continue from what `arrays` returned."""
        self.done = arrays["rows"].shape[1]
        self._rows[:, : self.done] = arrays["rows"]


class Dense:
    """Lower triangle of the symmetric P, to which updates are added in blocks of `flush`."""

    def __init__(self, neurons: int, alpha: Floats, flush: int = FLUSH):
        self.alpha = alpha
        self._p = [np.asfortranarray(a * np.eye(neurons)) for a in alpha]
        self._rows = np.empty((alpha.size, flush, neurons))
        self._pending = 0

    def gain(self, regressor: Floats) -> Floats:
        """Gain c k (point, neuron) of an update with a regressor (point, neuron)."""
        u = self._rows[:, : self._pending]
        product = [dsymv(1.0, p, r, lower=1) for p, r in zip(self._p, regressor, strict=True)]
        k = np.array(product) - _projected(u, regressor)
        c = 1.0 / (1.0 + _dot(regressor, k))
        self._rows[:, self._pending] = np.sqrt(c)[:, None] * k
        self._pending += 1
        if self._pending == self._rows.shape[1]:
            self._flush()
        gain: Floats = c[:, None] * k
        return gain

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """Arrays that define P, by name, without copying them."""
        held = {f"p{index}": p for index, p in enumerate(self._p)}
        return held | {"rows": self._rows[:, : self._pending]}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Continue from what `arrays` returned."""
        self._p = [arrays[f"p{index}"] for index in range(len(self._p))]
        self._pending = arrays["rows"].shape[1]
        self._rows[:, : self._pending] = arrays["rows"]

    def _flush(self) -> None:
        for index, rows in enumerate(self._rows):
            self._p[index] = dsyrk(-1.0, rows.T, beta=1.0, c=self._p[index], lower=1, overwrite_c=1)
        self._pending = 0


def _projected(u: Floats, regressor: Floats) -> Floats:
    """U^T U R of each network: (point, neuron) from (point, row, neuron) and (point, neuron)."""
    inner = np.matmul(u, regressor[:, :, None])
    projected: Floats = np.matmul(inner.swapaxes(1, 2), u)[:, 0]
    return projected


def _dot(a: Floats, b: Floats) -> Floats:
    """Inner product of each network, (point,)."""
    product: Floats = np.matmul(a[:, None, :], b[:, :, None])[:, 0, 0]
    return product
