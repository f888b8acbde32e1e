"""What the two kinds of network share: weights, constants, feedback, and the sampling of a run."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from spikerate.engine.interface import Integers
from spikerate.engine.loops import READOUT
from spikerate.engine.selection import resolve
from spikerate.model import checked
from spikerate.model.lif import LIF
from spikerate.model.neuron import Floats, Neuron, check_numerics
from spikerate.model.synapse import DoubleExponential
from spikerate.model.weights import Weights

# Networks in one product with a shared reservoir. The last product is padded: the rounding of a
# product can depend on its width, and a point must not depend on its neighbours.
WIDTH = 32
SAMPLE_STEPS = 10  # steps between samples by default: 0.5 ms at dt = 5e-5 s

PRECISIONS: dict[str, type[np.floating[Any]]] = {"double": np.float64, "single": np.float32}


class Trace(NamedTuple):
    """Result of a run; sample k is taken before step k * sample_steps of the run."""

    readout: Floats  # (point, sample, output), x_hat
    filtered: Floats  # (point, sample, recorded), R of the recorded neurons, 1/s
    spikes: Integers  # (spike, 3): point, neuron, step of the run; empty unless asked for


@dataclass
class State:
    """Variables of a batch of networks, each (point, neuron); a subclass adds its own."""

    synaptic: Floats  # s, mV, recurrent current
    synaptic_rise: Floats  # mV/s
    filtered: Floats  # R, 1/s, filtered spike train or rate
    filtered_rise: Floats  # 1/s^2

    def copy(self) -> Self:
        """Return a copy that shares no array with this one."""
        return replace(self, **{name: np.copy(array) for name, array in self.arrays().items()})

    def finite(self) -> NDArray[np.bool_]:
        """Return whether each network holds only finite numbers, (point,)."""
        finite = [np.isfinite(array).all(axis=1) for array in self.arrays().values()]
        return np.asarray(np.all(finite, axis=0))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the variables that define the state, by name, without copying them."""
        return {f.name: getattr(self, f.name) for f in fields(self) if not f.metadata}


def as_batch(
    array: Any, shape: tuple[int, ...], name: str, dtype: DTypeLike = float
) -> NDArray[Any]:
    """Copy of an array, broadcast to `shape`; ValueError if it does not fit."""
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

    state_class: ClassVar[type[State]]

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

    def state(self, **arrays: ArrayLike) -> State:
        """State from arrays (neuron,) or (point, neuron), by name; the others are zero."""
        shape = self.weights.points, self.weights.neurons
        names = {f.name: f.type for f in fields(self.state_class) if not f.metadata}
        unknown = sorted(set(arrays) - set(names))
        if unknown:
            raise ValueError(f"unknown state variable {unknown[0]}; known: {', '.join(names)}")
        kinds = {"refractory": np.int64}
        return self.state_class(
            **{n: as_batch(arrays.get(n, 0), shape, n, kinds.get(n, float)) for n in names}
        )

    def initial_state(self, *rngs: np.random.Generator) -> State:
        """Random state, from one generator for all points or one for each."""
        raise NotImplementedError

    def rest(self) -> State:
        """State with nothing in the synapses."""
        return self.state()

    def lose(self, state: State, lost: NDArray[np.bool_]) -> None:
        """Set all numbers of the networks where `lost` (point,) is true to NaN."""
        for array in state.arrays().values():
            if array.dtype.kind == "f":
                array[lost] = np.nan

    def decoder(self, decoder: ArrayLike | None = None) -> Floats:
        """Decoder (point, output, neuron) from an array that broadcasts to it; zero from None."""
        w = self.weights
        shape = w.points, w.outputs, w.neurons
        return as_batch(0.0 if decoder is None else decoder, shape, "decoder")

    def readout(self, state: State, decoder: Floats) -> Floats:
        """x_hat = phi R, (point, output)."""
        return self._readout(decoder, state.filtered)

    def restart(self, state: Any) -> None:
        """Clear the memory of the integrator, because the decoder has jumped."""

    def advance(
        self,
        state: State,
        decoder: ArrayLike | None,
        steps: int,
        inputs: Any = None,
        sample_steps: int = SAMPLE_STEPS,
        recorded: ArrayLike = (),
        spikes: bool = False,
    ) -> tuple[State, Trace]:
        """Advance with a frozen decoder.

        Parameters
        ----------
        state : at the start; not changed
        decoder : array that broadcasts to (point, output, neuron); None for zero
        steps : of dt
        inputs : array (steps, channel), u at each step, the same for all points, or None
        sample_steps : steps between samples. A run of k steps and one of l more equal one of
            k + l to the last bit if k is a multiple of `sample_steps`.
        recorded : indices of the neurons whose R is sampled
        spikes : whether to return the spikes

        Returns
        -------
        State after the last step, and Trace. Numbers may become infinite or NaN; the networks of
        a batch do not affect each other.
        """
        checked.whole(steps, "steps", 0)
        checked.whole(sample_steps, "sample_steps", 1)
        w, neurons = self.weights, self._recorded(recorded)
        inputs = self._inputs(inputs, steps)
        self._check(state)
        phi, state = self.decoder(decoder), state.copy()
        samples = -(-steps // sample_steps)
        readout = np.empty((w.points, samples, w.outputs))
        filtered = np.empty((w.points, samples, neurons.size))
        trace = Trace(readout, filtered, np.empty((0, 3), np.int64))
        with np.errstate(over="ignore", invalid="ignore"):
            fired = self._run(state, phi, inputs, sample_steps, neurons, trace, spikes)
        return state, trace._replace(spikes=fired) if spikes else trace

    def _run(
        self,
        state: Any,
        decoder: Floats,
        inputs: Floats,
        sample_steps: int,
        recorded: Integers,
        trace: Trace,
        spikes: bool,
    ) -> Integers:
        """Advance `state` in place and fill the trace; return the spikes (spike, 3)."""
        raise NotImplementedError

    def _check(self, state: State) -> None:
        """Refuse a state that belongs to other networks."""
        shape = self.weights.points, self.weights.neurons
        for name, array in state.arrays().items():
            if array.shape != shape:
                raise ValueError(f"state variable {name} must be {shape}, got {array.shape}")

    def _recorded(self, recorded: ArrayLike) -> Integers:
        """Indices of recorded neurons, checked."""
        found, n = np.asarray(recorded, dtype=np.intp), self.weights.neurons
        if found.size and not 0 <= found.min() <= found.max() < n:
            raise ValueError(f"recorded neurons must lie in 0 to {n - 1}, got {found.tolist()}")
        return found

    def _inputs(self, inputs: Any, steps: int) -> Floats:
        """Inputs (steps, channel), checked."""
        shape = steps, self.weights.channels
        found = np.zeros((steps, 0)) if inputs is None else checked.array(inputs, "inputs")
        if found.shape != shape:
            raise ValueError(f"inputs must be (steps, channel) = {shape}, got {found.shape}")
        return found
