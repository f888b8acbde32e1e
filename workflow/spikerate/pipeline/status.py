"""Which results of a study are stale and why, which are damaged, and what a run would cost.

python -m spikerate.pipeline.status [--configfile FILE] [KEY=VALUE ...]
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from spikerate.pipeline import adapter, commands, damage, runs
from spikerate.pipeline.adapter import Job, Plan, Request
from spikerate.pipeline.reasons import few, reasons


def seconds(benchmark: str | None) -> float | None:
    """How long a job took in its last run, from its benchmark; None if it has none."""
    if benchmark is None:
        return None
    try:
        lines = Path(benchmark).read_text().splitlines()
        return float(next(csv.DictReader(lines, delimiter="\t"))["s"])
    except (OSError, TypeError, KeyError, ValueError, StopIteration):
        return None


def cost(stale: list[Job], jobs: Iterable[Job]) -> str:
    """Sentence on what a run would cost: jobs, and minutes according to earlier runs."""
    times = {job: seconds(job.benchmark) for job in jobs}
    by_rule: dict[str, list[float]] = {}
    for job, time in times.items():
        if time is not None:
            by_rule.setdefault(job.rule, []).append(time)
    mean = {rule: sum(found) / len(found) for rule, found in by_rule.items()}
    expected = [times[job] if times[job] is not None else mean.get(job.rule) for job in stale]
    minutes = sum(time for time in expected if time is not None) / 60
    unknown = expected.count(None)
    rest = f", without {unknown} jobs of rules that have never run" if unknown else ""
    return f"A run would cost {len(stale)} jobs: about {minutes:.1f} minutes on one core{rest}."


def show(plan: Plan, request: Request) -> int:
    """Print what is stale and why, what is damaged, and what a run would cost.

    Returns
    -------
    exit status, 1 if anything is damaged
    """
    groups: dict[tuple[str, str], list[str]] = {}
    derived: Counter[str] = Counter()
    for job in plan.stale:
        if found := reasons(job):
            groups.setdefault((job.rule, "; ".join(found)), []).append(job.name)
        else:
            derived[job.rule] += 1
    for (rule, why), names in groups.items():
        print(f"{rule} ({len(names)}): {few(names)}\n    {_short(why)}")
    if derived:
        counted = ", ".join(f"{rule} ({count})" for rule, count in derived.items())
        print(f"because their inputs will be remade: {counted}")
    wrong = damage.damaged(job for job in plan.fresh if job.present)
    lost = damage.unrecorded(f"results/{plan.config['study']}")
    if lost:
        wrong.append(f"no record of how {few(lost)} was made: `make accept` or `make clean`")
    for sentence in wrong:
        print(f"error: {sentence}")
    print(_other_config(plan.config["study"], request), end="")
    print(cost(plan.stale, plan.jobs) if plan.stale else "Nothing is stale.")
    return int(bool(wrong))


def _other_config(study: str, request: Request) -> str:
    """Line on the config with which a study was last run, if it differs from that of a request."""
    last = runs.last(study)
    if last is None:
        return ""
    now = {"config": list(request.config), "configfiles": list(map(str, request.configfiles))}
    if all(_changes(last.get(name, ()), study) == _changes(now[name], study) for name in now):
        return ""
    written = _as_make_takes_it(last, study)
    return f"The study was last run with {written}; this status is for another config.\n"


def _changes(words: Iterable[str], study: str) -> list[str]:
    """Words without the one that names the study."""
    return sorted(word for word in words if word != f"study={study}")


def _as_make_takes_it(last: dict[str, list[str]], study: str) -> str:
    """Config of a run as arguments of `make`."""
    words = [f"'{w}'" if " " in w else w for w in _changes(last.get("config", ()), study)]
    files = last.get("configfiles", [])
    parts = [f'CONFIGFILE="{" ".join(files)}"'] * bool(files)
    parts += [f'CONFIG="{" ".join(words)}"'] * bool(words)
    return " ".join(parts) or "no CONFIG and no CONFIGFILE"


def _short(text: str, width: int = 160) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."


def main() -> int:
    """Run the command line."""
    _, request = commands.Parser("status", "Which results of a study are stale, and why.").read()
    return show(adapter.plan(request), request)


if __name__ == "__main__":
    sys.exit(main())
