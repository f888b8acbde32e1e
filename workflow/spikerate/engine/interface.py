"""What the inner loops of the networks take and return, whichever engine runs them.

The loops contain no equation. The step of a neuron's voltage, its reset, and the two equations of
the synapse are functions that the model passes. Each takes both numbers and arrays: the reference
calls them with whole arrays, the compiled engine with the numbers of one neuron.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SingleOrDouble = NDArray[np.floating[Any]]  # in the precision of the recurrent products
Integers = NDArray[np.int64]
Equation = Callable[..., Any]
Engine = Literal["numpy", "numba"]  # the reference, and the fast one


class SpikingArrays(NamedTuple):
    """Variables of a batch of spiking networks, each (point, neuron); changed in place."""

    v: Floats  # mV
    synaptic: Floats  # s, mV
    synaptic_rise: Floats  # mV/s
    filtered: Floats  # R, 1/s
    filtered_rise: Floats  # 1/s^2
    free_at: Integers  # first step of this run at which v moves again


class SpikingWeights(NamedTuple):
    """What connects the neurons of a batch of spiking networks."""

    decoder: Floats  # (point, output, neuron)
    feedback: Floats  # (point, output + channel, neuron), mV
    outgoing: Floats  # (1 or point, neuron, neuron), row j what a spike of neuron j sends
    kick: Floats  # (point,), what a unit weight adds to the rise of s


class SpikingConstants(NamedTuple):
    """Constants of a step of a spiking network."""

    held_steps: int  # steps for which v is held after a spike
    bias: float  # mV
    v_spike: float  # mV, where a spike is fired
    refires: bool  # whether a held neuron that is above v_spike fires all the same
    fast: float  # the synaptic propagator of one step
    slow: float
    cross: float  # s
    gain: float  # 1/s^2
    voltage: tuple[float, ...]  # constants of the neuron's equations


class Samples(NamedTuple):
    """Samples of a run, filled in place; the first is taken before the first step."""

    sample_steps: int  # steps between samples
    recorded: Integers  # neurons whose R is sampled
    readout: Floats  # (point, sample, output)
    filtered: Floats  # (point, sample, recorded)


class AdvanceSpiking(Protocol):
    """Advance a batch of spiking networks in place, and fill the samples."""

    def __call__(
        self,
        state: SpikingArrays,
        weights: SpikingWeights,
        inputs: Floats,
        constants: SpikingConstants,
        powers: tuple[Floats, Floats, Floats],
        samples: Samples,
        keep_spikes: bool,
    ) -> Integers:
        """Take one step for each row of `inputs` (step, channel).

        Parameters
        ----------
        powers : fast, slow and cross over 0, 1, ... steps

        Returns
        -------
        Spikes (spike, 3): point, neuron and step; empty unless `keep_spikes`.
        """


class DriveSynapses(Protocol):
    """Step the synapses of a batch of rate networks in place."""

    def __call__(
        self,
        state: tuple[Floats, Floats, Floats, Floats],
        now: tuple[Floats, Floats],
        before: tuple[Floats, Floats],
        per_step: float,
        propagator: Floats,
    ) -> None:
        """Take one step.

        Parameters
        ----------
        state : s, its rise, R, its rise, each (point, neuron)
        now, before : rate (Hz) and drive (mV/s), (point, neuron), at this and the last step
        per_step : 1/s, one over the last step; 0 where the multistep rule restarts
        propagator : (2, 4), of the step
        """
