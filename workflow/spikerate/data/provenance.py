"""Where a dataset comes from: versions, machine, commit, and the params and inputs of its rule.

Datasets of the same content may differ in all of this.
"""

from __future__ import annotations

import contextlib
import json
import platform
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import xarray as xr
from threadpoolctl import threadpool_info

from spikerate.data.commit import commit

PACKAGES = ("numpy", "scipy", "xarray", "netCDF4", "numba")  # whose versions may change a number
BLAS = ("internal_api", "version", "architecture", "num_threads")  # say what code it runs
NUMBA = (
    "DISABLE_JIT", "OPT", "CPU_NAME", "CPU_FEATURES", "LOOP_VECTORIZE", "SLP_VECTORIZE",
    "ENABLE_AVX", "BOUNDSCHECK",
)  # fmt: skip


def provenance(params: dict[str, Any]) -> dict[str, str]:
    """Attributes that say where a dataset comes from.

    Parameters
    ----------
    params : of the rule, in types that JSON has
    """
    return {
        "spikerate": _version("spikerate"),
        "python": platform.python_version(),
        "packages": json.dumps({name: _version(name) for name in PACKAGES}),
        "cpu": _cpu(),
        "commit": commit(),
        "config": json.dumps(params, sort_keys=True),
        **environment(),
    }


def environment() -> dict[str, str]:
    """Settings of this process that may change a number: attributes, each in JSON.

    Returns
    -------
    dict with `blas`, the libraries for matrix products that are loaded, and, if kernels were
    compiled, `numba`, its settings, whether they come from the environment or a file
    """
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    words = [{name: pool.get(name) for name in BLAS} for pool in pools]
    found = {"blas": json.dumps(sorted(words, key=str))}  # not in the order of loading
    if "numba" in sys.modules:
        settings = {name: getattr(sys.modules["numba"].config, name, None) for name in NUMBA}
        found["numba"] = json.dumps(settings, default=str)
    return found


def params(dataset: xr.Dataset) -> dict[str, Any]:
    """Params of the rule that made a dataset, as they were stored with it."""
    stored: dict[str, Any] = json.loads(dataset.attrs["config"])
    return stored


def inputs(dataset: xr.Dataset) -> dict[str, str]:
    """Hash of the content of each dataset that was read for this one, by its path."""
    stored: dict[str, str] = json.loads(dataset.attrs.get("inputs", "{}"))
    return stored


@cache
def _version(name: str) -> str:
    """Version of an installed package, or "missing"; "source" for spikerate itself."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "source" if name == "spikerate" else "missing"


@cache
def _cpu() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
