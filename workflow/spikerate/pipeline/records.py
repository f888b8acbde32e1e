"""What Snakemake remembers of the results: each has a record, or is named.

Without its record, nobody knows whether a result is stale: Snakemake would take it for fresh.
"""

from __future__ import annotations

import sys
from base64 import urlsafe_b64decode
from pathlib import Path

KEPT = Path(".snakemake")
enforced = True  # whether `check` ends the program; not so where results are about to be accepted


def recorded(kept: Path = KEPT) -> set[str]:
    """Paths of the outputs that have a record, or were being made when a run was killed."""
    found = set()
    for folder in (kept / "metadata", kept / "incomplete"):
        for path in (p for p in folder.rglob("*") if p.is_file()):
            # the path in base64; a long one in several parts, all but the last marked by an @
            parts = (part.removeprefix("@") for part in path.relative_to(folder).parts)
            found.add(urlsafe_b64decode("".join(parts)).decode())
    return found


def unrecorded(results, kept: Path = KEPT) -> list[str]:
    """Datasets below a folder that have no record."""
    datasets = {path.as_posix() for path in Path(results).rglob("[!.]*.nc")}
    return sorted(datasets - recorded(kept)) if datasets else []


def check(results) -> None:
    """End the program, in words, if a dataset of a study has no record."""
    lost = unrecorded(results) if enforced else []
    if lost:
        more = f" and {len(lost) - 1} more of {results}" if len(lost) > 1 else ""
        sys.exit(
            f"Error: nothing is recorded in {KEPT} of how {lost[0]}{more} came about, so nobody"
            " knows whether they are stale. `make accept` takes them as they are, `make clean`"
            " deletes the results of the study."
        )
