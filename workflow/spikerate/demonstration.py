"""One pair of twins before, during and after learning: the runs of Figure 3."""

from __future__ import annotations

import numpy as np
import xarray as xr

from spikerate import force, networks
from spikerate.tasks import Task
from spikerate.twin import State, Twin


def demonstrate(
    twin: Twin,
    state: State,
    task: Task,
    learning_rate: float,
    *,
    update_every: int,
    before: int,
    learning: int,
    after: int,
    every: int,
    recorded=(),
    progress: str = "",
) -> xr.Dataset:
    """Run without a decoder, learn, and run with the decoder learned.

    Parameters
    ----------
    twin, state : one network and where it starts
    task : its training signal is presented throughout
    update_every, every : steps of dt between updates, and between samples
    before, learning, after : repetitions of the training signal
    recorded : neurons whose R and decoder weights are kept

    Returns
    -------
    Dataset with `target`, `readout`, `filtered`, `decoder_weights` along `time`, and
    `decoder_change` along `update`; no dimension `point`.
    """
    target, inputs = task.train.target, task.train.input

    def free(state, decoder, repetitions):
        tiled = None if inputs is None else np.tile(inputs, (repetitions, 1))
        steps = len(target) * repetitions
        ran = force.run(twin, state, decoder, steps, inputs=tiled, every=every, recorded=recorded)
        weights = twin.decoder(decoder)[:, None][..., list(recorded)]
        shape = (1, ran.sizes["time"], *weights.shape[2:])
        weights = (("point", "time", "output", "recorded"), np.broadcast_to(weights, shape))
        return ran.assign(weights=weights)

    first = free(state, None, before)
    learned = force.train(
        twin, force.state_of(twin, first), target, learning_rate, update_every=update_every,
        inputs=inputs, repetitions=learning, recorded=recorded, every=every, record=True,
        progress=progress,
    )  # fmt: skip
    last = free(force.state_of(twin, learned), learned["decoder"].values, after)
    names = ["readout", "filtered", "weights"]
    phases = [part[names].drop_vars("time") for part in (first, learned, last)]
    joined = xr.concat(phases, "time").isel(point=0, drop=True)
    samples = np.arange(joined.sizes["time"]) * every
    start, end = before * len(target), (before + learning) * len(target)
    return xr.Dataset(
        {
            "target": (("time", "output"), target[samples % len(target)]),
            "readout": joined["readout"],
            "filtered": joined["filtered"],
            "decoder_weights": joined["weights"].isel(output=0),
            "decoder_change": learned["decoder_change"].isel(point=0, drop=True),
        },
        coords={
            "time": samples * twin.dt,
            "update_time": ("update", np.arange(start, end, update_every) * twin.dt),
        },
        attrs={"learning_start": start * twin.dt, "learning_end": end * twin.dt},
    )


def both_twins(
    task: Task,
    *,
    settings: dict,
    neurons: int,
    encoder_strength: float,
    reservoir_strength: float,
    learning_rate: float,
    update_every: float,
    sample_every: float,
    recorded: int,
    progress: bool = False,
    **phases: int,
) -> xr.Dataset:
    """Demonstrate both twins of a draw on a task.

    Parameters
    ----------
    settings : of `networks.draw`
    neurons : size of the networks, whatever the settings say
    update_every, sample_every : s
    recorded : how many neurons to record, spread evenly
    phases : before, learning, after of `demonstrate`

    Returns
    -------
    Dataset of `demonstrate` along a dimension `network`.
    """
    settings, dt = settings | {"neurons": neurons}, settings["dt"]
    shown = networks.recorded_neurons(neurons, recorded)
    parts = []
    for network in networks.TWINS:
        twin, state = networks.draw(
            network, encoder_strength, reservoir_strength, outputs=task.outputs,
            channels=task.channels, **settings,
        )  # fmt: skip
        parts.append(demonstrate(
            twin, state, task, learning_rate, update_every=round(update_every / dt),
            every=round(sample_every / dt), recorded=shown,
            progress=f"{network} twin" if progress else "", **phases,
        ))  # fmt: skip
    attrs = {
        "neurons": neurons,
        "learning_rate": learning_rate,
        "encoder_strength": encoder_strength,
        "reservoir_strength": reservoir_strength,
    }
    dims = xr.Variable("network", list(networks.TWINS))
    return xr.concat(parts, dims, data_vars="different").assign_attrs(attrs)
