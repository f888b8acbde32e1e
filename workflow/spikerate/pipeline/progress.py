"""How much of a run is left, by what its jobs cost and not by their number."""

from __future__ import annotations

from collections.abc import Callable

from spikerate.pipeline import adapter
from spikerate.pipeline.adapter import Running
from spikerate.pipeline.cost import Costs
from spikerate.pipeline.status import seconds


class Remaining:
    """Says how long the rest of a run will take.

    The model of costs is held against the jobs that ended in this run, whatever the machine.
    """

    def __init__(self, costs: Costs, cores: int, tell: Callable[[str], None]):
        self.costs, self.cores, self.tell = costs, cores, tell
        self.expected: dict[Running, float] = {}  # s
        self.used: dict[Running, float] = {}  # s, of jobs that ended, read once

    def expect(self, jobs: list[Running]) -> None:
        """Take in the jobs of the run."""
        self.expected = {job: self.costs.of(job.rule, job.wildcards).seconds() for job in jobs}

    def __call__(self) -> None:
        """Tell how much is left."""
        self.tell(self.line())

    def line(self) -> str:
        """How much is left, in words."""
        ended = {job for job in self.expected if job.ended()}
        new = {job: seconds(job.benchmark) for job in ended - set(self.used)}
        self.used |= {job: taken for job, taken in new.items() if taken}
        slower = 1.0
        if self.used:
            slower = sum(self.used.values()) / sum(self.expected[job] for job in self.used)
        left = slower * sum(s for job, s in self.expected.items() if job not in ended)
        cores = "1 core" if self.cores == 1 else f"{self.cores} cores"
        return f"Left: {left / 60:.1f} minutes of jobs, {left / self.cores / 60:.1f} on {cores}"


def follow(workflow, costs: Costs) -> None:
    """Have a run print what is left of it as each of its jobs ends."""
    remaining = Remaining(costs, adapter.workers(workflow), adapter.tell)
    remaining.expect(adapter.follow(workflow, remaining))
