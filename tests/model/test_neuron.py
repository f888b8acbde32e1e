"""The LIF neuron: its closed-form rate, the neuron that is simulated, and what is refused."""

from dataclasses import asdict

import numpy as np
import pytest

from spikerate.analysis.simulate import spike_rates, uncoupled
from spikerate.model import networks
from spikerate.model.lif import LIF
from spikerate.model.neuron import NUMERICS, multiple
from spikerate.model.synapse import DoubleExponential

NEURON = asdict(LIF()) | asdict(DoubleExponential())


@pytest.mark.parametrize("numerics", NUMERICS)
@pytest.mark.parametrize("dt", [5e-5, 1e-4])
def test_the_rate_counts_the_spikes_within_one(dt, numerics):
    currents, duration = np.linspace(-60.0, 20.0, 33), 0.4
    expected = LIF().rate(currents) * duration
    counts = spike_rates(currents, NEURON, dt, duration, numerics) * duration
    assert np.ptp(expected) > 50
    np.testing.assert_allclose(counts, np.round(counts), atol=1e-9)
    np.testing.assert_array_less(np.abs(counts - expected), 1.0)


@pytest.mark.parametrize("dt", [2.5e-5, 5e-5, 1e-4])
def test_an_interval_between_spikes_is_at_most_a_step_longer_than_the_period(dt):
    currents = np.array([-39.9, -35.0, -20.0, 20.0, 200.0])
    twin = uncoupled("spiking", currents - LIF().bias, NEURON, dt, "exact")
    steps = round(0.5 / dt)
    _, trace = twin.advance(twin.rest(), None, steps, np.ones((steps, 1)), spikes=True)
    for neuron, rate in enumerate(LIF().rate(currents)):
        fired = trace.spikes[trace.spikes[:, 1] == neuron, 2]
        excess = (fired[-1] - fired[0]) / (len(fired) - 1) - 1 / (rate * dt)  # in steps
        assert len(fired) > 5
        assert -1 / (len(fired) - 1) <= excess <= 1


@pytest.mark.parametrize("bias", [-40.0, -55.0, 3.0])
def test_spike_rates_are_those_of_the_whole_current_whatever_the_bias(bias):
    currents = np.array([-50.0, -30.0, 0.0])
    rates = spike_rates(currents, NEURON | {"bias": bias}, 5e-5, 0.5)
    np.testing.assert_array_equal(rates, spike_rates(currents, NEURON, 5e-5, 0.5))
    assert rates[0] == 0 < rates[1] < rates[2]


def test_the_rate_is_the_formula_of_the_design():
    lif = LIF(tau_m=0.015, tau_ref=0.003, v_reset=-70.0, v_threshold=-45.0, bias=-30.0)
    current = np.linspace(-44.9, 100.0, 50)
    log = np.log((current - lif.v_threshold) / (current - lif.v_reset))
    np.testing.assert_allclose(lif.rate(current), 1 / (lif.tau_ref - lif.tau_m * log), rtol=1e-12)


def test_the_rate_is_exactly_zero_at_and_below_rheobase():
    lif = LIF()
    below = np.array([-40.0, np.nextafter(-40.0, -np.inf), -65.0, -1e300, -np.inf])
    np.testing.assert_array_equal(lif.rate(below), 0.0)
    assert lif.rate(np.nextafter(-40.0, 0.0)) > 0


def test_above_rheobase_each_decade_of_current_takes_the_same_time_off_the_period():
    lif = LIF(v_threshold=0.0)
    periods = 1 / lif.rate(10.0 ** np.arange(-30, -3))
    np.testing.assert_allclose(np.diff(periods), -lif.tau_m * np.log(10), rtol=1e-5)
    assert lif.rate(1e-30) > 1.0  # so slow is the approach to 0


def test_the_rate_saturates_at_one_over_the_refractory_time():
    lif = LIF(tau_ref=0.004)
    rates = lif.rate(np.array([1e3, 1e6, 1e12, 1e300, np.inf]))
    assert (rates <= 250).all()
    assert rates[0] < 249
    np.testing.assert_allclose(rates[2:], 250.0, rtol=1e-9)


def test_the_rate_grows_with_the_current():
    current = np.concatenate([-40 + np.logspace(-12, 4, 200)])
    rates = LIF().rate(np.concatenate([[-1e3, -40.0], current]))
    assert (np.diff(rates[1:]) > 0).all()
    assert (rates >= 0).all()


def test_a_nan_current_has_a_nan_rate_and_leaves_the_others():
    rates = LIF().rate(np.array([np.nan, 0.0]))
    assert np.isnan(rates[0])
    assert rates[1] == LIF().rate(0.0)


def test_the_refractory_time_not_the_rise_time_stands_in_the_rate():
    neuron = NEURON | {"tau_ref": 0.005, "tau_rise": 0.001}
    lif, synapse = networks.constants(neuron)
    assert (lif.tau_ref, synapse.tau_rise) == (0.005, 0.001)
    strong = np.array([3e3])
    np.testing.assert_allclose(lif.rate(strong), 200.0, rtol=0.02)
    np.testing.assert_allclose(spike_rates(strong, neuron, 5e-5, 0.5), 200.0, rtol=0.02)
    rate = uncoupled("rate", strong - lif.bias, neuron, 5e-5, "exact")
    state, _ = rate.advance(rate.rest(), None, 12000, np.ones((12000, 1)))
    np.testing.assert_allclose(state.filtered[0], lif.rate(strong), rtol=1e-9)


ILLEGAL = [
    *(("tau_m", value) for value in (0.0, -0.01, np.nan, np.inf)),
    *(("tau_ref", value) for value in (0.0, -0.002, np.nan, np.inf)),
    *(("v_reset", value) for value in (-40.0, -30.0, np.nan, -np.inf)),
    *(("v_threshold", value) for value in (-65.0, -70.0, np.nan, np.inf)),
    *(("bias", value) for value in (np.nan, np.inf, -np.inf)),
]


@pytest.mark.parametrize(("name", "value"), ILLEGAL)
def test_an_illegal_constant_is_refused_by_class_name_and_value(name, value):
    with pytest.raises(ValueError, match="LIF") as error:
        LIF(**{name: value})
    assert name in str(error.value)
    assert f"{value:g}" in str(error.value)


def test_the_leak_is_the_exponential_or_the_euler_step():
    lif = LIF(tau_m=0.01)
    assert lif.leak(5e-5, "published") == pytest.approx(0.005, rel=1e-15)
    assert (1 - lif.leak(5e-5, "exact")) ** 200 == pytest.approx(np.exp(-1), rel=1e-12)
    with pytest.raises(ValueError, match=r"numerics must be one of exact, published, got 'euler'"):
        lif.leak(5e-5, "euler")


def test_durations_that_are_no_whole_number_of_steps_are_refused_by_name():
    assert multiple(0.005, 5e-5, "update_every") == 100
    assert multiple(200.0, 5e-5, "duration") == 4_000_000
    with pytest.raises(ValueError, match=r"update_every.*multiple of dt = 5e-05 s, got 0.00502 s"):
        multiple(0.00502, 5e-5, "update_every")
