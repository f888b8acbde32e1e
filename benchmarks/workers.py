"""Processes that are timed from outside, each with a Python and packages of its own.

A worker first says, as a line of JSON on standard output, that it is ready and how many steps or
updates a sample of its has, `count`, or null if it takes any number. Then it hears a number, a line
each, on standard input, and says how many `seconds` those took.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent


def python_of(environment: str) -> Path:
    """Python of an environment of the Makefile, which may be missing."""
    return ROOT / environment / "bin" / "python"


class Worker:
    """A process that takes samples when asked."""

    def __init__(self, script: str, *arguments, python=sys.executable):
        self.said = {}
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115, it lives as long as the process
        self._process = subprocess.Popen(
            [str(part) for part in (python, HERE / script, *arguments)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True,
        )  # fmt: skip

    def ready(self) -> "Worker":
        """Wait until the worker is ready."""
        self._hear()
        return self

    @property
    def count(self) -> int | None:
        """Steps or updates in a sample, if the worker cannot take any number."""
        return self.said.get("count")

    def start(self, count: int) -> None:
        """Start a sample."""
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()

    def finish(self) -> float:
        """Seconds of the sample started."""
        return self._hear()["seconds"]

    def seconds(self, count: int) -> float:
        """Seconds of a sample."""
        self.start(count)
        return self.finish()

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _hear(self) -> dict:
        line = self._process.stdout.readline()
        if not line:
            self._errors.seek(0)
            raise RuntimeError(f"{self._process.args[1]} ended early\n{self._errors.read()}")
        self.said |= json.loads(line)
        return self.said
