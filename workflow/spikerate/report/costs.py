"""What the study cost, and what was estimated."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

STAGES = ("tasks", "simulate", "train", "transfer", "trials", "spectra", "figures", "claims")
USED = ["s", "cpu_time", "max_rss"]  # columns of a benchmark


def used(folder: Path) -> dict:
    """Cost of a study from the benchmarks that Snakemake wrote: in total, and by stage.

    Parameters
    ----------
    folder : results/<study>/benchmarks
    """
    paths = sorted(Path(folder).rglob("*.tsv"))
    table = pd.concat([pd.read_csv(path, sep="\t", na_values=["-", "NA"]) for path in paths])
    table = table.assign(stage=[path.relative_to(folder).parts[0] for path in paths])
    table[USED] = table[USED].apply(pd.to_numeric, errors="coerce")
    summed = table.groupby("stage").agg(
        jobs=("s", "size"), cpu=("cpu_time", "sum"), wall=("s", "sum"), memory=("max_rss", "max")
    )
    summed = summed.reindex([stage for stage in STAGES if stage in summed.index]).reset_index()
    rounded = summed.round().fillna(0).astype(dict.fromkeys(("cpu", "wall", "memory"), int))
    return {
        "jobs": int(summed["jobs"].sum()),
        "cpu": duration(summed["cpu"].sum()),
        "wall": duration(summed["wall"].sum()),
        "memory": f"{summed['memory'].max():.0f} MB",
        "stages": rounded.to_dict("records"),
    }


def foreseen(
    folder: Path, patterns: dict[str, str], foresee: Callable[[str, dict], tuple[float, float]]
) -> dict:
    """What the cost model estimated for the jobs that ran, and what they used.

    Parameters
    ----------
    folder : results/<study>/benchmarks; the plan made beforehand, if any, is beside it
    patterns : benchmark of each rule, wildcards in braces
    foresee : from a rule and its wildcards to the s and MB that the model expects of the job

    Returns
    -------
    dict with `source`, what made the estimate, and `hours` and `memory` (MB), each (estimated,
    used, ratio)
    """
    jobs = [(row, *foresee(*job)) for row, job in _known_jobs(folder, patterns)]
    found = {"hours": sum(row["s"] for row, _, _ in jobs) / 3600,
             "memory": max((row["max_rss"] for row, _, _ in jobs), default=np.nan)}  # fmt: skip
    expected = {"hours": sum(seconds for _, seconds, _ in jobs) / 3600,
                "memory": max((memory for _, _, memory in jobs), default=np.nan)}  # fmt: skip
    source, plan = "the reference machine of the model", Path(folder).with_name("plan.csv")
    if plan.exists():
        planned = pd.read_csv(plan, index_col="stage").drop(["total", "report"], errors="ignore")
        if planned["jobs"].sum() == len(jobs):
            source = "make plan, before the run"
            expected = {"hours": planned["core_hours"].sum(),
                        "memory": planned["peak_memory_mb"].max()}  # fmt: skip
    return {"source": source} | {n: (expected[n], u, expected[n] / u) for n, u in found.items()}


def _known_jobs(folder: Path, patterns: dict[str, str]) -> Iterator[tuple]:
    """Yield the first row of each benchmark of a known rule, with its rule and wildcards.

    The report's own benchmark is left out, because it is that of an earlier run.
    """
    rules = {rule: re.compile(re.sub(r"\\{(\w+).*?\\}", r"(?P<\1>[^/]+)", re.escape(pattern)))
             for rule, pattern in patterns.items() if rule != "report"}  # fmt: skip
    for path in sorted(Path(folder).rglob("*.tsv")):
        for rule, pattern in rules.items():
            if match := pattern.fullmatch(path.relative_to(folder).as_posix()):
                table = pd.read_csv(path, sep="\t", na_values=["-", "NA"])
                yield table.iloc[0], (rule, match.groupdict())


def duration(seconds: float) -> str:
    """Duration in a suitable unit."""
    for unit, length in (("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} seconds"
