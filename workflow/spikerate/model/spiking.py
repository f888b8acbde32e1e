"""The spiking network: neurons whose voltages are stepped by dt.

Three things keep a step cheap. A spike adds one contiguous row of the transposed reservoir. The
readout itself follows the synaptic filter, driven by the decoder's columns at the spikes, so it
needs no product with R. And R advances once for each block, in closed form, from the spikes of the
block.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from spikerate.engine.interface import Samples, SpikingArrays, SpikingConstants, SpikingWeights
from spikerate.engine.loops import SPIKING
from spikerate.model.network import Network, State, Trace
from spikerate.model.synapse import decayed


@dataclass
class SpikingState(State):
    """State of a batch of spiking networks, each variable (point, neuron)."""

    v: np.ndarray  # mV
    refractory: np.ndarray  # steps for which v is still held


class SpikingNetwork(Network):
    """A batch of spiking networks."""

    State = SpikingState

    def __init__(self, *args: Any, **settings: Any):
        super().__init__(*args, **settings)
        change, reset, self._voltage = self.neuron.equations(self.dt, self.numerics)
        self._advance = SPIKING[self.engine](change, reset, decayed)
        # The paper's update asks for the voltage alone: a neuron that starts far above threshold
        # fires step after step until it is below.
        self._refires = self.numerics == "published"
        self._propagator = self.synapse.impulse(self.dt, self.numerics)
        self._outgoing = self.weights.outgoing()
        self._kick = self._propagator.gain * self.weights.reservoir_strength  # (point,)

    def initial_state(self, *rngs: np.random.Generator) -> SpikingState:
        """Voltages as the neuron starts, from one generator for all points or one each."""
        n = self.weights.neurons
        return self.state(v=[self.neuron.initial_voltage(rng.random(n)) for rng in rngs])

    def rest(self) -> SpikingState:
        """State with nothing in the synapses and every voltage at reset."""
        return self.state(v=self.neuron.v_reset)

    def _run(self, state, decoder, inputs, every: int, recorded, trace: Trace, spikes: bool):
        p, free_at = self._propagator, state.refractory.copy()
        arrays = state.v, state.synaptic, state.synaptic_rise, state.filtered, state.filtered_rise
        constants = SpikingConstants(
            self._held_steps, self.neuron.bias, self.neuron.v_spike, self._refires,
            p.fast, p.slow, p.cross, p.gain, self._voltage,
        )  # fmt: skip
        fired = self._advance(
            SpikingArrays(*arrays, free_at),
            SpikingWeights(decoder, self._feedback, self._outgoing, self._kick),
            inputs,
            constants,
            p.over(np.arange(every + 1)),
            Samples(every, recorded, trace.readout, trace.filtered),
            spikes,
        )
        state.refractory[:] = np.maximum(free_at - len(inputs), 0)
        return fired
