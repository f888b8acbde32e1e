"""What is wrong with results that are there: content decides, and no time of a file."""

import os
import time
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from spikerate.data import datasets
from spikerate.pipeline import adapter, damage


@pytest.fixture
def job(tmp_path, monkeypatch):
    """A job with a dataset and a figure, as they were recorded when they were made."""
    monkeypatch.chdir(tmp_path)
    datasets.save(xr.Dataset({"readout": ("time", np.arange(3.0))}), "a.nc")
    (tmp_path / "a.png").write_bytes(b"drawn")
    records = {
        path: adapter.Record(os.path.getmtime(path), (), {}, adapter.content_of(path))
        for path in ("a.nc", "a.png")
    }
    return adapter.Job("fig", {}, (), ("a.nc", "a.png"), None, 0, {}, False, adapter.Why(), records)


def test_what_lies_there_as_it_was_made_is_right(job):
    assert damage.damaged([job]) == []


@pytest.mark.parametrize("moment", [0, 86400, 4e9])
def test_a_copy_is_right_whatever_its_times(job, moment):
    for path in job.outputs:
        os.utime(path, (moment, moment))
    assert damage.damaged([job]) == []


def test_a_figure_that_was_changed_is_named_even_if_its_time_is_kept(job, tmp_path):
    made = job.records["a.png"].made
    (tmp_path / "a.png").write_bytes(b"edited")
    os.utime("a.png", (made, made))
    assert damage.damaged([job]) == ["a.png was changed after it was made: delete it and run again"]


def test_another_dataset_in_its_place_is_named(job):
    datasets.save(xr.Dataset({"readout": ("time", np.arange(4.0))}), "a.nc")
    (sentence,) = damage.damaged([job])
    assert sentence.startswith("a.nc was changed after it was made")


def test_a_dataset_that_was_edited_is_named(job):
    held = xr.load_dataset("a.nc")
    held["readout"] *= 2
    held.to_netcdf("a.nc")
    os.utime("a.nc", (time.time() + 60, time.time() + 60))
    (sentence,) = damage.damaged([job])
    assert "a.nc" in sentence and "changed" in sentence


def test_what_was_recorded_by_an_older_version_is_not_held_against_it(job):
    older = {path: replace(record, checksum=None) for path, record in job.records.items()}
    assert damage.damaged([replace(job, records=older)]) == []


# Without a record.


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("tasks/sine.nc", "tasks/.sine.7.nc", "a.png"):
        path = tmp_path / "results/tiny" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return "results/tiny"


def test_a_dataset_without_a_record_is_named(results):
    assert damage.unrecorded(results) == ["results/tiny/tasks/sine.nc"]
    with pytest.raises(SystemExit, match=r"tasks/sine\.nc was made.*make accept.*make clean"):
        damage.check_records(results)


def test_no_results_need_no_records(tmp_path):
    assert damage.unrecorded(tmp_path / "results") == []
    damage.check_records(tmp_path / "results")
