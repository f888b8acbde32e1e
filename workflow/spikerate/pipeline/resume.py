"""Make an interrupted study ready to go on: unlocked, if nobody works on it any more.

    python -m spikerate.pipeline.resume [--force] [--configfile FILE] [KEY=VALUE ...]

Jobs that outlived the run that started them are told to stop, and keep what they have done. Other
studies in the same folder are left alone.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from spikerate.data import files
from spikerate.pipeline import commands, runs

UUID = 36  # letters of the number of a run, which ends the name of each of its SLURM jobs


def queued(folder: Path, study: str) -> list[str]:
    """Numbers of the SLURM jobs of this user that a run of a study in a folder started."""
    if not shutil.which("squeue"):
        return []
    found = subprocess.run(
        ["squeue", "--me", "--noheader", "--format=%i %j %Z"], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    rows = [line.split(" ", 2) for line in found.stdout.splitlines()]
    rows = [row for row in rows if len(row) == 3 and Path(row[2]) == folder]
    return [number for number, name, _ in rows if name[: -UUID - 1] in (study, "")]


def refusal(folder: Path, study: str, force: bool) -> str | None:
    """Say in words why a study may not be unlocked; None if it may."""
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
            f"the study was last run on {last.host}, process {last.pid}, and nobody here can see"
            " whether that lives: resume there, or `make resume FORCE=1` if it does not"
        )
    return None


def main() -> int:
    """Run the command line."""
    parser = commands.Parser("resume", "Make an interrupted study ready to go on.")
    parser.add_argument("--force", action="store_true", help="whatever ran on another machine")
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
