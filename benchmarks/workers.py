"""Processes that take samples of time, each with a Python and packages of its own.

A worker that is ready writes a line of JSON to standard output. It has `count`, the number of steps
or updates in each of its samples, or null if it takes any number. Then the worker reads numbers
from standard input, a line each, runs a sample of each and writes how many `seconds` it took.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

HERE = Path(__file__).parent
ROOT = HERE.parent


def python_of(environment: str) -> Path:
    """Python of an environment of the Makefile, which may be missing."""
    return ROOT / environment / "bin" / "python"


class Worker:
    """A process that takes samples when asked."""

    def __init__(
        self, script: str, *arguments: Path | str, python: Path | str = sys.executable
    ) -> None:
        self.script = script
        self.reply: dict[str, Any] = {}  # all that the worker has written so far
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115, it lives as long as the process
        self._process = subprocess.Popen(
            [str(part) for part in (python, HERE / script, *arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def ready(self) -> Worker:
        """Wait until the worker is ready."""
        self._read_reply()
        return self

    @property
    def count(self) -> int | None:
        """Steps or updates in a sample, if the worker cannot take any number."""
        return self.reply.get("count")

    def start(self, count: int) -> None:
        """Start a sample."""
        pipe = _opened(self._process.stdin)
        pipe.write(f"{count}\n")
        pipe.flush()

    def finish(self) -> float:
        """Seconds of the sample started."""
        return self._read_reply()["seconds"]

    def seconds(self, count: int) -> float:
        """Seconds of a sample."""
        self.start(count)
        return self.finish()

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _read_reply(self) -> dict[str, Any]:
        line = _opened(self._process.stdout).readline()
        if not line:
            self._errors.seek(0)
            raise RuntimeError(f"{self.script} ended early\n{self._errors.read()}")
        self.reply |= json.loads(line)
        return self.reply


def _opened(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None  # each process here has pipes
    return pipe
