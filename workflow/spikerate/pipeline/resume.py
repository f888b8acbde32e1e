"""Prepare an interrupted study for its next run: unlock it, if no other run is working on it.

    python -m spikerate.pipeline.resume [--force] [--configfile FILE] [KEY=VALUE ...]

Jobs that are still running after their run was killed are told to stop, and save what they have
done. Other studies in the same folder are not touched.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from spikerate.data import files
from spikerate.pipeline import commands, runs

UUID = 36  # length of a run's identifier, with which the names of its SLURM jobs end


def queued(folder: Path, study: str) -> list[str]:
    """Numbers of this user's SLURM jobs that belong to a study in a folder."""
    if not shutil.which("squeue"):
        return []
    command = ["squeue", "--me", "--noheader", "--format=%i %j %Z"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    rows = [line.split(" ", 2) for line in done.stdout.splitlines()]
    rows = [row for row in rows if len(row) == 3 and Path(row[2]) == folder]
    return [number for number, name, _ in rows if name[: -UUID - 1] in (study, "")]


def refusal(folder: Path, study: str, force: bool) -> str | None:
    """Sentence on why a study must not be unlocked; None if it may be."""
    last = runs.owner(study)
    if last and last.alive:
        return f"a run is at work here, process {last.pid}: wait for it, or stop it by Ctrl-C"
    cluster = queued(folder, study)
    if cluster:
        return (
            f"{len(cluster)} SLURM jobs of the study are queued or running: wait for them, or"
            f" `scancel {' '.join(cluster[:5])}{' ...' if len(cluster) > 5 else ''}`"
        )
    if last and last != runs.UNKNOWN and not last.here and not force:
        return (
            f"the study was last run on {last.host}, process {last.pid}, which may still be"
            " running: resume it there or, if that process has ended, here with `make resume"
            " FORCE=1`"
        )
    return None


def main() -> int:
    """Run the command line."""
    parser = commands.Parser("resume", "Prepare an interrupted study for its next run.")
    parser.add_argument(
        "--force", action="store_true", help="even if it was last run on another machine"
    )
    options, request = parser.read()
    study, folder = commands.study(request), Path.cwd()
    why_not = refusal(folder, study, options.force)
    if why_not:
        print(f"error: {why_not}", file=sys.stderr)
        return 1
    files.check(f"results/{study}", runs.FOLDER)
    runs.stop(runs.jobs(folder, study))
    for path in files.leftovers(f"results/{study}"):
        path.unlink()
    runs.lock(study).unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
