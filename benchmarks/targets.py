"""The targets, and whether they are met."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from cases import REFERENCE, RESERVOIRPY, STANDALONE

Record = dict[str, Any]  # of speed.json or targets.json
Rows = dict[str, tuple[float, str]]  # value and note of measured jobs, by name

NEURONS = 2000
OURS, SINGLE = "spikerate numba", "spikerate numba single"  # single: the default of the studies


@dataclass(frozen=True)
class Target:
    """A number to reach, or not to exceed."""

    what: str
    goal: float
    unit: str
    measured: Callable[[list[Record], Rows], float | None]  # from records of speed and of jobs
    at_least: bool = True
    runs: str | None = None  # the `what` of speed.json whose limit says how much is left


def met(measured: float | None, goal: float, at_least: bool) -> bool | None:
    """Whether a target is met; None if it was not measured."""
    if measured is None:
        return None
    return measured >= goal if at_least else measured <= goal


def find(
    records: list[Record], what: str, implementation: str, neurons: int = NEURONS
) -> Record | None:
    """Record of an implementation at a task, or None."""
    wanted = {"what": what, "implementation": implementation, "neurons": neurons}
    return next((r for r in records if all(r[k] == v for k, v in wanted.items())), None)


def ratio(records: list[Record], _: Rows, what: str, against: str, own: str) -> float | None:
    """How many times faster an implementation of ours is than another."""
    ours, other = find(records, what, own), find(records, what, against)
    return other["microseconds"] / ours["microseconds"] if ours and other else None


def _faster(
    what: str, label: str, goal: float, against: str = REFERENCE, own: str = OURS
) -> Target:
    measured = partial(ratio, what=what, against=against, own=own)
    label += ", products in single precision" if own == SINGLE else ""
    return Target(f"{label}, against {against}", goal, "x", measured, runs=what)


def _job(name: str, label: str, goal: float, unit: str, at_least: bool = False) -> Target:
    def measured(_: list[Record], rows: Rows) -> float | None:
        return rows[name][0] if name in rows else None

    return Target(label, goal, unit, measured, at_least, name)


TARGETS = (
    _faster("spiking_free_run", "spiking, free run", 45),
    _faster("spiking_free_run", "spiking, free run", 4, STANDALONE),
    _faster("spiking_training", "spiking, sine training", 60),
    _faster("rate_free_run_batch", "rate, free run, batch of 32", 80),
    _faster("rate_free_run_batch", "rate, free run, batch of 32", 80, own=SINGLE),
    _faster("rate_free_run_single", "rate, free run, alone", 15),
    _faster("rate_training_batch", "rate, sine training, batch of 32", 80),
    _faster("rate_training_batch", "rate, sine training, batch of 32", 80, own=SINGLE),
    _faster("rls_update_few", "RLS update, few (240)", 250),
    _faster("rls_update_many", "RLS update, many (16,000)", 30),
    _faster("rls_update_few", "RLS update, few (240)", 20, RESERVOIRPY),
    _faster("rls_update_many", "RLS update, many (16,000)", 20, RESERVOIRPY),
    _job("two_jobs", "two jobs on two cores", 1.8, "x", at_least=True),
    _job("sweep_shared", "sine sweep of 1600 points on 2 cores, shared draws", 20, "min"),
    _job("sweep_per_point", "sine sweep of 1600 points on 2 cores, per-point draws", 60, "min"),
    _job("memory_sine", "memory of a 32-point training job, sine", 4, "GB"),
    _job("memory_ode_to_joy", "memory of a 32-point training job, Ode to Joy", 4, "GB"),
    _job("start", "start of a job", 2, "s"),
)


def judged(records: list[Record], rows: Rows, limits: dict[str, str]) -> list[Record]:
    """Every target with what was measured.

    Parameters
    ----------
    records : of speed.json
    rows : of the measurements in `jobs`
    limits : sentence for each `what` that says how near to its limit it runs
    """
    table = []
    for target in TARGETS:
        value = target.measured(records, rows)
        run = target.runs or ""
        row = {
            "what": target.what,
            "target": target.goal,
            "unit": target.unit,
            "at_least": target.at_least,
            "measured": value,
            "met": met(value, target.goal, target.at_least),
            "note": rows[run][1] if run in rows else limits.get(run, ""),
        }
        table.append(row)
    return table
