"""Who runs a study, and what it was last run with: a lock and a note for each study.

The lock is made when a run begins, and removed when it ends in any way but a kill. Two studies may
run side by side in one folder: no run touches the lock of another study. Snakemake's own locks are
off (`nolock` in profiles/default), as a run that ends removes those of all others too.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import platform
import signal
import sys
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import psutil

from spikerate.pipeline import adapter

FOLDER = adapter.KEPT / "runs"
MARK = "SPIKERATE_STUDY"  # variable of the environment that tells whose job a process is
PATIENCE = 60  # s that a job is given to keep what it has done


@dataclass(frozen=True)
class Owner:
    """The process that runs a study."""

    host: str
    pid: int
    begun: float  # s since the epoch; another process may get the same number later

    @property
    def here(self) -> bool:
        """Whether it runs, or ran, on this machine."""
        return self.host == platform.node()

    @property
    def alive(self) -> bool:
        """Whether it runs on this machine now."""
        with contextlib.suppress(psutil.Error):
            return self.here and abs(psutil.Process(self.pid).create_time() - self.begun) < 1
        return False


UNKNOWN = Owner("", 0, 0.0)  # of a lock that was cut off


def lock(study: str) -> Path:
    """Path of the lock of a study."""
    return FOLDER / f"{study}.lock"


def owner(study: str) -> Owner | None:
    """Who runs a study, or was killed over it; None if nobody does."""
    try:
        return Owner(**json.loads(lock(study).read_text()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError):
        return UNKNOWN


def begin(study: str, asked: dict) -> None:
    """Take the lock of a study until this process ends, and note what it is run with.

    Ends the program, in a sentence, if another run has the lock.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        with open(lock(study), "x") as file:
            me = Owner(platform.node(), os.getpid(), psutil.Process().create_time())
            json.dump(asdict(me), file)
    except FileExistsError:
        sys.exit(f"Error: {_held(study)}.")
    atexit.register(_end, study, os.getpid())
    adapter.end_on(signal.SIGHUP, partial(tell_jobs, study))
    os.environ[MARK] = study  # of the jobs
    (FOLDER / f"{study}.json").write_text(json.dumps(asked))


def _end(study: str, pid: int) -> None:
    """Remove the lock of a run that ends; a process that it has split off has another number."""
    if os.getpid() == pid:
        psutil.wait_procs(jobs(Path.cwd(), study), timeout=PATIENCE)
        lock(study).unlink(missing_ok=True)


def _held(study: str) -> str:
    """Sentence on a lock that another run has."""
    last = owner(study)
    if last is None or last.alive:
        who = f", process {last.pid}" if last else ""
        return f"a run of the study {study} is at work here{who}: wait for it, or stop it by Ctrl-C"
    if last.here or last == UNKNOWN:
        return (
            f"the last run of the study {study} was killed: `make resume STUDY={study}` goes on"
            " from what it left"
        )
    return (
        f"the study {study} is run on {last.host}, process {last.pid}, or was when that was killed:"
        f" `make resume STUDY={study}` there, or with FORCE=1 here, goes on from what it left"
    )


def last(study: str) -> dict | None:
    """What a study was last run with, as `adapter.asked` gives it; None if nobody noted it."""
    with contextlib.suppress(OSError, ValueError):
        return json.loads((FOLDER / f"{study}.json").read_text())
    return None


def jobs(folder: Path, study: str) -> list[psutil.Process]:
    """Processes on this machine that work at jobs of a study in a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            python = "python" in Path(process.cmdline()[0]).name
            if python and process.environ().get(MARK) == study and process.pid != os.getpid():
                found += [process] * (Path(process.cwd()) == folder)
        except (psutil.Error, OSError, IndexError):  # gone, or another user's
            continue
    return found


def stop(processes: list[psutil.Process]) -> None:
    """Have jobs keep what they have done and end."""
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    for process in psutil.wait_procs(processes, timeout=PATIENCE)[1]:
        with contextlib.suppress(psutil.Error):
            process.kill()


def tell_jobs(study: str) -> None:
    """Have the jobs of a study keep what they have done and end; do not wait for them."""
    for process in jobs(Path.cwd(), study):
        with contextlib.suppress(psutil.Error):
            process.terminate()
