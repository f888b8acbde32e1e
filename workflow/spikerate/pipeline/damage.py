"""What is wrong with existing results: they were changed after they were made, or lack a record."""

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
    """Sentences on outputs that are not as their jobs made them."""
    found = (_damage(path, job.records[path]) for job in jobs for path in job.outputs)
    return [sentence for sentence in found if sentence]


def _damage(path: str, record: Record | None) -> str | None:
    """Sentence on an output whose content is not what was recorded; None if it is.

    A dataset whose time is the recorded one is taken to have the content that its hash says; any
    other dataset is read.
    """
    if path.endswith(".nc"):
        unchanged = record and abs(os.path.getmtime(path) - record.made) <= adapter.TOLERANCE
        try:
            if not unchanged:
                datasets.load(path)
            with datasets.opened(path):
                pass
        except datasets.DataError as error:
            return str(error)
    if record and record.checksum and adapter.content_of(path) != record.checksum:
        return f"{path} was changed after it was made: delete it and run again"
    return None


def unrecorded(results: str | Path) -> list[str]:
    """Datasets below a folder that have no record.

    They may be stale, but Snakemake would take them as fresh.
    """
    names = {path.as_posix() for path in Path(results).rglob("[!.]*.nc")}
    return sorted(names - adapter.recorded()) if names else []


def check_records(results: str | Path, imported: bool = False) -> None:
    """End the program with a sentence if a dataset of a study has no record.

    Parameters
    ----------
    imported : whether another workflow imports this one, so that `make` cannot help
    """
    lost = unrecorded(results)
    if lost:
        remedy = "`make accept` accepts them as they are, `make clean` deletes them"
        if imported:
            remedy = f"Delete {results} to make them again"
        sys.exit(
            f"Error: {adapter.SNAKEMAKE} has no record of how {few(lost, 1)} was made, so the"
            f" results may be stale. {remedy}."
        )
