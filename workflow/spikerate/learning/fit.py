"""How far a readout is from its target."""

from __future__ import annotations

import numpy as np

from spikerate.model.neuron import Floats


def rms(error: Floats) -> Floats:
    """Root mean square over time: (..., output) from errors (..., time, output)."""
    return np.asarray(np.sqrt(np.mean(np.square(error), axis=-2)))


def relative(rms_error: Floats, target: Floats) -> Floats:
    """Errors (..., output) over the target's standard deviation, mean over the outputs that vary.

    NaN if no output of the target varies.

    Parameters
    ----------
    rms_error : array (..., output)
    target : array (time, output)
    """
    spread = np.std(target, axis=0)
    vary = spread > 1e-12 * np.abs(target).max(initial=1e-300)
    if not vary.any():
        return np.full(rms_error.shape[:-1], np.nan)
    # contiguous: otherwise the order of the sum would depend on the number of points
    varying = np.compress(vary, rms_error, axis=-1)
    return np.asarray(np.mean(varying / spread[vary], axis=-1))
