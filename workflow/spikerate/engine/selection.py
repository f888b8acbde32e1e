"""Which engine runs the inner loops: the NumPy reference, or kernels that Numba compiles.

Both evaluate the same equations, which stand once, in `neuron` and `synapse`. Compiled kernels are
kept on disk, in a folder named after the code that they were compiled from: Numba looks at the file
of a kernel alone, and would not see an equation change.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path

ENGINES = ("auto", "numpy", "numba")
SOURCES = ("engine/kernels", "model/neuron", "model/synapse")  # what a kernel is compiled from


def compiled(engine: str) -> bool:
    """Whether an engine runs compiled kernels; `auto` does where Numba is installed.

    Raises
    ------
    ValueError
        if there is no such engine, or Numba is asked for and not installed.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine must be one of {', '.join(ENGINES)}, got {engine!r}")
    found = engine != "numpy" and find_spec("numba") is not None
    if engine == "numba" and not found:
        raise ValueError("engine numba needs the package numba, which is not installed")
    return found


def kernel(function):
    """Compile a kernel when it is first called, and keep it on disk.

    No fast-math: sums are taken in the order in which they are written.
    """
    from numba import njit

    with _kept_in(_cache_folder()):
        return njit(cache=True, nogil=True, error_model="numpy")(function)


def warm() -> None:
    """Compile every kernel, or find it on disk, so that no job has to."""
    from spikerate.learning import force
    from spikerate.model import networks

    for network in networks.TWINS:
        for draws in ("shared", "per_point"):
            twin, state = networks.draw(
                network, [1.0, 1.0], 0.1, neurons=4, reservoir_draws=draws, engine="numba"
            )
            force.train(twin, state, [0.0, 1.0], 1.0, update_every=1)


@cache
def _cache_folder() -> Path:
    """Folder of compiled kernels, beside the code, or in the user's cache if that is read-only."""
    here = Path(__file__).parents[1]
    code = b"".join((here / f"{name}.py").read_bytes() for name in SOURCES)
    name = f"kernels-{hashlib.sha256(code).hexdigest()[:16]}"
    beside = here / "__pycache__"
    with contextlib.suppress(OSError):
        beside.mkdir(exist_ok=True)
    if os.access(beside, os.W_OK):
        return beside / name
    cache = os.getenv("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache, "spikerate", name)


@contextlib.contextmanager
def _kept_in(folder: Path):
    """Have Numba keep what is compiled in a folder, for kernels made in this block."""
    from numba import config

    before, config.CACHE_DIR = config.CACHE_DIR, str(folder)
    try:
        yield
    finally:
        config.CACHE_DIR = before
