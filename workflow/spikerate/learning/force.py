"""FORCE training of a batch of twins, and free runs with the decoder they learned.

Both return xarray datasets with dimensions `point`, `output`, `neuron`, `time`; the state after the
last step is in the variables `state_*`, so that a run can continue from a dataset read from disk.
"""

from __future__ import annotations

import contextlib
import sys
from typing import Protocol

import numpy as np
import xarray as xr
from tqdm import tqdm

from spikerate.learning import fit
from spikerate.learning.registry import RLS, rule_of
from spikerate.learning.rule import Learner, Rule
from spikerate.model import checked
from spikerate.model.network import SAMPLE_STEPS, Network, State, as_batch

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

    def load(self) -> dict[str, np.ndarray] | None:
        """Arrays of a training to continue from; None to begin."""

    def save(self, arrays: dict[str, np.ndarray], where: str) -> None:
        """Save arrays; `where` says in words how far the training is."""


class NoCheckpoint(contextlib.nullcontext):
    """Checkpoint of a training that is not saved."""

    due = False

    def load(self) -> None:
        """There is nothing to go on from."""

    def save(self, arrays: dict[str, np.ndarray], where: str) -> None:
        """Save nothing."""


def train(
    twin: Network,
    state: State,
    target,
    learning_rate,
    *,
    update_every: int,
    inputs=None,
    warm_up: int = 0,
    repetitions: int = 1,
    decoder=None,
    states: bool = False,
    recorded=(),
    every: int = SAMPLE_STEPS,
    record: bool = False,
    progress: str = "",
    rule: str | Rule = RLS,
    keep: Checkpoint | None = None,
) -> xr.Dataset:
    """Train the decoders of a batch by a learning rule in closed loop.

    Parameters
    ----------
    twin, state : the networks and their initial state, which is not changed
    target : array (time,) or (time, output), one repetition, sampled at dt
    learning_rate : alpha, float or array (point,); small is slow
    update_every : steps of dt between updates
    inputs : array (time, channel) that goes with the target, or None
    warm_up : steps of dt before the first update, without target or input
    repetitions : how many times the target is presented
    decoder : at the start; None is zero
    states : whether to return R at the updates, `states` (point, update, neuron)
    record : whether to return `readout`, and `filtered` and `weights` of the recorded neurons,
        every `every` steps; `update_every` must then be a multiple of `every`
    rule : a name in `registry.RULES`, or a rule of your own
    progress : label of a progress line on stderr; "" for none
    keep : where the training is kept while it goes on, and from where it goes on if it was

    Returns
    -------
    Dataset with `decoder` (point, output, neuron), `decoder_change` (point, update), the norm
    of each update, `training_nrmse` (point), the error of the updates of the last repetition over
    the target's standard deviation, `status` (point), "ok" or "diverged", and `state_*`. All
    numbers of a network are NaN from the moment it diverges; the others go on.

    Raises
    ------
    ValueError
        if the shapes do not fit, an interval is not positive, a target is not finite, or there is
        no such rule.
    """
    target, inputs = _signal(twin, target, inputs)
    learning_rate = as_batch(learning_rate, (twin.weights.points,), "learning_rate")
    checked.whole(update_every, "update_every", 1)
    checked.whole(repetitions, "repetitions", 1)
    checked.whole(warm_up, "warm_up", 0)
    checked.whole(every, "every", 1)
    if record and update_every % every:
        raise ValueError(f"update_every = {update_every} must be a multiple of every = {every}")
    decoder = twin.decoder(decoder)
    limit = EXPLODED * max(np.abs(target).max(), 1e-12)
    starts = range(0, len(target) * repetitions, update_every)
    learner = rule_of(rule)(twin.weights.neurons, learning_rate, len(starts), twin.engine)
    log = _TrainingLog(twin, len(starts), states, recorded)
    keep = keep or NoCheckpoint()
    kept = keep.load()
    if kept:
        done, state, decoder = _resume(kept, twin, learner, log)
    else:
        quiet = np.zeros((warm_up, twin.weights.channels))
        done, (state, _) = 0, twin.advance(state, decoder, warm_up, quiet, every)
    with keep:
        for index in _track(range(done, len(starts)), len(starts), progress):
            if keep.due:
                so_far = _so_far(index, state, decoder, learner, log)
                keep.save(so_far, f"update {index} of {len(starts)}")
            now = starts[index] + np.arange(min(update_every, starts.stop - starts[index]))
            error = twin.readout(state, decoder) - target[now[0] % len(target)]
            lost = ~(np.abs(error).max(axis=1) <= limit) | ~state.finite()
            if lost.any():
                twin.lose(state, lost)
                error[lost] = np.nan
            with np.errstate(invalid="ignore", over="ignore"):
                gain = learner.gain(state.filtered)
                change = np.sqrt((error**2).sum(axis=1) * (gain**2).sum(axis=1))
                for phi, e, k in zip(decoder, error, gain, strict=True):
                    phi -= np.outer(e, k)
            twin.restart(state)
            log.update(index, state, error, change)
            inputs_now, recorded_now = inputs[now % len(target)], recorded if record else ()
            state, trace = twin.advance(state, decoder, now.size, inputs_now, every, recorded_now)
            if record:
                log.sample(trace, decoder)
    last = -(-len(target) // update_every)
    return log.dataset(state, decoder, target, last, every, record)


def run(
    twin: Network,
    state: State,
    decoder,
    steps: int,
    *,
    inputs=None,
    every: int = SAMPLE_STEPS,
    recorded=(),
) -> xr.Dataset:
    """Run a batch freely with frozen decoders.

    Parameters
    ----------
    steps : how many steps of dt
    inputs : array (steps, channel) or None
    every : steps between samples
    recorded : indices of the neurons whose R is returned

    Returns
    -------
    Dataset with `readout` (point, time, output), `filtered` (point, time, recorded), `status`
    (point) and `state_*`. Sample k is the state before step k * every.
    """
    state = state.copy()
    twin.restart(state)
    state, trace = twin.advance(state, decoder, steps, inputs, every, recorded)
    ok = np.isfinite(trace.readout).all(axis=(1, 2)) & state.finite()
    data = {
        "readout": (("point", "time", "output"), trace.readout),
        "filtered": (("point", "time", "recorded"), trace.filtered),
        "status": ("point", _status(ok)),
    }
    dataset = xr.Dataset(data | state_variables(state))
    return dataset.assign_coords(
        time=("time", np.arange(trace.readout.shape[1]) * every * twin.dt),
        recorded=("recorded", np.asarray(recorded, dtype=np.int64)),
    )


def state_variables(state: State) -> dict:
    """Variables `state_*` of a dataset, (point, neuron)."""
    return {f"state_{n}": (("point", "neuron"), a.copy()) for n, a in state.arrays().items()}


def state_of(twin: Network, dataset: xr.Dataset) -> State:
    """State at the end of a dataset of `train` or `run`."""
    names = [name for name in dataset.data_vars if name.startswith("state_")]
    arrays = {n.removeprefix("state_"): np.nan_to_num(dataset[n].values, nan=0.0) for n in names}
    return twin.state(**arrays)


def _signal(twin: Network, target, inputs) -> tuple[np.ndarray, np.ndarray]:
    """Target (time, output) and inputs (time, channel), checked once, on entry."""
    w = twin.weights
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


def _status(ok: np.ndarray) -> np.ndarray:
    return np.where(ok, "ok", "diverged").astype(object)


def _so_far(done: int, state: State, decoder, learner: Learner, log) -> dict:
    """Arrays from which a training goes on before update `done`."""
    parts = {"state": state.arrays(), "learner": learner.arrays(), "log": log.arrays(done)}
    named = {f"{part}_{n}": a for part, arrays in parts.items() for n, a in arrays.items()}
    return named | {"done": np.array(done), "decoder": decoder}


def _resume(kept: dict, twin: Network, learner: Learner, log) -> tuple[int, State, np.ndarray]:
    """Updates done, state and decoder of a training that was kept; fills its learner and log."""
    state, learned, logged = (
        {n.removeprefix(part): a for n, a in kept.items() if n.startswith(part)}
        for part in ("state_", "learner_", "log_")
    )
    learner.restore(learned)
    log.restore(logged)
    return kept["done"].item(), twin.state(**state), kept["decoder"]


def _track(steps: range, total: int, label: str):
    return tqdm(
        steps, label, total, initial=steps.start, disable=not label, file=sys.stderr,
        mininterval=PROGRESS_EVERY, ascii=True, ncols=100,
        bar_format="{desc}: {percentage:3.0f}% {elapsed} gone, {remaining} to go\n",
    )  # fmt: skip


class _TrainingLog:
    """What a training records, besides the decoder."""

    SAMPLED = ("readout", "filtered", "weights")

    def __init__(self, twin: Network, updates: int, states: bool, recorded):
        points, neurons = twin.weights.points, twin.weights.neurons
        self.dt, self.recorded = twin.dt, np.asarray(recorded, dtype=np.int64)
        self.errors = np.empty((points, updates, twin.weights.outputs))
        self.changes = np.empty((points, updates))
        self.states = np.empty((points, updates, neurons)) if states else None
        self.samples = []

    def update(self, index, state, error, change):
        self.errors[:, index] = error
        self.changes[:, index] = change
        if self.states is not None:
            self.states[:, index] = state.filtered

    def arrays(self, done: int) -> dict[str, np.ndarray]:
        """What was logged at the first `done` updates, by name."""
        held = {"errors": self.errors[:, :done], "changes": self.changes[:, :done]}
        if self.states is not None:
            held["states"] = self.states[:, :done]
        return held | (self._sampled() if self.samples else {})

    def restore(self, arrays: dict[str, np.ndarray]) -> None:
        """Take back what `arrays` gave."""
        for name in {"errors", "changes", "states"} & set(arrays):
            getattr(self, name)[:, : arrays[name].shape[1]] = arrays[name]
        if "readout" in arrays:
            self.samples = [tuple(arrays[name] for name in self.SAMPLED)]

    def _sampled(self) -> dict[str, np.ndarray]:
        parts = zip(*self.samples, strict=True)
        return {n: np.concatenate(p, axis=1) for n, p in zip(self.SAMPLED, parts, strict=True)}

    def sample(self, trace, decoder):
        shape = decoder.shape[0], trace.readout.shape[1], *decoder[..., self.recorded].shape[1:]
        weights = np.broadcast_to(decoder[:, None][..., self.recorded], shape)
        self.samples.append((trace.readout, trace.filtered, weights))

    def dataset(self, state, decoder, target, last, every, record) -> xr.Dataset:
        finite = np.isfinite(decoder).all(axis=(1, 2)) & np.isfinite(self.errors).all(axis=(1, 2))
        ok = finite & state.finite()
        error = fit.relative(fit.rms(self.errors[:, -last:]), target)
        data = {
            "decoder": (("point", "output", "neuron"), decoder),
            "decoder_change": (("point", "update"), self.changes),
            "training_nrmse": ("point", error),
            "status": ("point", _status(ok)),
        }
        if self.states is not None:
            data["states"] = (("point", "update", "neuron"), self.states)
        coords = {"recorded": ("recorded", self.recorded)}
        if record:
            readout, filtered, weights = self._sampled().values()
            data["readout"] = (("point", "time", "output"), readout)
            data["filtered"] = (("point", "time", "recorded"), filtered)
            data["weights"] = (("point", "time", "output", "recorded"), weights)
            coords["time"] = ("time", np.arange(readout.shape[1]) * every * self.dt)
        dataset = xr.Dataset(data | state_variables(state), coords=coords)
        return dataset.assign_coords(point=np.arange(len(ok)))
