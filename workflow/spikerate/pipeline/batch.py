"""Networks that advance together: how much work and how much memory they take."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from spikerate.learning.rls import FLUSH
from spikerate.pipeline import timings
from spikerate.pipeline.work import Work

NUMBER = 8  # bytes
STATES = 12  # arrays (point, neuron): a state, its copies and the temporary arrays of a step


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Networks that advance together."""

    kind: str
    points: int = 1
    neurons: int
    outputs: int = 1
    channels: int = 0
    draws: int = 1  # reservoirs
    width: int = 1  # networks in one product; 1 if each has its own reservoir
    stride: int = 1  # steps of dt in a step of the rate twin
    single: bool  # whether products are in single precision
    compiled: bool

    def steps(self, count: float) -> Work:
        """Work of some steps of dt."""
        signals = self.outputs + self.channels
        if self.kind == "spiking":
            work = Work(spiking=count * self.points * timings.spiking_step(self.neurons, signals))
        else:
            elementwise = timings.CALL + self.points * timings.rate_step(self.neurons, signals)
            piece, products = self._products()
            work = Work({piece: count / self.stride * (elementwise + products)})
        return self._on_engine(work)

    def _products(self) -> tuple[str, float]:
        """Piece of work of the recurrent products, and their seconds in a step of the rate twin."""
        if self.width == 1:
            return "rows", self.points * timings.rows(self.neurons, self.single, self.draws)
        columns = ceil(self.points / self.width) * self.width  # the last product is padded
        return "product", columns * timings.product(self.neurons, self.single, self.width)

    def learning(self, updates: float) -> Work:
        """Work of some updates of the decoder, without the steps between them.

        The estimate is for RLS, and is used for other learning rules too.
        """
        n, p = self.neurons, self.points
        if updates <= n // 2:
            work = Work(low_rank=updates * p * timings.low_rank_update(n, updates / 2))
        else:
            work = Work(dense=updates * p * timings.dense_update(n))
        calls = timings.UPDATE + p * timings.decoder_update(n, self.outputs)
        return self._on_engine(work + Work(python=updates * calls))

    def drawing(self) -> Work:
        """Work of drawing the weights."""
        return Work(draw=self.draws * timings.draw(self.neurons, self.draws == 1))

    def memory(self, updates: float = 0) -> float:
        """Bytes of the networks, and of the arrays with which they learn."""
        n = self.neurons
        rls = updates if updates <= n // 2 else n + FLUSH
        laid_out = 0.5 if self.single and self.kind == "rate" else 1.0  # copy for the products
        numbers = (1 + laid_out) * self.draws * n**2 + 3 * n**2  # the last term is for drawing one
        numbers += self.points * n * (rls + STATES + 4 * self.outputs)
        return NUMBER * numbers

    def _on_engine(self, work: Work) -> Work:
        slower = {} if self.compiled else timings.NUMPY
        return Work({piece: s * slower.get(piece, 1.0) for piece, s in work.items()})
