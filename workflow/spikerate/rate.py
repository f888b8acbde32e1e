"""The rate twin: the same network, each neuron replaced by its steady firing rate.

In `exact` numerics the synapses are linear and solved exactly, the rates and the recurrent drive
taken linear over a coarse step of up to 0.5 ms (ETD-AB2); `published` takes Euler steps of dt.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from spikerate.twin import State, Twin

COARSE = 5e-4  # s, longest step of the multistep rule
WIDTH = 16  # networks in one product with a shared reservoir; the last product is padded, because
# the rounding of a product can depend on its width, and a point must not depend on its neighbours

memory = {"kept": False}  # metadata of what the multistep rule remembers: no part of the state


@dataclass
class RateState(State):
    """State of a batch of rate networks, each variable (point, neuron)."""

    previous: tuple | None = field(default=None, metadata=memory)  # (rate, drive, input, step)


class RateTwin(Twin):
    """A batch of rate networks."""

    State = RateState

    @cached_property
    def _propagators(self) -> dict[int, np.ndarray]:
        """Propagators of the steps used so far, by their length in dt."""
        return {}

    def initial_state(self, *rngs: np.random.Generator) -> RateState:
        """Currents bias * U(-1/2, 1/2), from one generator for all points or one each."""
        n = self.weights.neurons
        return self.state(synaptic=[self.neuron.bias * (rng.random(n) - 0.5) for rng in rngs])

    def restart(self, state: RateState) -> None:
        """Forget the last evaluation: the decoder has jumped."""
        state.previous = None

    def coarse_steps(self, steps: int) -> int:
        """Steps of dt in one step of the multistep rule: the most that divide `steps`."""
        if self.numerics == "published":
            return 1
        longest = max(1, round(COARSE / self.dt))
        return max(k for k in range(1, longest + 1) if steps % k == 0)

    def recurrent(self, rate: np.ndarray) -> np.ndarray:
        """Drive omega f of the synaptic currents: (point, neuron), mV/s, from rates in Hz."""
        w = self.weights
        if not w.shared:
            drive = np.matmul(w.reservoir, rate[:, :, None])[:, :, 0]
        else:
            padded = np.zeros((-(-w.points // WIDTH) * WIDTH, w.neurons))
            padded[: w.points] = rate
            for start in range(0, w.points, WIDTH):
                rows = slice(start, start + WIDTH)
                padded[rows] = padded[rows] @ w.reservoir.T
            drive = padded[: w.points]
        return w.reservoir_strength[:, None] * drive

    def _block(self, state: RateState, decoder: np.ndarray, inputs: np.ndarray) -> list:
        coarse = self.coarse_steps(len(inputs))
        if coarse not in self._propagators:
            self._propagators[coarse] = self.synapse.drive(coarse * self.dt, self.numerics)
        for u in inputs[::coarse]:
            self._step(state, decoder, u, coarse)
        return []

    def _step(self, state: RateState, decoder: np.ndarray, u: np.ndarray, coarse: int) -> None:
        """One step of the multistep rule, the input u (channel,) held over it."""
        x = self.readout(state, decoder)
        signal = np.concatenate([x, np.broadcast_to(u, (len(x), u.size))], axis=1)
        current = np.einsum("pk,pkn->pn", signal, self._feedback)
        current += state.synaptic
        current += self.neuron.bias
        rate = self.neuron.rate(current)
        drive = self.recurrent(rate)
        slopes = self._slopes(state.previous, rate, drive, u)
        state.previous = rate, drive, u, coarse * self.dt
        m = self._propagators[coarse]
        state.synaptic, state.synaptic_rise = _propagate(
            m, state.synaptic, state.synaptic_rise, drive, slopes and slopes[1]
        )
        state.filtered, state.filtered_rise = _propagate(
            m, state.filtered, state.filtered_rise, rate, slopes and slopes[0]
        )

    def _slopes(self, previous, rate, drive, u):
        """Slopes of rate and drive from the last evaluation; None after a jump."""
        if self.numerics == "published" or previous is None or not np.array_equal(previous[2], u):
            return None
        return (rate - previous[0]) / previous[3], (drive - previous[1]) / previous[3]


def _propagate(m: np.ndarray, x: np.ndarray, rise: np.ndarray, u: np.ndarray, slope):
    """(x, rise) after a step, from their values, the drive u and its slope (None for zero)."""
    after = m[0, 0] * x + m[0, 1] * rise + m[0, 2] * u
    after_rise = m[1, 1] * rise + m[1, 2] * u
    if slope is not None:
        after += m[0, 3] * slope
        after_rise += m[1, 3] * slope
    return after, after_rise
