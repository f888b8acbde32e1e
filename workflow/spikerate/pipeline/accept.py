"""Accept the results of a study as they are: from now on they are fresh, and marked as accepted.

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
    """Record existing results as fresh, and note this in their provenance."""
    plan = adapter.plan(request)
    files.check(f"results/{plan.config['study']}", adapter.SNAKEMAKE)
    wrong = damaged(job for job in plan.jobs if job.present)
    if wrong:
        print(*(f"error: {sentence}" for sentence in wrong), sep="\n")
        return 1
    why = {job: "; ".join(reasons(job)) or "its inputs were accepted" for job in _acceptable(plan)}
    outputs = {path: reason for job, reason in why.items() for path in job.outputs}
    for path, reason in outputs.items():
        if path.endswith(".nc"):
            _note(Path(path), reason)
    if outputs:
        adapter.record_as_fresh(request, outputs)
    print(f"{len(outputs)} files are accepted as they are; a run makes those that are missing.")
    return 0


def _acceptable(plan: Plan) -> list[Job]:
    """Jobs that are stale or have no record, if their outputs and all their inputs exist."""
    incomplete: set[Job] = set()
    for job in plan.jobs:
        if (job.stale and not job.present) or not incomplete.isdisjoint(job.before):
            incomplete.add(job)
    doubtful = [job for job in plan.jobs if job.stale or None in job.records.values()]
    return [job for job in doubtful if job.present and job not in incomplete]


def _note(path: Path, why: str) -> None:
    """Add to a dataset's provenance when it was accepted, and why it was stale."""
    with files.replacing(path) as temporary:
        shutil.copy2(path, temporary)
        with netCDF4.Dataset(temporary, "a") as dataset:
            earlier = json.loads(dataset.accepted) if "accepted" in dataset.ncattrs() else []
            now = datetime.now(UTC).isoformat(timespec="seconds")
            dataset.accepted = json.dumps([*earlier, {"time": now, "in_spite_of": why}])


def main() -> int:
    """Run the command line."""
    _, request = commands.Parser("accept", "Accept the results of a study as they are.").read()
    return accept(request)


if __name__ == "__main__":
    sys.exit(main())
