"""What an unfinished job has done, saved beside its output for the next run to continue from.

Finished parts of a job are saved as datasets; a running training is saved once a minute, and when
the job is told to stop. Only a job made from the same code, values and inputs continues from them,
and it ends with the same numbers to the last bit.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import numpy as np
import xarray as xr

from spikerate.data import netcdf
from spikerate.data.files import WriteError, replacing

EVERY = 60.0  # s between two checkpoints of a training
PART = ".part"  # suffix of a part, a netCDF file that must not be taken for a result
EVERY_VARIABLE = "SPIKERATE_CHECKPOINT_EVERY"  # in the environment; overrides EVERY
Found = TypeVar("Found")  # what a file holds
SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)  # those that tell a process to stop


class Stopped(BaseException):
    """The process was told to stop; no handler of errors catches it."""


class _StopRequest:
    """The signal that told the process to stop, and whether to save a training first."""

    signal = ""  # name of the signal, once it has arrived
    wait = False  # whether a running training must be saved first

    @classmethod
    def raise_if_made(cls, where: str) -> None:
        """Raise Stopped if the process was told to stop."""
        if cls.signal:
            raise Stopped(f"stopped by {cls.signal} at {where}")


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Raise Stopped on one of SIGNALS; a running training is saved first.

    A signal that the process ignores, as under nohup, is still ignored.
    """

    def stop(number: int, _: FrameType | None) -> None:
        _StopRequest.signal = signal.Signals(number).name
        if not _StopRequest.wait:
            raise Stopped(f"stopped by {_StopRequest.signal}")

    with contextlib.ExitStack() as stack:
        stack.callback(setattr, _StopRequest, "signal", "")
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                if signal.getsignal(number) is signal.SIG_IGN:
                    continue
                stack.callback(signal.signal, number, signal.signal(number, stop))
        yield


class JobCheckpoint:
    """What an unfinished job has done, in a folder of its own.

    Parameters
    ----------
    folder : created when there is something to save; with None, nothing is saved
    provenance : what determines the job's numbers, in types that JSON can hold
    every : s between two checkpoints of a training
    """

    def __init__(self, folder: Path | None = None, provenance: object = None, every: float = EVERY):
        self.folder, self.every = folder, every
        text = json.dumps(provenance, sort_keys=True).encode()
        self.key = hashlib.sha256(text).hexdigest()

    def part(self, name: str, make: Callable[[], xr.Dataset]) -> xr.Dataset:
        """Dataset of a part of the job, read if it was saved, else made and saved.

        The name of each training in the part begins with the name of the part.
        """
        if self.folder is None:
            return make()
        path = self._path(name, PART)
        found = self._read_saved(path, self._dataset)
        if found is None:
            found = make()
            if self._try_write(path, partial(netcdf.write, found.assign_attrs(key=self.key))):
                for used in self.folder.glob(f"{path.stem}*.npz"):
                    used.unlink()
            _StopRequest.raise_if_made(f"the end of {name}")
        return found

    def training(self, name: str) -> Training:
        """Checkpoint of one training of the job."""
        return Training(self, None if self.folder is None else self._path(name, ".npz"))

    def clear(self) -> None:
        """Remove what was saved: the job is done."""
        if self.folder is not None and self.folder.exists():
            shutil.rmtree(self.folder)

    @property
    def summary(self) -> str:
        """Sentence that says what is saved."""
        if self.folder is None or not self.folder.exists():
            return "nothing was saved"
        return f"what was done is saved in {self.folder}, and the next run continues from it"

    def _path(self, name: str, suffix: str) -> Path:
        assert self.folder is not None
        return self.folder / (re.sub(r"\W+", "-", name) + suffix)

    def _read_saved(self, path: Path, read: Callable[[Path], tuple[str, Found]]) -> Found | None:
        """Content of a saved file; None if it is missing, damaged, or from another job."""
        if not path.exists():
            return None
        try:
            key, found = read(path)
        except Exception as error:  # reading a damaged file may raise anything
            print(f"not used: {path} is damaged ({error})")
            return None
        if key != self.key:
            print(f"not used: {path} was made from something else")
            return None
        print(f"continues from {path}")
        return found

    def _dataset(self, path: Path) -> tuple[str, xr.Dataset]:
        found = netcdf.read(path)
        del found.attrs["content"]
        return found.attrs.pop("key"), found

    def _try_write(self, path: Path, write: Callable[[Path], None]) -> bool:
        """Write a file; False if the disk is full, and the job continues without it."""
        try:
            with replacing(path) as temporary:
                write(temporary)
        except WriteError as error:
            print(f"not saved: {error}")
            return False
        return True


class Training:
    """Checkpoint of a training; without a path, nothing is saved."""

    def __init__(self, job: JobCheckpoint, path: Path | None):
        self.job, self.path = job, path
        self._next = time.monotonic() + job.every

    def __enter__(self) -> Training:
        _StopRequest.wait = self.path is not None
        return self

    def __exit__(self, *_: object) -> None:
        _StopRequest.wait = False

    @property
    def due(self) -> bool:
        """Whether to save the training now."""
        if self.path is None:
            return False
        return bool(_StopRequest.signal) or time.monotonic() >= self._next

    def load(self) -> dict[str, np.ndarray] | None:
        """Arrays that were saved; None if there are none to be used."""
        return None if self.path is None else self.job._read_saved(self.path, _arrays)

    def save(self, arrays: dict[str, np.ndarray], where: str) -> None:
        """Save arrays, then raise Stopped if the process was told to stop.

        Parameters
        ----------
        where : how far the training is, in words
        """
        assert self.path is not None
        held: dict[str, Any] = {"key": np.array(self.job.key), "names": [*arrays], **arrays}

        def write(path: Path) -> None:
            with open(path, "wb") as file:
                np.savez(file, **held)

        self.job._try_write(self.path, write)
        self._next = time.monotonic() + self.job.every
        _StopRequest.raise_if_made(where)


NO_CHECKPOINT = JobCheckpoint()  # saves nothing


def every() -> float:
    """Seconds between two checkpoints."""
    return float(os.getenv(EVERY_VARIABLE, EVERY))


def _arrays(path: Path) -> tuple[str, dict[str, np.ndarray]]:
    with np.load(path, allow_pickle=False) as file:  # each array has a checksum
        arrays = dict(file)
    key, names = str(arrays.pop("key")), arrays.pop("names").tolist()
    if names != list(arrays):  # the list of what the file holds has none
        raise ValueError("it does not hold the arrays that it names")
    return key, arrays
