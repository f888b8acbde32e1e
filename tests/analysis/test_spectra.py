"""Slow learning as a low-pass filter on the principal components: the identities behind Fig 8."""

import numpy as np
import pytest
import xarray as xr

from spikerate.analysis import spectra
from spikerate.learning import force
from spikerate.model import networks

UPDATES, NEURONS = 30, 50


def random_states(updates=UPDATES, neurons=NEURONS, seed=0):
    """Random states with a spectrum that falls over some decades, and their mean not zero."""
    rng = np.random.default_rng(seed)
    scales = np.logspace(1, -2, neurons)
    return rng.normal(size=(updates, neurons)) * scales @ _rotation(rng, neurons) + 0.5


def _rotation(rng, size):
    return np.linalg.qr(rng.normal(size=(size, size)))[0]


def targets(outputs=2, updates=UPDATES):
    return np.random.default_rng(9).normal(size=(updates, outputs))


def ridge(states, target, alpha):
    gram = states.T @ states + np.eye(states.shape[1]) / alpha
    return np.linalg.solve(gram, states.T @ target).T


def distance(found, wanted):
    return np.linalg.norm(found - wanted) / np.linalg.norm(wanted)


# Principal components


@pytest.mark.parametrize(("updates", "neurons"), [(30, 50), (80, 20)])
def test_components_are_orthonormal_eigenvectors_of_the_summed_outer_products(updates, neurons):
    states = random_states(updates, neurons)
    base = spectra.basis(states, targets(updates=updates))
    summed = sum(np.outer(r, r) for r in states)
    rank = min(updates, neurons)
    assert base.components.shape == (rank, neurons)
    np.testing.assert_allclose(base.components @ base.components.T, np.eye(rank), atol=1e-12)
    np.testing.assert_allclose(
        summed @ base.components.T,
        base.components.T * base.eigenvalues,
        atol=1e-10 * base.eigenvalues[0],
    )
    np.testing.assert_allclose(base.eigenvalues.sum(), np.trace(summed), rtol=1e-12)
    assert (np.diff(base.eigenvalues) <= 0).all()
    assert (base.eigenvalues > 0).all()


def test_components_lost_in_rounding_are_left_out():
    states = random_states(neurons=6) @ np.random.default_rng(1).normal(size=(6, NEURONS))
    base = spectra.basis(states, targets())
    assert base.components.shape == (6, NEURONS)
    assert base.least_squares.shape == (2, 6)


def test_a_silent_network_has_no_components():
    assert spectra.basis(np.zeros((UPDATES, NEURONS)), targets()).components.shape[0] == 0


def test_the_least_squares_coefficients_are_those_of_the_least_norm_fit():
    states, target = random_states(), targets()
    base = spectra.basis(states, target)
    wanted = np.linalg.lstsq(states, target, rcond=None)[0].T
    assert distance(base.least_squares @ base.components, wanted) < 1e-10


# The filter


@pytest.mark.parametrize("alpha", [1e-6, 1e-3, 1.0, 1e3])
@pytest.mark.parametrize("outputs", [1, 3])
def test_the_filtered_decoder_is_ridge_regression_at_alpha(alpha, outputs):
    states, target = random_states(), targets(outputs)
    found = spectra.filtered_decoder(spectra.basis(states, target), alpha)
    assert distance(found, ridge(states, target, alpha)) < 1e-9


@pytest.mark.parametrize("alpha", [1e-6, 1e-3, 1.0])
@pytest.mark.parametrize("outputs", [1, 3])
def test_ridge_regression_has_the_predicted_gain_on_every_component(alpha, outputs):
    states, target = random_states(), targets(outputs)
    base = spectra.basis(states, target)
    x = alpha * base.eigenvalues
    found = spectra.gains(ridge(states, target, alpha), base)
    np.testing.assert_allclose(found, x / (1 + x), rtol=1e-8)


@pytest.mark.parametrize("network", networks.TWINS)
def test_a_trained_twin_has_the_predicted_gain_on_its_own_states(network):
    target = np.sin(2 * np.pi * 40 * np.arange(600) * 5e-5)
    alphas = [5e-7, 5e-6, 5e-5]
    twin, state = networks.draw(network, [20.0] * 3, 0.1, neurons=NEURONS)
    trained = force.train(
        twin, state, target, alphas, update_steps=20, warm_up_steps=400, states=True
    )
    for point, alpha in enumerate(alphas):
        base = spectra.basis(trained["states"].values[point], target[::20, None])
        strong = base.eigenvalues > 1e-6 * base.eigenvalues[0]  # the others are lost in rounding
        found = spectra.gains(trained["decoder"].values[point], base)[strong]
        wanted = spectra.low_pass(alpha * base.eigenvalues[strong])
        assert strong.sum() > 5
        np.testing.assert_allclose(found, wanted, rtol=1e-6)


def test_the_filter_passes_the_large_stops_the_small_and_halves_at_one_over_alpha():
    gain = spectra.low_pass(np.array([0.0, 1e-12, 1.0, 1e12]))
    np.testing.assert_allclose(gain, [0, 1e-12, 0.5, 1], rtol=1e-11)
    assert (np.diff(spectra.low_pass(np.logspace(-6, 6, 50))) > 0).all()


def test_fast_learning_passes_everything_and_slow_learning_nothing():
    base = spectra.basis(random_states(), targets())
    whole = base.least_squares @ base.components
    assert distance(spectra.filtered_decoder(base, 1e20), whole) < 1e-10
    assert np.linalg.norm(spectra.filtered_decoder(base, 1e-20)) < 1e-12 * np.linalg.norm(whole)


def test_the_least_squares_decoder_has_gain_one_and_twice_it_has_gain_two():
    base = spectra.basis(random_states(), targets(3))
    decoder = base.least_squares @ base.components
    np.testing.assert_allclose(spectra.gains(decoder, base), 1, rtol=1e-9)
    np.testing.assert_allclose(spectra.gains(2 * decoder, base), 2, rtol=1e-9)


# Leading components


@pytest.mark.parametrize("alpha", [1e-3, 1.0])
def test_all_leading_components_together_are_the_decoder(alpha):
    states, target = random_states(), targets()
    base, decoder = spectra.basis(states, target), ridge(states, target, alpha)
    assert distance(spectra.leading(decoder, base, UPDATES), decoder) < 1e-9


def test_leading_components_keep_their_coefficients_and_lose_the_others():
    base = spectra.basis(random_states(), targets())
    decoder = np.random.default_rng(7).normal(size=(2, NEURONS))
    kept = spectra.leading(decoder, base, 4) @ base.components.T
    np.testing.assert_allclose(kept[:, :4], decoder @ base.components[:4].T, rtol=1e-9)
    np.testing.assert_allclose(kept[:, 4:], 0, atol=1e-12)
    assert not spectra.leading(decoder, base, 0).any()


# Analysis of pairs of twins


ALPHAS = (1e-4, 1e-2, 1.0)


def ridge_twin(points=2, updates=UPDATES, neurons=NEURONS, seed=0, outputs=2, alphas=ALPHAS):
    """What `force.train` would give of twins that learned to the letter, one dataset an alpha."""
    parts = []
    for number, alpha in enumerate(alphas):
        states = np.array(
            [random_states(updates, neurons, 100 * seed + 10 * number + p) for p in range(points)]
        )
        decoder = np.array([ridge(v, targets(outputs, updates), alpha) for v in states])
        data = {
            "states": (("point", "update", "neuron"), states),
            "decoder": (("point", "output", "neuron"), decoder),
        }
        parts.append(xr.Dataset(data).assign_coords(alpha=alpha))
    return parts


@pytest.fixture
def twins():
    return {"spiking": ridge_twin(seed=1), "rate": ridge_twin(seed=2)}


def test_the_measured_gain_is_the_predicted_one_where_learning_is_ridge(twins):
    found = spectra.analyse(twins, targets(), 12)
    np.testing.assert_allclose(found["measured_gain"], found["predicted_gain"], rtol=1e-8)
    for network, parts in twins.items():
        for part in parts:
            own = found.sel(network=network, alpha=part["alpha"], point=1)
            base = spectra.basis(part["states"].values[1], targets())
            np.testing.assert_array_equal(own["eigenvalue"], base.eigenvalues[:12])
            x = part["alpha"].item() * base.eigenvalues[:12]
            np.testing.assert_allclose(own["predicted_gain"], x / (1 + x), rtol=1e-12)


def test_the_reference_gain_is_on_the_components_of_the_slowest_learning(twins):
    found = spectra.analyse(twins, targets(), 12)
    slowest = found.isel(alpha=0)
    np.testing.assert_array_equal(slowest["reference_gain"], slowest["measured_gain"])
    base = spectra.basis(twins["rate"][0]["states"].values[0], targets())
    wanted = spectra.gains(twins["rate"][2]["decoder"].values[0], base)[:12]
    own = found["reference_gain"].sel(network="rate").isel(alpha=2, point=0)
    np.testing.assert_array_equal(own, wanted)


def test_a_basis_is_aligned_with_itself_as_the_identity(twins):
    twins = {"spiking": twins["spiking"], "rate": twins["spiking"]}
    found = spectra.analyse(twins, targets(), 12)
    for alignment in found["alignment"].values.reshape(-1, spectra.ALIGNED, spectra.ALIGNED):
        np.testing.assert_allclose(alignment, np.eye(spectra.ALIGNED), atol=1e-10)
    for name in ("correlation_kept", "correlation_measured", "correlation_filter"):
        np.testing.assert_allclose(found[name], 1, rtol=1e-12)


def test_the_alignment_of_two_bases_is_the_cosine_of_their_components(twins):
    found = spectra.analyse(twins, targets(), 12)["alignment"]
    first, second = (
        spectra.basis(twins[n][1]["states"].values[0], targets()) for n in ("spiking", "rate")
    )
    kept = slice(spectra.ALIGNED)
    cosines = first.components[kept] @ second.components[kept].T
    own = found.isel(alpha=1, point=0).transpose("component_spiking", "component_rate")
    np.testing.assert_allclose(own, np.abs(cosines), atol=1e-9)
    assert (cosines < 0).any()
    assert (found <= 1 + 1e-12).all()


def test_the_correlation_on_all_components_is_the_measured_one(twins):
    found = spectra.analyse(twins, targets(), UPDATES)
    np.testing.assert_allclose(
        found["correlation_kept"].isel(kept=-1), found["correlation_measured"], rtol=1e-8
    )
    pearson = np.corrcoef(
        twins["spiking"][0]["decoder"].values[1, 0], twins["rate"][0]["decoder"].values[1, 0]
    )[0, 1]
    one = {n: [p.isel(output=[0]) for p in parts] for n, parts in twins.items()}
    found = spectra.analyse(one, targets()[:, :1], 3)
    measured = found["correlation_measured"].isel(alpha=0, point=1)
    np.testing.assert_allclose(measured, pearson, rtol=1e-10)


def test_the_filter_alone_predicts_the_measured_correlation_of_the_slowest_learning(twins):
    found = spectra.analyse(twins, targets(), 5).isel(alpha=0)
    np.testing.assert_allclose(
        found["correlation_filter"], found["correlation_measured"], rtol=1e-8
    )


def test_components_that_a_basis_does_not_have_are_nan():
    twins = {"spiking": ridge_twin(neurons=8), "rate": ridge_twin(neurons=8, seed=3)}
    found = spectra.analyse(twins, targets(), 12)
    for name in ("eigenvalue", "predicted_gain", "measured_gain", "reference_gain"):
        assert np.isfinite(found[name].isel(component=slice(8))).all()
        assert np.isnan(found[name].isel(component=slice(8, None))).all()
    alignment = found["alignment"].values
    assert np.isfinite(alignment[..., :8, :8]).all()
    assert np.isnan(alignment[..., 8:, :]).all()
    assert np.isnan(alignment[..., :, 8:]).all()
    np.testing.assert_array_equal(
        found["correlation_kept"].isel(kept=-1), found["correlation_kept"].isel(kept=7)
    )


def test_numbers_of_a_network_that_diverged_are_nan_and_its_neighbours_go_on(twins):
    clean = spectra.analyse(twins, targets(), 5)
    twins["rate"][1]["states"][1, 10:] = np.nan
    twins["rate"][1]["decoder"][1] = np.nan
    found = spectra.analyse(twins, targets(), 5)
    for name in ("eigenvalue", "predicted_gain", "measured_gain", "reference_gain"):
        assert np.isnan(found[name].sel(network="rate").isel(alpha=1, point=1)).all(), name
    for name in ("alignment", "correlation_kept", "correlation_measured"):
        assert np.isnan(found[name].isel(alpha=1, point=1)).all(), name
    for other in ({"point": [0]}, {"alpha": [0, 2]}):
        xr.testing.assert_equal(found.isel(other), clean.isel(other))
    xr.testing.assert_equal(
        found["eigenvalue"].sel(network="spiking"), clean["eigenvalue"].sel(network="spiking")
    )


@pytest.mark.parametrize("diverged", networks.TWINS)
def test_a_twin_that_diverged_in_training_has_no_spectrum(diverged):
    target, trained = np.sin(2 * np.pi * 40 * np.arange(600) * 5e-5)[:, None], {}
    for network in networks.TWINS:
        twin, state = networks.draw(network, [20.0, 20.0], 0.1, neurons=NEURONS)
        decoder = np.zeros((2, 1, NEURONS))
        decoder[1] = 1e6 * (network == diverged)
        part = force.train(
            twin,
            state,
            target,
            5e-5,
            update_steps=20,
            warm_up_steps=400,
            decoder=decoder,
            states=True,
        )
        trained[network] = [part.assign_coords(alpha=5e-5)]
    assert trained[diverged][0]["status"].values.tolist() == ["ok", "diverged"]
    found = spectra.analyse(trained, target[::20], 5).isel(alpha=0)
    assert np.isfinite(found.isel(point=0)["measured_gain"]).all()
    for name in ("eigenvalue", "predicted_gain", "measured_gain", "reference_gain"):
        assert np.isnan(found[name].sel(network=diverged).isel(point=1)).all(), name
    for name in ("alignment", "correlation_kept", "correlation_measured", "correlation_filter"):
        assert np.isnan(found[name].isel(point=1)).all(), name
