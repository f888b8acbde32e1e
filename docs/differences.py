"""Measure the effect of the differences from the released code: `python docs/differences.py`.

Writes the first table in docs/differences.md, which takes some seconds; with `--training` it writes
the second one instead, which trains networks of 1000 neurons for some minutes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import marked
import numpy as np
import xarray as xr

from spikerate.analysis import errors, simulate, trials
from spikerate.analysis.transfer import transfer
from spikerate.learning import force
from spikerate.learning.rls import rls
from spikerate.model import networks
from spikerate.model.kinds import KINDS
from spikerate.model.lif import LIF
from spikerate.model.network import SAMPLE_STEPS
from spikerate.model.synapse import DoubleExponential
from spikerate.study import config
from spikerate.tasks import registry as tasks

HERE = Path(__file__).parent
DT = errors.PAPER_DT
NEURON = asdict(LIF()) | asdict(DoubleExponential())
ABOVE = 40.0  # mV above rheobase, about the current of the busiest neurons


def rate_formula() -> Iterator[tuple[str, str]]:
    """Rate by the formula with the refractory time, and with the synaptic rise time."""
    neuron, current = NEURON | {"tau_rise": 4e-3}, LIF().v_threshold + ABOVE
    (counted,) = simulate.spike_rates([current], neuron, DT, 5.0)
    yield (
        f"rate {ABOVE:g} mV above rheobase, rise time 4 ms, refractory time 2 ms",
        f"with the refractory time {LIF().rate(current):.0f} Hz, with the rise time"
        f" {LIF(tau_ref=4e-3).rate(current):.0f} Hz; spikes counted in simulation {counted:.0f} Hz",
    )


def countdown() -> Iterator[tuple[str, str]]:
    """Steps for which a countdown in floating point holds the voltage."""
    left, held = LIF().tau_ref, 0
    while (left := left - DT) > 0:
        held += 1
    whole = LIF().refractory_steps(DT) - 1  # the step that brings an exact countdown to 0 is free
    yield (
        "steps that a countdown of 2 ms by 0.05 ms blocks",
        f"{held} in floating point, {whole} exact",
    )
    current = LIF().v_threshold + ABOVE
    rates = [
        simulate.spike_rates([current], NEURON | {"tau_ref": k * DT}, DT, 5.0, "published")[0]
        for k in (held, whole)
    ]
    yield (
        f"spikes counted {ABOVE:g} mV above rheobase",
        f"{rates[0]:.1f} Hz with {held} steps, {rates[1]:.1f} Hz with {whole}"
        f" ({rates[1] / rates[0] - 1:+.1%}); closed form {LIF().rate(current):.1f} Hz",
    )


def refiring() -> Iterator[tuple[str, str]]:
    """Spikes of neurons that start far above threshold."""
    counts = {}
    for numerics in ("published", "exact"):
        twin, state = networks.draw("spiking", 0.0, 0.0, neurons=2000, numerics=numerics)
        _, trace = twin.advance(state, None, LIF().refractory_steps(DT), spikes=True)
        counts[numerics] = len(trace.spikes)
    yield (
        "spikes of 2000 neurons in the first 2 ms, voltages from -65 to 30 mV",
        ", ".join(f"{count} in `{numerics}`" for numerics, count in counts.items()),
    )


def overlaps(draws: int = 1000, pulses: int = 400) -> Iterator[tuple[str, str]]:
    """Pulses of the pitchfork task where each gap is added twice."""
    rng = np.random.default_rng(0)
    gaps, lengths = (
        rng.uniform(0.1, 0.5, (draws, pulses)),
        rng.uniform(5e-3, 10e-3, (draws, pulses)),
    )
    starts = gaps.cumsum(axis=1) + gaps
    early = (np.diff(starts) < 0).mean()
    order = starts.argsort(axis=1)
    starts, lengths = (np.take_along_axis(a, order, axis=1) for a in (starts, lengths))
    overlap = starts[:, 1:] < starts[:, :-1] + lengths[:, :-1]
    yield (
        f"pulses of {draws} draws of {pulses} pulses, each gap added twice",
        f"{early:.0%} start before the pulse before them; {overlap.sum(axis=1).mean():.1f} pairs"
        f" overlap in a draw, at least one in {overlap.any(axis=1).mean():.0%} of the draws",
    )
    yield "the same, gaps added once", "none and none: a gap is longer than any pulse"


def cutoffs() -> Iterator[tuple[str, str]]:
    """The cutoff of each task as an rms error."""
    settings = config.load("paper")
    cutoff, found = settings["errors"]["l2_cutoff"], []
    for name, own in settings["tasks"].items():
        one = tasks.duration(name, "test", **own.get("options", {}))
        duration = one * own["test_repetitions"]
        if tasks.TASKS[name].pointwise:
            found.append(f"{name} {cutoff * np.sqrt(duration) / DT:.2f} ({duration:.3g} s)")
    yield f"the cutoff {cutoff:g} as an rms error", ", ".join(found)


def alignment(repetitions: int = 200, every: int = 10) -> Iterator[tuple[str, str]]:
    """Variance that alignment to whole samples adds to repetitions that differ only in phase."""
    time = np.arange(round(0.2 / DT / every)) * every * DT
    target = np.sin(2 * np.pi * 5 * time)[:, None]
    late = np.random.default_rng(0).uniform(-0.05, 0.05, repetitions)
    played = [np.sin(2 * np.pi * 5 * (time - delay))[:, None] for delay in late]
    whole = [np.roll(x, errors.shift(x, target), axis=0) for x in played]
    left = late + [errors.fine_shift(x, target) * every * DT for x in played]
    fine = [np.sin(2 * np.pi * 5 * (time - shift))[:, None] for shift in left]
    variances = [trials.decompose(np.array(aligned), target)[1] for aligned in (whole, fine)]
    bound = max(variances[1], 1e-12)  # what rounding leaves depends on the machine
    yield (
        "variance of sines of amplitude 1 that differ in phase alone, sampled every 0.5 ms",
        f"{variances[0]:.1e} aligned to a sample, {bound:.0e} or less to a fraction of one",
    )


def _learned(task: tasks.Task, draw: int, reservoir_strength: float = 0.1) -> float:
    """Error of a rate network of 400 neurons that has learned a task; it is not chaotic."""
    settings = networks.Settings(neurons=400, seed=1, dt=task.dt, draw=draw, product_width=1)
    twin, state = networks.for_task(task, "rate", 25.0, reservoir_strength, settings)
    learned = force.train(
        twin,
        state,
        task.train.target,
        5e-5,
        inputs=task.train.input,
        update_steps=100,
        repetitions=task.train.repetitions,
    )
    target, inputs = task.test.tiled()
    ran = force.run(
        twin, force.state_of(twin, learned), learned["decoder"].values, len(target), inputs=inputs
    )
    return errors.nrmse(ran["readout"].values, target[::SAMPLE_STEPS]).item()


def harmonics() -> Iterator[tuple[str, str]]:
    """Error on the Fourier task with ten outputs, and with one fewer."""
    ten = tasks.make("fourier", DT, train_repetitions=5, test_repetitions=1).train.target
    found = []
    for outputs in (10, 9):
        task = tasks.Task.of_arrays(ten[:, :outputs], dt=DT, train_repetitions=5)
        found.append(f"{np.median([_learned(task, draw) for draw in range(3)]):.2f}")
    yield (
        "nrmse of rate networks of 400 neurons that learned the Fourier task (median of 3 draws)",
        f"{found[0]} with 10 outputs, {found[1]} with 9",
    )


def reseeding() -> Iterator[tuple[str, str]]:
    """Spread of errors over networks that are drawn after the pitchfork task."""
    task = tasks.make("pitchfork", DT, seed=1, pulses=20)
    own, same = (
        np.std(np.log10([_learned(task, draw) for draw in draws])) for draws in (range(4), [0] * 2)
    )
    yield (
        "spread of log10 nrmse over rate networks drawn after the pitchfork task",
        f"{own:.1g} with generators of their own, {same:.1g} where the generator is seeded again",
    )


AT_ONCE = "`published`, but an update acts at once"
ALPHAS = {"slow": 5e-6, "fast": 5e-4}
UPDATE_STEPS, WARM_UP_STEPS = 100, 2000


def trained_at_once(
    network: networks.Network, state: networks.State, task: tasks.Task, alpha: float
) -> xr.Dataset:
    """As `force.train`, without input, but an update comes before a step and drives it already."""
    target, _ = task.train.tiled()
    state, _ = network.advance(state, None, WARM_UP_STEPS)
    decoder, updates = network.decoder(None), -(-len(target) // UPDATE_STEPS)
    learner = rls(network.weights.neurons, np.array([alpha]), updates, network.engine)
    for start in range(0, len(target), UPDATE_STEPS):
        error = network.readout(state, decoder) - target[start]
        decoder = decoder - error[:, :, None] * learner.gain(state.filtered)[:, None]
        state, _ = network.advance(state, decoder, min(UPDATE_STEPS, len(target) - start))
    data = {"decoder": (("point", "output", "neuron"), decoder)}
    return xr.Dataset(data | force.state_variables(state))


def training(neurons: int = 1000) -> str:
    """Table of errors and decoder correlations after training with each order of an update."""
    rows = []
    for name in ("sine", "fourier"):
        task = tasks.make(name, DT, train_repetitions=5, test_repetitions=3)
        for order in ("`published`", AT_ONCE, "`exact`"):
            numerics = "exact" if order == "`exact`" else "published"
            settings = networks.Settings(
                neurons=neurons, seed=1, numerics=numerics, product_width=1
            )
            for speed, alpha in ALPHAS.items():
                pair = {}
                for kind in KINDS:
                    drawn = networks.for_task(task, kind, 25.0, 0.15, settings)
                    learned = (
                        trained_at_once(*drawn, task, alpha)
                        if order == AT_ONCE
                        else force.train(
                            *drawn,
                            task.train.target,
                            alpha,
                            update_steps=UPDATE_STEPS,
                            warm_up_steps=WARM_UP_STEPS,
                            repetitions=task.train.repetitions,
                        )
                    )
                    pair[kind] = drawn[0], learned
                rows.append((name, speed, order, *_compared(pair, task)))
    headings = (
        "Task", "Learning", "Update", "Spiking nrmse", "Rate nrmse", "Correlation, all weights",
        "mean over outputs",
    )  # fmt: skip
    return marked.table(headings, rows)


def _compared(
    pair: dict[str, tuple[networks.Network, xr.Dataset]], task: tasks.Task
) -> tuple[str, ...]:
    """Aligned errors of both twins, and the two correlations of their decoders."""
    (spiking, first), (rate, second) = pair.values()
    found = transfer(spiking, first, second, task, sample_steps=SAMPLE_STEPS)
    other = transfer(rate, second, first, task, sample_steps=SAMPLE_STEPS)
    error = [d["aligned_nrmse"].sel(decoder="own").item() for d in (found, other)]
    decoders = first["decoder"].values, second["decoder"].values
    values = (
        *error,
        errors.decoder_correlation(*decoders).item(),
        errors.output_correlation(*decoders).item(),
    )
    return tuple(f"{value:.3f}" for value in values)


MEASURES = (
    rate_formula,
    countdown,
    refiring,
    harmonics,
    reseeding,
    overlaps,
    cutoffs,
    alignment,
)


def table() -> str:
    """All measurements, as a table in Markdown."""
    return marked.table(("Measured", "Result"), [row for measure in MEASURES for row in measure()])


if __name__ == "__main__":
    if sys.argv[1:] == ["--training"]:
        marked.write(HERE / "differences.md", "training", training())
    else:
        marked.write(HERE / "differences.md", "measured", table())
