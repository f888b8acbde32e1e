"""Spikes of one trained network as a pandas table, and as neo objects if neo is installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from spikerate.analysis import trials as repeated
from spikerate.data.provenance import params
from spikerate.learning import force
from spikerate.model import networks
from spikerate.model.network import SAMPLE_STEPS
from spikerate.model.spiking import SpikingNetwork
from spikerate.tasks.registry import Task

if TYPE_CHECKING:
    import neo

Spikes = tuple[NDArray[Any], NDArray[Any]]  # whole numbers: neurons and steps of spikes


def spikes(
    task: Task, trained: xr.Dataset, *, point: int = 0, trials: int = 1, aligned: bool = False
) -> pd.DataFrame:
    """Spikes of one trained network in a free run of its task.

    Parameters
    ----------
    task : a trial is one repetition of its test signal
    trained : a chunk of stage `train` of the spiking twin, as read from disk; its attributes
        describe its networks
    point : which network of the chunk
    trials : how many trials, one after another from the state at the end of training
    aligned : whether to cut each trial from the run in phase with the target, as in Figure 7; a
        trial without a phase then has no spikes

    Returns
    -------
    DataFrame with a row for each spike, ordered by trial and time: `time`, s from the start of the
    trial to the start of the step in which the neuron fired, `neuron` and `trial`, both from 0

    Raises
    ------
    ValueError
        if the chunk is of the rate twin, which does not spike, or has no such point.
    """
    twin, one = _network(task, trained, point)
    parts = _aligned if aligned else _plain
    tables = []
    for number, (neuron, step) in enumerate(parts(twin, one, task, trials)):
        table = pd.DataFrame({"time": step * task.dt, "neuron": neuron.astype(int)})
        tables.append(table.assign(trial=number).sort_values(["time", "neuron"]))
    return pd.concat(tables, ignore_index=True)


def _network(task: Task, trained: xr.Dataset, point: int) -> tuple[SpikingNetwork, xr.Dataset]:
    """Network of one point of a chunk, and the part of the chunk for that point."""
    if (kind := trained["network"].item()) != "spiking":
        raise ValueError(f"spikes are those of the spiking twin, and this chunk is of the {kind}")
    if not 0 <= point < trained.sizes["point"]:
        raise ValueError(f"point must lie in 0 to {trained.sizes['point'] - 1}, got {point}")
    one = trained.isel(point=[point])
    settings = networks.Settings(**params(trained)["settings"])
    twin, _ = networks.for_task(task, kind, one["Q"].values, one["G"].values, settings)
    assert isinstance(twin, SpikingNetwork)
    return twin, one


def _plain(twin: SpikingNetwork, trained: xr.Dataset, task: Task, trials: int) -> Iterator[Spikes]:
    """Neurons and steps of the spikes of each trial of a free run."""
    state, decoder = force.state_of(twin, trained), trained["decoder"].values
    for _ in range(trials):
        state, trace = twin.advance(
            state, decoder, len(task.test.target), task.test.input, spikes=True
        )
        yield trace.spikes[:, 1], trace.spikes[:, 2]


def _aligned(
    twin: SpikingNetwork, trained: xr.Dataset, task: Task, trials: int
) -> Iterator[Spikes]:
    """Like `_plain`, with each trial in phase with the target."""
    ran = repeated.run(
        twin, trained, task, repetitions=trials, sample_steps=SAMPLE_STEPS, spikes=True
    )
    for trial in ran:
        spikes = trial.spikes if np.isfinite(trial.shift_steps).all() else np.empty((0, 3))
        yield spikes[:, 1], spikes[:, 2]


def to_neo(table: pd.DataFrame, *, neurons: int, trials: int, duration: float) -> neo.Block:
    """Spikes as a neo Block: a Segment for each trial, with a SpikeTrain for each neuron.

    Parameters
    ----------
    table : as `spikes` returns it
    neurons, trials : how many there are; a neuron that never fires has an empty train
    duration : s, of a trial

    Returns
    -------
    neo.Block; times in s, from 0 to `duration`. A train's annotation `neuron` is its number.

    Raises
    ------
    ImportError
        if neo is not installed; it is not part of the environment of the study.
    """
    try:
        import neo
    except ImportError as error:
        raise ImportError("to_neo needs the package neo, which is not installed") from error
    block = neo.Block(name="spikerate")
    fired = {key: times.to_numpy() for key, times in table.groupby(["trial", "neuron"])["time"]}
    for trial in range(trials):
        segment = neo.Segment(name=f"trial {trial}", index=trial)
        for neuron in range(neurons):
            times = fired.get((trial, neuron), np.empty(0))
            segment.spiketrains.append(
                neo.SpikeTrain(times, units="s", t_start=0.0, t_stop=duration, neuron=neuron)
            )
        block.segments.append(segment)
    return block
