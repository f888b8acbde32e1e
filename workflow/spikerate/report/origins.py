"""Where the numbers come from: versions, machine, seeds and config."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from typing import Any

import xarray as xr
import yaml


def provenance(datasets: Iterable[xr.Dataset], config: dict[str, Any]) -> dict[str, str]:
    """Where the datasets come from, for readers; if datasets differ, all values are listed.

    Parameters
    ----------
    datasets : with the attributes that `data.provenance` adds; one is in memory at a time
    """
    found: dict[str, set[str]] = {name: set() for name in ("commit", "cpu", "python", "packages")}
    library = set()
    for dataset in datasets:
        library.add(dataset.attrs["spikerate"])
        for name, values in found.items():
            values.add(dataset.attrs[name])
    versions = [item for text in found["packages"] for item in json.loads(text).items()]
    return {
        "Study": f"{config['study']}, {config['numerics']} numerics, engine {config['engine']}",
        "Seeds": f"root seed {config['seed']}, draws 0 to {config['draws'] - 1}; every array has a"
        " generator keyed by the root seed, its size, its draw and what it is for",
        "Commit": ", ".join(sorted(found["commit"])),
        "Packages": ", ".join(sorted({f"{name} {version}" for name, version in versions})),
        "Python": ", ".join(sorted(found["python"])),
        "spikerate": ", ".join(sorted(library)),
        "Machine": f"{', '.join(sorted(found['cpu']))}; page made on {platform.system()}"
        f" with {os.cpu_count()} cores",
    }


def as_yaml(config: dict[str, Any]) -> str:
    """Config as YAML, as a user would write it."""
    text: str = yaml.safe_dump(config, sort_keys=False, default_flow_style=None, width=100)
    return text
