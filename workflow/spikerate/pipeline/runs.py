"""A lock for each study that is running, and a note of the config with which it was last run.

A run makes the lock when it begins and removes it when it ends, unless it is killed. Several
studies can run at the same time in one folder, because each has its own lock. Snakemake's locks are
turned off (`nolock` in profiles/default), because a run that ends removes those of other runs too.
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

FOLDER = adapter.SNAKEMAKE / "runs"
STUDY = "SPIKERATE_STUDY"  # variable of the environment with the study to which a job belongs
PATIENCE = 60  # s, for a job to save what it has done


@dataclass(frozen=True)
class Owner:
    """The process that runs a study."""

    host: str
    pid: int
    begun: float  # s since the epoch, because another process may get the same number later

    @property
    def here(self) -> bool:
        """Whether it is or was a process of this machine."""
        return self.host == platform.node()

    @property
    def alive(self) -> bool:
        """Whether it is running on this machine."""
        with contextlib.suppress(psutil.Error):
            return self.here and abs(psutil.Process(self.pid).create_time() - self.begun) < 1
        return False


UNKNOWN = Owner("", 0, 0.0)  # owner in a lock file that was not completely written


def lock(study: str) -> Path:
    """Path of the lock of a study."""
    return FOLDER / f"{study}.lock"


def owner(study: str) -> Owner | None:
    """Process that has the lock of a study, even if it was killed; None if there is no lock."""
    try:
        return Owner(**json.loads(lock(study).read_text()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError):
        return UNKNOWN


def begin(study: str, config: dict[str, list[str]]) -> None:
    """Hold the lock of a study until this process ends, and note the config of the run.

    Ends the program with a sentence if another run has the lock.

    Parameters
    ----------
    config : as from `adapter.requested`
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        with open(lock(study), "x") as file:
            me = Owner(platform.node(), os.getpid(), psutil.Process().create_time())
            json.dump(asdict(me), file)
    except FileExistsError:
        sys.exit(f"Error: {_locked(study)}.")
    atexit.register(_end, study, os.getpid())
    adapter.end_on(signal.SIGHUP, partial(terminate_jobs, study))
    os.environ[STUDY] = study  # for the jobs
    (FOLDER / f"{study}.json").write_text(json.dumps(config))


def _end(study: str, pid: int) -> None:
    """Remove the lock of a run, in the process that made it and in none that was forked from it."""
    if os.getpid() == pid:
        psutil.wait_procs(jobs(Path.cwd(), study), timeout=PATIENCE)
        lock(study).unlink(missing_ok=True)


def _locked(study: str) -> str:
    """Sentence on a study that another run has locked."""
    last = owner(study)
    if last is None or last.alive:
        who = f", process {last.pid}" if last else ""
        return f"a run of the study {study} is at work here{who}: wait for it, or stop it by Ctrl-C"
    if last.here or last == UNKNOWN:
        return (
            f"the last run of the study {study} was killed: `make resume STUDY={study}` continues"
            " from what it saved"
        )
    return (
        f"process {last.pid} on {last.host} is running the study {study}, or was killed: if it was,"
        f" `make resume STUDY={study}` there, or here with FORCE=1, continues from what it saved"
    )


def last(study: str) -> dict[str, list[str]] | None:
    """Config with which a study was last run, as from `adapter.requested`; None if not known."""
    try:
        noted: dict[str, list[str]] = json.loads((FOLDER / f"{study}.json").read_text())
    except (OSError, ValueError):
        return None
    return noted


def jobs(folder: Path, study: str) -> list[psutil.Process]:
    """Processes on this machine that run jobs of a study in a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            python = "python" in Path(process.cmdline()[0]).name
            if python and process.environ().get(STUDY) == study and process.pid != os.getpid():
                found += [process] * (Path(process.cwd()) == folder)
        except (psutil.Error, OSError, IndexError):  # it has ended, or is another user's
            continue
    return found


def stop(processes: list[psutil.Process]) -> None:
    """Tell jobs to save what they have done and stop; kill those that take too long."""
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    for process in psutil.wait_procs(processes, timeout=PATIENCE)[1]:
        with contextlib.suppress(psutil.Error):
            process.kill()


def terminate_jobs(study: str) -> None:
    """Tell the jobs of a study to save what they have done and stop; do not wait for them."""
    for process in jobs(Path.cwd(), study):
        with contextlib.suppress(psutil.Error):
            process.terminate()
