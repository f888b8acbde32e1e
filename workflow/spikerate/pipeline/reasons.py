"""Why a job must run, in words: what differs from the record of its last run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from spikerate.pipeline import fingerprint
from spikerate.pipeline.adapter import Job, Provenance


def reasons(job: Job) -> list[str]:
    """Why a job must run, in words; empty if only its inputs will be remade."""
    why, record, found = job.why, job.records[job.name], []
    if why.missing:
        found.append("not made yet")
    if why.unfinished:
        found.append("unfinished when a run was killed")
    if why.params:
        found += changes(record.provenance if record else None, job.provenance)
    if why.inputs:
        old, new = set(record.inputs if record else ()), set(job.inputs)
        found += [f"reads {few(new - old)}"] * bool(new - old)
        found += [f"no longer reads {few(old - new)}"] * bool(old - new)
    if why.changed:
        found.append(f"input changed: {few(why.changed)}")
    if why.environment:
        found.append("its conda environment changed")
    return found


def changes(old: Provenance | None, new: Provenance) -> list[str]:
    """How the provenance of a result has changed, in words: first its code, then its params."""
    if old is None:
        return ["made by a version of spikerate that did not record its code"]
    return fingerprint.changes(old["code"], new["code"]) + [
        f"{name}: {a} -> {b}" for name, a, b in _differences(old["params"], new["params"])
    ]


def _differences(old: object, new: object, name: str = "") -> Iterator[tuple[str, object, object]]:
    """Yield the differences between two nested mappings: dotted key, old value, new value."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        if old != new:
            yield name, old, new
        return
    for key in old | new:
        yield from _differences(old.get(key), new.get(key), f"{name}.{key}".removeprefix("."))


def few(names: Iterable[str], shown: int = 2) -> str:
    """The first of some names, and how many more there are."""
    names = sorted(names)
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
