"""The spiking twin: leaky integrate-and-fire neurons, stepped by dt.

Three things keep a step cheap. A spike adds one contiguous row of the transposed reservoir. The
readout obeys the synaptic filter itself, driven by the decoder's columns at the spikes, so that it
needs no product with R. And R advances once a block, in closed form, from the spikes of the block.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg.blas import daxpy

from spikerate.model.neuron import relaxed
from spikerate.model.synapse import decayed
from spikerate.model.twin import State, Trace, Twin

V_HIGH = 30.0  # mV, upper end of the uniform initial voltages


@dataclass
class SpikingState(State):
    """State of a batch of spiking networks, each variable (point, neuron)."""

    v: np.ndarray  # mV
    refractory: np.ndarray  # steps for which v is still held


class SpikingTwin(Twin):
    """A batch of spiking networks."""

    State = SpikingState

    def __init__(self, *args, **settings):
        super().__init__(*args, **settings)
        self._leak = self.neuron.leak(self.dt, self.numerics)
        self._held = self.neuron.refractory_steps(self.dt)
        # The paper's update asks for the voltage alone: a neuron that starts far above threshold
        # fires step after step until it is below.
        self._refires = self.numerics == "published"
        self._propagator = self.synapse.impulse(self.dt, self.numerics)
        self._outgoing = self.weights.outgoing()
        self._kick = self._propagator.gain * self.weights.reservoir_strength  # (point,)

    def initial_state(self, *rngs: np.random.Generator) -> SpikingState:
        """Voltages uniform on [v_reset, 30) mV, from one generator for all points or one each."""
        low, n = self.neuron.v_reset, self.weights.neurons
        v = [low + rng.random(n) * (V_HIGH - low) for rng in rngs]
        return self.state(v=v)

    def rest(self) -> SpikingState:
        """State with nothing in the synapses and every voltage at reset."""
        return self.state(v=self.neuron.v_reset)

    def _run(self, state, decoder, inputs, every: int, recorded, trace: Trace, spikes: bool):
        if not self.compiled:
            return super()._run(state, decoder, inputs, every, recorded, trace, spikes)
        from spikerate.engine import kernels  # only here: the reference works without Numba

        lif, p = self.neuron, self._propagator
        constants = kernels.Spiking(
            self._leak, self._held, lif.bias, lif.v_threshold, lif.v_threshold - lif.v_reset,
            self._refires, p.fast, p.slow, p.cross, p.gain,
        )  # fmt: skip
        free_at = state.refractory.copy()
        arrays = state.v, state.synaptic, state.synaptic_rise, state.filtered, state.filtered_rise
        fired = kernels.advance_spiking(
            (*arrays, free_at), decoder, self._feedback, inputs, self._outgoing, self._kick,
            constants, p.over(np.arange(every + 1)), every, recorded, trace.readout,
            trace.filtered, spikes,
        )  # fmt: skip
        state.refractory[:] = np.maximum(free_at - len(inputs), 0)
        return fired

    def _block(self, state: SpikingState, decoder, inputs: np.ndarray, x: np.ndarray) -> list:
        lif, p, (points, neurons) = self.neuron, self._propagator, state.v.shape
        steps, free_at = len(inputs), state.refractory.copy()
        columns = decoder.swapaxes(1, 2).reshape(points * neurons, -1)
        x_rise = np.matmul(decoder, state.filtered_rise[:, :, None])[:, :, 0]
        # R at the end of the block, to which each spike of the block adds its share.
        state.filtered, state.filtered_rise = decayed(
            state.filtered, state.filtered_rise, *p.over(steps)
        )
        fired = []
        for step, u in enumerate(inputs):
            feedback = np.einsum("pk,pkn->pn", self._signal(x, u), self._feedback)
            current = feedback + state.synaptic + lif.bias
            free = free_at <= step
            state.v[:] = relaxed(state.v, current, np.where(free, self._leak, 0.0))
            state.synaptic, state.synaptic_rise = decayed(
                state.synaptic, state.synaptic_rise, p.fast, p.slow, p.cross
            )
            x, x_rise = decayed(x, x_rise, p.fast, p.slow, p.cross)
            fires = (state.v >= lif.v_threshold) & (free | self._refires)
            flat = fires.ravel().nonzero()[0]
            if flat.size:
                state.v.flat[flat] -= lif.v_threshold - lif.v_reset
                free_at.flat[flat] = step + 1 + self._held
                self._send(state.synaptic_rise, flat)
                np.add.at(x_rise, flat // neurons, p.gain * columns[flat])
                _, slow, cross = p.over(steps - 1 - step)
                state.filtered.flat[flat] += p.gain * cross
                state.filtered_rise.flat[flat] += p.gain * slow
                fired.append((flat, step))
        state.refractory[:] = np.maximum(free_at - steps, 0)
        return fired

    def _send(self, rise: np.ndarray, flat: np.ndarray) -> None:
        """Add to `rise` (point, neuron) what the spikes send through the reservoir."""
        point, neuron = np.divmod(flat, rise.shape[1])
        source = np.zeros_like(point) if self.weights.shared else point
        for b, draw, row in zip(point, source, neuron, strict=True):
            daxpy(self._outgoing[draw, row], rise[b], a=self._kick[b])  # in place: y += a x
