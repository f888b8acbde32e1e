"""The spiking network: neurons whose voltages are stepped by dt.

Three things make a step cheap. A spike adds one contiguous row of the transposed reservoir. The
readout needs no product with R: it obeys the synaptic filter itself, driven at each spike by a
column of the decoder. R advances in closed form once for each block of steps between two samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from spikerate.engine.interface import (
    Integers,
    Samples,
    SpikingArrays,
    SpikingConstants,
    SpikingWeights,
)
from spikerate.engine.loops import SPIKING
from spikerate.model.network import Network, State, Trace
from spikerate.model.neuron import Floats
from spikerate.model.synapse import decayed


@dataclass
class SpikingState(State):
    """State of a batch of spiking networks, each variable (point, neuron)."""

    v: Floats  # mV
    refractory: Integers  # steps for which v is still held


class SpikingNetwork(Network):
    """A batch of spiking networks."""

    state_class: ClassVar[type[State]] = SpikingState

    def __init__(self, *args: Any, **settings: Any):
        super().__init__(*args, **settings)
        change, reset, self._voltage = self.neuron.equations(self.dt, self.numerics)
        self._advance = SPIKING[self.engine](change, reset, decayed)
        # The paper's update tests the voltage alone: a neuron that starts far above threshold fires
        # at every step until it is below.
        self._refires = self.numerics == "published"
        self._propagator = self.synapse.impulse(self.dt, self.numerics)
        self._outgoing = self.weights.outgoing()
        self._kick = self._propagator.gain * self.weights.reservoir_strength  # (point,)

    def initial_state(self, *rngs: np.random.Generator) -> State:
        """State with random voltages, from one generator for all points or one for each."""
        n = self.weights.neurons
        return self.state(v=[self.neuron.initial_voltage(rng.random(n)) for rng in rngs])

    def rest(self) -> State:
        """State with nothing in the synapses and every voltage at reset."""
        return self.state(v=self.neuron.v_reset)

    def _run(
        self,
        state: SpikingState,
        decoder: Floats,
        inputs: Floats,
        sample_steps: int,
        recorded: Integers,
        trace: Trace,
        spikes: bool,
    ) -> Integers:
        p, free_at = self._propagator, state.refractory.copy()
        arrays = state.v, state.synaptic, state.synaptic_rise, state.filtered, state.filtered_rise
        constants = SpikingConstants(
            held_steps=self._held_steps,
            bias=self.neuron.bias,
            v_spike=self.neuron.v_spike,
            refires=self._refires,
            fast=p.fast,
            slow=p.slow,
            cross=p.cross,
            gain=p.gain,
            voltage=self._voltage,
        )
        fired = self._advance(
            SpikingArrays(*arrays, free_at),
            SpikingWeights(decoder, self._feedback, self._outgoing, self._kick),
            inputs,
            constants,
            p.over(np.arange(sample_steps + 1)),
            Samples(sample_steps, recorded, trace.readout, trace.filtered),
            spikes,
        )
        state.refractory[:] = np.maximum(free_at - len(inputs), 0)
        return fired
