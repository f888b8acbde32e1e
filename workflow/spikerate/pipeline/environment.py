"""One environment for a run and all its jobs: that of the Python which runs Snakemake.

What the user's shell would put over its packages or into its numbers is taken away: a PYTHONPATH
from a module system, switches of Numba and of BLAS. It runs before anything else of the library is
imported.
"""

from __future__ import annotations

import os
import shlex
import sys
import sysconfig
from pathlib import Path

# Variables, by how they start, that change packages, numbers or figures of whoever inherits them.
LEAKS = (
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


def isolate(library: str) -> None:
    """Take away what goes over the environment, for this process and for the jobs it starts.

    Jobs import the library too, in whatever environment they run.

    Parameters
    ----------
    library : folder in which the package spikerate lies

    Raises
    ------
    SystemExit
        if PYTHONPATH has already put a package over one of the environment.
    """
    from snakemake.shell import shell

    _leave_python_path(library)
    for name in [name for name in os.environ if name.startswith(LEAKS)]:
        del os.environ[name]
    # Not in the process's own environment, where conda would take it away again.
    path = shlex.quote(library).replace("{", "{{").replace("}", "}}")
    shell.prefix(f"set -euo pipefail; export PYTHONPATH={path} PYTHONNOUSERSITE=1 PYTHONUTF8=1; ")
    # Files are written by one process and renamed when they are whole: no locks, which network
    # file systems may lack.
    os.environ.setdefault("HDF5_USE_FILE_LOCKING", "FALSE")


def quote_python() -> None:
    """Have Snakemake start jobs by a Python whose path holds blanks: it does not quote that path.

    For a process that starts nothing but jobs: elsewhere, `sys.executable` is not quoted.
    """
    sys.executable = shlex.quote(sys.executable)


def _leave_python_path(library: str) -> None:
    """Take PYTHONPATH off the modules' search path.

    Raises
    ------
    SystemExit
        if a package was found there already.
    """
    ours = {library, *sysconfig.get_paths().values()}
    listed = filter(None, os.getenv("PYTHONPATH", "").split(os.pathsep))
    others = {os.path.abspath(folder) for folder in listed} - ours
    files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
    found = sorted(
        name for name, file in files.items()
        if file and "." not in name and others & {str(parent) for parent in Path(file).parents}
    )  # fmt: skip
    if found:
        sys.exit(
            f"Error: PYTHONPATH puts {', '.join(found)} over the packages of this environment,"
            " and the numbers would be theirs; run `unset PYTHONPATH`, and then again, or `make`,"
            " which does that itself."
        )
    sys.path[:] = [folder for folder in sys.path if os.path.abspath(folder) not in others]
