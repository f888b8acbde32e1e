"""What a run of a study will need: jobs, core-hours, memory, disk and time on some cores.

    python -m spikerate.pipeline.plan [--all] [--cores N] [--by stage|figure]
        [--configfile FILE] [KEY=VALUE ...]

Counts the jobs that Snakemake would run or, with --all, all jobs of the study. Prints a table, and
writes the table by stage to results/<study>/plan.csv.
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
    before: list[int]  # the jobs that it waits for, by their places in the list, all before its own
    priority: int


def planned(jobs: list[adapter.Job], costs: Costs) -> list[Planned]:
    """Jobs with what each needs; a job waits only for others in the list."""
    place = {job: number for number, job in enumerate(jobs)}
    return [
        Planned(
            name=job.name,
            stage=Path(job.name).parts[2].split(".")[0],
            rule=job.rule,
            needs=costs.of(job.rule, job.wildcards),
            before=[place[other] for other in job.before if other in place],
            priority=job.priority,
        )
        for job in jobs
    ]


def schedule(
    jobs: list[Planned], seconds: list[float], cores: int
) -> tuple[list[float], list[float]]:
    """Times (s) at which each job starts and ends, on some cores.

    A job starts when a core is free and its inputs are there; if several can start, the one with
    the highest priority does, then the longest.
    """
    waiting = [len(job.before) for job in jobs]
    after: list[list[int]] = [[] for _ in jobs]
    for k, job in enumerate(jobs):
        for other in job.before:
            after[other].append(k)
    starts, ends = [0.0] * len(jobs), [0.0] * len(jobs)

    def rank(k: int) -> tuple[int, float, int]:
        return -jobs[k].priority, -seconds[k], k

    ready = [rank(k) for k, count in enumerate(waiting) if not count]
    heapq.heapify(ready)
    now = 0.0
    running: list[tuple[float, int]] = []
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
    """Table with COLUMNS, a row for each stage, in the order of the data, and one for the total."""
    seconds = [job.needs.seconds(factors) for job in jobs]
    starts, ends = schedule(jobs, seconds, cores)
    table = pd.DataFrame(
        {
            "stage": [job.stage for job in jobs],
            "seconds": seconds,
            "start": starts,
            "end": ends,
            "memory": [job.needs.memory / MB for job in jobs],
            "disk": [job.needs.disk / MB for job in jobs],
        }
    )
    rows = {stage: _row(part) for stage, part in table.groupby("stage", sort=False)}
    rows["total"] = _row(table)
    return pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS).rename_axis("stage")


def _row(part: pd.DataFrame) -> list[float]:
    """Values of COLUMNS for some jobs."""
    hours, wall = part["seconds"].sum() / 3600, (part["end"].max() - part["start"].min()) / 3600
    longest = part["seconds"].max() / 60
    return [len(part), hours, wall, longest, part["memory"].max(), part["disk"].sum()]


def by_figure(jobs: list[Planned], factors: dict[str, float]) -> pd.DataFrame:
    """Core-hours of each figure: of all jobs it needs, and with jobs shared among their figures."""
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
    others = sum(h for h, count in zip(hours, users, strict=True) if not count)
    rows["claims and report"] = [others, others]
    rows["total"] = [sum(hours), sum(hours)]
    columns = ["core_hours", "core_hours_shared"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("figure")


def _ancestors(jobs: list[Planned], start: int) -> set[int]:
    """A job and all jobs that it waits for, by their places in the list."""
    found, to_visit = {start}, [start]
    while to_visit:
        new = set(jobs[to_visit.pop()].before) - found
        found |= new
        to_visit += new
    return found


def text(table: pd.DataFrame) -> str:
    """Table as it is printed."""

    def number(value: float) -> str:
        return f"{value:,.2f}" if value < 10 else f"{value:,.0f}"

    shown = table.rename(columns=dict(zip(COLUMNS, HEADS, strict=True)))
    shown.columns = [name.replace("_", " ") for name in shown.columns]
    return str(shown.to_string(float_format=number))


def speed_text(factors: dict[str, float]) -> str:
    """Sentence on how this machine compares with the reference machine."""
    parts = [f"{timings.PIECES[piece]} {factor:.2f}" for piece, factor in factors.items()]
    return f"Time relative to the reference machine: {'; '.join(parts)}."


def done_text(plan: adapter.Plan) -> str:
    """Sentence on how many jobs of a study are done."""
    fresh, study = len(plan.fresh), plan.config["study"]
    if fresh == len(plan.jobs):
        return (
            f"All {fresh} jobs of the study {study} are done. `make plan ALL=1` plans them as if"
            " none was."
        )
    if not fresh:
        return f"None of the {len(plan.jobs)} jobs of the study {study} is done."
    return (
        f"{fresh} of the {len(plan.jobs)} jobs of the study {study} are done, and not counted."
        " `make plan ALL=1` counts them too."
    )


def main() -> int:
    """Run the command line."""
    parser = commands.Parser("plan", "What a run of a study will need.")
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
        print(done_text(study))
    jobs = planned(study.jobs if options.all else study.stale, costs)
    if not jobs:
        return 0
    begun = time.perf_counter()
    factors = calibration.calibrate(Workload(settings), cores)
    print(f"Timed this machine for {time.perf_counter() - begun:.0f} s. {speed_text(factors)}\n")
    table = by_stage(jobs, factors, cores)
    print(text(table if options.by == "stage" else by_figure(jobs, factors)))
    hours = table.loc["total", "wall_hours"]
    where = _write(table, Path(f"results/{settings['study']}/plan.csv"))
    print(f"\nStudy {settings['study']} on {cores} cores: {hours:.2f} hours; {where}")
    return 0


def _write(table: pd.DataFrame, path: Path) -> str:
    """Write a plan, and say where."""
    try:
        with replacing(path) as temporary:
            table.round(3).to_csv(temporary)
    except WriteError as error:
        return f"not written: {error}"
    return f"written to {path}"


if __name__ == "__main__":
    sys.exit(main())
