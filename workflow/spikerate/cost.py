"""What a job needs, known before it starts: the memory of a chunk of a sweep."""

from __future__ import annotations

from spikerate import sweep, tasks
from spikerate.rls import FLUSH

IMPORTS = 300e6  # bytes, of a process that has imported everything
NUMBER = 8  # bytes
STATES = 12  # arrays (point, neuron) of a state, its copies and what a step needs beside it
ROOM = 1.2  # for what is not counted


def chunk_memory(config: dict, task: str) -> int:
    """Peak memory (MB) of the job that trains, swaps or repeats a chunk of the sweep of a task."""
    own = sweep.task_settings(config, task)
    neurons, chunk, outputs = own["neurons"], own["chunk"], tasks.outputs(task)
    batch = min(chunk, config["product_width"])
    draws = batch if config["reservoir_draws"] == "per_point" else 1
    updates = _seconds(config, task, "train") / own["update_every"]
    rls = updates if updates <= neurons // 2 else neurons + FLUSH
    numbers = (
        2 * draws * neurons**2  # weights, by target and by source
        + 3 * neurons**2  # of the draw that is being made
        + batch * rls * neurons
        + (2 * chunk + 4 * batch) * outputs * neurons  # decoders
        + (STATES * batch + 6 * chunk) * neurons
        + _signals(config, task, outputs, batch)
    )
    return round((IMPORTS + ROOM * NUMBER * numbers) / 1e6)


def _seconds(config: dict, task: str, part: str) -> float:
    own = config["tasks"][task]
    lasts = tasks.duration(task, part, **own.get("options", {}))
    return lasts * own[f"{part}_repetitions"]


def _signals(config: dict, task: str, outputs: int, batch: int) -> float:
    """Numbers in the targets and in the readouts of a test, with each decoder and aligned."""
    seconds = {part: _seconds(config, task, part) for part in ("train", "test")}
    targets = sum(seconds.values()) / config["dt"] * 2 * outputs
    readouts = seconds["test"] / config["recording"]["sample_every"] * batch * outputs
    return targets + 5 * readouts
