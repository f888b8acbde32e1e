"""In words, why a job must run: what differs from what was recorded when it last ran."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from spikerate.pipeline import fingerprint
from spikerate.pipeline.adapter import Job


def reasons(job: Job) -> list[str]:
    """In words why a job must run; nothing where only what it reads will be remade."""
    why, record, found = job.why, job.records[job.name], []
    if why.missing:
        found.append("not made yet")
    if why.unfinished:
        found.append("left unfinished by a run that was killed")
    if why.params:
        found += changes(record.provenance if record else None, job.provenance)
    if why.inputs:
        old, new = set(record.inputs if record else ()), set(job.inputs)
        found += [f"reads {few(new - old)}"] * bool(new - old)
        found += [f"no longer reads {few(old - new)}"] * bool(old - new)
    if why.changed:
        found.append(f"read another {few(why.changed)}")
    if why.environment:
        found.append("its conda environment changed")
    return found


def changes(old: dict | None, new: dict) -> list[str]:
    """In words how what a result is made from differs, code first."""
    if old is None:
        return ["made by a version that did not record its code"]
    return fingerprint.changes(old["code"], new["code"]) + [
        f"{name}: {a} -> {b}" for name, a, b in _differences(old["params"], new["params"])
    ]


def _differences(old, new, name: str = "") -> Iterator[tuple]:
    """Yield what differs in two nested mappings: dotted key, old and new value."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        if old != new:
            yield name, old, new
        return
    for key in old | new:
        yield from _differences(old.get(key), new.get(key), f"{name}.{key}".removeprefix("."))


def few(names: Iterable[str], shown: int = 2) -> str:
    """List the first of some names, and count the rest."""
    names = sorted(names)
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
