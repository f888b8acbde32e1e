"""Which engine runs the inner loops: NumPy, the reference, or kernels that Numba compiles."""

from __future__ import annotations

import os
from importlib.util import find_spec

from spikerate.engine.interface import Engine

ENGINES = ("auto", "numpy", "numba")
NOT_COMPILED = "NUMBA_DISABLE_JIT"  # of the environment: Numba would run kernels as Python


def resolve(engine: str) -> Engine:
    """Name of the engine that runs: `auto` is numba if it is installed, else numpy.

    Raises
    ------
    ValueError
        if there is no such engine, or numba is not available.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine must be one of {', '.join(ENGINES)}, got {engine!r}")
    if engine == "numpy" or (engine == "auto" and find_spec("numba") is None):
        return "numpy"
    if find_spec("numba") is None:
        raise ValueError("engine numba needs the package numba, which is not installed")
    if os.getenv(NOT_COMPILED, "0") not in ("", "0"):
        raise ValueError(
            f"engine {engine} compiles, which {NOT_COMPILED} in the environment forbids:"
            " unset it, or choose engine numpy"
        )
    return "numba"
