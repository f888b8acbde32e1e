"""Take the results of a study as they are: fresh from now on, and marked as accepted.

python -m spikerate.pipeline.accept [--configfile FILE] [KEY=VALUE ...]
"""

from __future__ import annotations

import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import netCDF4

from spikerate.data import files
from spikerate.pipeline import adapter, commands
from spikerate.pipeline.adapter import Job, Plan, Request
from spikerate.pipeline.damage import damaged
from spikerate.pipeline.reasons import reasons


def accept(request: Request) -> int:
    """Record the results that are there as fresh, and say so in their provenance."""
    plan = adapter.plan(request)
    files.check(f"results/{plan.config['study']}", adapter.KEPT)
    wrong = damaged(job for job in plan.jobs if job.present)
    if wrong:
        print(*(f"error: {sentence}" for sentence in wrong), sep="\n")
        return 1
    why = {job: "; ".join(reasons(job)) or "what it read was accepted" for job in _taken(plan)}
    outputs = {path: reason for job, reason in why.items() for path in job.outputs}
    for path, reason in outputs.items():
        if path.endswith(".nc"):
            _note(Path(path), reason)
    if outputs:
        adapter.take(request, outputs)
    print(f"{len(outputs)} files are taken as they are; what is missing stays to be made.")
    return 0


def _taken(plan: Plan) -> list[Job]:
    """Stale jobs, and those without a record, whose outputs are there, as is all that they read."""
    absent: set[Job] = set()
    for job in plan.jobs:
        if (job.stale and not job.present) or not absent.isdisjoint(job.before):
            absent.add(job)
    taken = [job for job in plan.jobs if job.stale or None in job.records.values()]
    return [job for job in taken if job.present and job not in absent]


def _note(path: Path, why: str) -> None:
    """Add to a dataset's provenance that it was accepted, when and in spite of what."""
    with files.replacing(path) as temporary:
        shutil.copy2(path, temporary)
        with netCDF4.Dataset(temporary, "a") as dataset:
            earlier = json.loads(dataset.accepted) if "accepted" in dataset.ncattrs() else []
            now = datetime.now(UTC).isoformat(timespec="seconds")
            dataset.accepted = json.dumps([*earlier, {"time": now, "in_spite_of": why}])


def main() -> int:
    """Run the command line."""
    _, request = commands.Parser("accept", "Take the results of a study as they are.").read()
    return accept(request)


if __name__ == "__main__":
    sys.exit(main())
