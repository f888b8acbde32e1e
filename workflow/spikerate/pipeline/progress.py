"""How much of a run is left, by what its jobs cost and not by their number."""

from __future__ import annotations

import logging

from spikerate.pipeline import status
from spikerate.pipeline.cost import Costs


class Remaining(logging.Handler):
    """Prints, as each job ends, how long the rest will take.

    The model of costs is held against the jobs that ended in this run, whatever the machine.
    """

    def __init__(self, dag, costs: Costs, cores: int, tell):
        super().__init__()
        self.dag, self.cores, self.tell = dag, cores, tell
        self.expected = {job: costs.of(job.rule.name, dict(job.wildcards.items())).seconds()
                         for job in dag.needrun_jobs() if job.output}  # fmt: skip
        self.used = {}  # s, by job that ended; read once, as a study has thousands

    def emit(self, record: logging.LogRecord) -> None:
        """Follow the messages that a job has ended; nothing that happens here may end a run."""
        if getattr(getattr(record, "event", None), "value", None) == "progress":
            try:
                self.tell(self.line())
            except Exception:
                self.handleError(record)

    def line(self) -> str:
        """How much is left, in words."""
        ended = {job for job in self.expected if self.dag.finished(job)}
        new = {job: status.seconds(job) for job in ended - set(self.used)}
        self.used |= {job: seconds for job, seconds in new.items() if seconds}
        slower = 1.0
        if self.used:
            slower = sum(self.used.values()) / sum(self.expected[job] for job in self.used)
        left = slower * sum(s for job, s in self.expected.items() if job not in ended)
        cores = "1 core" if self.cores == 1 else f"{self.cores} cores"
        return f"Left: {left / 60:.1f} minutes of jobs, {left / self.cores / 60:.1f} on {cores}"


def follow(workflow, costs: Costs) -> None:
    """Have a run print what is left of it as each of its jobs ends."""
    logger, asked = logging.getLogger("snakemake.logging"), workflow.resource_settings
    logger.addHandler(Remaining(workflow.dag, costs, asked.nodes or asked.cores or 1, logger.info))
