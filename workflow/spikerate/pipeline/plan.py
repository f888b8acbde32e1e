"""What is left of a study, before it runs: jobs, core-hours, memory, disk and time on some cores.

    python -m spikerate.pipeline.plan [--all] [--cores N] [--by stage|figure]
        [--configfile FILE] [KEY=VALUE ...]

The jobs are those that Snakemake would run; with --all those of the whole study, as if nothing were
done yet. Prints a table, and writes that by stage to results/<study>/plan.csv.
"""

from __future__ import annotations

import heapq
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from spikerate.data.files import WriteError, replacing
from spikerate.pipeline import adapter, calibration, commands, timings
from spikerate.pipeline.cost import Costs
from spikerate.pipeline.estimates import Job
from spikerate.pipeline.workload import MB, Workload

COLUMNS = ["jobs", "core_hours", "wall_hours", "longest_minutes", "peak_memory_mb", "disk_mb"]
HEADS = ["jobs", "core-hours", "wall hours", "longest job (min)", "peak memory (MB)", "disk (MB)"]


class Planned(NamedTuple):
    """A job of the plan."""

    name: str
    stage: str
    rule: str
    needs: Job
    before: list[int]  # the jobs that it waits for, all of which stand before it in the list
    priority: int


def planned(jobs: list[adapter.Job], costs: Costs) -> list[Planned]:
    """Jobs of a study with what each needs; they wait only for one another."""
    place, found = {}, []
    for job in jobs:
        place[job] = len(found)
        found.append(Planned(
            job.name, Path(job.name).parts[2].split(".")[0], job.rule,
            costs.of(job.rule, job.wildcards),
            [place[other] for other in job.before if other in place], job.priority,
        ))  # fmt: skip
    return found


def schedule(jobs: list[Planned], seconds: list[float], cores: int) -> tuple[list, list]:
    """When each job starts and ends (s) on some cores, each begun as soon as a core is free.

    Among those that could begin the one of the highest priority comes first, then the longest.
    """
    waiting = [len(job.before) for job in jobs]
    after = [[] for _ in jobs]
    for k, job in enumerate(jobs):
        for other in job.before:
            after[other].append(k)
    starts, ends = [0.0] * len(jobs), [0.0] * len(jobs)

    def rank(k):
        return -jobs[k].priority, -seconds[k], k

    ready = [rank(k) for k, count in enumerate(waiting) if not count]
    heapq.heapify(ready)
    now, running = 0.0, []
    while ready or running:
        while ready and len(running) < cores:
            k = heapq.heappop(ready)[-1]
            starts[k], ends[k] = now, now + seconds[k]
            heapq.heappush(running, (ends[k], k))
        now, done = heapq.heappop(running)
        for k in after[done]:
            waiting[k] -= 1
            if not waiting[k]:
                heapq.heappush(ready, rank(k))
    return starts, ends


def by_stage(jobs: list[Planned], factors: dict[str, float], cores: int) -> pd.DataFrame:
    """Table with COLUMNS, one row a stage, in the order of the data, and one in all."""
    seconds = [job.needs.seconds(factors) for job in jobs]
    starts, ends = schedule(jobs, seconds, cores)
    table = pd.DataFrame({
        "stage": [job.stage for job in jobs], "seconds": seconds, "start": starts, "end": ends,
        "memory": [job.needs.memory / MB for job in jobs],
        "disk": [job.needs.disk / MB for job in jobs],
    })  # fmt: skip
    rows = {stage: _row(part) for stage, part in table.groupby("stage", sort=False)}
    rows["total"] = _row(table)
    return pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS).rename_axis("stage")


def _row(part: pd.DataFrame) -> list:
    return [
        len(part), part["seconds"].sum() / 3600, (part["end"].max() - part["start"].min()) / 3600,
        part["seconds"].max() / 60, part["memory"].max(), part["disk"].sum(),
    ]  # fmt: skip


def by_figure(jobs: list[Planned], factors: dict[str, float]) -> pd.DataFrame:
    """Core-hours of each figure: all that it needs, and its share where others need it too."""
    needed: dict[str, set[int]] = {}
    for k, job in enumerate(jobs):
        if job.stage == "figures":
            needed[job.rule] = _ancestors(jobs, k)
    users = [sum(k in found for found in needed.values()) for k in range(len(jobs))]
    hours = [job.needs.seconds(factors) / 3600 for job in jobs]
    rows = {
        figure: [sum(hours[k] for k in found), sum(hours[k] / users[k] for k in found)]
        for figure, found in sorted(needed.items())
    }
    rest = sum(h for h, count in zip(hours, users, strict=True) if not count)
    rows["claims and report"] = [rest, rest]
    rows["total"] = [sum(hours), sum(hours)]
    columns = ["core_hours", "core_hours_shared"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("figure")


def _ancestors(jobs: list[Planned], start: int) -> set[int]:
    """A job and all that it waits for."""
    found, left = {start}, [start]
    while left:
        new = set(jobs[left.pop()].before) - found
        found |= new
        left += new
    return found


def text(table: pd.DataFrame) -> str:
    """A table for the terminal."""
    shown = table.rename(columns=dict(zip(COLUMNS, HEADS, strict=True)))
    shown.columns = [name.replace("_", " ") for name in shown.columns]
    return shown.to_string(float_format=lambda value: f"{value:,.2f}" if value < 10
                           else f"{value:,.0f}")  # fmt: skip


def in_words(factors: dict[str, float]) -> str:
    """How fast this machine was found to be, in words."""
    parts = [f"{timings.KINDS[kind]} {factor:.2f}" for kind, factor in factors.items()]
    return f"Times as long as on the reference machine: {'; '.join(parts)}."


def done(plan: adapter.Plan) -> str:
    """How much of a study is done, in words."""
    fresh, study = len(plan.fresh), plan.config["study"]
    if fresh == len(plan.jobs):
        return f"All {fresh} jobs of the study {study} are done. `make plan ALL=1` plans it anew."
    if not fresh:
        return f"None of the {len(plan.jobs)} jobs of the study {study} is done."
    return (
        f"{fresh} of the {len(plan.jobs)} jobs of the study {study} are done, and not counted."
        " `make plan ALL=1` counts them too."
    )


def main() -> int:
    """Run the command line."""
    parser = commands.Parser("plan", "What is left of a study, before it runs.")
    parser.add_argument("--all", action="store_true", help="the whole study")
    parser.add_argument("--cores", default="all")
    parser.add_argument("--by", default="stage")
    options, request = parser.read()
    cores = commands.cores(options.cores)
    if options.by not in ("stage", "figure"):
        parser.error(f"BY must be stage or figure, got {options.by!r}")
    study = adapter.plan(request)
    settings, costs = study.config, Costs(study.config)
    if not options.all:
        print(done(study))
    jobs = planned(study.jobs if options.all else study.stale, costs)
    if not jobs:
        return 0
    begun = time.perf_counter()
    factors = calibration.calibrate(Workload(settings), cores)
    print(f"Timed this machine for {time.perf_counter() - begun:.0f} s. {in_words(factors)}\n")
    table = by_stage(jobs, factors, cores)
    print(text(table if options.by == "stage" else by_figure(jobs, factors)))
    hours = table.loc["total", "wall_hours"]
    where = _written(table, Path(f"results/{settings['study']}/plan.csv"))
    print(f"\nStudy {settings['study']} on {cores} cores: {hours:.2f} hours; {where}")
    return 0


def _written(table: pd.DataFrame, path: Path) -> str:
    """Write a plan; in words, where it is."""
    try:
        with replacing(path) as temporary:
            table.round(3).to_csv(temporary)
    except WriteError as error:
        return f"not written down: {error}"
    return f"written to {path}"


if __name__ == "__main__":
    sys.exit(main())
