"""A checkout with its environment and a finished tiny study, and commands run in it as users do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from documents import copy_of_the_tree

HERE = "results/tiny"
# What would let root write where nobody may.
BOUND = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]


def checkout(folder, results=None):
    """Copy the code to a folder, with an environment and with what a finished study left."""
    copy_of_the_tree(folder)
    environment(folder)
    for name in ("results", "logs", ".snakemake") if results else ():
        shutil.copytree(results / name, folder / name)
    return folder


def environment(folder):
    """Put an environment as make makes it into a checkout: all of it is that of these tests."""
    venv = folder / ".venv"
    venv.mkdir()
    for name in ("bin", "lib"):
        (venv / name).symlink_to(Path(sys.prefix) / name)
    shutil.copy(Path(sys.prefix) / "pyvenv.cfg", venv)
    shutil.copy(folder / "envs/requirements.lock", venv)


def make(folder, *arguments, user=(), **variables):
    """Run make in a checkout on the tiny study, as a user who may not write all that root may."""
    unset = {name for name, value in variables.items() if value is None}
    given = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "MAKEFLAGS", *unset}}
    given |= {name: value for name, value in variables.items() if value is not None}
    return subprocess.run(
        [*user, "make", "STUDY=tiny", "CORES=2", *arguments], cwd=folder, env=given, text=True,
        check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def target(*names):
    """Arguments with which make remakes some results only."""
    return f"ARGS={' '.join(f'{HERE}/{name}' for name in names)}"


def bound():
    """What comes before a command that is to be stopped by permissions, whoever runs the tests."""
    return BOUND if os.geteuid() == 0 else []


def frozen(folder, frozen=True):
    """Take the right to write from all that a folder holds, or give it back."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222 if frozen else path.stat().st_mode | 0o200)


def gist(done):
    """What a command said, if it ended as it should and broke off nowhere."""
    assert "Traceback" not in done.stdout, done.stdout
    assert done.returncode == 0, done.stdout
    return done.stdout
