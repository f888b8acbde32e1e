"""Runs that are stopped, side by side, or configured as the README does."""

import os
import signal
import subprocess
import time

import pytest

import wild
from spikerate.data import datasets

# A job long enough to be stopped in, and all that it needs.
LONG = "train/demonstrations/sine.nc"


@pytest.fixture
def here(original, tmp_path):
    folder = tmp_path / "spikerate"
    subprocess.run(["cp", "-a", original, folder], check=True)
    return folder


def begun(folder, study, name):
    """A run of one result, in a process group of its own, whose job has begun."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "MAKEFLAGS")}
    log = folder / f"logs/{study}" / name.replace(".nc", ".log")
    log.unlink(missing_ok=True)
    run = subprocess.Popen(
        ["make", f"STUDY={study}", "CORES=1", f"ARGS=results/{study}/{name}"], cwd=folder,
        env=environment, start_new_session=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while run.poll() is None and not log.exists():
        time.sleep(0.05)
    assert run.poll() is None, "ended before its job began"
    return run


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"])
def test_a_study_goes_on_after_a_signal_to_the_same_end(original, here, name):
    (here / wild.HERE / LONG).unlink()
    run = begun(here, "tiny", LONG)
    os.killpg(run.pid, getattr(signal, name))
    run.wait()
    assert not (here / wild.HERE / LONG).exists()
    wild.gist(wild.make(here, "resume", wild.target(LONG)))
    again, once = (datasets.load(f / wild.HERE / LONG).attrs["content"] for f in (here, original))
    assert again == once
    assert "Nothing is stale" in wild.gist(wild.make(here, "status"))


def test_two_studies_side_by_side_leave_each_other_alone(here):
    overlay = (here / "workflow/studies/tiny.yaml").read_text()
    (here / "workflow/studies/mine.yaml").write_text(overlay.replace("study: tiny", "study: mine"))
    (here / wild.HERE / LONG).unlink()
    run = begun(here, "tiny", LONG)
    os.killpg(run.pid, signal.SIGSTOP)  # so that it does not end before the other one
    wild.gist(wild.make(here, "STUDY=mine", "ARGS=results/mine/tasks/sine.nc"))
    refused = wild.make(here, "resume")
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert refused.returncode and "a run is at work here" in refused.stdout, refused.stdout


def test_the_readmes_way_to_give_other_values_works_to_the_sizes(here):
    done = wild.make(
        here, "CONFIG=seed=2 'network={neurons: 60}'", wild.target("transfer/sizes.nc")
    )
    wild.gist(done)
    sizes = datasets.load(here / wild.HERE / "transfer/sizes.nc")
    assert set(sizes["status"].values.ravel().tolist()) <= {"ok", "flat", "diverged"}


def test_a_second_section_of_the_same_name_is_refused(here):
    study = here / "workflow/studies/tiny.yaml"
    study.write_text(study.read_text() + "\nseed: 1\nseed: 2\n")
    done = wild.make(here, "ARGS=--dry-run")
    assert done.returncode and "Traceback" not in done.stdout, done.stdout
    assert "seed" in done.stdout and "line" in done.stdout
