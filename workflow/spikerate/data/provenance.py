"""Where a dataset comes from: versions, processor, commit, and the params of its rule."""

from __future__ import annotations

import contextlib
import json
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("numpy", "scipy", "xarray", "netCDF4")  # whose versions may move a number


def provenance(config: dict) -> dict[str, str]:
    """Attributes that say where a dataset comes from: config, versions, CPU, commit."""
    return {
        "spikerate": _version("spikerate"),
        "python": platform.python_version(),
        "packages": json.dumps({name: _version(name) for name in PACKAGES}),
        "cpu": _cpu(),
        "commit": _commit(),
        "config": json.dumps(config, sort_keys=True),
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "source"


def _cpu() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _commit() -> str:
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
