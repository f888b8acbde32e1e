"""Make an interrupted study ready to go on: unlocked, if nobody works on it any more.

    python -m spikerate.pipeline.resume [--force] [--snakefile FILE] [KEY=VALUE ...]

Jobs that outlived the run that started them are told to stop, and keep what they have done.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import psutil

from spikerate.data import files
from spikerate.pipeline import records
from spikerate.pipeline.status import SNAKEFILE

OWNER = records.KEPT / "owner.json"  # of the run that works here: host and process number
PATIENCE = 60  # s that a job is given to keep what it has done


def sign() -> None:
    """Note who runs the study in this folder, for a `resume` on another machine."""
    OWNER.parent.mkdir(exist_ok=True)
    OWNER.write_text(json.dumps({"host": platform.node(), "pid": os.getpid()}))


def leave() -> None:
    """Remove the note of `sign`."""
    OWNER.unlink(missing_ok=True)


def owner() -> dict:
    """Read the note of `sign`; empty if there is none, or if its writer was killed over it."""
    with contextlib.suppress(OSError, ValueError):
        return json.loads(OWNER.read_text())
    return {}


def workers(folder: Path) -> tuple[list[psutil.Process], list[psutil.Process]]:
    """Processes of Snakemake that work in a folder: runs, and jobs that have outlived theirs."""
    runs, jobs = [], []
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
            if Path(process.cwd()) != folder or "python" not in Path(words[0]).name:
                continue
            script = any(str(records.KEPT / "scripts") in word for word in words)
            if script or "--mode" in words:
                jobs.append(process)
            elif any(Path(word).name == "snakemake" for word in words[:4]):
                runs.append(process)
        except (psutil.Error, OSError, IndexError):  # gone, or another user's
            continue
    return runs, jobs


def queued(folder: Path) -> list[str]:
    """Numbers of the SLURM jobs of this user that were started from a folder."""
    if not shutil.which("squeue"):
        return []
    asked = subprocess.run(
        ["squeue", "--me", "--noheader", "--format=%i %Z"], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    rows = (line.partition(" ") for line in asked.stdout.splitlines())
    return [number for number, _, where in rows if where and Path(where) == folder]


def refusal(folder: Path, runs, force: bool) -> str | None:
    """Say in words why the study may not be unlocked; None if it may."""
    if runs:
        return f"a run is at work here, process {runs[0].pid}: wait for it, or stop it by Ctrl-C"
    cluster = queued(folder)
    if cluster:
        return (
            f"{len(cluster)} SLURM jobs of the study are queued or running: wait for them, or"
            f" `scancel {' '.join(cluster[:5])}{' ...' if len(cluster) > 5 else ''}`"
        )
    last = owner()
    if not force and last.get("host", platform.node()) != platform.node():
        return (
            f"the study was last run on {last['host']}, process {last['pid']}, and nobody here"
            " can see whether that lives: resume there, or `make resume FORCE=1` if it does not"
        )
    return None


def stop(jobs) -> None:
    """Have jobs keep what they have done and end."""
    for job in jobs:
        job.terminate()
    for job in psutil.wait_procs(jobs, timeout=PATIENCE)[1]:
        job.kill()


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="spikerate.pipeline.resume")
    parser.add_argument("config", nargs="*", metavar="KEY=VALUE", help="as for snakemake --config")
    parser.add_argument("--force", action="store_true", help="whatever ran on another machine")
    parser.add_argument("--snakefile", default=SNAKEFILE)
    args = parser.parse_intermixed_args()
    folder = Path.cwd()
    runs, jobs = workers(folder)
    why_not = refusal(folder, runs, args.force)
    if why_not:
        print(f"error: {why_not}", file=sys.stderr)
        return 1
    stop(jobs)
    for path in files.leftovers("results"):
        path.unlink()
    leave()
    if not any((records.KEPT / "locks").glob("*")):
        return 0
    command = [sys.executable, "-m", "snakemake", "--snakefile", args.snakefile, "--cores", "1"]
    command += ["--quiet", "all", "--unlock", *(["--config", *args.config] * bool(args.config))]
    return subprocess.run(list(map(str, command)), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
