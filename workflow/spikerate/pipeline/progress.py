"""How long the rest of a run will take, from the estimated costs of its jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from spikerate.pipeline import adapter
from spikerate.pipeline.adapter import Running
from spikerate.pipeline.cost import Costs
from spikerate.pipeline.status import seconds

if TYPE_CHECKING:
    from spikerate.pipeline.adapter import Workflow


class Remaining:
    """Prints how long the rest of a run will take.

    The estimates are scaled by the durations of the jobs that have ended in this run.
    """

    def __init__(self, costs: Costs, cores: int, log: Callable[[str], None]):
        self.costs, self.cores, self.log = costs, cores, log
        self.expected: dict[Running, float] = {}  # s
        self.used: dict[Running, float] = {}  # s, of the jobs that have ended

    def expect(self, jobs: list[Running]) -> None:
        """Set the jobs of the run."""
        self.expected = {job: self.costs.of(job.rule, job.wildcards).seconds() for job in jobs}

    def __call__(self) -> None:
        """Print how much is left."""
        self.log(self.line())

    def line(self) -> str:
        """Sentence on how much is left."""
        ended = {job for job in self.expected if job.ended()}
        new = {job: seconds(job.benchmark) for job in ended - set(self.used)}
        self.used |= {job: taken for job, taken in new.items() if taken}
        slower = 1.0
        if self.used:
            slower = sum(self.used.values()) / sum(self.expected[job] for job in self.used)
        left = slower * sum(s for job, s in self.expected.items() if job not in ended)
        cores = "1 core" if self.cores == 1 else f"{self.cores} cores"
        return f"Left: {left / 60:.1f} minutes of jobs, {left / self.cores / 60:.1f} on {cores}"


def follow(workflow: Workflow, costs: Costs) -> None:
    """Let a run print how much is left of it whenever one of its jobs ends."""
    remaining = Remaining(costs, adapter.workers(workflow), adapter.log)
    remaining.expect(adapter.follow(workflow, remaining))
