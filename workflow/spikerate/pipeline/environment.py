"""One environment for a run and all its jobs: that of the Python that runs Snakemake.

Variables of the user's shell that would override packages or change numbers are removed, such as a
PYTHONPATH from a module system or settings of Numba and BLAS. This must happen before any other
module of the library is imported. If another workflow imports this one, only the environment of
its own jobs is changed, by `shell_prefix`.
"""

from __future__ import annotations

import os
import shlex
import sys
import sysconfig
from pathlib import Path
from types import ModuleType

# Variables that begin so change the packages, numbers or figures of a process that inherits them.
REMOVED = (
    "PYTHON",
    "NUMBA_",
    "NPY_",
    "OPENBLAS_",
    "GOTO_",
    "BLIS_",
    "MKL_",
    "OMP_",
    "KMP_",
    "VECLIB_",
    "GLIBC_TUNABLES",
    "MPLBACKEND",
    "MATPLOTLIBRC",
)
THREADS = (  # which Snakemake sets for each job
    "OMP_NUM_THREADS",
    "GOTO_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
# HDF5 needs no locks, which network file systems may lack: one process writes each file, and
# renames it when it is complete.
LOCKS = ("HDF5_USE_FILE_LOCKING", "FALSE")


def isolate(library: str) -> None:
    """Remove what overrides the environment, for this process and for the jobs it starts.

    Parameters
    ----------
    library : folder that contains the package spikerate

    Raises
    ------
    SystemExit
        if PYTHONPATH has already replaced a package of the environment.
    """
    _remove_python_path(library)
    for name in _overriding():
        del os.environ[name]
    os.environ.setdefault(*LOCKS)


def check_library(library: str) -> None:
    """End the program with a sentence if this module does not belong to the library in a folder."""
    own = Path(__file__).parents[2]
    if not own.samefile(library):
        sys.exit(
            f"Error: the rules in {Path(library).parent} need the library beside them, but another"
            f" copy of it, in {own}, was imported before, and a workflow can use only one."
        )


def shell_prefix(library: str) -> str:
    """Shell commands that set the environment of a job, for Snakemake's `shell.prefix`.

    They also remove what `isolate` removes, for the jobs of a workflow that imports this one. The
    variables are not set in the environment of the run, because conda would remove them again.

    Parameters
    ----------
    library : folder that contains the package spikerate, which jobs import
    """
    removed = [name for name in _overriding() if name not in THREADS and name.isidentifier()]
    name, value = LOCKS
    prefix = (
        f"set -euo pipefail; unset {' '.join(removed)}; export {name}=${{{name}:-{value}}}"
        f" PYTHONPATH={shlex.quote(library)} PYTHONNOUSERSITE=1 PYTHONUTF8=1; "
    )
    return prefix.replace("{", "{{").replace("}", "}}")  # Snakemake formats it


def quote_python() -> None:
    """Quote `sys.executable`: Snakemake starts jobs with it, and its path may contain spaces.

    This is only for a process that starts nothing but jobs, as other users expect no quotes.
    """
    sys.executable = shlex.quote(sys.executable)


def _overriding() -> list[str]:
    """Names of the variables that override the environment."""
    return [name for name in os.environ if name.startswith(REMOVED)]


def _remove_python_path(library: str) -> None:
    """Remove PYTHONPATH from the search path for modules.

    Raises
    ------
    SystemExit
        if a package has already been imported from there.
    """
    ours = {library, *sysconfig.get_paths().values()}
    listed = filter(None, os.getenv("PYTHONPATH", "").split(os.pathsep))
    others = {os.path.abspath(folder) for folder in listed} - ours
    found = sorted(
        name for name, module in sys.modules.items() if "." not in name and _lies_in(module, others)
    )
    if found:
        sys.exit(
            f"Error: PYTHONPATH puts {', '.join(found)} over the packages of this environment,"
            " which would change the numbers; run `unset PYTHONPATH` and try again, or use `make`,"
            " which ignores PYTHONPATH."
        )
    sys.path[:] = [folder for folder in sys.path if os.path.abspath(folder) not in others]


def _lies_in(module: ModuleType, folders: set[str]) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and not folders.isdisjoint(map(str, Path(file).parents))
