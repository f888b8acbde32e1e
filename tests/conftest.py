"""What several test files share: the tiny study, run once as a user runs it."""

import os
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
def study(snakemake, tmp_path_factory):
    """Folder of a finished tiny study; its path holds a blank."""
    folder = tmp_path_factory.mktemp("a study")
    done = snakemake(folder, "--config", "study=tiny")
    assert done.returncode == 0, done.stdout
    return folder / "results" / "tiny"
