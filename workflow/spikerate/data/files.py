"""Files that are complete or absent: written under another name, flushed to disk, renamed."""

from __future__ import annotations

import contextlib
import itertools
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

MARK = ".partial-"  # in the name of a file that is being written
_TRIES = itertools.count(1)
LEAST = 1e6  # bytes; a disk with less free space counts as full


class WriteError(Exception):
    """A file could not be written; the message is for the user."""


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside `path`; rename it to `path` if the block succeeds.

    The folder is created if needed.

    Raises
    ------
    WriteError
        if the disk does not take the file; the previous file of that name is still there.
    """
    # After a failed write, netCDF keeps the file open and refuses its name: each try has its own.
    writer = f"{platform.node()}-{os.getpid()}-{next(_TRIES)}"
    temporary = path.with_name(f".{path.stem}{MARK}{writer}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except (OSError, RuntimeError) as error:  # netCDF's errors are RuntimeErrors
        raise WriteError(f"{path} could not be written: {_why(path, error)}") from error
    finally:
        with contextlib.suppress(OSError):
            os.truncate(temporary, 0)  # frees its space even if netCDF still has it open
            temporary.unlink()


def leftovers(folder: Path | str) -> list[Path]:
    """Files below a folder that are being written, or whose writer was killed."""
    return sorted(Path(folder).rglob(f".*{MARK}*"))


def check(*folders: Path | str) -> None:
    """End the program with a message if a folder, or the one that will hold it, is read-only."""
    for folder in map(Path, folders):
        there = _existing(folder / "any")
        if not os.access(there, os.W_OK):
            sys.exit(f"Error: {_read_only(there)}")


def _existing(path: Path) -> Path:
    """Nearest folder above a path that exists."""
    return next(parent for parent in path.parents if parent.exists())


def _read_only(folder: Path) -> str:
    return f"the folder {folder} may not be written to; change that, or work in another folder"


def _why(path: Path, error: Exception) -> str:
    """Reason for a failed write; netCDF gives none."""
    folder = _existing(path)
    if shutil.disk_usage(folder).free < LEAST:
        return "the disk is full; make room and run again"
    if not os.access(folder, os.W_OK):
        return _read_only(folder)
    return str(error)
