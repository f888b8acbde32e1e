"""What may befall a run: killed at any moment, resumed too early, no room, no right to write."""

import contextlib
import json
import os
import platform
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import xarray as xr

from documents import ROOT
from mounting import mounted
from spikerate.data import checkpoint, datasets, files
from spikerate.pipeline import resume, runs

pytestmark = pytest.mark.slow

HERE = Path("results/tiny")
TARGETS = [
    HERE / name
    for name in (
        "train/pitchfork/spiking/slow/draw0/chunk0.nc",
        "train/pitchfork/rate/fast/draw0/chunk0.nc",
        "transfer/sine/spiking/fast/draw0/chunk0.nc",
        "train/demonstrations/sine.nc",
    )
]
OVERLAY = """
sweep:
  tasks: {sine: [slow, fast], pitchfork: [slow, fast], fourier: [], ode_to_joy: []}
product_width: 2
network: {neurons: 200}
tasks:
  sine: {train_repetitions: 24}
  pitchfork: {options: {pulses: 30}}
spectra: {tasks: {sine: 1, ode_to_joy: 0}}
figures: {demonstrations: [sine], learning: [sine], maps: [sine]}
"""
KILLS = 20
KILLED = 0.15, 0.5  # when, as shares of the processor time of a run from start to end


def command(*arguments):
    return [
        sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--cores", "2",
        "--config", "study=tiny", *arguments,
    ]  # fmt: skip


def begun(folder):
    """A run of the reduced study, in a process group of its own."""
    (folder / "overlay.yaml").write_text(OVERLAY)
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    with open(folder / "said.txt", "a") as said:
        return psutil.Popen(
            [*map(str, command("--configfile", "overlay.yaml", "--", *TARGETS))], cwd=folder,
            env=environment | {checkpoint.EVERY_VARIABLE: "0.2"}, stdout=said, stderr=said,
            start_new_session=True,
        )  # fmt: skip


def spent(run):
    """Seconds of processor time that a run and its jobs have taken: a busy machine counts less."""
    with contextlib.suppress(psutil.Error):
        everyone = [run, *run.children(recursive=True)]
        return sum(sum(process.cpu_times()[:4]) for process in everyone)
    return 0.0


def resumed(folder):
    """What `make resume` does before it runs the study."""
    return subprocess.run(
        [sys.executable, "-m", "spikerate.pipeline.resume", "study=tiny"], cwd=folder, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "workflow")}, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def contents(folder):
    paths = sorted((folder / HERE).rglob("[!.]*.nc"))
    return {str(path.relative_to(folder)): datasets.load(path).attrs["content"] for path in paths}


def gone_on(folder):
    """Files that jobs said to go on from."""
    logs = [path.read_text().splitlines() for path in (folder / "logs").rglob("*.log")]
    return {line for lines in logs for line in lines if line.startswith("continues from ")}


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """What a run from start to end makes, and the processor time (s) that it takes."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    run, whole = begun(folder), 0.0
    while run.poll() is None:
        whole = max(whole, spent(run))
        time.sleep(0.1)
    assert run.returncode == 0, (folder / "said.txt").read_text()
    return contents(folder), whole


def test_a_study_killed_at_twenty_moments_ends_the_same(uninterrupted, tmp_path):
    expected, whole = uninterrupted
    random = np.random.default_rng(6)
    kills, midway, used = 0, 0, set()
    while kills < KILLS:
        run, moment = begun(tmp_path), whole * random.uniform(*KILLED)
        while run.poll() is None and spent(run) < moment:
            time.sleep(0.01)
        with contextlib.suppress(ProcessLookupError):
            if kills % 4:
                os.killpg(run.pid, signal.SIGKILL)
            else:  # its jobs live on
                os.kill(run.pid, signal.SIGKILL)
        if run.wait() == 0:  # at its end before it was killed: once more
            assert contents(tmp_path) == expected
            for name in ("results", "logs", ".snakemake"):
                shutil.rmtree(tmp_path / name)
            continue
        assert run.returncode == -signal.SIGKILL, (tmp_path / "said.txt").read_text()
        kills += 1
        midway += bool([*(tmp_path / HERE).rglob(".*.kept/*")])
        used |= gone_on(tmp_path)
        ready = resumed(tmp_path)
        assert ready.returncode == 0, ready.stdout
        assert not files.leftovers(tmp_path / "results")
    assert begun(tmp_path).wait() == 0, (tmp_path / "said.txt").read_text()
    assert contents(tmp_path) == expected
    assert midway >= 3 and used
    assert not list((tmp_path / "results").rglob(".*"))
    kept = tmp_path / ".snakemake"
    assert not list((kept / "incomplete").rglob("*"))
    assert not (tmp_path / runs.lock("tiny")).exists()


def test_a_run_that_lives_is_not_resumed(tmp_path):
    run = begun(tmp_path)
    try:
        while not (tmp_path / runs.lock("tiny")).exists():
            assert run.poll() is None
            time.sleep(0.01)
        refused = resumed(tmp_path)
        assert refused.returncode == 1
        assert f"error: a run is at work here, process {run.pid}" in refused.stdout
        assert (tmp_path / runs.lock("tiny")).exists()
    finally:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()


def jobs_at_work(run, folder):
    """Wait until a training of a run is at work, and has kept something."""
    while not list((folder / HERE).rglob(".*.kept/*")):
        assert run.poll() is None, (folder / "said.txt").read_text()
        time.sleep(0.05)


def test_another_study_runs_beside_it_and_leaves_its_lock_alone(tmp_path, snakemake):
    run = begun(tmp_path)
    try:
        jobs_at_work(run, tmp_path)
        os.killpg(run.pid, signal.SIGSTOP)  # so that it does not end before the other one
        other = snakemake(
            tmp_path, "--config", "study=laptop", "--", "results/laptop/tasks/sine.nc"
        )
        assert other.returncode == 0, other.stdout
        assert (tmp_path / runs.lock("tiny")).exists()
        assert not (tmp_path / runs.lock("laptop")).exists()
        again = snakemake(tmp_path, "--config", "study=tiny", "seed=2", "--", TARGETS[-1])
        assert again.returncode != 0
        assert f"a run of the study tiny is at work here, process {run.pid}: wait" in again.stdout
        assert run.poll() is None and (tmp_path / runs.lock("tiny")).exists()
    finally:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()


def test_a_hang_up_has_the_jobs_keep_what_they_have_done(tmp_path):
    run = begun(tmp_path)
    jobs_at_work(run, tmp_path)
    os.kill(run.pid, signal.SIGHUP)  # as where only the run, and not its jobs, is told
    assert run.wait(timeout=120) != 0
    assert runs.jobs(tmp_path, "tiny") == []
    assert not (tmp_path / runs.lock("tiny")).exists()
    assert "stopped by SIGTERM" in (tmp_path / "said.txt").read_text()


def test_locks_of_two_studies_know_nothing_of_each_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for study in ("tiny", "laptop"):
        runs.begin(study, {"config": [f"study={study}"], "configfiles": []})
    with pytest.raises(SystemExit, match=f"study tiny is at work here, process {os.getpid()}:"):
        runs.begin("tiny", {})
    runs._end("tiny", os.getpid() + 1)  # of a process that was split off
    assert runs.owner("tiny").alive
    runs._end("tiny", os.getpid())
    assert runs.owner("tiny") is None and runs.owner("laptop").alive
    runs._end("laptop", os.getpid())
    assert runs.last("tiny") == {"config": ["study=tiny"], "configfiles": []}


# Who else may be at work.


@pytest.fixture
def asked(tmp_path, monkeypatch, capsys):
    """`spikerate.pipeline.resume` in a folder where nobody works: what it returns and says."""
    monkeypatch.chdir(tmp_path)
    runs.FOLDER.mkdir(parents=True)

    def ask(*arguments):
        monkeypatch.setattr(sys, "argv", ["resume", "study=tiny", *arguments])
        return resume.main(), capsys.readouterr().err

    return ask


def note(**changes):
    """Lock the tiny study as another run would."""
    owner = {"host": platform.node(), "pid": 1, "begun": 0.0} | changes
    runs.lock("tiny").write_text(json.dumps(owner))


def test_a_study_of_another_machine_is_resumed_only_by_force(asked):
    note(host="elsewhere", pid=7)
    code, said = asked()
    assert code == 1 and "last run on elsewhere, process 7" in said and "FORCE=1" in said
    assert runs.lock("tiny").exists()
    assert asked("--force") == (0, "")
    assert not runs.lock("tiny").exists()


@pytest.mark.parametrize("text", ["", '{"host": "els', "[]", '{"host": "elsewhere"}'])
def test_a_lock_that_was_cut_off_is_taken_for_one_of_a_run_that_was_killed(asked, text):
    runs.lock("tiny").write_text(text)
    with pytest.raises(SystemExit, match="was killed: `make resume STUDY=tiny` continues"):
        runs.begin("tiny", {})
    assert asked() == (0, "")
    assert not runs.lock("tiny").exists()


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_a_study_with_jobs_on_a_cluster_is_not_resumed(asked, tmp_path, monkeypatch, force):
    squeue = tmp_path / "bin" / "squeue"
    squeue.parent.mkdir()
    monkeypatch.setenv("PATH", f"{squeue.parent}:{os.environ['PATH']}")
    run = "0f8fad5b-d9cb-469f-a165-70867728950e"  # with the study before it, where it is known
    jobs = {"11": tmp_path, "12": tmp_path.parent, "13": tmp_path, "14": f"{tmp_path} too"}
    names = {"11": run, "12": run, "13": f"tiny_{run}", "14": run}
    lines = "\n".join(f"{number} {names[number]} {folder}" for number, folder in jobs.items())
    lines += f"\n15 laptop_{run} {tmp_path}"
    squeue.write_text(f"#!/bin/sh\ncat <<END\n{lines}\nEND\n")
    squeue.chmod(0o755)
    code, said = asked(*force)
    assert code == 1 and "2 SLURM jobs" in said and "`scancel 11 13`" in said
    squeue.write_text(f"#!/bin/sh\necho 12 {run} /elsewhere\n")
    assert asked(*force) == (0, "")


# No room, and no right to write.


def dataset(steps):
    return xr.Dataset({"readout": ("time", np.random.default_rng(0).random(steps))})


def test_a_file_that_does_not_fit_leaves_the_old_one(tmp_path):
    with mounted(tmp_path / "results", "size=200k"):
        path = tmp_path / "results" / "a.nc"
        datasets.save(dataset(100), path)
        with pytest.raises(files.WriteError, match=f"{path} could not be .*the disk is full; make"):
            datasets.save(dataset(100_000), path)
        assert [found.name for found in path.parent.iterdir()] == ["a.nc"]
        assert datasets.load(path).sizes["time"] == 100
        datasets.save(dataset(10_000), path.with_name("b.nc"))  # the room has been given back


def test_a_file_larger_than_permitted_leaves_the_old_one(tmp_path):
    path = tmp_path / "a.nc"
    datasets.save(dataset(100), path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(files.WriteError, match=f"{path} could not be written"):
            datasets.save(dataset(100_000), path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == [path]
    assert datasets.load(path).sizes["time"] == 100
    datasets.save(dataset(100_000), path)  # the same process may try again
    assert datasets.load(path).sizes["time"] == 100_000


TASK = HERE / "tasks/sine.nc"


def tiny(folder, snakemake, target=TASK):
    return snakemake(folder, "--config", "study=tiny", "--", target)


def test_a_study_on_a_full_disk_says_so_and_goes_on_when_there_is_room(tmp_path, snakemake):
    with mounted(tmp_path / "disk", "size=150k") as remount:  # results, logs and records
        done = tiny(tmp_path / "disk", snakemake)
        assert done.returncode != 0
        sentence = f"{TASK} could not be written: the disk is full; make room and run again"
        assert sentence in done.stdout
        assert "Traceback" not in done.stdout
        assert not list((tmp_path / "disk/results").rglob("*.nc"))
        remount("size=50m")
        again = tiny(tmp_path / "disk", snakemake)
        assert again.returncode == 0, again.stdout
        assert datasets.load(tmp_path / "disk" / TASK).sizes["train_time"]


@pytest.mark.parametrize("made", [False, True])
@pytest.mark.parametrize("name", ["results", "logs"])
def test_a_folder_that_may_not_be_written_to_is_named(tmp_path, snakemake, name, made):
    with mounted(tmp_path / name, "size=50m") as remount:
        if made:
            (tmp_path / name / "tiny/tasks").mkdir(parents=True)
            (tmp_path / name / "tiny/benchmarks/tasks").mkdir(parents=True)
        remount("ro")
        done = tiny(tmp_path, snakemake)
        assert done.returncode != 0
        assert "Traceback" not in done.stdout
        there = f"{name}/tiny" if made else name
        assert f"Error: the folder {there} may not be written to" in done.stdout
        assert not (tmp_path / runs.lock("tiny")).exists()
