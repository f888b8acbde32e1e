"""Error measures: the paper's formula, alignment in phase, and the correlation of decoders."""

from functools import partial

import numpy as np
import pytest

from spikerate.analysis import errors

DT = 5e-5


def sine(periods, samples, shift=0.0, outputs=1):
    """Sines (time, output) of one frequency, `shift` in samples, output k turned by k radians."""
    time = np.arange(round(periods * samples))[:, None]
    return np.sin(2 * np.pi * (time - shift) / samples + np.arange(outputs))


def paper(readout, target):
    """The error of the paper of one network, written plainly, at its own step."""
    total = [np.sqrt(((r - x) ** 2).sum() * DT) for r, x in zip(readout.T, target.T, strict=True)]
    return np.mean(np.array(total) / len(target))


@pytest.fixture
def noisy():
    """Readouts (2, time, 3) and their target, sampled at DT."""
    rng = np.random.default_rng(0)
    target = sine(3, 4000, outputs=3)
    scale = np.array([0.1, 0.5, 2.0])
    return target + scale * rng.normal(size=(2, *target.shape)), target


# Plain errors


def test_the_l2_error_is_the_formula_of_the_paper(noisy):
    readout, target = noisy
    found = errors.l2_error(readout, target, sample_every=DT)
    np.testing.assert_allclose(found, [paper(r, target) for r in readout], rtol=1e-12)


@pytest.mark.parametrize("stride", [5, 10, 20])
def test_the_l2_error_hardly_depends_on_the_sampling(stride):
    target, readout = sine(6, 4000), 0.7 * sine(6, 4000, shift=300)[None]
    fine = errors.l2_error(readout, target, sample_every=DT)
    coarse = errors.l2_error(readout[:, ::stride], target[::stride], sample_every=stride * DT)
    np.testing.assert_allclose(coarse, fine, rtol=1e-3)


@pytest.mark.parametrize("periods", [1, 6])
def test_the_l2_error_is_rms_over_root_time_and_so_falls_with_the_length_of_the_test(periods):
    target = sine(periods, 4000)
    found = errors.l2_error(target[None] + 0.11, target, sample_every=DT)
    np.testing.assert_allclose(found, 0.11 * DT / np.sqrt(periods * 4000 * DT), rtol=1e-12)


@pytest.mark.parametrize(("duration", "rms"), [(1.2, 0.11), (8.0, 0.28), (119.0, 1.1)])
def test_the_cutoff_is_the_rms_error_that_the_design_gives_for_each_task(duration, rms):
    target = np.zeros((round(duration / 1e-3), 1))
    found = errors.l2_error(target[None] + rms, target, sample_every=1e-3)
    np.testing.assert_allclose(found, 5e-6, rtol=0.02)


def test_a_perfect_readout_has_no_error():
    target = sine(2, 100, outputs=3)
    assert errors.l2_error(target[None], target, sample_every=1e-3) == 0
    assert errors.nrmse(target[None], target) == 0


@pytest.mark.parametrize("amplitude", [1e-6, 1.0, 50.0])
def test_silence_has_an_nrmse_of_one_on_a_sine_of_any_amplitude(amplitude):
    target = amplitude * sine(4, 500, outputs=2)
    np.testing.assert_allclose(errors.nrmse(np.zeros((1, *target.shape)), target), 1, rtol=1e-12)


def test_the_nrmse_is_the_mean_over_outputs_each_by_its_own_spread(noisy):
    readout, target = noisy
    target = target * np.array([1.0, 10.0, 0.1])
    wanted = np.mean(
        [np.std(target[:, k]) ** -1 * np.sqrt(np.mean((readout[0] - target)[:, k] ** 2))
         for k in range(3)]
    )  # fmt: skip
    np.testing.assert_allclose(errors.nrmse(readout, target)[0], wanted, rtol=1e-12)


def test_an_output_whose_target_does_not_vary_counts_for_nothing_in_the_nrmse(noisy):
    readout, target = noisy
    flat = np.column_stack([target, np.full(len(target), 3.0)])
    wider = np.concatenate([readout, readout[..., :1]], axis=-1)
    np.testing.assert_array_equal(errors.nrmse(wider, flat), errors.nrmse(readout, target))


def test_a_target_that_does_not_vary_has_no_nrmse():
    assert np.isnan(errors.nrmse(np.ones((2, 10, 1)), np.zeros((10, 1)))).all()


def test_a_nan_makes_the_errors_of_its_own_network_nan(noisy):
    readout, target = noisy
    wanted = errors.l2_error(readout, target, sample_every=DT), errors.nrmse(readout, target)
    readout[0, 7, 1] = np.nan
    found = errors.l2_error(readout, target, sample_every=DT), errors.nrmse(readout, target)
    for own, clean in zip(found, wanted, strict=True):
        assert np.isnan(own[0])
        assert own[1] == clean[1]


# Alignment


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("shift", [0, 1, 17, 100, 150, 199, -30])
def test_a_shifted_sine_is_brought_back_onto_its_target(shift, outputs):
    target, readout = sine(3, 200, outputs=outputs), sine(3, 200, shift, outputs)[None]
    shifted, failed = errors.aligned(readout, target, 200)
    assert not failed.any()
    np.testing.assert_allclose(shifted[0], target, atol=1e-9)


def test_a_drift_is_taken_off_each_repetition_by_itself():
    samples, drifts = 200, [0, 13, 55, 120, -70, 199]
    target = sine(len(drifts), samples)
    readout = np.concatenate([sine(1, samples, shift) for shift in drifts])[None]
    shifted, _ = errors.aligned(readout, target, samples)
    np.testing.assert_allclose(shifted[0], target, atol=1e-9)


@pytest.mark.parametrize("period", [66.6, 100 / 3, 40.5])
def test_a_period_need_not_be_a_whole_number_of_samples(period):
    target, readout = sine(6, period), sine(6, period, shift=period / 4)[None]
    shifted, failed = errors.aligned(readout, target, period)
    assert shifted.shape == readout.shape
    assert not failed.any()
    assert errors.nrmse(shifted, target) < 0.2 < errors.nrmse(readout, target)


def test_noise_on_the_peak_does_not_lead_the_alignment_astray():
    rng = np.random.default_rng(4)
    target = sine(4, 400)
    readout = (sine(4, 400, shift=130) + 0.2 * rng.normal(size=target.shape))[None]
    shifted, _ = errors.aligned(readout, target, 400)
    assert errors.nrmse(shifted, target) < 0.4  # 0.28 from the noise


def test_each_network_is_aligned_by_itself():
    target = sine(2, 200)
    readouts = np.stack([sine(2, 200, shift) for shift in (10, 90, -40)])
    shifted, _ = errors.aligned(readouts, target, 200)
    for own, readout in zip(shifted, readouts, strict=True):
        np.testing.assert_array_equal(own, errors.aligned(readout[None], target, 200)[0][0])


def test_alignment_only_shifts_within_a_repetition():
    rng = np.random.default_rng(1)
    readout, target = rng.normal(size=(2, 300, 2)), rng.normal(size=(300, 2))
    shifted, _ = errors.aligned(readout, target, 100)
    for start in (0, 100, 200):
        part = slice(start, start + 100)
        for own, before in zip(shifted[:, part], readout[:, part], strict=True):
            assert any(np.array_equal(own, np.roll(before, lag, axis=0)) for lag in range(100))


@pytest.mark.parametrize("seed", range(5))
def test_alignment_never_adds_to_the_error_of_one_output(seed):
    rng = np.random.default_rng(seed)
    target = sine(4, 100)
    readout = target + rng.normal(size=(30, *target.shape)) * rng.uniform(0, 3, (30, 1, 1))
    shifted, failed = errors.aligned(readout, target, 100)
    assert not failed.any()
    assert (errors.nrmse(shifted, target) <= errors.nrmse(readout, target)).all()
    pair = [errors.l2_error(r, target, sample_every=1e-3) for r in (shifted, readout)]
    assert (pair[0] <= pair[1]).all()


@pytest.mark.parametrize("seed", range(5))
def test_alignment_never_adds_to_the_l2_error_of_a_repetition(seed):
    rng = np.random.default_rng(seed)
    target = sine(4, 100, outputs=3) * [1.0, 2.0, 0.1]
    readout = target + rng.normal(size=(30, *target.shape)) * rng.uniform(0, 3, (30, 1, 1))
    shifted, _ = errors.aligned(readout, target, 100)
    parts = [slice(k, k + 100) for k in range(0, 400, 100)]
    pair = [
        [errors.l2_error(own[:, part], target[part], sample_every=1e-3) for part in parts]
        for own in (shifted, readout)
    ]
    assert (np.array(pair[0]) <= np.array(pair[1]) * (1 + 1e-12)).all()


@pytest.mark.parametrize("measure", ["nrmse", "l2_error"])
def test_alignment_never_adds_to_the_error_of_many_outputs(measure):
    # Three outputs are right as they are; the largest is a quarter of a period late.
    scale = np.array([1.0, 1.0, 1.0, 2.0])
    target = scale * sine(2, 200)
    readout = target.copy()
    readout[:, 3] = np.roll(readout[:, 3], 50)
    shifted, _ = errors.aligned(readout[None], target, 200)

    def error(own):
        if measure == "nrmse":
            return errors.nrmse(own, target)
        return errors.l2_error(own, target, sample_every=1e-3)

    assert error(shifted) <= error(readout[None])


@pytest.mark.parametrize("level", [0.0, 1.0, 1e6])
def test_a_flat_readout_fails_and_is_not_shifted(level):
    target = sine(2, 100)
    readout = np.full((1, *target.shape), level)
    readout[0, 3] += 1e-3
    shifted, failed = errors.aligned(readout, target, 100)
    assert failed.all()
    np.testing.assert_array_equal(shifted, readout)


def test_one_repetition_without_a_phase_fails_its_readout_and_no_other():
    target = sine(3, 100)
    readout = np.stack([sine(3, 100, 20)] * 3)
    readout[1, 100:200] = 0.3
    readout[2, 250] = np.nan
    shifted, failed = errors.aligned(readout, target, 100)
    assert failed.tolist() == [False, True, True]
    np.testing.assert_array_equal(shifted[1:], readout[1:])
    np.testing.assert_allclose(shifted[0], target, atol=1e-9)


@pytest.mark.parametrize(("share", "flat"), [(0.04, True), (0.06, False)])
def test_flat_means_varying_less_than_a_twentieth_of_the_target(share, flat):
    target = 7 * sine(2, 100)
    assert errors.aligned(share * target[None], target, 100)[1].tolist() == [flat]


def test_alignment_leaves_its_arguments_alone():
    target, readout = sine(2, 100), sine(2, 100, 20)[None]
    kept = readout.copy()
    errors.aligned(readout, target, 100)
    np.testing.assert_array_equal(readout, kept)


# Decoders


def test_the_correlation_of_decoders_is_pearsons_over_all_weights_of_all_outputs():
    rng = np.random.default_rng(2)
    scale = np.array([1.0, 5.0, 0.1])[:, None]  # outputs with large weights count most
    first, second = scale * (rng.normal(size=(2, 4, 3, 50)) + 5.0)
    found, by_output = (
        errors.decoder_correlation(first, second),
        errors.output_correlation(first, second),
    )
    assert found.shape == by_output.shape == (4,)
    for point in range(4):
        pair = first[point], second[point]
        np.testing.assert_allclose(
            found[point], np.corrcoef(*map(np.ravel, pair))[0, 1], rtol=1e-12
        )
        each = [np.corrcoef(*rows)[0, 1] for rows in zip(*pair, strict=True)]
        np.testing.assert_allclose(by_output[point], np.mean(each), rtol=1e-12)
    assert (abs(found - by_output) > 0.1).all()
    one, other = first[:, :1], second[:, :1]
    np.testing.assert_array_equal(
        errors.decoder_correlation(one, other), errors.output_correlation(one, other)
    )


@pytest.mark.parametrize(("scale", "shift", "wanted"), [(1, 0, 1), (-3, 0, -1), (1e-9, 4, 1)])
def test_scale_and_offset_do_not_change_a_correlation(scale, shift, wanted):
    decoder = np.random.default_rng(3).normal(size=(2, 60))
    found = errors.decoder_correlation(decoder, scale * decoder + shift)
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_independent_decoders_are_uncorrelated():
    first, second = np.random.default_rng(4).normal(size=(2, 20, 1, 5000))
    found = errors.decoder_correlation(first, second)
    assert (np.abs(found) < 5 / np.sqrt(5000)).all()
    assert found.any()


def test_a_decoder_that_is_constant_or_nan_has_no_correlation():
    decoder = np.random.default_rng(5).normal(size=(1, 50))
    broken = decoder.copy()
    broken[0, 3] = np.nan
    for other in (np.zeros((1, 50)), broken):
        assert np.isnan(errors.decoder_correlation(decoder, other))


@pytest.mark.parametrize("measure", [errors.nrmse, partial(errors.l2_error, sample_every=5e-4)])
def test_the_error_of_a_point_does_not_depend_on_the_points_beside_it(measure):
    rng = np.random.default_rng(3)
    readout, target = rng.normal(size=(7, 400, 10)), rng.normal(size=(400, 10))
    alone = [measure(one[None], target)[0] for one in readout]
    np.testing.assert_array_equal(measure(readout, target), alone)
