"""Error measures of a readout, its alignment in phase, and the correlation of two decoders.

Readouts are arrays (..., time, output), targets (time, output). The error of a readout
that contains a NaN is NaN.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.ndimage import gaussian_filter1d

from spikerate.learning.fit import relative, rms

PAPER_DT = 5e-5  # s, the step in the paper's error, independent of the sampling
FLAT = 0.05  # a readout that varies by less than this share of its target has no phase
SMOOTHING = 1 / 40  # of the period: standard deviation of the smoothing before a peak


def nrmse(readout: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Error rms over the target's standard deviation, mean over the outputs that vary: (...)."""
    return relative(rms(readout - target), target)


def l2_error(readout: np.ndarray, target: np.ndarray, *, sample_every: float) -> np.ndarray:
    """Error of the paper, sqrt(sum (x_hat - x)^2 dt / 1 s) / steps, mean over outputs: (...).

    It has no unit: the paper's number, with times in seconds. It equals rms * dt / sqrt(T), so it
    depends on the duration T of the test.

    Parameters
    ----------
    sample_every : s, interval of the samples; dt in the formula is always PAPER_DT
    """
    duration = readout.shape[-2] * sample_every
    return np.mean(rms(readout - target), axis=-1) * PAPER_DT / np.sqrt(duration)


def aligned(
    readout: np.ndarray, target: np.ndarray, samples_per_period: float
) -> tuple[np.ndarray, np.ndarray]:
    """Shift each repetition of a readout, circularly, onto the phase of its target.

    For each output, the candidate shift brings the peak of the smoothed output to the peak of its
    smoothed target. Of these candidates and no shift at all, the one with the smallest `l2_error`
    is taken, so alignment never increases the error of a repetition.

    Parameters
    ----------
    readout : array (point, time, output)
    target : array (time, output), several repetitions of one period
    samples_per_period : need not be a whole number

    Returns
    -------
    shifted : array (point, time, output)
    failed : array (point,), true where any repetition contains a NaN or is flat (varies by less
        than FLAT of its target); such a readout is not shifted
    """
    shifted, failed = readout.copy(), np.zeros(len(readout), dtype=bool)
    repetitions = max(1, round(len(target) / samples_per_period))
    edges = np.round(np.arange(repetitions + 1) * samples_per_period).astype(int)
    edges[-1] = len(target)
    for point, own in enumerate(readout):
        pieces = [(own[a:b], target[a:b]) for a, b in pairwise(edges)]
        shifts = [shift(*pair) for pair in pieces]
        failed[point] = None in shifts
        if not failed[point]:
            rolled = [np.roll(x, k, axis=0) for (x, _), k in zip(pieces, shifts, strict=True)]
            shifted[point] = np.concatenate(rolled)
    return shifted, failed


def unshifted(
    readout: np.ndarray, target: np.ndarray, samples_per_period: float
) -> tuple[np.ndarray, np.ndarray]:
    """`aligned` for a readout whose phase cannot drift: unchanged, and nothing failed."""
    return readout, np.zeros(len(readout), dtype=bool)


def shift(readout: np.ndarray, target: np.ndarray) -> int | None:
    """Samples by which `numpy.roll` brings one repetition onto the phase of its target.

    The rule is that of `aligned`.

    Parameters
    ----------
    readout, target : array (time, output), one repetition

    Returns
    -------
    int; None where the readout contains a NaN or is flat, and so has no phase
    """
    if _flat(readout, target):
        return None
    shifts = sorted({0, *(_peaks(target) - _peaks(readout)).tolist()}, key=abs)
    costs = [rms(np.roll(readout, k, axis=0) - target).mean() for k in shifts]
    return shifts[int(np.argmin(costs))]


def fine_shift(readout: np.ndarray, target: np.ndarray) -> float:
    """Shift of one repetition, like `shift`, but to a fraction of a sample and with no bias to 0.

    It serves to compare repetitions with each other, which whole samples would scatter.

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


def _flat(readout: np.ndarray, target: np.ndarray) -> bool:
    """Whether one repetition has no phase; a NaN counts as flat."""
    return not np.var(readout, axis=0).sum() >= FLAT**2 * np.var(target, axis=0).sum()


def _peaks(signal: np.ndarray) -> np.ndarray:
    """Sample of the largest smoothed value of each output (time, output)."""
    return np.argmax(_smooth(signal), axis=0)


def _fine_peaks(signal: np.ndarray) -> np.ndarray:
    """Place of the largest smoothed value of each output: the vertex of the parabola through it."""
    smooth = _smooth(signal)
    peak, outputs = np.argmax(smooth, axis=0), np.arange(smooth.shape[1])
    before, top, after = (smooth[(peak + k) % len(smooth), outputs] for k in (-1, 0, 1))
    bend = np.minimum(before - 2 * top + after, -1e-300)  # a plateau has its peak at its start
    return peak + 0.5 * (before - after) / bend


def _smooth(signal: np.ndarray) -> np.ndarray:
    """Signal (time, output), smoothed as if it were one period."""
    return gaussian_filter1d(signal, SMOOTHING * len(signal), axis=0, mode="wrap")


def decoder_correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Pearson correlation of two decoders (..., output, neuron) over neurons, mean over outputs.

    NaN where a decoder is constant over the neurons or contains a NaN.
    """
    first, second = (d - d.mean(axis=-1, keepdims=True) for d in (first, second))
    norms = np.sqrt(np.square(first).sum(axis=-1) * np.square(second).sum(axis=-1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.mean((first * second).sum(axis=-1) / norms, axis=-1)
