"""One pair of twins before, during and after learning: the runs of Figure 3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from spikerate.learning import force
from spikerate.learning.registry import RLS
from spikerate.learning.rule import Rule
from spikerate.model.network import Network, State
from spikerate.tasks.signals import Signal, Task


def demonstrate(
    twin: Network,
    state: State,
    task: Task,
    learning_rate: float,
    *,
    update_every: int,
    before: int,
    learning: int,
    after: int,
    every: int,
    recorded: Sequence[int] | np.ndarray = (),
    rule: str | Rule = RLS,
    progress: str = "",
    keep: force.Checkpoint | None = None,
) -> xr.Dataset:
    """Run without a decoder, learn, and run with the decoder learned.

    Parameters
    ----------
    twin, state : one network and where it starts
    task : its training signal is presented before and during learning, its test signal after
    update_every, every : steps of dt between updates, and between samples
    before, learning, after : repetitions of the signals
    recorded : neurons whose R and decoder weights are kept
    rule, progress, keep : of `force.train`

    Returns
    -------
    Dataset with `target`, `readout`, `filtered`, `decoder_weights` along `time`, in single
    precision, and `decoder_change` along `update`; no dimension `point`. With `before` = 0 the
    traces begin after learning. Time counts from the start of the whole course.
    """
    train, test = replace(task.train, repetitions=before), replace(task.test, repetitions=after)
    first = _free(twin, state, None, train, every, recorded)
    learned = force.train(
        twin, force.state_of(twin, first), task.train.target, learning_rate,
        update_every=update_every, inputs=task.train.input, repetitions=learning,
        recorded=recorded, every=every, record=before > 0, rule=rule,
        progress=progress, keep=keep,
    )  # fmt: skip
    decoder = learned["decoder"].values
    last = _free(twin, force.state_of(twin, learned), decoder, test, every, recorded)
    start = train.steps
    end = start + len(task.train.target) * learning
    course = [first, learned, last] if before else [last]
    names = ["readout", "filtered", "weights"]
    phases = [part[names].drop_vars("time").astype(np.float32) for part in course]
    joined = xr.concat(phases, "time").isel(point=0, drop=True)
    trained = np.tile(task.train.target, (before + learning if before else 0, 1))
    target = np.concatenate([trained[::every], test.tiled()[0][::every]])
    time = (np.arange(len(target)) * every + (0 if before else end)) * twin.dt
    return xr.Dataset(
        {
            "target": (("time", "output"), target.astype(np.float32)),
            "readout": joined["readout"],
            "filtered": joined["filtered"],
            "decoder_weights": joined["weights"].isel(output=0),
            "decoder_change": learned["decoder_change"].isel(point=0, drop=True),
        },
        coords={
            "time": time,
            "update_time": ("update", np.arange(start, end, update_every) * twin.dt),
        },
        attrs={"learning_start": start * twin.dt, "learning_end": end * twin.dt},
    )


def _free(
    twin: Network,
    state: State,
    decoder: ArrayLike | None,
    signal: Signal,
    every: int,
    recorded: Sequence[int] | np.ndarray,
) -> xr.Dataset:
    """Run freely through a signal; with the constant decoder weights of the recorded neurons."""
    ran = force.run(
        twin, state, decoder, signal.steps, inputs=signal.tiled()[1], every=every,
        recorded=recorded,
    )  # fmt: skip
    weights = twin.decoder(decoder)[:, None][..., list(recorded)]
    shape = (1, ran.sizes["time"], *weights.shape[2:])
    return ran.assign(
        weights=(("point", "time", "output", "recorded"), np.broadcast_to(weights, shape))
    )
