"""Errors of a readout, its alignment in phase, and the correlation of two decoders.

Readouts are arrays (..., time, output), targets (time, output). The error of a readout that
contains a NaN is NaN.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from spikerate.learning.fit import relative, rms
from spikerate.model.neuron import Floats

PAPER_DT = 5e-5  # s, the step in the paper's error, independent of the sampling
FLAT = 0.05  # a readout that varies less than this share of its target's spread has no phase
SMOOTHING = 1 / 40  # of the period: standard deviation of the smoothing before a peak


def nrmse(readout: Floats, target: Floats) -> Floats:
    """Error rms over the target's standard deviation, mean over the outputs that vary: (...)."""
    return relative(rms(readout - target), target)


def l2_error(readout: Floats, target: Floats, *, sample_every: float) -> Floats:
    """Error of the paper, sqrt(sum (x_hat - x)^2 dt / 1 s) / steps, mean over outputs: (...).

    It has no unit: it is the paper's number with times in seconds. It equals rms * dt / sqrt(T), so
    it depends on the duration T of the test.

    Parameters
    ----------
    sample_every : s, between samples; dt in the formula is always PAPER_DT
    """
    duration = readout.shape[-2] * sample_every
    error: Floats = np.mean(rms(readout - target), axis=-1) * PAPER_DT / np.sqrt(duration)
    return error


def aligned(
    readout: Floats, target: Floats, samples_per_period: float
) -> tuple[Floats, NDArray[np.bool_]]:
    """Shift each repetition of a readout, circularly, onto the phase of its target.

    Each output gives one candidate: the shift that brings the peak of the smoothed output to that
    of its smoothed target. Of the candidates and no shift, the one with the smallest `l2_error` is
    taken, so alignment never increases the error of a repetition.

    Parameters
    ----------
    readout : array (point, time, output)
    target : array (time, output), several repetitions of one period
    samples_per_period : need not be a whole number

    Returns
    -------
    shifted : array (point, time, output)
    failed : array (point,), true if any repetition contains a NaN or is flat (varies by less than
        FLAT of its target); such a readout is not shifted
    """
    shifted, failed = readout.copy(), np.zeros(len(readout), dtype=bool)
    repetitions = max(1, round(len(target) / samples_per_period))
    edges = np.round(np.arange(repetitions + 1) * samples_per_period).astype(int)
    edges[-1] = len(target)
    for point, own in enumerate(readout):
        pieces = [(own[a:b], target[a:b]) for a, b in pairwise(edges)]
        shifts = [found for pair in pieces if (found := shift(*pair)) is not None]
        failed[point] = len(shifts) < len(pieces)
        if not failed[point]:
            rolled = [np.roll(x, k, axis=0) for (x, _), k in zip(pieces, shifts, strict=True)]
            shifted[point] = np.concatenate(rolled)
    return shifted, failed


def unshifted(
    readout: Floats, target: Floats, samples_per_period: float
) -> tuple[Floats, NDArray[np.bool_]]:
    """As `aligned`, for a readout whose phase cannot drift: nothing is shifted, and none failed."""
    return readout, np.zeros(len(readout), dtype=bool)


def shift(readout: Floats, target: Floats) -> int | None:
    """Samples by which `numpy.roll` brings one repetition onto the phase of its target.

    The rule is that of `aligned`.

    Parameters
    ----------
    readout, target : array (time, output), one repetition

    Returns
    -------
    int; None if the readout has no phase, because it contains a NaN or is flat
    """
    if _flat(readout, target):
        return None
    shifts = sorted({0, *(_peaks(target) - _peaks(readout)).tolist()}, key=abs)
    costs = [rms(np.roll(readout, k, axis=0) - target).mean() for k in shifts]
    return int(shifts[np.argmin(costs)])


def fine_shift(readout: Floats, target: Floats) -> float:
    """Shift of one repetition to a fraction of a sample; unlike `shift`, it never prefers 0.

    It serves to compare repetitions with each other: whole samples would add scatter.

    Parameters
    ----------
    readout, target : array (time, output), finite

    Returns
    -------
    float, in samples, at most half a repetition in either direction
    """
    length = len(target)
    shifts = _fine_peaks(target) - _fine_peaks(readout)
    shifts = (shifts + length / 2) % length - length / 2
    costs = [np.square(np.roll(readout, round(k), axis=0) - target).sum() for k in shifts]
    return float(shifts[np.argmin(costs)])


def _flat(readout: Floats, target: Floats) -> bool:
    """Whether one repetition has no phase; a NaN counts as flat."""
    return not np.var(readout, axis=0).sum() >= FLAT**2 * np.var(target, axis=0).sum()


def _peaks(signal: Floats) -> NDArray[np.intp]:
    """Sample of the largest smoothed value of each output (time, output)."""
    return np.asarray(np.argmax(_smooth(signal), axis=0))


def _fine_peaks(signal: Floats) -> Floats:
    """Place of the peak of each smoothed output, in samples: the vertex of a parabola."""
    smooth = _smooth(signal)
    peak, outputs = np.argmax(smooth, axis=0), np.arange(smooth.shape[1])
    before, top, after = (smooth[(peak + k) % len(smooth), outputs] for k in (-1, 0, 1))
    bend = np.minimum(before - 2 * top + after, -1e-300)  # a plateau has its peak at its start
    place: Floats = peak + 0.5 * (before - after) / bend
    return place


def _smooth(signal: Floats) -> Floats:
    """Signal (time, output), smoothed as if it were one period."""
    smooth: Floats = gaussian_filter1d(signal, SMOOTHING * len(signal), axis=0, mode="wrap")
    return smooth


def decoder_correlation(first: Floats, second: Floats) -> Floats:
    """Pearson correlation of two decoders (..., output, neuron) over all their weights.

    It is NaN where a decoder is constant or contains a NaN. As in the paper, the weights of all
    outputs count as one sample, so outputs with large weights count most.
    """
    weights = [d.reshape(*d.shape[:-2], -1) for d in (first, second)]
    return _pearson(*weights)


def output_correlation(first: Floats, second: Floats) -> Floats:
    """As `decoder_correlation`, of each output by itself; the mean over outputs."""
    found: Floats = np.mean(_pearson(first, second), axis=-1)
    return found


def _pearson(first: Floats, second: Floats) -> Floats:
    """Pearson correlation along the last axis."""
    first, second = (d - d.mean(axis=-1, keepdims=True) for d in (first, second))
    norms = np.sqrt(np.square(first).sum(axis=-1) * np.square(second).sum(axis=-1))
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = (first * second).sum(axis=-1) / norms
    return found
