"""FORCE training of a batch of twins, and free runs with the decoder they learned.

Both return xarray datasets with dimensions `point`, `output`, `neuron`, `time`; the state after the
last step is in the variables `state_*`, so that a run can continue from a dataset read from disk.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from tqdm import tqdm

from spikerate.engine.interface import Integers
from spikerate.learning import fit
from spikerate.learning.registry import RLS, rule_of
from spikerate.learning.rule import Learner, Rule
from spikerate.model import checked
from spikerate.model.network import SAMPLE_STEPS, Network, State, Trace, as_batch
from spikerate.model.neuron import Floats

Arrays = Mapping[str, NDArray[Any]]  # by name

EXPLODED = 1e3  # a readout this many times larger than the target's peak counts as diverged
PROGRESS_EVERY = 5.0  # s between two lines of progress


class Checkpoint(Protocol):
    """Where a running training is saved; a context that is entered while it runs."""

    def __enter__(self) -> object:
        """Begin."""

    def __exit__(self, *error: object) -> None:
        """End, or break off."""

    @property
    def due(self) -> bool:
        """Whether to save the training now."""

    def load(self) -> Arrays | None:
        """Arrays of a training to continue from; None to begin."""

    def save(self, arrays: dict[str, NDArray[Any]], where: str) -> None:
        """Save arrays; `where` says in words how far the training is."""


class NoCheckpoint(contextlib.nullcontext[None]):
    """Checkpoint of a training that is not saved."""

    due = False

    def load(self) -> None:
        """There is nothing to go on from."""

    def save(self, arrays: dict[str, NDArray[Any]], where: str) -> None:
        """Save nothing."""


def train(
    network: Network,
    state: State,
    target: ArrayLike,
    alpha: ArrayLike,
    *,
    update_steps: int,
    inputs: ArrayLike | None = None,
    warm_up_steps: int = 0,
    repetitions: int = 1,
    decoder: ArrayLike | None = None,
    states: bool = False,
    recorded: Sequence[int] | Integers = (),
    sample_steps: int = SAMPLE_STEPS,
    record: bool = False,
    progress: str = "",
    rule: str | Rule = RLS,
    checkpoint: Checkpoint | None = None,
) -> xr.Dataset:
    """Train the decoders of a batch by a learning rule in closed loop.

    Parameters
    ----------
    network, state : the networks and their initial state, which is not changed
    target : array (time,) or (time, output), one repetition, sampled at dt
    alpha : learning rate, float or array (point,); small is slow
    update_steps : steps of dt between updates
    inputs : array (time, channel) that goes with the target, or None
    warm_up_steps : steps of dt before the first update, without target or input
    repetitions : how many times the target is presented
    decoder : at the start; None is zero
    states : whether to return R at the updates, `states` (point, update, neuron)
    record : whether to return `readout`, and `filtered` and `weights` of the recorded neurons,
        every `sample_steps` steps of dt, of which `update_steps` must then be a multiple
    rule : a name in `registry.RULES`, or a rule of your own
    progress : label of a progress line on stderr; "" for none
    checkpoint : where the training is saved while it runs, and from where it goes on if it was

    Returns
    -------
    Dataset with `decoder` (point, output, neuron), `decoder_change` (point, update), the norm
    of each update, `training_nrmse` (point), the error of the updates of the last repetition over
    the target's standard deviation, `status` (point), "ok" or "diverged", and `state_*`. All
    numbers of a network are NaN from the moment it diverges; the others go on.

    Notes
    -----
    With `published` numerics the first update comes after one step of the task, and an update
    leaves the readout as it was: the step after it is still driven by the old decoder, as in the
    paper's code.

    Raises
    ------
    ValueError
        if the shapes do not fit, an interval is not positive, a target is not finite, or there is
        no such rule.
    """
    target, inputs = _signal(network, target, inputs)
    alphas = as_batch(alpha, (network.weights.points,), "alpha")
    checked.whole(update_steps, "update_steps", 1)
    checked.whole(repetitions, "repetitions", 1)
    checked.whole(warm_up_steps, "warm_up_steps", 0)
    checked.whole(sample_steps, "sample_steps", 1)
    if record and update_steps % sample_steps:
        raise ValueError(
            f"update_steps = {update_steps} must be a multiple of sample_steps = {sample_steps}"
        )
    phi = network.decoder(decoder)
    limit = EXPLODED * max(np.abs(target).max(), 1e-12)
    starts = range(0, len(target) * repetitions, update_steps)
    learner = rule_of(rule)(network.weights.neurons, alphas, len(starts), network.engine)
    log = _TrainingLog(network, len(starts), states, recorded)
    checkpoint = checkpoint or NoCheckpoint()
    saved = checkpoint.load()
    course = _Course(network, state.copy(), phi, sample_steps, log if record else None)
    if saved:
        done, phi = _resume(saved, course, learner, log)
    else:
        done, quiet = 0, np.zeros((warm_up_steps, network.weights.channels))
        course.state, _ = network.advance(state, phi, warm_up_steps, quiet, sample_steps)
    published = network.numerics == "published"
    with checkpoint:
        for index in _track(range(done, len(starts)), len(starts), progress):
            if checkpoint.due:
                so_far = _so_far(index, phi, course, learner, log)
                checkpoint.save(so_far, f"update {index} of {len(starts)}")
            now = starts[index] + np.arange(min(update_steps, starts.stop - starts[index]))
            signal = inputs[now % len(target)]
            taken = 1 if published else 0  # steps of the interval before its update
            course.advance(signal, 0, taken)
            course.decoder = phi.copy() if published else phi
            error = network.readout(course.state, phi) - target[now[0] % len(target)]
            lost = ~(np.abs(error).max(axis=1) <= limit) | ~course.state.finite()
            if lost.any():
                network.lose(course.state, lost)
                error[lost] = np.nan
            with np.errstate(invalid="ignore", over="ignore"):
                gain = learner.gain(course.state.filtered)
                change = np.sqrt((error**2).sum(axis=1) * (gain**2).sum(axis=1))
                for own, e, k in zip(phi, error, gain, strict=True):
                    own -= np.outer(e, k)
            network.restart(course.state)
            log.update(index, course.state, error, change)
            if published and taken < now.size:  # the next step is still driven by the old readout
                course.advance(signal, taken, taken + 1)
                taken, course.decoder = taken + 1, phi
            course.advance(signal, taken, now.size)
    last = -(-len(target) // update_steps)
    return log.dataset(course.state, phi, target, last, sample_steps, record)


def run(
    network: Network,
    state: State,
    decoder: ArrayLike | None,
    steps: int,
    *,
    inputs: ArrayLike | None = None,
    sample_steps: int = SAMPLE_STEPS,
    recorded: Sequence[int] | Integers = (),
) -> xr.Dataset:
    """Run a batch freely with frozen decoders.

    Parameters
    ----------
    steps : how many steps of dt
    inputs : array (steps, channel) or None
    sample_steps : steps between samples
    recorded : indices of the neurons whose R is returned

    Returns
    -------
    Dataset with `readout` (point, time, output), `filtered` (point, time, recorded), `status`
    (point) and `state_*`. Sample k is the state before the step
    k * sample_steps.
    """
    state = state.copy()
    network.restart(state)
    state, trace = network.advance(state, decoder, steps, inputs, sample_steps, recorded)
    ok = np.isfinite(trace.readout).all(axis=(1, 2)) & state.finite()
    data = {
        "readout": (("point", "time", "output"), trace.readout),
        "filtered": (("point", "time", "recorded"), trace.filtered),
        "status": ("point", _status(ok)),
    }
    dataset = xr.Dataset(data | state_variables(state))
    return dataset.assign_coords(
        time=("time", np.arange(trace.readout.shape[1]) * sample_steps * network.dt),
        recorded=("recorded", np.asarray(recorded, dtype=np.int64)),
    )


def state_variables(state: State) -> dict[str, tuple[tuple[str, str], NDArray[Any]]]:
    """Variables `state_*` of a dataset, (point, neuron)."""
    return {f"state_{n}": (("point", "neuron"), a.copy()) for n, a in state.arrays().items()}


def state_of(network: Network, dataset: xr.Dataset) -> State:
    """State at the end of a dataset of `train` or `run`."""
    names = [str(name) for name in dataset.data_vars if str(name).startswith("state_")]
    arrays = {n.removeprefix("state_"): np.nan_to_num(dataset[n].values, nan=0.0) for n in names}
    return network.state(**arrays)


def _signal(network: Network, target: ArrayLike, inputs: ArrayLike | None) -> tuple[Floats, Floats]:
    """Target (time, output) and inputs (time, channel), checked once, on entry."""
    w = network.weights
    target = checked.array(target, "target")
    target = target[:, None] if target.ndim == 1 else target
    if target.ndim != 2 or target.shape[1] != w.outputs or not len(target):
        raise ValueError(f"target must be (time, {w.outputs}), got {target.shape}")
    inputs = np.zeros((len(target), 0)) if inputs is None else checked.array(inputs, "inputs")
    if inputs.shape != (len(target), w.channels):
        raise ValueError(f"inputs must be {(len(target), w.channels)}, got {inputs.shape}")
    if not (np.isfinite(target).all() and np.isfinite(inputs).all()):
        raise ValueError("target and inputs must be finite")
    return target, inputs


def _status(ok: NDArray[np.bool_]) -> NDArray[np.object_]:
    return np.where(ok, "ok", "diverged").astype(object)


def _so_far(
    done: int, decoder: Floats, course: _Course, learner: Learner, log: _TrainingLog
) -> dict[str, NDArray[Any]]:
    """Arrays from which a training goes on before update `done`."""
    parts = {"state": course.state.arrays(), "learner": learner.arrays(), "log": log.arrays(done)}
    named = {f"{part}_{n}": a for part, arrays in parts.items() for n, a in arrays.items()}
    return named | {"done": np.array(done), "decoder": decoder, "driving": course.decoder}


def _resume(
    saved: Arrays, course: _Course, learner: Learner, log: _TrainingLog
) -> tuple[int, Floats]:
    """Updates done and decoder of a saved training; sets its course, learner and log."""
    state, learned, logged = (
        {n.removeprefix(part): a for n, a in saved.items() if n.startswith(part)}
        for part in ("state_", "learner_", "log_")
    )
    learner.restore(learned)
    log.restore(logged)
    course.state, course.decoder = course.network.state(**state), saved["driving"]
    return saved["done"].item(), saved["decoder"]


def _track(steps: range, total: int, label: str) -> Iterable[int]:
    """Steps, with a line of progress from time to time if there is a label."""
    shown: Iterable[int] = tqdm(
        steps, label, total, initial=steps.start, disable=not label, file=sys.stderr,
        mininterval=PROGRESS_EVERY, ascii=True, ncols=100,
        bar_format="{desc}: {percentage:3.0f}% {elapsed} gone, {remaining} to go\n",
    )  # fmt: skip
    return shown


class _Course:
    """Networks on their way through a training, and the decoder whose readout drives them."""

    def __init__(
        self,
        network: Network,
        state: State,
        decoder: Floats,
        sample_steps: int,
        log: _TrainingLog | None,
    ):
        self.network, self.state, self.decoder = network, state, decoder
        self.sample_steps, self.log = sample_steps, log

    def advance(self, inputs: Floats, first: int, last: int) -> None:
        """Take some steps of an interval between updates; record where samples are due.

        Parameters
        ----------
        inputs : (step, channel), of the whole interval
        first, last : steps of it to take, without `last`
        """
        sampled = min(-(-first // self.sample_steps) * self.sample_steps, last)
        for start, stop in ((first, sampled), (sampled, last)):
            if start == stop:
                continue
            due = self.log if start == sampled else None
            recorded = due.recorded if due else ()
            self.state, trace = self.network.advance(
                self.state, self.decoder, stop - start, inputs[start:stop], self.sample_steps,
                recorded,
            )  # fmt: skip
            if due:
                due.sample(trace, self.decoder)


class _TrainingLog:
    """What a training records, besides the decoder."""

    SAMPLED = ("readout", "filtered", "weights")

    def __init__(
        self, network: Network, updates: int, states: bool, recorded: Sequence[int] | Integers
    ):
        points, neurons = network.weights.points, network.weights.neurons
        self.dt, self.recorded = network.dt, np.asarray(recorded, dtype=np.int64)
        self.errors = np.empty((points, updates, network.weights.outputs))
        self.changes = np.empty((points, updates))
        self.states = np.empty((points, updates, neurons)) if states else None
        self.samples: list[tuple[NDArray[Any], ...]] = []

    def update(self, index: int, state: State, error: Floats, change: Floats) -> None:
        """Record an update."""
        self.errors[:, index] = error
        self.changes[:, index] = change
        if self.states is not None:
            self.states[:, index] = state.filtered

    def arrays(self, done: int) -> dict[str, NDArray[Any]]:
        """What was recorded at the first `done` updates, by name."""
        held: dict[str, NDArray[Any]] = {
            "errors": self.errors[:, :done], "changes": self.changes[:, :done]
        }  # fmt: skip
        if self.states is not None:
            held["states"] = self.states[:, :done]
        return held | (self._sampled() if self.samples else {})

    def restore(self, arrays: Arrays) -> None:
        """Take back what `arrays` gave."""
        for name in {"errors", "changes", "states"} & set(arrays):
            getattr(self, name)[:, : arrays[name].shape[1]] = arrays[name]
        if "readout" in arrays:
            self.samples = [tuple(arrays[name] for name in self.SAMPLED)]

    def _sampled(self) -> dict[str, NDArray[Any]]:
        parts = zip(*self.samples, strict=True)
        return {n: np.concatenate(p, axis=1) for n, p in zip(self.SAMPLED, parts, strict=True)}

    def sample(self, trace: Trace, decoder: Floats) -> None:
        """Record the samples of a piece of the run, through which the decoder stayed the same."""
        shape = decoder.shape[0], trace.readout.shape[1], *decoder[..., self.recorded].shape[1:]
        weights = np.broadcast_to(decoder[:, None][..., self.recorded], shape)
        self.samples.append((trace.readout, trace.filtered, weights))

    def dataset(
        self,
        state: State,
        decoder: Floats,
        target: Floats,
        last: int,
        sample_steps: int,
        record: bool,
    ) -> xr.Dataset:
        """As `train` returns it; its training error is that of the `last` updates."""
        finite = np.isfinite(decoder).all(axis=(1, 2)) & np.isfinite(self.errors).all(axis=(1, 2))
        ok = finite & state.finite()
        error = fit.relative(fit.rms(self.errors[:, -last:]), target)
        data: dict[str, Any] = {
            "decoder": (("point", "output", "neuron"), decoder),
            "decoder_change": (("point", "update"), self.changes),
            "training_nrmse": ("point", error),
            "status": ("point", _status(ok)),
        }
        if self.states is not None:
            data["states"] = (("point", "update", "neuron"), self.states)
        coords: dict[str, Any] = {"recorded": ("recorded", self.recorded)}
        if record:
            readout, filtered, weights = self._sampled().values()
            data["readout"] = (("point", "time", "output"), readout)
            data["filtered"] = (("point", "time", "recorded"), filtered)
            data["weights"] = (("point", "time", "output", "recorded"), weights)
            coords["time"] = ("time", np.arange(readout.shape[1]) * sample_steps * self.dt)
        dataset = xr.Dataset(data | state_variables(state), coords=coords)
        return dataset.assign_coords(point=np.arange(len(ok)))
