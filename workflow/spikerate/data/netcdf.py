"""Datasets as netCDF-4 files: written completely, read back and compared, then put in place.

Every variable has a checksum, and the dataset has the hash of its content.
"""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from spikerate.data import hashing
from spikerate.data.files import WriteError, replacing


def write(dataset: xr.Dataset, path: Path) -> None:
    """Write a dataset with the hash of its content as the attribute `content`.

    The encoding of a file that the variables were read from is dropped; it could cut longer texts.

    Raises
    ------
    WriteError
        if the disk does not take the file, or returns something other than what was written;
        the previous file of that name is still there.
    """
    digest = hashing.digest(dataset)
    plain = dataset.drop_encoding().assign_attrs(content=digest)
    encoding = {
        name: {"fletcher32": variable.ndim > 0, "_FillValue": None}
        for name, variable in plain.variables.items()
        if variable.dtype.kind in "fiu"
    }
    with replacing(path) as temporary:
        plain.to_netcdf(temporary, engine="netcdf4", format="NETCDF4", encoding=encoding)
        with xr.open_dataset(temporary, engine="netcdf4", cache=False) as written:
            if hashing.digest(written) != digest:
                raise WriteError(f"{path} could not be written: the file holds something else")


def read(path: Path) -> xr.Dataset:
    """Read a complete dataset.

    Raises
    ------
    OSError, RuntimeError
        if the file is missing, truncated or damaged.
    ValueError
        if its content is not what was written.
    """
    dataset = whole_texts(xr.load_dataset(path, engine="netcdf4"))
    if hashing.digest(dataset) != dataset.attrs.get("content"):
        raise ValueError("its content is not what was written")
    return dataset


def whole_texts(dataset: xr.Dataset) -> xr.Dataset:
    """Dataset with texts as objects; NumPy's fixed-width texts would cut longer ones."""
    whole = dataset.copy()
    for name, variable in dataset.variables.items():
        if variable.dtype.kind == "U" and name not in dataset.indexes:
            whole[name] = dataset[name].astype(object)
    return whole
