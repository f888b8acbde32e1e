"""Slow learning as a low-pass filter on the principal components of the states.

Let R be the states at the updates, and C = sum R R^T = V diag(lambda) V^T. RLS reaches the ridge
solution, whose coefficient on a component is the least-squares coefficient times
alpha lambda / (1 + alpha lambda). So a small alpha keeps only the components with lambda > 1/alpha.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import xarray as xr

from spikerate.analysis.errors import decoder_correlation
from spikerate.model.neuron import Floats

ALIGNED = 20  # leading components whose alignment between the twins is kept


class Basis(NamedTuple):
    """Principal components of the states, and the least-squares decoder on them."""

    components: Floats  # (component, neuron), orthonormal rows, the largest variance first
    eigenvalues: Floats  # (component,), lambda, 1/s^2
    least_squares: Floats  # (output, component), s


def basis(states: Floats, target: Floats) -> Basis:
    """Principal components of states (update, neuron) and the fit of targets (update, output).

    The components are those of C = sum R R^T: the mean is not subtracted, as in the theory.
    Components whose singular value is lost in rounding are left out.
    """
    scores, singular, components = np.linalg.svd(states, full_matrices=False)
    kept = singular > singular[0] * max(states.shape) * np.finfo(float).eps
    scores, singular, components = scores[:, kept], singular[kept], components[kept]
    return Basis(components, singular**2, (target.T @ scores) / singular)


def low_pass(alpha_lambda: Floats) -> Floats:
    """Gain of ridge regression on a component: alpha lambda / (1 + alpha lambda)."""
    gain: Floats = alpha_lambda / (1.0 + alpha_lambda)
    return gain


def filtered_decoder(base: Basis, alpha: float) -> Floats:
    """Decoder (output, neuron) of ridge regression at alpha, which is the filter alone."""
    decoder: Floats = (base.least_squares * low_pass(alpha * base.eigenvalues)) @ base.components
    return decoder


def gains(decoder: Floats, base: Basis) -> Floats:
    """Ratio of the coefficients of a decoder (output, neuron) to those of least squares.

    One number for each component, (component,). With several outputs, it is the mean of their
    ratios, weighted by the squared least-squares coefficients.
    """
    coefficients = decoder @ base.components.T  # (output, component)
    found: Floats = (coefficients * base.least_squares).sum(0) / (base.least_squares**2).sum(0)
    return found


def leading(decoder: Floats, base: Basis, kept: int) -> Floats:
    """Decoder (output, neuron) projected on the `kept` leading components."""
    components = base.components[:kept]
    projected: Floats = (decoder @ components.T) @ components
    return projected


def analyse(trained: dict[str, list[xr.Dataset]], target: Floats, components: int) -> xr.Dataset:
    """Low-pass analysis of pairs of twins trained at several learning rates.

    Parameters
    ----------
    trained : for "spiking" and "rate", a dataset of `force.train` for each learning rate, slowest
        first, all of the same points, with `states` and the coordinate `alpha`
    target : array (update, output), at the updates
    components : number of leading components to keep

    Returns
    -------
    Dataset with dimensions network, alpha, point, component, kept. Gains are NaN beyond the last
    component of a basis, and all numbers are NaN where a network diverged.
    """
    alphas = [float(part["alpha"]) for part in trained["spiking"]]
    points = range(trained["spiking"][0].sizes["point"])
    decoders = {n: [part["decoder"].values for part in parts] for n, parts in trained.items()}
    bases = {
        n: [[_basis_or_none(part["states"].values[p], target) for p in points] for part in parts]
        for n, parts in trained.items()
    }
    networks = list(trained)
    own, pair = [], []
    for a, alpha in enumerate(alphas):
        for p in points:
            learned = [decoders[n][a][p] for n in networks]
            found = [bases[n][a][p] for n in networks]
            slowest = [bases[n][0][p] for n in networks]
            each = zip(learned, found, slowest, strict=True)
            own.append([_own(*parts, alpha, components) for parts in each])
            pair.append(_pair(learned, found, slowest, alpha, components))
    shape = len(alphas), len(points)
    data = {
        name: (dims, np.array([part[name] for part in pair]).reshape(shape + pair[0][name].shape))
        for name, dims in PAIR_DIMS.items()
    }
    for index, name in enumerate(
        ("eigenvalue", "predicted_gain", "measured_gain", "reference_gain")
    ):
        values = np.array([[part[index] for part in parts] for parts in own])
        values = values.reshape(*shape, len(networks), components)
        data[name] = (("network", "alpha", "point", "component"), np.moveaxis(values, 2, 0))
    coords = {"network": networks, "alpha": alphas, "point": list(points)}
    coords |= {name: np.arange(1, components + 1) for name in ("component", "kept")}
    return xr.Dataset(data, coords)


PAIR_DIMS = {
    "alignment": ("alpha", "point", "component_spiking", "component_rate"),
    "correlation_kept": ("alpha", "point", "kept"),
    "correlation_measured": ("alpha", "point"),
    "correlation_filter": ("alpha", "point"),
}


def _basis_or_none(states: Floats, target: Floats) -> Basis | None:
    return basis(states, target) if np.isfinite(states).all() else None


def _padded(values: Floats, length: int) -> Floats:
    values = values[:length]
    return np.pad(values, (0, length - values.size), constant_values=np.nan)


def _own(
    decoder: Floats, base: Basis | None, reference: Basis | None, alpha: float, components: int
) -> Floats:
    """Spectrum, predicted, measured and reference gain of one network."""
    if base is None or reference is None:
        return np.full((4, components), np.nan)
    rows = (
        base.eigenvalues,
        low_pass(alpha * base.eigenvalues),
        gains(decoder, base),
        gains(decoder, reference),
    )
    return np.array([_padded(row, components) for row in rows])


def _pair(
    decoders: list[Floats],
    bases: list[Basis | None],
    references: list[Basis | None],
    alpha: float,
    components: int,
) -> dict[str, Floats]:
    """Alignment and decoder correlations of one pair of twins."""
    known = [base for base in bases if base is not None]
    firsts = [base for base in references if base is not None]
    if len(known) < len(bases) or len(firsts) < len(references):
        sizes = (ALIGNED, ALIGNED), (components,), (), ()
        return {name: np.full(s, np.nan) for name, s in zip(PAIR_DIMS, sizes, strict=True)}
    cosines = np.full((ALIGNED, ALIGNED), np.nan)
    found = np.abs(known[0].components[:ALIGNED] @ known[1].components[:ALIGNED].T)
    cosines[: found.shape[0], : found.shape[1]] = found
    kept = [
        decoder_correlation(*(leading(d, b, k) for d, b in zip(decoders, known, strict=True)))
        for k in range(1, components + 1)
    ]
    alone = [filtered_decoder(reference, alpha) for reference in firsts]
    return {
        "alignment": cosines,
        "correlation_kept": np.array(kept),
        "correlation_measured": np.asarray(decoder_correlation(*decoders)),
        "correlation_filter": np.asarray(decoder_correlation(*alone)),
    }
