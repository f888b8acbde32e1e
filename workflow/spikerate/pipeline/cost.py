"""What a job needs, known before it starts from its rule and wildcards: time, memory, disk."""

from __future__ import annotations

from math import ceil

from spikerate.pipeline.estimates import Job, estimator
from spikerate.pipeline.workload import MB, Workload

AROUND = 400 * MB  # of Snakemake, in a job of a cluster, beside the script
ROOM = 1.25  # times the memory that a job is expected to hold, asked for
PATIENCE, LEAST = 2, 10  # times the minutes that a job is expected to take, and minutes besides
CHUNKED = {"train": "train", "transfer": "transfer", "repeat": "trials"}  # stage, by rule


class Costs:
    """What every job of a study needs.

    Parameters
    ----------
    config : of the whole study, validated
    """

    def __init__(self, config: dict):
        self.load = Workload(config)
        self._known: dict[tuple, Job] = {}

    def of(self, rule: str, wildcards: dict | None = None) -> Job:
        """What a job of a rule needs."""
        chosen = {n: str(v) for n, v in (wildcards or {}).items() if n not in ("draw", "speed")}
        if "chunk" in chosen:  # of which only the size matters
            sizes = self.load.chunk_sizes(chosen["task"], CHUNKED[rule], chosen["kind"])
            chosen["points"] = sizes[int(chosen.pop("chunk"))]
        key = rule, *sorted(chosen.items())
        if key not in self._known:
            self._known[key] = estimator(rule)(self.load, **chosen)
        return self._known[key]

    def mem_mb(self, rule: str, wildcards: dict | None = None) -> int:
        """Memory (MB) to ask for, with room for what is not counted."""
        return ceil((ROOM * self.of(rule, wildcards).memory + AROUND) / MB / 100) * 100

    def runtime(self, rule: str, wildcards: dict | None = None) -> int:
        """Minutes to ask for, with patience for slower machines than the reference."""
        return LEAST + ceil(PATIENCE * self.of(rule, wildcards).seconds() / 60)
