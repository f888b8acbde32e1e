"""Finds out which files a function opens for reading."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

CODE = {".py", ".pyc", ".so", ".pyd", ".dylib", ".nbi", ".nbc", ".pth"}  # not data
SYSTEM = tuple(  # of Python and the machine
    Path(name).resolve()
    for name in (sys.prefix, sys.base_prefix, "/proc", "/sys", "/dev", "/etc", "/usr")
)


class _Watch(threading.local):
    found: set[Path] | None = None


_watch = _Watch()


@contextlib.contextmanager
def files_opened() -> Iterator[set[Path]]:
    """Collect the files that this thread opens for reading through Python.

    Files of code and of the system do not count. A library in C may open more.
    """
    _install_hook()
    before, _watch.found = _watch.found, set()
    try:
        yield _watch.found
    finally:
        _watch.found = before


@cache
def _install_hook() -> None:
    """Have Python report each file that it opens; this cannot be undone."""
    sys.addaudithook(_record)


def _record(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "open" or _watch.found is None:
        return
    name, _, flags = arguments
    written = isinstance(flags, int) and flags & os.O_ACCMODE == os.O_WRONLY
    if written or not isinstance(name, str | bytes | os.PathLike):
        return
    path = Path(os.fsdecode(name)).resolve()
    if path.suffix not in CODE and path.is_file() and not any(map(path.is_relative_to, SYSTEM)):
        _watch.found.add(path)
