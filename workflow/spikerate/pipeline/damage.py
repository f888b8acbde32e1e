"""What is wrong with results that are there: they are not what was made, or not recorded."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from spikerate.data import datasets
from spikerate.pipeline import adapter
from spikerate.pipeline.adapter import Job, Record
from spikerate.pipeline.reasons import few


def damaged(jobs: Iterable[Job]) -> list[str]:
    """Sentences on outputs of jobs that are not what was made."""
    found = (_damage(path, job.records[path]) for job in jobs for path in job.outputs)
    return [sentence for sentence in found if sentence]


def _damage(path: str, record: Record | None) -> str | None:
    """Sentence on an output that is not what was recorded; None if it is.

    Content decides. A dataset that lies there as it was recorded is believed to hold what its hash
    says; any other is read whole.
    """
    if path.endswith(".nc"):
        as_recorded = record and abs(os.path.getmtime(path) - record.made) <= adapter.SLACK
        try:
            if not as_recorded:
                datasets.load(path)
            with datasets.opened(path):
                pass
        except datasets.DataError as error:
            return str(error)
    if record and record.checksum and adapter.content_of(path) != record.checksum:
        return f"{path} is not what its job made: delete it and run again"
    return None


def unrecorded(results: str | Path) -> list[str]:
    """Datasets below a folder that have no record.

    Nobody knows whether they are stale: Snakemake would take them for fresh.
    """
    names = {path.as_posix() for path in Path(results).rglob("[!.]*.nc")}
    return sorted(names - adapter.recorded()) if names else []


def check_records(results: str | Path, imported: bool = False) -> None:
    """End the program, in a sentence, if a dataset of a study has no record.

    Parameters
    ----------
    imported : whether another workflow imports this one, and `make` knows nothing of the results
    """
    lost = unrecorded(results)
    if lost:
        remedy = "`make accept` takes them as they are, `make clean` deletes those of the study"
        if imported:
            remedy = f"Delete {results} to have them made again"
        sys.exit(
            f"Error: nothing is recorded in {adapter.KEPT} of how {few(lost, 1)} came about, so"
            f" nobody knows whether the results are stale. {remedy}."
        )
