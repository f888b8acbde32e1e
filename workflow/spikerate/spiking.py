"""The spiking twin: leaky integrate-and-fire neurons, stepped by dt.

Three things keep a step cheap. A spike adds one contiguous row of the transposed reservoir. The
readout obeys the synaptic filter itself, driven by the decoder's columns at the spikes, so that it
needs no product with R. And R advances once a block, in closed form, from the spikes of the block.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg.blas import daxpy

from spikerate.twin import State, Twin

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
        n = self.weights.neurons
        self._leak = self.neuron.leak(self.dt, self.numerics)
        self._held = self.neuron.refractory_steps(self.dt)
        self._propagator = self.synapse.impulse(self.dt, self.numerics)
        # Row j holds what a spike of neuron j sends; (neuron, neuron) or (point * neuron, neuron).
        transposed = np.ascontiguousarray(self.weights.reservoir.swapaxes(-1, -2))
        self._outgoing = transposed.reshape(-1, n)
        self._kick = self._propagator.gain * self.weights.reservoir_strength  # (point,)

    def initial_state(self, *rngs: np.random.Generator) -> SpikingState:
        """Voltages uniform on [v_reset, 30) mV, from one generator for all points or one each."""
        low, n = self.neuron.v_reset, self.weights.neurons
        v = [low + rng.random(n) * (V_HIGH - low) for rng in rngs]
        return self.state(v=v)

    def rest(self) -> SpikingState:
        """State with nothing in the synapses and every voltage at reset."""
        return self.state(v=self.neuron.v_reset)

    def _block(self, state: SpikingState, decoder: np.ndarray, inputs: np.ndarray) -> list:
        # A neuron fires at most once in tau_ref, and none is released twice in a piece this long.
        piece, fired = self._held + 1, []
        for start in range(0, len(inputs), piece):
            part = inputs[start : start + piece]
            spikes = self._piece(state, decoder, part)
            self._close(state, spikes, len(part))
            fired += [(flat, start + step) for flat, step in spikes]
        return fired

    def _piece(self, state: SpikingState, decoder: np.ndarray, inputs: np.ndarray) -> list:
        """Step v and the synaptic currents; return (flat indices, step) of the spikes."""
        lif, p, (points, neurons) = self.neuron, self._propagator, state.v.shape
        v, s, rise = state.v, state.synaptic, state.synaptic_rise
        columns = decoder.swapaxes(1, 2).reshape(points * neurons, -1)
        x = self.readout(state, decoder)
        x_rise = np.matmul(decoder, state.filtered_rise[:, :, None])[:, :, 0]
        signal = np.empty((points, self._feedback.shape[1]))
        gate, release = self._gate(state.refractory, len(inputs))
        change, current = np.empty_like(v), np.empty_like(v)
        fired = []
        for step, u in enumerate(inputs):
            gate.flat[release[step]] = self._leak
            signal[:, : x.shape[1]], signal[:, x.shape[1] :] = x, u
            np.einsum("pk,pkn->pn", signal, self._feedback, out=current)
            current += s
            current += lif.bias
            np.subtract(current, v, out=change)
            change *= gate
            v += change
            np.multiply(rise, p.cross, out=change)
            s *= p.fast
            s += change
            rise *= p.slow
            x = p.fast * x + p.cross * x_rise
            x_rise *= p.slow
            flat = (v >= lif.v_threshold).ravel().nonzero()[0]
            if flat.size:
                v.flat[flat] -= lif.v_threshold - lif.v_reset
                gate.flat[flat] = 0.0
                self._send(rise, flat)
                np.add.at(x_rise, flat // neurons, p.gain * columns[flat])
                fired.append((flat, step))
        return fired

    def _gate(self, refractory: np.ndarray, steps: int):
        """Share of the gap each v closes, 0 where it is held, and who is released at each step."""
        held = refractory.ravel().nonzero()[0]
        left = refractory.flat[held]
        gate = np.full(refractory.shape, self._leak)
        gate.flat[held] = 0.0
        return gate, [held[left == step] for step in range(steps)]

    def _send(self, rise: np.ndarray, flat: np.ndarray) -> None:
        """Add to `rise` (point, neuron) what the spikes send through the reservoir."""
        point, neuron = np.divmod(flat, rise.shape[1])
        rows = neuron if self.weights.shared else flat
        kicks = self._kick[point].tolist()
        for b, row, kick in zip(point.tolist(), rows.tolist(), kicks, strict=True):
            daxpy(self._outgoing[row], rise[b], a=kick)  # in place: y += a x

    def _close(self, state: SpikingState, fired: list, steps: int) -> None:
        """Bring R and the refractory counters from the start to the end of a piece."""
        fast, slow, cross = self._propagator.over(steps)
        state.filtered *= fast
        state.filtered += cross * state.filtered_rise
        state.filtered_rise *= slow
        np.maximum(state.refractory - steps, 0, out=state.refractory)
        for flat, step in fired:
            since = steps - 1 - step
            _, slow, cross = self._propagator.over(since)
            state.filtered.flat[flat] += self._propagator.gain * cross
            state.filtered_rise.flat[flat] += self._propagator.gain * slow
            state.refractory.flat[flat] = self._held - since
