"""What the two networks share: weights, constants, feedback, and how a run is sampled."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np

from spikerate.engine.loops import READOUT
from spikerate.engine.selection import resolve
from spikerate.model import checked
from spikerate.model.lif import LIF
from spikerate.model.neuron import Neuron, check_numerics
from spikerate.model.synapse import DoubleExponential
from spikerate.model.weights import Weights

WIDTH = 32  # networks in one product with a shared reservoir; the last product is padded, because
# the rounding of a product can depend on its width, and a point must not depend on its neighbours
SAMPLE_STEPS = 10  # steps between samples where the caller names none: 0.5 ms at dt = 5e-5 s


PRECISIONS = {"double": np.float64, "single": np.float32}


class Trace(NamedTuple):
    """Result of a run, sampled before steps 0, every, 2 every, ... of the run."""

    readout: np.ndarray  # (point, sample, output), x_hat
    filtered: np.ndarray  # (point, sample, recorded), R of the recorded neurons, 1/s
    spikes: np.ndarray  # (spike, 3): point, neuron, step of the run; empty unless asked for


@dataclass
class State:
    """Variables of a batch of networks, each (point, neuron); a subclass adds its own."""

    synaptic: np.ndarray  # s, mV, recurrent current
    synaptic_rise: np.ndarray  # mV/s
    filtered: np.ndarray  # R, 1/s, filtered spike train or rate
    filtered_rise: np.ndarray  # 1/s^2

    def copy(self):
        """Return a copy that shares no array with this one."""
        return replace(self, **{name: np.copy(array) for name, array in self.arrays().items()})

    def finite(self) -> np.ndarray:
        """Return which networks hold only finite numbers, (point,)."""
        return np.all([np.isfinite(a).all(axis=1) for a in self.arrays().values()], axis=0)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the variables that define the state, by name; not copies."""
        return {f.name: getattr(self, f.name) for f in fields(self) if not f.metadata}


def as_batch(array, shape: tuple[int, ...], name: str, dtype=float) -> np.ndarray:
    """Copy an array to `shape`, broadcasting it over points; ValueError if it does not fit."""
    array = checked.array(array, name, dtype)
    try:
        return np.array(np.broadcast_to(array, shape), order="C")
    except ValueError:
        raise ValueError(f"{name} must fit the shape {shape}, got {array.shape}") from None


class Network:
    """A batch of networks that share constants and time step; base of the two kinds.

    Parameters
    ----------
    weights : of the whole batch
    neuron, synapse : constants, the same for both twins
    dt : s, time step of the spiking twin and of targets and inputs
    numerics : "exact" or "published"
    engine : "numpy", "numba" or "auto", of the inner loops
    product_precision : "double" or "single", of the rate twin's recurrent products
    product_width : networks in one of these products, where they share a reservoir
    """

    State: type[State]

    def __init__(
        self,
        weights: Weights,
        neuron: Neuron | None = None,
        synapse: DoubleExponential | None = None,
        dt: float = 5e-5,
        numerics: str = "exact",
        engine: str = "auto",
        product_precision: str = "double",
        product_width: int = WIDTH,
    ):
        check_numerics(numerics)
        if product_precision not in PRECISIONS:
            raise ValueError(f"product_precision must be double or single, got {product_precision}")
        if not 0 < dt < np.inf:
            raise ValueError(f"dt must be positive, got {dt} s")
        self.weights = weights
        self.neuron = neuron or LIF()
        self.synapse = synapse or DoubleExponential()
        self.dt, self.numerics = dt, numerics
        checked.whole(product_width, "product_width", 1)
        self._held_steps = self.neuron.refractory_steps(dt)
        self.engine = resolve(engine)
        self._readout = READOUT[self.engine]
        self._precision, self._width = PRECISIONS[product_precision], product_width
        self._feedback = weights.feedback()  # (point, output + channel, neuron)

    def state(self, **arrays) -> State:
        """State from named arrays (neuron,) or (point, neuron); the others are zero."""
        shape = self.weights.points, self.weights.neurons
        names = {f.name: f.type for f in fields(self.State) if not f.metadata}
        unknown = sorted(set(arrays) - set(names))
        if unknown:
            raise ValueError(f"unknown state variable {unknown[0]}; known: {', '.join(names)}")
        kinds = {"refractory": np.int64}
        return self.State(
            **{n: as_batch(arrays.get(n, 0), shape, n, kinds.get(n, float)) for n in names}
        )

    def rest(self) -> State:
        """State with nothing in the synapses."""
        return self.state()

    def lose(self, state: State, lost: np.ndarray) -> None:
        """Set every number of some networks to NaN: those where `lost` (point,) is true."""
        for array in state.arrays().values():
            if array.dtype.kind == "f":
                array[lost] = np.nan

    def decoder(self, decoder=None) -> np.ndarray:
        """Decoder (point, output, neuron) from an array that broadcasts to it; None gives zero."""
        w = self.weights
        shape = w.points, w.outputs, w.neurons
        return as_batch(0.0 if decoder is None else decoder, shape, "decoder")

    def readout(self, state: State, decoder: np.ndarray) -> np.ndarray:
        """x_hat = phi R, (point, output)."""
        return self._readout(decoder, state.filtered)

    def restart(self, state: State) -> None:
        """Clear the memory of the integrator, because the decoder has jumped."""

    def advance(
        self,
        state: State,
        decoder,
        steps: int,
        inputs=None,
        every: int = SAMPLE_STEPS,
        recorded=(),
        spikes: bool = False,
    ) -> tuple[State, Trace]:
        """Advance with a frozen decoder.

        Parameters
        ----------
        state : at the start; not changed
        decoder : array that broadcasts to (point, output, neuron)
        steps : how many steps of dt
        inputs : array (steps, channel), u at each step, the same for all points, or None
        every : steps between samples. Two runs of k and l steps equal one of k + l to the last
            bit where k is a multiple of `every`.
        recorded : indices of the neurons whose R is sampled
        spikes : whether to return the spikes

        Returns
        -------
        state after the last step, and the Trace. Numbers may become infinite or NaN; networks
        of a batch do not affect each other.
        """
        checked.whole(steps, "steps", 0)
        checked.whole(every, "every", 1)
        w, recorded = self.weights, self._recorded(recorded)
        inputs = self._inputs(inputs, steps)
        self._check(state)
        decoder, state = self.decoder(decoder), state.copy()
        samples = -(-steps // every)
        readout = np.empty((w.points, samples, w.outputs))
        filtered = np.empty((w.points, samples, recorded.size))
        trace = Trace(readout, filtered, np.empty((0, 3), np.int64))
        with np.errstate(over="ignore", invalid="ignore"):
            fired = self._run(state, decoder, inputs, every, recorded, trace, spikes)
        return state, trace._replace(spikes=fired) if spikes else trace

    def _run(self, state, decoder, inputs, every: int, recorded, trace: Trace, spikes: bool):
        """Advance `state` in place and fill the trace; return the spikes (spike, 3)."""
        raise NotImplementedError

    def _check(self, state: State) -> None:
        """Refuse a state that belongs to other networks."""
        shape = self.weights.points, self.weights.neurons
        for name, array in state.arrays().items():
            if array.shape != shape:
                raise ValueError(f"state variable {name} must be {shape}, got {array.shape}")

    def _recorded(self, recorded) -> np.ndarray:
        """Indices of recorded neurons, checked."""
        recorded, n = np.asarray(recorded, dtype=np.intp), self.weights.neurons
        if recorded.size and not 0 <= recorded.min() <= recorded.max() < n:
            raise ValueError(f"recorded neurons must lie in 0 to {n - 1}, got {recorded.tolist()}")
        return recorded

    def _inputs(self, inputs, steps: int) -> np.ndarray:
        """Inputs (steps, channel), checked."""
        shape = steps, self.weights.channels
        inputs = np.zeros((steps, 0)) if inputs is None else checked.array(inputs, "inputs")
        if inputs.shape != shape:
            raise ValueError(f"inputs must be (steps, channel) = {shape}, got {inputs.shape}")
        return inputs
