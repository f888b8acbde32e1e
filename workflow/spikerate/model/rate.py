"""The rate network: the spiking network with each neuron replaced by its steady firing rate.

`exact` numerics solve the synapses, which are linear, exactly, and take the rates and the recurrent
drive as linear over a coarse step of up to 0.5 ms (ETD-AB2). `published` takes Euler steps of dt.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import numpy as np

from spikerate.engine.interface import Integers, SingleOrDouble
from spikerate.engine.loops import CURRENTS, SYNAPSES, WEIGHTED_ROWS
from spikerate.model.network import Network, State, Trace
from spikerate.model.neuron import Floats
from spikerate.model.synapse import driven

COARSE = 5e-4  # s, longest step of the multistep rule
PANEL = 32  # columns of a shared reservoir that are contiguous in memory
SMALL = 1_000_000  # multiplications of a product that BLAS does without copying its operands


def panel(width: int, neurons: int) -> int:
    """Columns of a shared reservoir in one panel, for products of `width` networks."""
    return PANEL if width * neurons * PANEL <= SMALL else neurons


class Evaluation(NamedTuple):
    """What the multistep rule remembers of its last step."""

    rate: Floats  # (point, neuron), Hz
    drive: Floats  # (point, neuron), mV/s
    u: Floats  # (channel,), the input
    step: float  # s


@dataclass
class RateState(State):
    """State of a batch of rate networks, each variable (point, neuron)."""

    # metadata: the memory is not one of the variables that define the state
    previous: Evaluation | None = field(default=None, metadata={"memory": True})


def coarse_steps(steps: int, dt: float, numerics: str) -> int:
    """Steps of dt in one step of the multistep rule: the most within COARSE to divide `steps`."""
    if numerics == "published":
        return 1
    longest = max(1, round(COARSE / dt))
    return max(k for k in range(1, longest + 1) if steps % k == 0)


class RateNetwork(Network):
    """A batch of rate networks."""

    state_class: ClassVar[type[State]] = RateState

    def __init__(self, *args: Any, **settings: Any):
        super().__init__(*args, **settings)
        self._drive_synapses = SYNAPSES[self.engine](driven)
        self._currents, self._weighted_rows = CURRENTS[self.engine], WEIGHTED_ROWS[self.engine]

    @cached_property
    def _propagators(self) -> dict[int, Floats]:
        """Propagators of the coarse steps used so far, by their length in dt."""
        return {}

    def initial_state(self, *rngs: np.random.Generator) -> State:
        """Currents bias * U(-1/2, 1/2), from one generator for all points or one for each."""
        n = self.weights.neurons
        return self.state(synaptic=[self.neuron.bias * (rng.random(n) - 0.5) for rng in rngs])

    def restart(self, state: RateState) -> None:
        """Clear the last evaluation, because the decoder has jumped."""
        state.previous = None

    def coarse_steps(self, steps: int) -> int:
        """As the function `coarse_steps`."""
        return coarse_steps(steps, self.dt, self.numerics)

    @cached_property
    def _outgoing(self) -> SingleOrDouble:
        return self.weights.outgoing(self._precision)

    @cached_property
    def _panels(self) -> SingleOrDouble:
        """Shared reservoir in panels of columns (panel, neuron, column), the last one padded."""
        outgoing = self.weights.outgoing(self._precision)[0]
        n = len(outgoing)
        columns = panel(self._width, n)
        padded = np.pad(outgoing, ((0, 0), (0, -n % columns)))
        return np.ascontiguousarray(padded.reshape(n, -1, columns).swapaxes(0, 1))

    def recurrent(self, rate: Floats) -> Floats:
        """Drive omega f of the synaptic currents (point, neuron), mV/s, from rates in Hz."""
        w, f = self.weights, rate.astype(self._precision)
        if w.shared and self._width > 1:
            drive = self._product(f)
        else:
            drive = self._weighted_rows(self._outgoing, f)
        return w.reservoir_strength[:, None] * drive

    def _product(self, rate: SingleOrDouble) -> SingleOrDouble:
        """Rates (point, neuron) times the shared reservoir, `_width` networks at a time."""
        drive, (points, n) = np.empty_like(rate), rate.shape
        for start in range(0, points, self._width):
            part = rate[start : start + self._width]
            padded = np.zeros((self._width, n), rate.dtype)
            padded[: len(part)] = part
            panels = np.matmul(padded, self._panels)  # (panel, network, column)
            rows = panels.swapaxes(0, 1).reshape(self._width, -1)
            drive[start : start + len(part)] = rows[: len(part), :n]
        return drive

    def _run(
        self,
        state: RateState,
        decoder: Floats,
        inputs: Floats,
        sample_steps: int,
        recorded: Integers,
        trace: Trace,
        spikes: bool,
    ) -> Integers:
        for sample in range(trace.readout.shape[1]):
            x = self.readout(state, decoder)
            trace.readout[:, sample] = x
            trace.filtered[:, sample] = state.filtered[:, recorded]
            self._block(
                state, decoder, inputs[sample * sample_steps : (sample + 1) * sample_steps], x
            )
        return trace.spikes

    def _block(self, state: RateState, decoder: Floats, inputs: Floats, x: Floats) -> None:
        """Advance `state` in place by len(inputs) steps of dt; x is the readout before them."""
        coarse_steps = self.coarse_steps(len(inputs))
        if coarse_steps not in self._propagators:
            self._propagators[coarse_steps] = self.synapse.drive(
                coarse_steps * self.dt, self.numerics
            )
        for step, u in enumerate(inputs[::coarse_steps]):
            if step:
                x = self.readout(state, decoder)
            self._step(state, x, u, coarse_steps)

    def _step(self, state: RateState, x: Floats, u: Floats, coarse_steps: int) -> None:
        """Take a step of the multistep rule from the readout x, with the input u held over it."""
        signal = np.concatenate([x, np.broadcast_to(u, (len(x), u.size))], axis=1)
        bias = self.neuron.bias
        rate = self.neuron.rate(self._currents(state.synaptic, self._feedback, signal, bias))
        drive = self.recurrent(rate)
        before, per_step = self._before(state.previous, rate, drive, u)
        state.previous = Evaluation(rate, drive, u.copy(), coarse_steps * self.dt)
        arrays = state.synaptic, state.synaptic_rise, state.filtered, state.filtered_rise
        m = self._propagators[coarse_steps]
        self._drive_synapses(arrays, (rate, drive), before, per_step, m)

    def _before(
        self, previous: Evaluation | None, rate: Floats, drive: Floats, u: Floats
    ) -> tuple[tuple[Floats, Floats], float]:
        """Rate and drive at the last evaluation, and 1 over the step since; 0 after a jump."""
        if self.numerics == "published" or previous is None or not np.array_equal(previous.u, u):
            return (rate, drive), 0.0
        return (previous.rate, previous.drive), 1.0 / previous.step
