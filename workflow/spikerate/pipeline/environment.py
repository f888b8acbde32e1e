"""One environment for a run and all its jobs: that of the Python that runs Snakemake.

It removes whatever in the user's shell would override its packages or change its numbers: a
PYTHONPATH from a module system, switches of Numba and BLAS. It runs before anything else of the
library is imported.
"""

from __future__ import annotations

import os
import shlex
import sys
import sysconfig
from pathlib import Path

# Prefixes of variables that change packages, numbers or figures in a process that inherits them.
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
    """Remove what overrides the environment, for this process and for the jobs it starts.

    Jobs import the library too, in whatever environment they run.

    Parameters
    ----------
    library : folder in which the package spikerate lies

    Raises
    ------
    SystemExit
        if PYTHONPATH has already replaced a package of the environment.
    """
    from snakemake.shell import shell

    _leave_python_path(library)
    for name in [name for name in os.environ if name.startswith(LEAKS)]:
        del os.environ[name]
    # Not in the process's own environment, where conda would take it away again.
    path = shlex.quote(library).replace("{", "{{").replace("}", "}}")
    shell.prefix(f"set -euo pipefail; export PYTHONPATH={path} PYTHONNOUSERSITE=1 PYTHONUTF8=1; ")
    # One process writes each file and renames it when it is complete, so no locks are needed, which
    # network file systems may lack.
    os.environ.setdefault("HDF5_USE_FILE_LOCKING", "FALSE")


def quote_python() -> None:
    """Let Snakemake start jobs by a Python whose path contains spaces, which it does not quote.

    This is only for a process that starts nothing but jobs: others use `sys.executable` unquoted.
    """
    sys.executable = shlex.quote(sys.executable)


def _leave_python_path(library: str) -> None:
    """Remove PYTHONPATH from the search path for modules.

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
