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
    network: Network,
    state: State,
    task: Task,
    alpha: float,
    *,
    update_steps: int,
    before: int,
    learning: int,
    after: int,
    sample_steps: int,
    recorded: Sequence[int] | np.ndarray = (),
    rule: str | Rule = RLS,
    progress: str = "",
    checkpoint: force.Checkpoint | None = None,
) -> xr.Dataset:
    """Run without a decoder, learn, and run with the decoder learned.

    Parameters
    ----------
    network, state : one network and its initial state
    task : its training signal is presented before and during learning, its test signal after
    update_steps, sample_steps : steps of dt between updates, and between samples
    before, learning, after : repetitions of the signals
    recorded : neurons whose R and decoder weights are kept
    rule, progress, checkpoint : of `force.train`

    Returns
    -------
    Dataset with `target`, `readout`, `filtered`, `decoder_weights` along `time`, in single
    precision, and `decoder_change` along `update`; no dimension `point`. With `before` = 0 the
    traces begin after learning. Time counts from the start of the whole course.
    """
    train, test = replace(task.train, repetitions=before), replace(task.test, repetitions=after)
    first = _free(network, state, None, train, sample_steps, recorded)
    learned = force.train(
        network, force.state_of(network, first), task.train.target, alpha,
        update_steps=update_steps, inputs=task.train.input, repetitions=learning,
        recorded=recorded, sample_steps=sample_steps, record=before > 0, rule=rule,
        progress=progress, checkpoint=checkpoint,
    )  # fmt: skip
    decoder = learned["decoder"].values
    last = _free(network, force.state_of(network, learned), decoder, test, sample_steps, recorded)
    start = train.steps
    end = start + len(task.train.target) * learning
    course = [first, learned, last] if before else [last]
    names = ["readout", "filtered", "weights"]
    phases = [part[names].drop_vars("time").astype(np.float32) for part in course]
    joined = xr.concat(phases, "time").isel(point=0, drop=True)
    trained = np.tile(task.train.target, (before + learning if before else 0, 1))
    target = np.concatenate([trained[::sample_steps], test.tiled()[0][::sample_steps]])
    time = (np.arange(len(target)) * sample_steps + (0 if before else end)) * network.dt
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
            "update_time": ("update", np.arange(start, end, update_steps) * network.dt),
        },
        attrs={"learning_start": start * network.dt, "learning_end": end * network.dt},
    )


def _free(
    network: Network,
    state: State,
    decoder: ArrayLike | None,
    signal: Signal,
    sample_steps: int,
    recorded: Sequence[int] | np.ndarray,
) -> xr.Dataset:
    """Run freely through a signal; with the constant decoder weights of the recorded neurons."""
    ran = force.run(
        network, state, decoder, signal.steps, inputs=signal.tiled()[1], sample_steps=sample_steps,
        recorded=recorded,
    )  # fmt: skip
    weights = network.decoder(decoder)[:, None][..., list(recorded)]
    shape = (1, ran.sizes["time"], *weights.shape[2:])
    return ran.assign(
        weights=(("point", "time", "output", "recorded"), np.broadcast_to(weights, shape))
    )
