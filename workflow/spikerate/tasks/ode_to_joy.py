"""Ode to Joy: a melody, one output for each pitch, with markers of time."""

from __future__ import annotations

import numpy as np

from spikerate.model.neuron import Floats
from spikerate.tasks.registry import periodic

SLOT = 0.25  # s, shortest note
PITCHES = "CDEFG"
PHRASE = [(note, 1) for note in "EEFGGFEDCCDEED"] + [("D", 2)]  # (pitch, slots)


@periodic(4.0)
def ode_to_joy(time: Floats) -> Floats:
    """First phrase of Beethoven's tune: 5 pitches, then 16 time markers, one bump for each slot.

    The markers are the high-dimensional temporal signal (HDTS) of Nicola & Clopath 2017,
    Nat Commun 8:2208.
    """
    melody = np.zeros((time.size, len(PITCHES)))
    start = 0
    for pitch, slots in PHRASE:
        melody[:, PITCHES.index(pitch)] += _bump(time - start * SLOT, slots * SLOT)
        start += slots
    markers = [_bump(time - slot * SLOT, SLOT) for slot in range(start)]
    return np.column_stack([melody, *markers])


def _bump(time: Floats, length: float) -> Floats:
    """Half a period of a sine from 0 to `length` (s), 0 elsewhere."""
    inside = (time >= -1e-9) & (time < length - 1e-9)
    return np.where(inside, np.sin(np.pi * time / length), 0.0)
