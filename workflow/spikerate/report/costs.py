"""The cost of the study: what was estimated, and what was used."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

STAGES = ("tasks", "simulate", "train", "transfer", "trials", "spectra", "figures", "claims")
USED = ["s", "cpu_time", "max_rss"]  # columns of a benchmark


def used(folder: Path) -> dict[str, Any]:
    """Cost of a study, in total and by stage, from the benchmarks that Snakemake wrote.

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


def estimated_and_used(
    folder: Path,
    patterns: dict[str, str],
    estimate: Callable[[str, dict[str, str]], tuple[float, float]],
) -> dict[str, Any]:
    """What the cost model estimated for the jobs that ran, and what they used.

    Parameters
    ----------
    folder : results/<study>/benchmarks; the plan, if one was made, is beside it
    patterns : path of the benchmark of each rule, with wildcards in braces
    estimate : function of a rule and its wildcards; returns the s and MB that the model expects

    Returns
    -------
    dict with `source`, which says what made the estimate, and with `hours` and `memory` (MB), each
    a tuple (estimated, used, ratio)
    """
    known = _known_jobs(folder, patterns)
    jobs = [(row, *estimate(rule, wildcards)) for row, rule, wildcards in known]
    found = _summed((row["s"], row["max_rss"]) for row, _, _ in jobs)
    expected = _summed((seconds, memory) for _, seconds, memory in jobs)
    source, plan = "the reference machine of the model", Path(folder).with_name("plan.csv")
    if plan.exists():
        planned = pd.read_csv(plan, index_col="stage").drop(["total", "report"], errors="ignore")
        if planned["jobs"].sum() == len(jobs):
            source = "make plan, before the run"
            hours, memory = planned["core_hours"].sum(), planned["peak_memory_mb"].max()
            expected = {"hours": hours, "memory": memory}
    return {"source": source} | {n: (expected[n], u, expected[n] / u) for n, u in found.items()}


def _summed(jobs: Iterable[tuple[float, float]]) -> dict[str, float]:
    """Hours of all jobs and memory (MB) of the largest, from the s and MB of each."""
    seconds, memory = np.reshape(list(jobs), (-1, 2)).T
    return {"hours": sum(seconds) / 3600, "memory": max(memory, default=np.nan)}


def _known_jobs(
    folder: Path, patterns: dict[str, str]
) -> Iterator[tuple[pd.Series, str, dict[str, str]]]:
    """Yield the first row of each benchmark of a known rule, with its rule and wildcards.

    The benchmark of the report is left out, because it comes from an earlier run.
    """
    rules = {rule: _matching(text) for rule, text in patterns.items() if rule != "report"}
    for path in sorted(Path(folder).rglob("*.tsv")):
        for rule, pattern in rules.items():
            if match := pattern.fullmatch(path.relative_to(folder).as_posix()):
                table = pd.read_csv(path, sep="\t", na_values=["-", "NA"])
                yield table.iloc[0], rule, match.groupdict()


def _matching(pattern: str) -> re.Pattern[str]:
    """Regular expression for a path with wildcards in braces, each a named group."""
    return re.compile(re.sub(r"\\{(\w+).*?\\}", r"(?P<\1>[^/]+)", re.escape(pattern)))


def duration(seconds: float) -> str:
    """Duration as text, in a suitable unit."""
    for unit, length in (("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} seconds"
