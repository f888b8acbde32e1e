"""Random generators keyed by what they are for, never by the order of execution."""

from __future__ import annotations

import zlib

import numpy as np


def _words(value: float) -> list[int]:
    """Return the 64 bits of a float as two 32-bit words; -0.0 counts as 0.0."""
    bits = int(np.float64(value + 0.0).view(np.uint64))
    return [bits & 0xFFFFFFFF, bits >> 32]


def generator(
    seed: int, neurons: int, outputs: int, draw: int, role: str, point: tuple[float, ...] = ()
) -> np.random.Generator:
    """Random generator of one array of one draw.

    Parameters
    ----------
    seed : root seed of the study
    neurons, outputs, draw : the size of the network and the number of the draw
    role : what the array is, for example "reservoir"
    point : (Q, G) where every grid point has a draw of its own, () where the draw is shared
    """
    key = [seed, neurons, outputs, draw, zlib.crc32(role.encode())]
    for value in point:
        key += _words(value)
    return np.random.default_rng(np.random.SeedSequence(key))
