"""The two twins: the published step, the order of the exact one, and batches that keep apart."""

from dataclasses import asdict

import numpy as np
import pytest

from spikerate.analysis import simulate
from spikerate.learning import force
from spikerate.model import networks
from spikerate.model.lif import LIF
from spikerate.model.network import WIDTH
from spikerate.model.networks import TWINS
from spikerate.model.neuron import NUMERICS
from spikerate.model.rate import COARSE
from spikerate.model.synapse import DoubleExponential
from spikerate.model.weights import Weights

NEURON = asdict(LIF()) | asdict(DoubleExponential())
LIVELY = NEURON | {"bias": -20.0}  # mV, well above rheobase
SMOOTH = NEURON | {"bias": 40.0}  # mV, so far above that no current crosses it
ODD = {  # constants that all differ from the study's and from each other
    "tau_m": 0.012, "tau_ref": 0.003, "v_reset": -70.0, "v_threshold": -45.0, "bias": -38.0,
    "tau_rise": 0.004, "tau_decay": 0.03,
}  # fmt: skip
DT = 5e-5


def same(first, second, points=(slice(None), slice(None))):
    """Assert that two results of `advance`, or some points of them, agree to the last bit."""
    a, b = points
    for name, array in first[0].arrays().items():
        np.testing.assert_array_equal(array[a], second[0].arrays()[name][b], err_msg=name)
    np.testing.assert_array_equal(first[1].readout[a], second[1].readout[b])
    np.testing.assert_array_equal(first[1].filtered[a], second[1].filtered[b])


def decoders(points, outputs, neurons, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((points, outputs, neurons)) / (20 * np.sqrt(neurons))


def pulses(steps, channels, width, seed=0):
    levels = np.random.default_rng(seed).standard_normal((steps // width + 1, channels))
    return np.repeat(levels, width, axis=0)[:steps]


@pytest.fixture(params=TWINS)
def network(request):
    return request.param


@pytest.fixture(params=["shared", "per_point"])
def draws(request):
    return request.param


@pytest.fixture(params=["numpy", "numba"])
def engine(request):
    if request.param == "numba":
        pytest.importorskip("numba")
    return request.param


def ordered(spikes):
    """Spikes (spike, 3) sorted by point, step and neuron."""
    return spikes[np.lexsort(spikes.T[[1, 2, 0]])]


# The published step, transcribed from the design.


class Plain:
    """One network, stepped as the paper does: a loop, and dense products at every step."""

    def __init__(self, neuron, omega, eta, psi, phi):
        vars(self).update(neuron, omega=omega, eta=eta, psi=psi, phi=phi)

    def current(self, s, x, u):
        return s + self.eta @ x + self.bias + self.psi @ u

    def filters(self, pair, impulses):
        response, rise = pair
        return (
            response * np.exp(-DT / self.tau_rise) + DT * rise,
            rise * np.exp(-DT / self.tau_decay) + impulses / (self.tau_rise * self.tau_decay),
        )

    def spiking(self, v, s, inputs):
        zero = np.zeros_like(v)
        recurrent, filtered, x = (s, zero), (zero, zero), np.zeros(len(self.phi))
        wait, fired, readout = np.zeros(v.size), [], []
        for step, u in enumerate(inputs):
            readout.append(x)
            current = self.current(recurrent[0], x, u)
            free = wait == 0
            wait = np.maximum(wait - 1, 0)
            v = np.where(free, v + DT * (current - v) / self.tau_m, v)
            spikes = v >= self.v_threshold
            recurrent = self.filters(recurrent, self.omega @ spikes)
            filtered = self.filters(filtered, spikes * 1.0)
            v = np.where(spikes, self.v_reset + (v - self.v_threshold), v)
            wait[spikes] = round(self.tau_ref / DT)
            x = self.phi @ filtered[0]
            fired += [(0, neuron, step) for neuron in spikes.nonzero()[0]]
        return {"v": v, "synaptic": recurrent[0], "synaptic_rise": recurrent[1],
                "filtered": filtered[0], "filtered_rise": filtered[1], "refractory": wait,
                }, np.array(readout), np.array(fired)  # fmt: skip

    def rate(self, s, inputs):
        zero = np.zeros_like(s)
        recurrent, filtered, x, readout = (s, zero), (zero, zero), np.zeros(len(self.phi)), []
        for u in inputs:
            readout.append(x)
            f = np.zeros_like(s)
            for i, current in enumerate(self.current(recurrent[0], x, u)):
                if current > self.v_threshold:
                    log = np.log((current - self.v_threshold) / (current - self.v_reset))
                    f[i] = 1 / (self.tau_ref - self.tau_m * log)
            recurrent = self.filters(recurrent, self.omega @ (DT * f))
            filtered = self.filters(filtered, DT * f)
            x = self.phi @ filtered[0]
        return {"synaptic": recurrent[0], "synaptic_rise": recurrent[1],
                "filtered": filtered[0], "filtered_rise": filtered[1],
                }, np.array(readout)  # fmt: skip


@pytest.mark.parametrize("constants", [NEURON, ODD], ids=["study", "odd"])
@pytest.mark.parametrize(("steps", "every"), [(1, 1), (2, 10), (45, 7), (800, 10), (800, 130)])
def test_the_published_step_is_the_papers(network, engine, steps, every, constants):
    n, rng = 40, np.random.default_rng(5)
    weights = Weights.draw(n, 2, 12.0, 0.12, channels=3, seed=4)
    phi = decoders(1, 2, n)[0]
    omega, eta, psi = 0.12 * weights.reservoir, 12.0 * weights.encoder, 12.0 * weights.inputs
    inputs = rng.standard_normal((steps, 3))  # another value at every step
    plain = Plain(constants, omega, eta, psi, phi)
    twin = networks.build(network, weights, constants, DT, "published", engine=engine)
    start = {"synaptic": 10 * rng.standard_normal(n)}
    if network == "spiking":
        start["v"] = rng.uniform(-64, 30, n)
    state, trace = twin.advance(twin.state(**start), phi, steps, inputs, every, spikes=True)
    arguments = [start[name] for name in ("v", "synaptic") if name in start]
    expected, readout, *fired = getattr(plain, network)(*arguments, inputs)
    if network == "spiking":
        np.testing.assert_array_equal(ordered(trace.spikes), np.reshape(fired[0], (-1, 3)))
        assert len(fired[0]) > steps / 50
    for name, array in expected.items():
        scale = abs(array).max()
        np.testing.assert_allclose(
            state.arrays()[name][0], array, rtol=1e-9, atol=1e-12 * scale, err_msg=name
        )
    np.testing.assert_allclose(trace.readout[0], readout[::every], rtol=1e-9, atol=1e-12)


# The exact step.


def uncoupled(current, numerics, engine):
    """Spiking neurons on their own, to which an input of 1 adds a current (neuron,), mV."""
    n = len(current)
    weights = Weights.of_arrays(np.zeros((n, n)), np.zeros((n, 1)), np.reshape(current, (n, 1)))
    return networks.build("spiking", weights, NEURON, DT, numerics, engine=engine)


def test_below_threshold_the_voltage_relaxes_exponentially(engine):
    current = np.array([-41.0, -60.0, -120.0])
    twin = uncoupled(current - LIF().bias, "exact", engine)
    state = start = twin.state(v=[-64.0, -41.0, -45.0])
    for steps in (1, 2, 17, 80, 900):
        state, trace = twin.advance(start, None, steps, np.ones((steps, 1)), spikes=True)
        expected = current + (start.v - current) * np.exp(-steps * DT / 0.01)
        np.testing.assert_allclose(state.v, expected, rtol=1e-12)
        assert not trace.spikes.size


@pytest.mark.parametrize("numerics", NUMERICS)
@pytest.mark.parametrize("every", [1, 10, 100])
def test_a_neuron_that_fired_is_held_for_forty_steps(numerics, every, engine):
    twin = uncoupled([20.0], numerics, engine)

    def run(steps):
        return twin.advance(twin.rest(), None, steps, np.ones((steps, 1)), every, spikes=True)

    fired = run(1000)[1].spikes[0, 2]
    after = [run(fired + 1 + k)[0].v[0, 0] for k in range(42)]
    assert len(set(after[:41])) == 1
    assert after[0] < -64
    assert after[41] > after[40]


@pytest.mark.parametrize(("dt", "tau_ref", "held"), [(DT, 0.002, 40), (1e-4, 0.002, 20)])
def test_the_held_steps_fill_the_refractory_time(dt, tau_ref, held):
    assert LIF(tau_ref=tau_ref).refractory_steps(dt) == held


@pytest.mark.parametrize("numerics", NUMERICS)
def test_what_is_over_the_threshold_is_kept_at_the_reset(numerics, engine):
    twin = uncoupled([0.0], numerics, engine)
    state, trace = twin.advance(twin.state(v=-30.0), None, 1, np.ones((1, 1)), spikes=True)
    np.testing.assert_array_equal(trace.spikes, [[0, 0, 0]])
    share = LIF().leak(DT, numerics)
    np.testing.assert_allclose(state.v, -30 + share * (-40 + 30) - 25, rtol=1e-14)


@pytest.mark.parametrize("every", [1, 10, 41, 50])
def test_a_neuron_is_held_alike_in_pieces_of_any_length(engine, every):
    twin = uncoupled([20.0], "exact", engine)
    start, ones = twin.state(v=20.0, refractory=40), np.ones((60, 1))  # still above threshold
    state, trace = twin.advance(start, None, 60, ones, every, spikes=True)
    expected, other = twin.advance(start, None, 60, ones, 60 if every == 1 else 1, spikes=True)
    np.testing.assert_array_equal(trace.spikes, other.spikes)
    np.testing.assert_allclose(state.v, expected.v, rtol=1e-12)


def test_no_neuron_fires_twice_within_the_refractory_time(engine):
    settings = {"neurons": 200, "neuron": LIVELY, "engine": engine}
    twin, state = networks.draw("spiking", 5.0, 0.1, **settings)
    _, trace = twin.advance(state, None, 400, spikes=True)
    for neuron in range(200):
        fired = trace.spikes[trace.spikes[:, 1] == neuron, 2]
        assert (np.diff(fired) > 40).all()


def test_a_spike_sends_the_kernel_through_its_column_of_the_reservoir(engine):
    omega = np.array([[0.0, 0.03, 0.0], [0.02, 0.0, -0.01], [0.0, 0.05, 0.0]])
    weights = Weights.of_arrays(omega, np.zeros((3, 1)))
    twin = networks.build("spiking", weights, NEURON, engine=engine)
    state = twin.state(v=[-65.0, -30.0, -65.0])  # neuron 1 fires at the first step
    phi = np.array([[1.0, 2.0, 3.0]])
    state, trace = twin.advance(state, phi, 201, sample_steps=10, recorded=[1], spikes=True)
    np.testing.assert_array_equal(trace.spikes, [[0, 1, 0]])
    kernel = DoubleExponential().kernel(200 * DT)
    np.testing.assert_allclose(state.synaptic[0], omega[:, 1] * kernel, rtol=1e-11)
    np.testing.assert_allclose(state.filtered[0], [0, kernel, 0], rtol=1e-11)
    seen = DoubleExponential().kernel(np.arange(10, 201, 10) * DT - DT)
    np.testing.assert_allclose(trace.filtered[0, 1:, 0], seen, rtol=1e-11)
    np.testing.assert_allclose(trace.readout[0, 1:, 0], 2 * seen, rtol=1e-11)


def looped(constants, pulsed):
    """Rate networks with a decoder in a loop, and how to run them with a step and a sampling."""
    n, duration = 120, 0.15
    channels = int(pulsed)
    settings = {"neurons": n, "outputs": 2, "channels": channels, "neuron": constants, "seed": 2}
    _, start = networks.draw("rate", 15.0, 0.08, **settings)
    phi = decoders(1, 2, n, seed=9)

    def run(dt, every, numerics="exact"):
        twin, _ = networks.draw("rate", 15.0, 0.08, **settings, dt=dt, numerics=numerics)
        steps = round(duration / dt)
        inputs = pulses(steps, 1, round(0.01 / dt), seed=1) if pulsed else None
        state, trace = twin.advance(start, phi, steps, inputs, every)
        assert twin.coarse_steps(every) == (every if numerics == "exact" else 1)
        return np.concatenate([state.synaptic[0], state.filtered[0]]), trace.readout

    return run


def rms(array):
    return np.sqrt((array**2).mean())


@pytest.mark.parametrize("pulsed", [False, True], ids=["free", "pulsed"])
def test_the_exact_rate_twin_is_of_second_order(pulsed):
    run = looped(SMOOTH, pulsed)
    steps = COARSE / 2 ** np.arange(3)
    reference = run(steps[-1] / 20, 1)[0]
    errors = [rms(run(COARSE / 20, round(20 * h / COARSE))[0] - reference) for h in steps]
    slope = np.polyfit(np.log2(steps), np.log2(errors), 1)[0]
    assert 1.7 < slope < 2.3
    assert errors[-1] < 1e-2 * rms(reference)


def test_the_published_rate_twin_is_of_first_order():
    run = looped(SMOOTH, pulsed=False)
    steps = DT / 2 ** np.arange(3)
    reference = run(DT / 20, 5)[0]  # exact, at a quarter of a published step
    errors = [rms(run(h, 1, "published")[0] - reference) for h in steps]
    slope = np.polyfit(np.log2(steps), np.log2(errors), 1)[0]
    assert 0.8 < slope < 1.2


def test_on_a_trained_network_a_long_exact_step_is_ten_times_closer_than_a_published_one():
    settings = {"neurons": 100, "seed": 2}
    twin, state = networks.draw("rate", 20.0, 0.1, **settings)
    target = np.sin(2 * np.pi * 5 * np.arange(4000) * DT)
    trained = force.train(
        twin, state, target, 5e-4, update_steps=100, warm_up_steps=2000, repetitions=6
    )
    assert trained.training_nrmse < 0.3
    start = force.state_of(twin, trained)

    def readout(dt, every, numerics="exact"):
        twin, _ = networks.draw("rate", 20.0, 0.1, **settings, dt=dt, numerics=numerics)
        _, trace = twin.advance(start, trained.decoder.values, round(0.1 / dt), None, every)
        return trace.readout[0, :: round(COARSE / dt) // every, 0]

    reference = readout(DT / 20, 10)  # a twentieth of the longest exact step: DT / 2
    exact, published = (rms(readout(DT, *how) - reference) for how in ([10], [1, "published"]))
    assert 10 * exact < published < 0.1


def test_the_longest_exact_step_divides_the_sampling():
    twin, _ = networks.draw("rate", 1.0, 0.1, neurons=3)
    assert [twin.coarse_steps(k) for k in (1, 7, 10, 11, 25, 50, 100)] == [1, 7, 10, 1, 5, 10, 10]
    published, _ = networks.draw("rate", 1.0, 0.1, neurons=3, numerics="published")
    assert published.coarse_steps(10) == 1


@pytest.mark.parametrize("jump", ["restart", "input"])
def test_the_multistep_rule_starts_anew_after_a_jump(jump):
    twin, state = networks.draw("rate", 15.0, 0.1, neurons=30, channels=1, neuron=LIVELY)
    phi, ones = decoders(1, 1, 30), np.ones((10, 1))
    state, _ = twin.advance(state, phi, 10, ones)
    fresh = twin.state(**state.arrays())  # the same variables, no past
    after = ones if jump == "restart" else 2 * ones
    unlike = (
        twin.advance(state, phi, 10, ones)[0].synaptic
        != twin.advance(fresh, phi, 10, ones)[0].synaptic
    )
    assert unlike.any()
    if jump == "restart":
        twin.restart(state)
    same(twin.advance(state, phi, 10, after), twin.advance(fresh, phi, 10, after))


def test_a_buffer_of_inputs_may_be_filled_again(engine):
    settings = {"neurons": 30, "channels": 1, "neuron": LIVELY, "engine": engine}
    twin, start = networks.draw("rate", 15.0, 0.1, **settings)
    phi, buffer = decoders(1, 1, 30), np.empty((10, 1))
    reused = fresh = start
    for level in (0.0, 1.0, 3.0):
        buffer[:] = level
        reused, trace = twin.advance(reused, phi, 10, buffer)
        fresh, other = twin.advance(fresh, phi, 10, np.full((10, 1), level))
        same((reused, trace), (fresh, other))


# Batches, pieces and copies.


@pytest.mark.parametrize(("k", "l", "every"), [(130, 170, 10), (91, 100, 7), (50, 3, 50)])
@pytest.mark.parametrize("numerics", NUMERICS)
def test_some_steps_then_some_more_are_all_of_them(network, numerics, engine, k, l, every):  # noqa: E741
    settings = {"neurons": 60, "outputs": 2, "channels": 2, "neuron": LIVELY, "numerics": numerics}
    settings["engine"] = engine
    twin, state = networks.draw(network, [5.0, 20.0], [0.1, 0.15], **settings)
    phi, inputs = decoders(2, 2, 60), pulses(k + l, 2, 15)
    keep = {"sample_steps": every, "recorded": [3, 40], "spikes": True}
    middle, first = twin.advance(state, phi, k, inputs[:k], **keep)
    end, second = twin.advance(middle, phi, l, inputs[k:], **keep)
    whole, trace = twin.advance(state, phi, k + l, inputs, **keep)
    joined = first._replace(
        readout=np.concatenate([first.readout, second.readout], axis=1),
        filtered=np.concatenate([first.filtered, second.filtered], axis=1),
    )
    same((end, joined), (whole, trace))
    shifted = second.spikes + np.array([0, 0, k])
    joined = np.concatenate([first.spikes, shifted])
    np.testing.assert_array_equal(ordered(joined), ordered(trace.spikes))
    assert trace.spikes.size or network == "rate"


def test_samples_are_taken_before_the_step(network):
    twin, state = networks.draw(network, 20.0, 0.1, neurons=30, neuron=LIVELY)
    phi = decoders(1, 1, 30)
    _, trace = twin.advance(state, phi, 25, sample_steps=10, recorded=[4, 2])
    assert trace.readout.shape == (1, 3, 1)
    for sample, steps in enumerate([0, 10, 20]):
        then, _ = twin.advance(state, phi, steps, sample_steps=10)
        np.testing.assert_array_equal(trace.filtered[:, sample], then.filtered[:, [4, 2]])
        np.testing.assert_allclose(trace.readout[0, sample], phi[0] @ then.filtered[0], rtol=1e-12)


@pytest.mark.parametrize("numerics", NUMERICS)
def test_a_network_does_not_depend_on_its_batch(network, draws, numerics, engine):
    points, n = WIDTH + 3, 90
    q, g = np.linspace(5, 25, points), np.linspace(0.05, 0.15, points)
    phi, inputs = decoders(points, 2, n), pulses(300, 1, 10)

    def run(chosen):
        twin, state = networks.draw(
            network, q[chosen], g[chosen], neurons=n, outputs=2, channels=1, neuron=LIVELY,
            numerics=numerics, reservoir_draws=draws, engine=engine,
        )  # fmt: skip
        return twin.advance(state, phi[chosen], 300, inputs, recorded=[0, n - 1], spikes=True)

    whole = run(np.arange(points))
    assert all((whole[0].filtered[i] != whole[0].filtered[i - 1]).any() for i in range(points))
    last = [WIDTH + 1, WIDTH, 7, *range(7), *range(8, WIDTH)]
    for chosen in ([7], [7, 2], [0, 1, 7], [*range(8, 14), 7], last):
        part = run(np.array(chosen))
        same(part, whole, (slice(None), chosen))
        for place, point in enumerate(chosen):
            spikes = [t.spikes[t.spikes[:, 0] == i, 1:] for t, i in
                      ((part[1], place), (whole[1], point))]  # fmt: skip
            np.testing.assert_array_equal(*spikes)


@pytest.mark.parametrize("spoiled", ["synaptic", "filtered", "v", "decoder"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -1e300])
def test_a_network_that_is_lost_does_not_touch_its_neighbours(
    network, draws, engine, spoiled, value
):
    settings = {"neurons": 50, "outputs": 2, "neuron": LIVELY, "reservoir_draws": draws}
    settings["engine"] = engine
    twin, state = networks.draw(network, [5.0, 10.0, 20.0], 0.1, **settings)
    phi = decoders(3, 2, 50)
    sound = twin.advance(state, phi, 200, recorded=[1], spikes=True)
    array = phi if spoiled == "decoder" else state.arrays().get(spoiled, state.synaptic_rise)
    array[1] = value
    lost = twin.advance(state, phi, 200, recorded=[1], spikes=True)
    same(lost, sound, ([0, 2], [0, 2]))
    for trace in (lost[1], sound[1]):
        assert len(trace.spikes) or network == "rate"
    spikes = [t.spikes[t.spikes[:, 0] != 1] for t in (lost[1], sound[1])]
    np.testing.assert_array_equal(*spikes)


def test_the_callers_arrays_are_left_as_they_are(network, draws):
    settings = {"neurons": 30, "channels": 1, "neuron": LIVELY, "reservoir_draws": draws}
    twin, state = networks.draw(network, [5.0, 20.0], 0.1, **settings)
    phi, inputs = decoders(2, 1, 30), pulses(100, 1, 10)
    state, _ = twin.advance(state, phi, 100, inputs)
    given = [*state.arrays().values(), phi, inputs, twin.weights.reservoir, twin.weights.encoder]
    copies, previous = [a.copy() for a in given], getattr(state, "previous", None)
    first = twin.advance(state, phi, 100, inputs, recorded=[0])
    for array, copy in zip(given, copies, strict=True):
        np.testing.assert_array_equal(array, copy)
    assert getattr(state, "previous", None) is previous
    same(first, twin.advance(state, phi, 100, inputs, recorded=[0]))


def test_results_are_copies(network):
    twin, state = networks.draw(network, [5.0, 20.0], 0.1, neurons=30, channels=1, neuron=LIVELY)
    phi, inputs = decoders(2, 1, 30), np.ones((20, 1))
    after, trace = twin.advance(state, phi, 20, inputs, recorded=[0, 1])
    results = [trace.readout, trace.filtered, *after.arrays().values(), twin.decoder(phi)]
    results += [twin.readout(state, phi), *twin.state(**state.arrays()).arrays().values()]
    results += [*state.copy().arrays().values(), twin.weights.feedback()]
    given = [*state.arrays().values(), phi, inputs]
    expected = twin.advance(after, phi, 20, inputs, recorded=[0, 1])
    own = after.copy()
    for result in results:
        assert not any(np.shares_memory(result, array) for array in given)
        result[...] = 7
    same(twin.advance(own, phi, 20, inputs, recorded=[0, 1]), expected)


def test_what_does_not_fit_is_refused(network):
    twin, state = networks.draw(network, [5.0, 20.0], 0.1, neurons=30, channels=1)
    with pytest.raises(ValueError, match=r"inputs must be \(steps, channel\) = \(10, 1\)"):
        twin.advance(state, None, 10)
    with pytest.raises(ValueError, match=r"inputs must be .* got \(9, 1\)"):
        twin.advance(state, None, 10, np.ones((9, 1)))
    with pytest.raises(ValueError, match=r"decoder must fit the shape \(2, 1, 30\), got \(3, 30\)"):
        twin.decoder(np.ones((3, 30)))
    with pytest.raises(ValueError, match="unknown state variable voltage; known: "):
        twin.state(voltage=1.0)
    with pytest.raises(ValueError, match="network must be one of spiking, rate, got 'both'"):
        networks.build("both", twin.weights)
    with pytest.raises(ValueError, match=r"dt must be positive, got 0 s"):
        networks.build(network, twin.weights, dt=0)


# Inputs and feedback.


@pytest.mark.parametrize("numerics", NUMERICS)
def test_an_input_acts_as_a_bias_of_psi_times_u(network, numerics):
    n, rng = 25, np.random.default_rng(3)
    omega, eta = rng.normal(0, 0.01, (n, n)), rng.uniform(-5, 5, (n, 1))
    psi = np.tile([3.0, -2.0], (n, 1))
    driven = networks.build(network, Weights.of_arrays(omega, eta, psi), NEURON, DT, numerics)
    moved = NEURON | {"bias": -40.0 + 3 * 4.0 - 2 * -1.5}
    plain = networks.build(network, Weights.of_arrays(omega, eta), moved, DT, numerics)
    start = {"synaptic": rng.standard_normal(n)} | ({"v": -50.0} if network == "spiking" else {})
    phi, u = decoders(1, 1, n), np.tile([4.0, -1.5], (400, 1))
    first, _ = driven.advance(driven.state(**start), phi, 400, u)
    second, _ = plain.advance(plain.state(**start), phi, 400)
    assert second.filtered.max() > 5
    for name, array in first.arrays().items():
        np.testing.assert_allclose(array, second.arrays()[name], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("numerics", NUMERICS)
def test_each_neuron_has_its_own_weight_of_each_channel(numerics):
    psi = np.array([[5.0, 1.0], [-9.0, 20.0], [0.0, 0.0]])
    weights = Weights.of_arrays(np.zeros((3, 3)), np.zeros((3, 1)), psi)
    twin = networks.build("rate", weights, LIVELY, DT, numerics)
    u = np.array([2.0, -0.5])
    state, _ = twin.advance(twin.rest(), None, 12000, np.tile(u, (12000, 1)))
    expected = LIF(bias=-20.0).rate(-20.0 + psi @ u)
    assert expected[1] == 0 < expected[0]
    rtol = 1e-9 if numerics == "exact" else 2 * DT / 0.002
    np.testing.assert_allclose(state.filtered[0], expected, rtol=rtol)


@pytest.mark.parametrize("numerics", NUMERICS)
def test_an_input_acts_at_its_own_step(network, numerics):
    weights = Weights.of_arrays(np.zeros((2, 2)), np.zeros((2, 1)), np.array([[1.0], [0.0]]))
    twin = networks.build(network, weights, NEURON | {"bias": -50.0}, DT, numerics)
    u = np.zeros((60, 1))
    u[40:50] = 3e3
    start = twin.state(v=-50.0) if network == "spiking" else twin.rest()
    before, _ = twin.advance(start, None, 40, u[:40])
    after, _ = twin.advance(start, None, 50, u[:50])
    variable = "v" if network == "spiking" else "filtered_rise"
    at_rest = -50.0 if network == "spiking" else 0.0
    np.testing.assert_allclose(before.arrays()[variable], at_rest, rtol=1e-12)
    assert after.arrays()[variable][0, 0] != pytest.approx(at_rest)
    np.testing.assert_allclose(after.arrays()[variable][0, 1], at_rest, rtol=1e-12)


def test_the_readout_comes_back_through_the_encoder(network):
    n, eta = 20, np.random.default_rng(0).uniform(-5, 5, (20, 2))
    loop = Weights.of_arrays(np.zeros((n, n)), eta)
    open_loop = Weights.of_arrays(np.zeros((n, n)), np.zeros((n, 2)), eta)
    closed, opened = (
        networks.build(network, w, LIVELY, numerics="published") for w in (loop, open_loop)
    )
    phi = decoders(1, 2, n) * 5
    state, trace = closed.advance(closed.rest(), phi, 300, sample_steps=1)
    replayed, again = opened.advance(opened.rest(), phi, 300, trace.readout[0], sample_steps=1)
    assert abs(trace.readout).max() > 0.2
    np.testing.assert_allclose(again.readout, trace.readout, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(replayed.filtered, state.filtered, rtol=1e-9)


# Untrained neurons and networks.


@pytest.fixture(scope="module")
def response():
    return simulate.neuron_response(
        NEURON | {"bias": -46.0}, DT, "exact", step=12.0, duration=0.2, span=40.0, currents=11
    )


def test_the_f_i_curve_is_the_closed_form_beside_counted_spikes(response):
    current = response.current.values
    np.testing.assert_allclose(current, np.linspace(-50, 0, 11))
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.log((current + 40) / (current + 65))
        expected = np.where(current > -40, 1 / (0.002 - 0.01 * log), 0.0)
    np.testing.assert_allclose(response.rate, expected, rtol=1e-12)
    counts = response.spike_rate.values * 0.8  # counted over four runs
    np.testing.assert_allclose(counts, counts.round(), atol=1e-9)
    np.testing.assert_array_less(abs(counts - expected * 0.8), 1.0)


def test_the_step_of_current_fills_the_middle_half_to_the_sample(response):
    on = (np.arange(2000) >= 500) & (np.arange(2000) < 1500)
    np.testing.assert_allclose(response.drive, np.where(on, -28.0, -46.0))


def test_a_step_of_current_drives_both_neurons(response):
    time = response.time.values
    np.testing.assert_allclose(time, np.arange(2000) * 2 * DT)
    rate = 1 / (0.002 - 0.01 * np.log(12 / 37))
    assert response.drive[999] == -28
    assert response.drive[0] == -46
    expected = np.where(response.drive == -28, rate, 0)
    np.testing.assert_allclose(response.instantaneous_rate, expected, rtol=1e-12)
    spikes = response.spike_time.values
    assert len(spikes) == pytest.approx(0.1 * rate, abs=1)
    assert spikes.min() > 0.05
    assert spikes.max() < 0.15
    filtered = response.filtered
    assert (filtered.values[:, time <= 0.05] == 0).all()
    late = filtered.sel(time=slice(0.15 - 2 / rate, 0.15 - DT)).mean("time")
    np.testing.assert_allclose(late.sel(network="rate"), rate, rtol=0.02)
    np.testing.assert_allclose(late.sel(network="spiking"), rate, rtol=0.1)
    areas = filtered.integrate("time")  # each spike has unit area; a little comes after the end
    assert areas.sel(network="rate") == pytest.approx(0.1 * rate, rel=0.03)
    assert areas.sel(network="spiking") == pytest.approx(len(spikes), rel=0.03)


def test_the_voltage_climbs_to_the_threshold_and_falls_at_each_spike(response):
    voltage, time = response.voltage.values, response.time.values
    before = time <= 0.05
    np.testing.assert_allclose(voltage[before], -46 - 19 * np.exp(-time[before] / 0.01), rtol=1e-9)
    assert voltage.min() >= -65
    assert voltage.max() < -40
    falls = (np.diff(voltage) < -15).nonzero()[0]
    np.testing.assert_array_equal(falls, (response.spike_time / (2 * DT) + 1e-6).astype(int))


def untrained(reservoir_strength, **changes):
    settings = {"neurons": 150, "seed": 1, "dt": DT, "neuron": NEURON, "numerics": "exact"}
    return simulate.untrained(
        networks.Settings(**settings | changes),
        reservoir_strength=reservoir_strength,
        duration=0.6,
        sample_every=0.001,
        recorded=4,
    )


def test_untrained_spiking_networks_are_chaotic():
    found = untrained(0.15)
    separation = found.separation.sel(network="spiking").values
    spread = found.filtered.sel(network="spiking").std("time").mean()
    assert spread > 1  # Hz
    assert separation[0] < 1e-6
    assert separation[-200:].mean() > 0.2 * spread


def test_untrained_networks_without_a_reservoir_fall_silent_and_stay_together():
    found = untrained(0.0)
    assert found.separation.isel(time=-1).max() < 1e-6
    np.testing.assert_allclose(found.filtered.isel(time=-1), 0.0, atol=1e-6)


def test_the_untrained_dataset_holds_what_its_names_say():
    found = untrained(0.15)
    assert found.attrs == {
        "neurons": 150, "encoder_strength": 0.0, "reservoir_strength": 0.15,
        "nudge": simulate.NUDGE,
    }  # fmt: skip
    np.testing.assert_array_equal(found.recorded, [0, 50, 99, 149])
    np.testing.assert_allclose(found.time, np.arange(600) * 0.001)
    for network in TWINS:
        twin, state = networks.draw(network, [0.0], 0.15, neurons=150, seed=1, neuron=NEURON)
        _, trace = twin.advance(state, None, 12000, sample_steps=20, recorded=np.arange(150))
        one = found.sel(network=network)
        np.testing.assert_array_equal(one.filtered, trace.filtered[0][:, [0, 50, 99, 149]])
        np.testing.assert_allclose(one.mean_rate, trace.filtered[0, 300:].mean(axis=0), rtol=1e-12)
