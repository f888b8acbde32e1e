"""Ode to Joy as sound: the readout of each pitch is the envelope of its note."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr
from scipy.io import wavfile

from spikerate.model.neuron import Floats
from spikerate.tasks.ode_to_joy import PITCHES

SAMPLING = 44_100  # Hz, of the sound
HEADROOM = 0.8  # share of full scale that the loudest sample reaches
SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}  # above middle C
CONCERT_A = 440.0  # Hz, nine semitones above middle C
PARTIALS = {1: 1.0, 2: 0.3, 3: 0.1}  # strength of each multiple of a note's frequency


def frequency(pitch: str) -> float:
    """Frequency (Hz) of a note in the octave from middle C, equal temperament."""
    return CONCERT_A * 2 ** ((SEMITONES[pitch] - SEMITONES["A"]) / 12)


def melody(
    readout: Floats, sample_every: float, pitches: str = PITCHES, loudest: float = 0.0
) -> Floats:
    """Sound of a readout.

    Parameters
    ----------
    readout : array (time, output), the pitches first; values below zero are silent
    sample_every : s, time between its samples
    pitches : names of the notes
    loudest : peak amplitude that fills the headroom; a readout with a higher peak is scaled down
        to it, and one with a lower peak stays quieter

    Returns
    -------
    array (sample,) at SAMPLING, within -HEADROOM and HEADROOM

    Raises
    ------
    ValueError
        if the readout has too few outputs, or holds a NaN or an infinity.
    """
    wave = _played(np.asarray(readout, dtype=float), sample_every, pitches)
    peak = max(np.abs(wave).max(initial=0.0), loudest)
    return wave * (HEADROOM / peak) if peak > 0 else wave


def _played(readout: Floats, sample_every: float, pitches: str) -> Floats:
    """Sum of the notes, (sample,)."""
    if readout.ndim != 2 or readout.shape[1] < len(pitches):
        raise ValueError(f"readout must be (time, {len(pitches)} or more), got {readout.shape}")
    envelopes = np.clip(readout[:, : len(pitches)], 0, None)
    if not np.isfinite(envelopes).all():
        raise ValueError("readout must be finite: the network diverged")
    sampled = np.arange(len(envelopes)) * sample_every
    time = np.arange(round(len(envelopes) * sample_every * SAMPLING)) / SAMPLING
    wave = np.zeros(time.size)
    for pitch, envelope in zip(pitches, envelopes.T, strict=True):
        phase = 2 * np.pi * frequency(pitch) * time
        note = sum(strength * np.sin(k * phase) for k, strength in PARTIALS.items())
        wave += np.interp(time, sampled, envelope) * note
    return wave


def performances(shown: xr.Dataset) -> dict[str, Floats]:
    """Sound of the target and of both twins after learning, none of them louder than the target.

    Parameters
    ----------
    shown : dataset of `demonstration.both_networks` on Ode to Joy

    Returns
    -------
    dict of arrays (sample,), by "target" and the names of the twins. A twin that diverged is
    silent, and a line on stdout says so.
    """
    time = shown["time"].values
    sample_every = time[1] - time[0]
    free = shown.isel(time=time > shown.attrs["learning_end"] - sample_every / 2)
    target = free["target"].values
    loudest = np.abs(_played(target, sample_every, PITCHES)).max(initial=0.0)
    waves = {"target": melody(target, sample_every, loudest=loudest)}
    for name in free["network"].values.tolist():
        readout = free["readout"].sel(network=name).transpose("time", "output").values
        if not np.isfinite(readout).all():
            print(f"the {name} twin diverged, so its sound is silent")
            readout = np.zeros_like(readout)
        waves[name] = melody(readout, sample_every, loudest=loudest)
    return waves


def write(path: Path | str, wave: Floats) -> None:
    """Write a sound (sample,), between -1 and 1, as a mono WAV file of 16 bits."""
    wavfile.write(path, SAMPLING, np.round(wave * np.iinfo(np.int16).max).astype(np.int16))
