"""Networks that advance together: the seconds, by kind of work, and the bytes that they take."""

from __future__ import annotations

from collections import Counter
from math import ceil
from typing import NamedTuple

from spikerate.learning.rls import FLUSH
from spikerate.pipeline import timings

NUMBER = 8  # bytes
STATES = 12  # arrays (point, neuron) of a state, its copies and what a step needs beside it


class Batch(NamedTuple):
    """Networks that advance together."""

    network: str  # which twin
    points: int
    neurons: int
    outputs: int
    channels: int
    draws: int  # reservoirs among them
    width: int  # of a product; 1 for networks that have each its own
    stride: int  # steps of dt in a step of the rate twin
    single: bool  # whether products are in single precision
    compiled: bool

    def steps(self, count: float) -> Counter:
        """Work of so many steps of dt."""
        signals = self.outputs + self.channels
        if self.network == "spiking":
            work = {"spiking": count * self.points * timings.spiking_step(self.neurons, signals)}
        else:
            once = timings.CALL + self.points * timings.rate_step(self.neurons, signals)
            kind, products = self._products()
            work = {kind: count / self.stride * (once + products)}
        return self._on_engine(work)

    def _products(self) -> tuple[str, float]:
        """Kind and seconds of the recurrent products of one step of the rate twin."""
        if self.width == 1:
            return "rows", self.points * timings.rows(self.neurons, self.single, self.draws)
        columns = ceil(self.points / self.width) * self.width  # the last product is padded
        return "product", columns * timings.product(self.neurons, self.single, self.width)

    def learning(self, updates: float) -> Counter:
        """Work of the updates, but for the steps between them.

        It is that of RLS; another rule is taken to cost as much.
        """
        n, p = self.neurons, self.points
        if updates <= n // 2:
            work = {"low_rank": updates * p * timings.low_rank_update(n, updates / 2)}
        else:
            work = {"dense": updates * p * timings.dense_update(n)}
        calls = timings.UPDATE + p * timings.decoder_update(n, self.outputs)
        return self._on_engine(work | {"python": updates * calls})

    def drawing(self) -> Counter:
        """Work of drawing the weights."""
        return Counter(draw=self.draws * timings.draw(self.neurons, self.draws == 1))

    def memory(self, updates: float = 0) -> float:
        """Bytes of the networks, and of what they learn with."""
        n = self.neurons
        rls = updates if updates <= n // 2 else n + FLUSH
        laid_out = 0.5 if self.single and self.network == "rate" else 1.0
        numbers = (1 + laid_out) * self.draws * n**2 + 3 * n**2  # one is being drawn
        numbers += self.points * n * (rls + STATES + 4 * self.outputs)
        return NUMBER * numbers

    def _on_engine(self, work: dict) -> Counter:
        slower = {} if self.compiled else timings.NUMPY
        return Counter({kind: s * slower.get(kind, 1.0) for kind, s in work.items()})
