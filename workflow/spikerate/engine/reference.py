"""The reference engine: NumPy, on all networks of a batch at once."""

from __future__ import annotations

import numpy as np
from scipy.linalg.blas import daxpy

from spikerate.engine.interface import (
    DriveSynapses,
    Equation,
    Floats,
    Integers,
    Samples,
    SingleOrDouble,
    SpikingArrays,
    SpikingConstants,
    SpikingWeights,
)


def synapses(driven: Equation) -> DriveSynapses:
    """Step of the synapses of rate networks."""

    def drive(
        state: tuple[Floats, Floats, Floats, Floats],
        now: tuple[Floats, Floats],
        before: tuple[Floats, Floats],
        per_step: float,
        propagator: Floats,
    ) -> None:
        s, rise, r, r_rise = state
        rate_slope, drive_slope = ((a - b) * per_step for a, b in zip(now, before, strict=True))
        s[:], rise[:] = driven(s, rise, now[1], drive_slope, propagator)
        r[:], r_rise[:] = driven(r, r_rise, now[0], rate_slope, propagator)

    return drive


def readout(decoder: Floats, filtered: Floats) -> Floats:
    """x_hat = phi R: (point, output), from (point, output, neuron) and (point, neuron)."""
    return np.matmul(decoder, filtered[:, :, None])[:, :, 0]


def currents(synaptic: Floats, feedback: Floats, signal: Floats, bias: float) -> Floats:
    """Input currents (point, neuron), mV, of rate networks.

    Parameters
    ----------
    synaptic : s (point, neuron), mV
    feedback : (point, output + channel, neuron), mV
    signal : (point, output + channel), the readout and then the input
    bias : mV
    """
    return np.einsum("pk,pkn->pn", signal, feedback) + synaptic + bias


def weighted_rows(outgoing: SingleOrDouble, rate: SingleOrDouble) -> SingleOrDouble:
    """Rates (point, neuron) times what each neuron sends, (1 or point, neuron, neuron)."""
    return np.matmul(rate[:, None, :], outgoing)[:, 0]


def low_rank_gain(rows: Floats, done: int, alpha: Floats, regressor: Floats) -> Floats:
    """Gain c k (point, neuron) of an update of P = alpha I - U^T U; its row of U is stored.

    Parameters
    ----------
    rows : (point, row, neuron), of which the first `done` are U
    alpha : (point,)
    regressor : (point, neuron)
    """
    k = alpha[:, None] * regressor
    u = rows[:, :done]
    inner = np.matmul(u, regressor[:, :, None])
    k -= np.matmul(inner.swapaxes(1, 2), u)[:, 0]
    c = 1.0 / (1.0 + np.matmul(regressor[:, None, :], k[:, :, None])[:, 0, 0])
    rows[:, done] = np.sqrt(c)[:, None] * k
    return c[:, None] * k


class Spiking:
    """Loop over the steps of spiking networks, a block of steps between two samples."""

    def __init__(self, change: Equation, reset: Equation, decayed: Equation):
        self.change, self.reset, self.decayed = change, reset, decayed

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
        """Take one step a row of the inputs."""
        sample_steps, recorded, readout, filtered = samples
        fired: list[Integers] = [np.empty((0, 3), np.int64)]
        for sample in range(readout.shape[1]):
            start = sample * sample_steps
            x = np.matmul(weights.decoder, state.filtered[:, :, None])[:, :, 0]
            readout[:, sample] = x
            filtered[:, sample] = state.filtered[:, recorded]
            block = inputs[start : start + sample_steps]
            found = self._block(state, weights, block, constants, powers, x, start)
            if keep_spikes:
                fired += found
        return np.concatenate(fired)

    def _block(
        self,
        state: SpikingArrays,
        weights: SpikingWeights,
        inputs: Floats,
        c: SpikingConstants,
        powers: tuple[Floats, Floats, Floats],
        x: Floats,
        start: int,
    ) -> list[Integers]:
        """Take the steps of a block; `start` numbers the first, x is the readout before it."""
        (points, neurons), steps = state.v.shape, len(inputs)
        fast, slow, cross = powers
        columns = weights.decoder.swapaxes(1, 2).reshape(points * neurons, -1)
        x_rise = np.matmul(weights.decoder, state.filtered_rise[:, :, None])[:, :, 0]
        # R at the end of the block, to which each spike of the block adds its share.
        state.filtered[:], state.filtered_rise[:] = self.decayed(
            state.filtered, state.filtered_rise, fast[steps], slow[steps], cross[steps]
        )
        fired = []
        for k, u in enumerate(inputs):
            signal = np.concatenate([x, np.broadcast_to(u, (points, u.size))], axis=1)
            feedback = np.einsum("pk,pkn->pn", signal, weights.feedback)
            current = feedback + state.synaptic + c.bias
            free = state.free_at <= start + k
            state.v[:] += np.where(free, self.change(state.v, current, c.voltage), 0.0)
            state.synaptic[:], state.synaptic_rise[:] = self.decayed(
                state.synaptic, state.synaptic_rise, c.fast, c.slow, c.cross
            )
            x, x_rise = self.decayed(x, x_rise, c.fast, c.slow, c.cross)
            flat = ((state.v >= c.v_spike) & (free | c.refires)).ravel().nonzero()[0]
            if flat.size:
                since = steps - 1 - k
                point, neuron = np.divmod(flat, neurons)
                state.v.flat[flat] = self.reset(state.v.flat[flat], c.voltage)
                state.free_at.flat[flat] = start + k + 1 + c.held_steps
                _send(state.synaptic_rise, weights, point, neuron)
                np.add.at(x_rise, point, c.gain * columns[flat])
                state.filtered.flat[flat] += c.gain * cross[since]
                state.filtered_rise.flat[flat] += c.gain * slow[since]
                fired.append(np.column_stack([point, neuron, np.full(flat.size, start + k)]))
        return fired


def _send(rise: Floats, weights: SpikingWeights, point: Integers, neuron: Integers) -> None:
    """Add what the spikes send through the reservoir to `rise` (point, neuron)."""
    source = np.zeros_like(point) if len(weights.outgoing) == 1 else point
    for b, draw, row in zip(point, source, neuron, strict=True):
        daxpy(weights.outgoing[draw, row], rise[b], a=weights.kick[b])  # in place: y += a x
