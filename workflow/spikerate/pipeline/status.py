"""What of a study is stale and why, what is wrong with it, and what a run would cost.

python -m spikerate.pipeline.status [--configfile FILE] [KEY=VALUE ...]
"""

from __future__ import annotations

import contextlib
import csv
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from spikerate.pipeline import adapter, commands, damage, runs
from spikerate.pipeline.adapter import Job, Plan, Request
from spikerate.pipeline.reasons import few, reasons


def seconds(benchmark: str | None) -> float | None:
    """How long a job took when it last ran, by its benchmark; None if it never did."""
    with contextlib.suppress(OSError, TypeError, KeyError, ValueError, StopIteration):
        lines = Path(benchmark).read_text().splitlines()
        return float(next(csv.DictReader(lines, delimiter="\t"))["s"])


def cost(stale: list[Job], jobs: Iterable[Job]) -> str:
    """One line on what a run would cost: jobs, and minutes from the times of earlier runs."""
    times = {job: seconds(job.benchmark) for job in jobs}
    known: dict[str, list[float]] = {}
    for job, time in times.items():
        if time is not None:
            known.setdefault(job.rule, []).append(time)
    guess = {rule: sum(found) / len(found) for rule, found in known.items()}
    expected = [times[job] if times[job] is not None else guess.get(job.rule) for job in stale]
    minutes = sum(time for time in expected if time is not None) / 60
    unknown = expected.count(None)
    rest = f", besides {unknown} of a kind that has never run" if unknown else ""
    return f"A run would cost {len(stale)} jobs: about {minutes:.1f} minutes on one core{rest}."


def show(plan: Plan, request: Request) -> int:
    """Print what is stale and why, what is wrong, and what a run would cost."""
    groups: dict[tuple[str, str], list[str]] = {}
    derived: Counter[str] = Counter()
    for job in plan.stale:
        why = reasons(job)
        if why:
            groups.setdefault((job.rule, "; ".join(why)), []).append(job.name)
        else:
            derived[job.rule] += 1
    for (rule, why), names in groups.items():
        print(f"{rule} ({len(names)}): {few(names)}\n    {_short(why)}")
    if derived:
        counted = ", ".join(f"{rule} ({count})" for rule, count in derived.items())
        print(f"because what they read will be remade: {counted}")
    wrong = damage.damaged(job for job in plan.fresh if job.present)
    lost = damage.unrecorded(f"results/{plan.config['study']}")
    if lost:
        wrong.append(
            f"nothing is recorded of how {few(lost)} came about: `make accept` or `make clean`"
        )
    for sentence in wrong:
        print(f"error: {sentence}")
    print(_other(plan.config["study"], request), end="")
    print(cost(plan.stale, plan.jobs) if plan.stale else "Nothing is stale.")
    return int(bool(wrong))


def _other(study: str, request: Request) -> str:
    """Line on what a study was last run with, if that is not what is asked for now."""
    last = runs.last(study)
    if last is None:
        return ""
    now = {"config": list(request.config), "configfiles": list(map(str, request.configfiles))}
    if all(_plain(last.get(name, ()), study) == _plain(now[name], study) for name in now):
        return ""
    return f"The study was last run with {_written(last, study)}; this is about another config.\n"


def _plain(words: Iterable[str], study: str) -> list[str]:
    """Words, but for the name of the study."""
    return sorted(word for word in words if word != f"study={study}")


def _written(last: dict, study: str) -> str:
    """What a study was run with, as `make` takes it."""
    words = [f"'{w}'" if " " in w else w for w in _plain(last.get("config", ()), study)]
    files = last.get("configfiles", [])
    parts = [f'CONFIGFILE="{" ".join(files)}"'] * bool(files)
    parts += [f'CONFIG="{" ".join(words)}"'] * bool(words)
    return " ".join(parts) or "no CONFIG and no CONFIGFILE"


def _short(text: str, width: int = 160) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."


def main() -> int:
    """Run the command line."""
    _, request = commands.Parser("status", "What of a study is stale, and why.").read()
    return show(adapter.plan(request), request)


if __name__ == "__main__":
    sys.exit(main())
