"""Random generators, seeded by what they are for and not by the order of execution."""

from __future__ import annotations

import zlib

import numpy as np


def _words(value: float) -> list[int]:
    """Bits of a float as two 32-bit words; -0.0 counts as 0.0."""
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
    role : name of the array, for example "reservoir"
    point : (Q, G) if each point of the grid has its own draw, () if all share one
    """
    key = [seed, neurons, outputs, draw, zlib.crc32(role.encode())]
    for value in point:
        key += _words(value)
    return np.random.default_rng(np.random.SeedSequence(key))
