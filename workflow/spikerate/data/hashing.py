"""The content of a dataset: its values and its description, independent of where it was made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import xarray as xr

# attributes that say where a dataset comes from; they are not part of the content
PROVENANCE = {
    "accepted", "blas", "code", "commit", "config", "content", "cpu", "inputs", "numba", "packages",
    "python", "rule", "spikerate", "study",
}  # fmt: skip


def bare(dataset: xr.Dataset) -> xr.Dataset:
    """Dataset without the attributes that say where it comes from."""
    kept = {n: v for n, v in dataset.attrs.items() if n not in PROVENANCE | {"format"}}
    return dataset.drop_attrs(deep=False).assign_attrs(kept)


def digest(dataset: xr.Dataset) -> str:
    """Hash of all variables, their names, dimensions and attributes, and those of the dataset.

    It is the same for a dataset in memory and for the one read back from its file.
    """
    found = hashlib.sha256(_plain(dataset.attrs, PROVENANCE))
    for name in sorted(dataset.variables, key=str):
        variable = dataset.variables[name]
        values = np.ascontiguousarray(variable.values)
        text = values.dtype.kind in "OSTU"
        kind = "text" if text else values.dtype.newbyteorder("=").str
        where = {"name": name, "dims": variable.dims, "shape": variable.shape, "kind": kind}
        found.update(_plain(where | {"attrs": _plain(variable.attrs).decode()}))
        found.update("\0".join(map(str, values.ravel())).encode() if text else values.data)
    return found.hexdigest()


def _plain(values: Mapping[Any, Any], left_out: Collection[str] = ()) -> bytes:
    """JSON of a mapping, the same for Python's and NumPy's numbers."""
    kept = {str(k): np.asarray(v).tolist() for k, v in values.items() if k not in left_out}
    return json.dumps(kept, sort_keys=True).encode()
