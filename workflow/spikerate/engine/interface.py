"""What an engine does: the inner loops of the networks and of the learning rule, nothing else.

An engine knows no equation. The step of a neuron's voltage, its reset, and the two laws of the
synapse are functions that the model passes to it. Each takes both numbers and arrays: the reference
calls them on whole arrays, the compiled engine on one neuron after another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Integers = NDArray[np.integer[Any]]
Equation = Callable[..., Any]


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
    voltage: tuple[float, ...]  # constants of the neuron's own equations


class Samples(NamedTuple):
    """What a run writes down, before steps 0, every, 2 every, ...; filled in place."""

    every: int  # steps between samples
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
        """Take one step a row of `inputs` (step, channel).

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
        now, before : rate and drive, each (point, neuron), at this and at the last evaluation
        per_step : 1/s, one over the last step; 0 where the multistep rule restarts
        propagator : (2, 4), of the step
        """


class Engine(Protocol):
    """The inner loops; `numpy` is the reference, `numba` the fast one."""

    name: str

    def spiking(self, change: Equation, reset: Equation, decayed: Equation) -> AdvanceSpiking:
        """Loop over the steps of spiking networks.

        Parameters
        ----------
        change : of v over a step, from v, the current and the neuron's constants
        reset : v after a spike, from v and the neuron's constants
        decayed : the synapse after a step without input
        """

    def synapses(self, driven: Equation) -> DriveSynapses:
        """Step of the synapses of rate networks, `driven` under a drive and its slope."""

    def readout(self, decoder: Floats, filtered: Floats) -> Floats:
        """x_hat = phi R: (point, output), from (point, output, neuron) and (point, neuron)."""

    def currents(self, synaptic: Floats, feedback: Floats, signal: Floats, bias: float) -> Floats:
        """Input currents (point, neuron), mV, from s and the signals (point, output + channel)."""

    def weighted_rows(self, outgoing: Floats, rate: Floats) -> Floats:
        """Rates (point, neuron) times what each neuron sends, (1 or point, neuron, neuron)."""

    def low_rank_gain(self, rows: Floats, done: int, alpha: Floats, regressor: Floats) -> Floats:
        """Gain c k (point, neuron) of an update of P = alpha I - U^T U; its row of U is stored.

        Parameters
        ----------
        rows : (point, row, neuron), of which the first `done` are U
        alpha : (point,)
        regressor : (point, neuron)
        """
