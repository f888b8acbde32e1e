"""Ode to Joy as sound."""

import numpy as np
import pytest
import xarray as xr
from scipy.io import wavfile

from spikerate.report import sound
from spikerate.tasks import registry as tasks
from spikerate.tasks.ode_to_joy import PITCHES

EVERY = 5e-4  # s
NOTES = "EEFGGFEDCCDEED"  # one a slot; then a D that fills two
SLOTS = [*NOTES, "D", "D"]


@pytest.fixture(scope="module")
def target():
    return tasks.make("ode_to_joy", EVERY).train.target


def strongest(wave):
    """Frequency (Hz) of the highest peak in the spectrum of a piece of sound."""
    padded = 1 << 17
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(wave.size), padded))
    return spectrum.argmax() * sound.SAMPLING / padded


def pieces(wave):
    return np.array_split(wave, len(SLOTS))


def test_notes_are_those_of_the_octave_from_middle_c():
    found = [sound.frequency(pitch) for pitch in "CDEFGA"]
    np.testing.assert_allclose(found, [261.63, 293.66, 329.63, 349.23, 392.00, 440], atol=5e-3)


def test_every_slot_of_the_target_sounds_its_note(target):
    wave = sound.melody(target, EVERY)
    for slot, (piece, note) in enumerate(zip(pieces(wave), SLOTS, strict=True)):
        assert strongest(piece) == pytest.approx(sound.frequency(note), abs=2), slot


def test_the_envelope_of_a_note_is_its_bump(target):
    wave = sound.melody(target, EVERY)
    for piece in pieces(wave)[: len(NOTES)]:
        quarter = piece.size // 4
        loud = np.sqrt(np.square(piece)[quarter : 3 * quarter].mean())
        soft = np.sqrt(np.square(np.r_[piece[: quarter // 4], piece[-quarter // 4 :]]).mean())
        assert soft < 0.2 * loud


def test_silence_where_the_target_is_silent(target):
    quiet = target.copy()
    quiet[: len(quiet) // 2, : len(PITCHES)] = 0.0
    wave = sound.melody(quiet, EVERY)
    half = wave.size // 2
    assert not wave[: half - 100].any()
    assert np.abs(wave[half:]).max() == pytest.approx(sound.HEADROOM)
    assert not sound.melody(np.zeros_like(target), EVERY).any()


def test_markers_of_time_and_readouts_below_zero_are_not_heard(target):
    changed = target.copy()
    changed[:, len(PITCHES) :] = 7.0
    changed[:, : len(PITCHES)] -= (target[:, : len(PITCHES)] == 0) * 3.0
    np.testing.assert_array_equal(sound.melody(changed, EVERY), sound.melody(target, EVERY))


@pytest.mark.parametrize("every", [EVERY, 3.3e-4, 1e-3])
def test_the_sound_lasts_as_long_as_the_readout(every):
    wave = sound.melody(np.ones((1000, 5)), every)
    assert wave.size == round(1000 * every * 44_100)


def test_a_softer_readout_stays_softer_and_a_louder_one_never_clips(target):
    whole = sound.melody(target, EVERY)
    peak = np.abs(sound.melody(target, EVERY, loudest=1e-9)).max()
    assert peak == pytest.approx(sound.HEADROOM)
    waves = sound.performances(shown(target, {"spiking": 0.5 * target, "rate": 30 * target}))
    np.testing.assert_allclose(waves["target"], whole, atol=1e-12)
    np.testing.assert_allclose(waves["spiking"], 0.5 * whole, atol=1e-12)
    np.testing.assert_allclose(waves["rate"], whole, atol=1e-12)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_readout_that_is_not_finite_is_refused(target, bad):
    broken = target.copy()
    broken[100, 2] = bad
    with pytest.raises(ValueError, match="finite: the network diverged"):
        sound.melody(broken, EVERY)


def test_a_readout_with_too_few_outputs_is_refused(target):
    with pytest.raises(ValueError, match=r"\(time, 5 or more\)"):
        sound.melody(target[:, :4], EVERY)


def shown(target, after):
    """A demonstration: noise before and during learning, then what each twin plays."""
    noise = np.random.default_rng(0).normal(size=target.shape)
    readouts = [np.concatenate([noise, noise, own]) for own in after.values()]
    end = 2 * len(target) * EVERY
    time = np.arange(3 * len(target)) * EVERY
    data = {
        "readout": (("network", "time", "output"), np.stack(readouts)),
        "target": (("time", "output"), np.tile(target, (3, 1))),
    }
    return xr.Dataset(data, {"network": list(after), "time": time}, {"learning_end": end})


def test_what_is_played_is_the_free_run_after_learning(target):
    waves = sound.performances(shown(target, {"spiking": target, "rate": np.roll(target, 500, 0)}))
    assert list(waves) == ["target", "spiking", "rate"]
    np.testing.assert_array_equal(waves["spiking"], waves["target"])
    late = pieces(waves["rate"])
    assert [round(strongest(p)) for p in late[1:]] == [
        round(strongest(p)) for p in pieces(waves["target"])[:-1]
    ]


def test_a_twin_that_diverged_is_silent_and_said_so(target, capsys):
    broken = target.copy()
    broken[-1] = np.nan
    waves = sound.performances(shown(target, {"spiking": broken, "rate": target}))
    assert not waves["spiking"].any()
    assert waves["spiking"].size == waves["target"].size
    np.testing.assert_array_equal(waves["rate"], waves["target"])
    assert "the spiking twin diverged" in capsys.readouterr().out


def test_the_file_is_mono_16_bit_at_44_100_hz(target, tmp_path):
    wave = sound.melody(target, EVERY)
    sound.write(tmp_path / "target.wav", wave)
    sampling, read = wavfile.read(tmp_path / "target.wav")
    assert (sampling, read.dtype, read.shape) == (44_100, np.int16, (4 * 44_100,))
    np.testing.assert_allclose(read / 32767, wave, atol=1 / 32767)
