"""Exported spikes: they are those of the study, and carry over to neo."""

import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from spikerate.analysis import maps
from spikerate.data import datasets, export
from spikerate.model import networks
from spikerate.model.synapse import DoubleExponential
from spikerate.tasks.registry import Task

RATE = "slow"


@pytest.fixture(scope="module")
def task(study):
    return Task.from_dataset(datasets.load(study / "tasks/sine.nc"))


def chunk(study, network="spiking", task="sine"):
    return datasets.load(study / f"train/{task}/{network}/{RATE}/draw0/chunk0.nc")


def starred(study, name):
    """What a dataset holds of the starred point, and that point's number in its chunk."""
    stars = maps.star(datasets.load(study / "transfer/sine/maps.nc"))
    best = stars.isel(alpha=stars["speed"].values.tolist().index(RATE))
    trained = chunk(study)
    here = (trained["Q"] == best["starred_Q"]) & (trained["G"] == best["starred_G"])
    shown = datasets.load(study / name)
    return shown.sel(alpha=best["alpha"].item(), network="spiking"), int(here.argmax())


def test_the_filtered_trains_of_the_study_are_those_of_the_exported_spikes(study, task):
    ran, point = starred(study, "transfer/sine/starred.nc")
    trained, dt, length = chunk(study), task.dt, len(task.test.target) * task.dt
    table = export.spikes(task, trained, point=point, trials=6)
    neurons, synapse = networks.recorded_neurons(100, ran.sizes["recorded"]), DoubleExponential()
    time = np.arange(ran.sizes["time"]) * 5e-4
    fast, _, cross = synapse.impulse(dt).over(np.round(time / dt))
    for neuron, expected in zip(neurons, ran["filtered"].values.T, strict=True):
        own = table[table["neuron"] == neuron]
        fired = own["trial"] * length + own["time"] + dt  # a spike acts from the end of its step
        names = ("state_filtered", "state_filtered_rise")
        r, rise = (trained[name].values[point, neuron] for name in names)
        r = fast * r + cross * rise
        r += synapse.kernel(time[:, None] - fired.to_numpy()).sum(axis=1)
        np.testing.assert_allclose(r, expected, rtol=1e-4, atol=1e-3)
    assert table["neuron"].nunique() > 20


def test_aligned_spikes_are_those_of_figure_7(study, task):
    shown, point = starred(study, "trials/sine/shown.nc")
    table = export.spikes(
        task, chunk(study), point=point, trials=shown.sizes["repetition"], aligned=True
    )
    table = table[table["neuron"].isin(shown["recorded"].values)]
    columns = {"spike_repetition": "trial", "spike_time": "time", "spike_neuron": "neuron"}
    expected = shown[[*columns, "spike_alpha"]].to_dataframe()
    expected = expected[expected["spike_alpha"] == shown["alpha"].item()].rename(columns=columns)
    expected = expected.sort_values(["trial", "time", "neuron"])
    for name in table:
        np.testing.assert_array_equal(table[name], expected[name])
    assert len(table)


def test_a_driven_task_is_exported_too(study):
    task = Task.from_dataset(datasets.load(study / "tasks/pitchfork.nc"))
    table = export.spikes(task, chunk(study, task="pitchfork"), point=1)
    assert table["time"].between(0, len(task.test.target) * task.dt).all()
    assert (table.groupby("neuron")["time"].diff().dropna() > 0.002).all()


def test_rows_are_ordered_and_trials_follow_each_other(study, task):
    table = export.spikes(task, chunk(study), trials=3)
    assert list(table) == ["time", "neuron", "trial"]
    pd.testing.assert_frame_equal(
        table, table.sort_values(["trial", "time", "neuron"], ignore_index=True)
    )
    assert table["trial"].unique().tolist() == [0, 1, 2]
    first = export.spikes(task, chunk(study), trials=1)
    pd.testing.assert_frame_equal(table[table["trial"] == 0], first)


def test_what_cannot_be_exported_is_refused(study, task):
    with pytest.raises(ValueError, match="this chunk is of the rate"):
        export.spikes(task, chunk(study, "rate"))
    with pytest.raises(ValueError, match="point must lie in 0 to 3, got 4"):
        export.spikes(task, chunk(study), point=4)


TABLE = pd.DataFrame(
    {"time": [0.01, 0.03, 0.02, 0.05], "neuron": [2, 2, 0, 2], "trial": [0, 0, 2, 2]}
)


class Container(SimpleNamespace):
    """Stand-in of neo's Block and Segment."""

    def __init__(self, **named):
        super().__init__(segments=[], spiketrains=[], **named)


def train(times, units, t_start, t_stop, **annotations):
    """Stand-in of neo.SpikeTrain."""
    return SimpleNamespace(
        magnitude=np.asarray(times), units=units, t_start=t_start, t_stop=t_stop,
        annotations=annotations,
    )  # fmt: skip


def of_three_neurons(block):
    """Check the block of TABLE for three neurons, and 0.1 s a trial."""
    assert len(block.segments) == 3
    for trial, segment in enumerate(block.segments):
        assert len(segment.spiketrains) == 3
        for neuron, found in enumerate(segment.spiketrains):
            own = TABLE[(TABLE["trial"] == trial) & (TABLE["neuron"] == neuron)]
            np.testing.assert_array_equal(found.magnitude, own["time"])
            assert found.annotations == {"neuron": neuron}
            assert (float(found.t_start), float(found.t_stop)) == (0.0, 0.1)


def test_neo_gets_a_segment_a_trial_and_a_train_a_neuron(monkeypatch):
    stand_in = SimpleNamespace(Block=Container, Segment=Container, SpikeTrain=train)
    monkeypatch.setitem(sys.modules, "neo", stand_in)
    of_three_neurons(export.to_neo(TABLE, neurons=3, trials=3, duration=0.1))


def test_neo_itself_takes_the_spikes():
    pytest.importorskip("neo")
    of_three_neurons(export.to_neo(TABLE, neurons=3, trials=3, duration=0.1))


def test_trials_without_spikes_are_kept(monkeypatch):
    stand_in = SimpleNamespace(Block=Container, Segment=Container, SpikeTrain=train)
    monkeypatch.setitem(sys.modules, "neo", stand_in)
    empty = export.to_neo(TABLE[:0], neurons=2, trials=4, duration=0.1)
    assert [len(segment.spiketrains) for segment in empty.segments] == [2] * 4


def test_without_neo_an_error_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "neo", None)
    with pytest.raises(ImportError, match="needs the package neo"):
        export.to_neo(TABLE, neurons=3, trials=3, duration=0.1)
