"""One environment for a run and its jobs: nothing that a shell sets goes over it."""

import json
import os
import subprocess
import sys

import pytest

from conftest import ROOT

pytestmark = pytest.mark.slow

LIBRARY = ROOT / "workflow"
POISON = {
    "PYTHONPATH": "{folder}",
    "PYTHONOPTIMIZE": "2",
    "PYTHONHASHSEED": "7",
    "NUMBA_DISABLE_JIT": "1",
    "OPENBLAS_CORETYPE": "Prescott",
    "NPY_DISABLE_CPU_FEATURES": "AVX2",
    "MPLBACKEND": "module://nowhere",
    "MATPLOTLIBRC": "/nowhere",
}
SNAKEFILE = """
import sys
sys.path.insert(0, {library!r})
from spikerate.pipeline import environment
environment.isolate(sys.path[0])
shell.prefix(environment.shell_prefix(sys.path[0]))
onstart:
    environment.quote_python()
rule seen:
    output: "seen.json"
    script: "look.py"
"""
LOOK = """
import json, os, sys
import spikerate, scipy
with open(snakemake.output[0], "w") as file:
    json.dump({"variables": dict(os.environ), "executable": sys.executable,
               "files": [spikerate.__file__, scipy.__file__]}, file)
"""


def ran(folder, python=sys.executable, **variables):
    """Run a job in a folder, with variables set; the process of Snakemake that ran it."""
    (folder / "Snakefile").write_text(SNAKEFILE.format(library=str(LIBRARY)))
    (folder / "look.py").write_text(LOOK)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    return subprocess.run(
        [str(python), "-m", "snakemake", "--cores", "1"], cwd=folder, text=True, check=False,
        env=environment | variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def seen(folder, **options):
    """What a job sees of its environment."""
    done = ran(folder, **options)
    assert done.returncode == 0, done.stdout
    return json.loads((folder / "seen.json").read_text())


@pytest.fixture
def poison(tmp_path):
    """Folder with a package scipy, as a module system would put it on PYTHONPATH."""
    folder = tmp_path / "modules"
    (folder / "scipy").mkdir(parents=True)
    (folder / "scipy" / "__init__.py").write_text("__version__ = '0.1'\n")
    return folder


def test_what_the_shell_sets_reaches_no_job(tmp_path, poison):
    given = {name: value.format(folder=poison) for name, value in POISON.items()}
    found = seen(tmp_path, **given)
    left = {name: found["variables"].get(name) for name in given}
    assert left == dict.fromkeys(given) | {"PYTHONPATH": str(LIBRARY)}
    assert all(not file.startswith(str(poison)) for file in found["files"])


def test_jobs_import_the_library_of_their_snakefile(tmp_path):
    assert seen(tmp_path)["files"][0] == str(LIBRARY / "spikerate" / "__init__.py")


def test_a_path_that_has_put_a_package_over_the_environment_is_refused(tmp_path, poison):
    import numpy

    (poison / "numpy").symlink_to(os.path.dirname(numpy.__file__))  # Snakemake imports it
    done = ran(tmp_path, PYTHONPATH=str(poison))
    assert done.returncode != 0
    assert "PYTHONPATH puts numpy over the packages" in done.stdout
    assert "Traceback" not in done.stdout
    assert not (tmp_path / "seen.json").exists()


@pytest.mark.parametrize("name", ["two  blanks", "an apostrophe's", "$HOME", "{brace}", "a;b", "ü"])
def test_a_python_in_any_folder_starts_jobs(tmp_path, name):
    (tmp_path / name).symlink_to(sys.prefix)
    python = tmp_path / name / "bin" / "python"
    assert seen(tmp_path, python=python)["executable"] == str(python)


@pytest.mark.parametrize(("given", "found"), [(None, "FALSE"), ("BEST_EFFORT", "BEST_EFFORT")])
def test_jobs_do_without_the_locks_of_hdf5(tmp_path, monkeypatch, given, found):
    """Network file systems may have none."""
    monkeypatch.delenv("HDF5_USE_FILE_LOCKING", raising=False)
    variables = {"HDF5_USE_FILE_LOCKING": given} if given else {}
    assert seen(tmp_path, **variables)["variables"]["HDF5_USE_FILE_LOCKING"] == found
