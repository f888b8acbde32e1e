"""What several test files share: the tiny study, run once as a user runs it."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).parents[1]
SNAKEMAKE = "from snakemake.cli import main; main()"


def run(folder, *arguments, tree=ROOT, path=None):
    """Run Snakemake on the tiny study in a folder of its own; its packages are first in `path`."""
    start = ["-m", "snakemake"]
    if path:
        start = ["-c", f"import sys; sys.path.insert(0, {str(path)!r})\n{SNAKEMAKE}"]
    command = [sys.executable, *start, "--snakefile", tree / "Snakefile", "--cores", "2",
               "--directory", folder, *arguments]  # fmt: skip
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    return subprocess.run(
        [str(part) for part in command], cwd=folder, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """One thread for the products, as in a job: small ones wait for each other otherwise."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def snakemake():
    """The function that runs Snakemake in a folder: snakemake(folder, *arguments)."""
    return run


@pytest.fixture(scope="session")
def finished(snakemake, tmp_path_factory):
    """Folder in which the tiny study was run, once for all workers of pytest: to be copied."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, done = shared / "a finished study", shared / "finished"
    with open(shared / "finished.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            folder.mkdir()
            ended = snakemake(folder, "--config", "study=tiny")
            assert ended.returncode == 0, ended.stdout
            done.touch()
    return folder


@pytest.fixture(scope="session")
def study(finished, tmp_path_factory):
    """Results of a finished tiny study, a copy for this worker; its path holds a blank."""
    folder = tmp_path_factory.mktemp("a study") / "copy"
    shutil.copytree(finished, folder)
    return folder / "results" / "tiny"


def pytest_collection_modifyitems(items):
    """Mark as slow what runs a study: `make test-quick` leaves it out."""
    for item in items:
        if {"finished", "snakemake"} & set(item.fixturenames):
            item.add_marker("slow")
