"""What a job will need, estimated from its rule and wildcards: time, memory, disk."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

from spikerate.pipeline.estimates import Job, estimator
from spikerate.pipeline.workload import MB, Workload

SNAKEMAKE = 400 * MB  # memory of Snakemake, which runs beside the script in a job on a cluster
MEMORY_MARGIN = 1.25  # requested memory, as a multiple of the estimate
TIME_MARGIN, LEAST = 2, 10  # requested time: a multiple of the estimate, plus some minutes
CHUNKED = {"train": "train", "transfer": "transfer", "repeat": "trials"}  # stage, by rule


class Costs:
    """Estimates for the jobs of a study.

    Parameters
    ----------
    config : of the whole study, validated
    """

    def __init__(self, config: dict[str, Any]):
        self.load = Workload(config)
        self._known: dict[tuple[object, ...], Job] = {}

    def of(self, rule: str, wildcards: Mapping[str, str] | None = None) -> Job:
        """What a job of a rule needs."""
        words: dict[str, str | int] = {**(wildcards or {})}
        for name in ("draw", "speed"):  # which make no difference
            words.pop(name, None)
        if "chunk" in words:  # of which only the size matters
            where = str(words["task"]), CHUNKED[rule], str(words["kind"])
            words["points"] = self.load.chunk_sizes(*where)[int(words.pop("chunk"))]
        key = rule, *sorted(words.items())
        if key not in self._known:
            self._known[key] = estimator(rule)(self.load, **words)
        return self._known[key]

    def mem_mb(self, rule: str, wildcards: Mapping[str, str] | None = None) -> int:
        """Memory (MB) to request, with a margin."""
        memory = MEMORY_MARGIN * self.of(rule, wildcards).memory + SNAKEMAKE
        return ceil(memory / MB / 100) * 100

    def runtime(self, rule: str, wildcards: Mapping[str, str] | None = None) -> int:
        """Minutes to request, with a margin for machines slower than the reference."""
        return LEAST + ceil(TIME_MARGIN * self.of(rule, wildcards).seconds() / 60)
