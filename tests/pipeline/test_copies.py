"""A finished study that is copied, or made again in part: content decides what is left."""

import os
import random
import shutil
import sys
from pathlib import Path

import netCDF4
import pytest

from conftest import ROOT
from mounting import mounted
from spikerate.pipeline import adapter, plan

TASK = "results/tiny/tasks/sine.nc"
REQUEST = adapter.Request(ROOT / "Snakefile", ("study=tiny",))


def by_hand(source, target):
    """Copy without times, and in any order."""
    shutil.copytree(source, target, copy_function=shutil.copyfile)
    paths = [path for path in target.rglob("*") if path.is_file()]
    random.Random(0).shuffle(paths)
    for age, path in enumerate(paths):
        os.utime(path, (4e9 - age, 4e9 - age))


@pytest.fixture
def copied(study, tmp_path, monkeypatch):
    """Copy the study into a folder, and work there: copied(how)."""

    def copy(how):
        how(study.parents[1], tmp_path / "copy")
        monkeypatch.chdir(tmp_path / "copy")
        return tmp_path / "copy"

    return copy


def test_what_is_made_again_after_a_commit_leaves_all_else_fresh(copied, snakemake):
    folder = copied(shutil.copytree)
    (folder / TASK).unlink()
    done = snakemake(folder, "--config", "study=tiny", "--", TASK)
    assert done.returncode == 0, done.stdout
    made = os.stat(TASK)
    with netCDF4.Dataset(TASK, "a") as file:
        file.setncatts({"commit": "0" * 40, "cpu": "another", "python": "3.99"})
    os.utime(TASK, ns=(made.st_atime_ns, made.st_mtime_ns))
    assert adapter.plan(REQUEST).stale == []


# What is left of a study.


@pytest.fixture
def planned(monkeypatch, capsys):
    """What `make plan` prints: planned(*words)."""

    def ask(*words):
        monkeypatch.setattr(sys, "argv", ["plan", "study=tiny", "--cores", "2", *words])
        monkeypatch.setattr(plan.calibration, "calibrate", lambda *_: {})
        assert plan.main() == 0
        return capsys.readouterr().out

    return ask


def test_a_finished_study_is_planned_only_with_all(copied, planned):
    copied(by_hand)
    text = planned()
    assert text.startswith("All ") and "jobs of the study tiny are done. `make plan ALL=1`" in text
    assert not Path("results/tiny/plan.csv").exists()
    (total,) = (line.split() for line in planned("--all").splitlines() if line.startswith("total"))
    assert total[1] == str(len(adapter.plan(REQUEST).jobs))
    assert Path("results/tiny/plan.csv").exists()


def test_of_a_study_that_is_made_in_part_what_is_left_is_planned(copied, planned):
    folder = copied(by_hand)
    for path in (folder / "results/tiny").rglob("fig[13].png"):
        path.unlink()
    text = planned()
    every = len(adapter.plan(REQUEST).jobs)
    left = {"fig1", "fig3", "report"}
    assert text.startswith(f"{every - len(left)} of the {every} jobs of the study tiny are done")
    assert {job.rule for job in adapter.plan(REQUEST).stale} == left
    (total,) = (line.split() for line in text.splitlines() if line.startswith("total"))
    assert total[1] == str(len(left))


# Without the right to write.


def test_an_empty_folder_that_may_only_be_read_is_planned(tmp_path, monkeypatch, planned):
    with mounted(tmp_path / "sealed", "size=1m") as remount:
        remount("ro")
        monkeypatch.chdir(tmp_path / "sealed")
        assert planned().startswith("None of the ")
        monkeypatch.chdir(tmp_path)
