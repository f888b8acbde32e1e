"""The datasets of a study on disk: saved with units and names, checked when they are read.

A file that is damaged, or was changed after it was made, is detected when it is read.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import xarray as xr

from spikerate.data import hashing, netcdf
from spikerate.data.descriptions import described

FORMAT = "spikerate 2"  # of the files; a reader refuses any other


class DataError(Exception):
    """A file is not the dataset that it should be; the message is for the user."""


def save(dataset: xr.Dataset, path: Path | str, attrs: dict[str, Any] | None = None) -> None:
    """Write a dataset as netCDF-4, with units, long names and attributes; no partial file is left.

    Raises
    ------
    KeyError
        if a variable has no entry in DESCRIPTIONS.
    WriteError
        if the disk does not take the file.
    """
    whole = described(dataset).assign_attrs({"format": FORMAT} | (attrs or {}))
    netcdf.write(whole, Path(path))


@contextlib.contextmanager
def opened(path: Path | str) -> Iterator[xr.Dataset]:
    """Open a dataset; values are read on demand and are not checked.

    Raises
    ------
    DataError
        if the file is missing, truncated, damaged or not one of ours; it names the file and the
        rule that makes it.
    """
    try:
        with xr.open_dataset(path, engine="netcdf4") as dataset:
            found = dataset.attrs.get("format")
            if found != FORMAT:
                older = f"is of another version ({found!r})" if found else "is no result of ours"
                raise DataError(
                    _unreadable(path, f"{older}: not a dataset of the format {FORMAT!r}")
                )
            yield dataset
    except (OSError, RuntimeError) as error:
        raise DataError(_unreadable(path, "is missing, truncated or damaged")) from error


def load(path: Path | str) -> xr.Dataset:
    """Read a whole dataset; raises DataError as `opened` does, and if the content was changed."""
    with opened(path) as dataset:
        loaded = netcdf.whole_texts(dataset.load())
    if hashing.digest(loaded) != loaded.attrs.get("content"):
        raise DataError(_unreadable(path, "was changed after it was made"))
    return loaded


def stored_hash(path: Path | str) -> str | None:
    """Hash of the content of a dataset, as its file states it; None if the file is not ours.

    Only the header of the file is read. Files of the same content have the same hash, whatever
    their provenance. `load` checks it against the values.
    """
    try:
        with netCDF4.Dataset(path) as file:
            ours = getattr(file, "format", None) == FORMAT
            return getattr(file, "content", None) if ours else None
    except (OSError, RuntimeError):
        return None


def pick(paths: Sequence[Path | str], **where: str | float) -> xr.Dataset:
    """Read one point of the chunks in several files, as a chunk of its own.

    Parameters
    ----------
    where : values of scalar coordinates and of coordinates along `point`
    """
    for path in paths:
        with opened(path) as chunk:
            match = np.ones(chunk.sizes["point"], dtype=bool)
            for name, value in where.items():
                match &= chunk[name].values == value
        if match.any():
            return load(path).isel(point=[int(match.argmax())])
    raise DataError(f"no point {where} in any of {len(paths)} files")


def _unreadable(path: Path | str, what: str) -> str:
    """Message about an unusable file; its path, results/<study>/<stage>/, tells the stage."""
    parts = Path(path).parts
    stage = parts[parts.index("results") + 2] if "results" in parts[:-3] else "its stage"
    return f"{path} {what}; delete it and run again, and a rule of stage `{stage}` remakes it"
