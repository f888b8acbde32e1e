"""The double-exponential synapse: unit area, exact propagation, and a drive linear in time."""

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp
from scipy.linalg import expm
from scipy.optimize import minimize_scalar

from spikerate.model.neuron import NUMERICS
from spikerate.model.synapse import DoubleExponential

SYNAPSES = [DoubleExponential(), DoubleExponential(0.005, 0.1), DoubleExponential(0.0199, 0.02)]


def generator(synapse):
    """Matrix of the two equations of (R, rise) without input."""
    return np.array([[-1 / synapse.tau_rise, 1.0], [0.0, -1 / synapse.tau_decay]])


@pytest.mark.parametrize("synapse", SYNAPSES)
def test_the_kernel_has_unit_area(synapse):
    area = quad(synapse.kernel, 0, 40 * synapse.tau_decay, limit=400, points=[synapse.peak_time])
    assert area[0] == pytest.approx(1, rel=1e-9)


@pytest.mark.parametrize("synapse", SYNAPSES)
def test_the_kernel_peaks_where_its_two_exponentials_balance(synapse):
    found = minimize_scalar(
        lambda t: -synapse.kernel(t), bounds=(0, 5 * synapse.tau_decay), options={"xatol": 1e-12}
    )
    assert synapse.peak_time == pytest.approx(found.x, rel=1e-5)
    ratio = synapse.tau_decay / synapse.tau_rise
    height = ratio ** (-1 / (ratio - 1)) / synapse.tau_decay
    assert synapse.kernel(synapse.peak_time) == pytest.approx(height, rel=1e-12)
    assert -found.fun == pytest.approx(height, rel=1e-9)


def test_the_kernel_is_zero_before_the_impulse_and_starts_at_zero():
    np.testing.assert_array_equal(DoubleExponential().kernel([-1e9, -1.0, -1e-12, 0.0]), 0.0)
    assert DoubleExponential().kernel(1e-12) > 0


@pytest.mark.parametrize("synapse", SYNAPSES)
@pytest.mark.parametrize("dt", [5e-5, 1e-3])
def test_an_exact_step_is_the_matrix_exponential(synapse, dt):
    p = synapse.impulse(dt)
    matrix = expm(generator(synapse) * dt)
    np.testing.assert_allclose([[p.fast, p.cross], [0, p.slow]], matrix, rtol=1e-11, atol=0)


def test_a_spike_followed_by_exact_steps_gives_the_kernel():
    synapse, dt = DoubleExponential(), 5e-5
    p = synapse.impulse(dt)
    response, rise, seen = 0.0, p.gain, []
    for _ in range(1000):
        seen.append(response)
        response, rise = p.fast * response + p.cross * rise, p.slow * rise
    expected = synapse.kernel(np.arange(1000) * dt)
    np.testing.assert_allclose(seen, expected, rtol=1e-11, atol=1e-12)


def test_a_published_step_adds_dt_times_rise():
    p = DoubleExponential().impulse(5e-5, "published")
    assert (p.fast, p.slow) == (np.exp(-5e-5 / 0.002), np.exp(-5e-5 / 0.02))
    assert (p.cross, p.gain) == (5e-5, 1 / (0.002 * 0.02))


@pytest.mark.parametrize("numerics", NUMERICS)
@pytest.mark.parametrize("synapse", SYNAPSES)
def test_many_steps_at_once_are_as_many_single_steps(numerics, synapse):
    p = synapse.impulse(1e-4, numerics)
    one = np.array([[p.fast, p.cross], [0.0, p.slow]])
    counts = np.array([0, 1, 2, 7, 41, 300])
    fast, slow, cross = p.over(counts)
    for i, count in enumerate(counts):
        expected = np.linalg.matrix_power(one, count)
        np.testing.assert_allclose([[fast[i], cross[i]], [0, slow[i]]], expected, rtol=1e-9)
        np.testing.assert_allclose(p.over(int(count)), (fast[i], slow[i], cross[i]), rtol=1e-13)


@pytest.mark.parametrize("synapse", SYNAPSES)
@pytest.mark.parametrize("step", [5e-5, 5e-4, 5e-3])
def test_a_drive_linear_in_time_is_integrated_exactly(synapse, step):
    start, slope = np.array([30.0, -2e3, 70.0]), 4e3

    def rhs(t, x):
        return generator(synapse) @ x + [0.0, synapse.gain * (start[2] + slope * t)]

    solved = solve_ivp(rhs, (0, step), start[:2], method="DOP853", rtol=1e-12, atol=1e-9).y[:, -1]
    after = synapse.drive(step) @ [*start, slope]
    np.testing.assert_allclose(after, solved, rtol=1e-9)


def test_two_half_steps_of_a_linear_drive_are_one_whole():
    synapse = DoubleExponential()
    half, x = synapse.drive(2.5e-4), np.array([10.0, 500.0])
    for u in (20.0, 20.0 + 2.5e-4 * 3e4):
        x = half @ [*x, u, 3e4]
    whole = synapse.drive(5e-4) @ [10.0, 500.0, 20.0, 3e4]
    np.testing.assert_allclose(x, whole, rtol=1e-12)


def test_the_drive_carries_on_what_is_in_the_synapse_as_without_input():
    synapse = DoubleExponential()
    for numerics in NUMERICS:
        p, m = synapse.impulse(2e-4, numerics), synapse.drive(2e-4, numerics)
        expected = [[p.fast, p.cross], [0, p.slow]]
        np.testing.assert_allclose(m[:, :2], expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("step", [5e-5, 5e-4])
def test_a_constant_drive_ends_at_itself(step):
    synapse, x = DoubleExponential(), np.zeros(2)
    m = synapse.drive(step)
    for _ in range(round(1.0 / step)):
        x = m @ [*x, 42.0, 0.0]
    np.testing.assert_allclose(x, [42.0, 42.0 / synapse.tau_rise], rtol=1e-12)


def test_the_published_drive_is_an_euler_step():
    response, rise, u, dt = 30.0, -2e3, 70.0, 5e-5
    after = DoubleExponential().drive(dt, "published") @ [response, rise, u, 1e9]
    expected = [
        response * np.exp(-dt / 0.002) + dt * rise,
        rise * np.exp(-dt / 0.02) + dt * u / (0.002 * 0.02),
    ]
    np.testing.assert_allclose(after, expected, rtol=1e-14)


@pytest.mark.parametrize(
    ("rise", "decay"),
    [(0, 0.02), (-1e-3, 0.02), (0.02, 0.02), (0.03, 0.02), (np.nan, 0.02), (0.002, np.nan),
     (0.002, np.inf)],
)  # fmt: skip
def test_illegal_time_constants_are_refused_by_class_name_and_value(rise, decay):
    with pytest.raises(ValueError, match="DoubleExponential") as error:
        DoubleExponential(rise, decay)
    assert f"tau_rise = {rise}" in str(error.value)
    assert f"tau_decay = {decay}" in str(error.value)


@pytest.mark.parametrize("method", ["impulse", "drive"])
def test_unknown_numerics_are_refused(method):
    with pytest.raises(ValueError, match=r"numerics must be one of exact, published, got 'euler'"):
        getattr(DoubleExponential(), method)(5e-5, "euler")
