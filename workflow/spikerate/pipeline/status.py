"""What of a study is stale, and why; results accepted as they are, or recomputed and compared.

    python -m spikerate.pipeline.status status|accept|verify [--all] [KEY=VALUE ...]

Which jobs must run, Snakemake decides, and what it remembers of the last run it is asked for.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import csv
import json
import logging
import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import netCDF4

from spikerate.data import datasets
from spikerate.data import hashing as content
from spikerate.data.checkout import CHECKOUT
from spikerate.data.files import replacing
from spikerate.pipeline import fingerprint, records
from spikerate.pipeline import verify as recomputed

SNAKEFILE = CHECKOUT / "Snakefile"
SAMPLE = 5  # finished points that `verify` recomputes
SLACK = 0.05  # s, within which a file is as old as its record says
KINDS = ("code", "params")  # of what a result is made from


@contextlib.contextmanager
def study(snakefile, config: list[str], targets=(), touch: bool = False):
    """Have Snakemake plan a study, or declare targets fresh, and yield its workflow."""
    from snakemake import api, cli
    from snakemake.settings import types

    arguments = [
        "--snakefile",
        str(snakefile),
        "--cores",
        "1",
        *(["--config", *config] * bool(config)),
    ]
    _, args = cli.parse_args(arguments)  # with the flags of the profile
    records.enforced = False
    quiet = types.OutputSettings(dryrun=not touch, log_level_override=logging.ERROR)
    with api.SnakemakeApi(quiet) as snakemake:
        workflow = snakemake.workflow(
            resource_settings=types.ResourceSettings(cores=1),
            config_settings=types.ConfigSettings(
                config=cli.parse_config(args.config), config_args=args.config
            ),
            snakefile=Path(snakefile),
        )
        plan = workflow.dag(
            types.DAGSettings(
                targets=set(targets), rerun_triggers=args.rerun_triggers, force_incomplete=True,
                max_checksum_file_size=args.max_checksum_file_size, forcetargets=touch,
            )
        )  # fmt: skip
        plan.execute_workflow(
            executor="touch" if touch else "dryrun",
            execution_settings=types.ExecutionSettings(lock=touch),
        )
        yield workflow._workflow


# Why a job must run.


def reasons(workflow, job) -> list[str]:
    """In words why a job must run; nothing where only what it reads will be remade."""
    why, found = workflow.dag.reason(job), []
    missing = sorted(map(str, why.missing_output))
    if missing:
        found.append("not made yet")
    if why.incomplete_output:
        found.append("left unfinished by a run that was killed")
    if why.params_changed:
        found += changes(_made_from(workflow, job), job.params.get("made_from"))
    if why.input_changed:
        old, new = set(workflow.persistence.input(job.output[0]) or ()), set(map(str, job.input))
        found += [f"reads {_few(new - old)}"] * bool(new - old)
        found += [f"no longer reads {_few(old - new)}"] * bool(old - new)
    if why.updated_input:
        found.append(f"read another {_few(map(str, why.updated_input))}")
    if why.software_stack_changed:
        found.append("its conda environment changed")
    return found


def _made_from(workflow, job) -> dict | None:
    """What the outputs of a job were made from, as it was recorded; None if it was not."""
    for text in workflow.persistence.params(job.output[0]) or ():
        if text.startswith("{'code': "):
            return ast.literal_eval(text)
    return None


def changes(old: dict | None, new: dict) -> list[str]:
    """In words how what a result is made from differs, code first."""
    if old is None:
        return ["made by a version that did not record its code"]
    return fingerprint.changes(old["code"], new["code"]) + [
        f"{name}: {a} -> {b}" for name, a, b in _differences(old["params"], new["params"])
    ]


def _differences(old, new, name: str = ""):
    """Yield what differs in two nested mappings: dotted key, old and new value."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        if old != new:
            yield name, old, new
        return
    for key in old | new:
        yield from _differences(old.get(key), new.get(key), f"{name}.{key}".removeprefix("."))


def _few(names, shown: int = 2) -> str:
    names = sorted(names)
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


def _short(text: str, width: int = 160) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."


# What is wrong with results that are there.


def damaged(workflow, jobs) -> list[str]:
    """Sentences on outputs that are not what was made.

    A file as old as its record says is believed; any other is read.
    """
    found = []
    for file in (file for job in jobs for file in job.output):
        path, record = str(file), workflow.persistence.metadata(file)
        moved = record is None or abs(os.path.getmtime(path) - record.endtime) > SLACK
        try:
            if path.endswith(".nc"):
                with datasets.opened(path):
                    pass
                if moved:
                    datasets.load(path)
            elif moved and record:
                found.append(f"{path} is not as old as its record: it may have been changed")
        except datasets.DataError as error:
            found.append(str(error))
    return found


def outdated(jobs) -> list[str]:
    """Sentences on datasets that read something else than what now lies there.

    Snakemake notices that by times, which a copy may put in the wrong order.
    """
    held = {}
    for path in (str(file) for job in jobs for file in job.output if str(file).endswith(".nc")):
        with contextlib.suppress(datasets.DataError), datasets.opened(path) as dataset:
            held[path] = dataset.attrs
    return [
        f"{path} was made from another {name}; delete it and run again"
        for path, attrs in held.items() if "accepted" not in attrs
        for name, read in json.loads(attrs.get("inputs", "{}")).items()
        if name in held and held[name]["content"] != read
    ]  # fmt: skip


def seconds(job) -> float | None:
    """How long a job took when it last ran; None if it never did."""
    with contextlib.suppress(OSError, TypeError, KeyError, ValueError, StopIteration):
        lines = Path(job.benchmark).read_text().splitlines()
        return float(next(csv.DictReader(lines, delimiter="\t"))["s"])


def cost(stale, all_jobs) -> str:
    """One line on what a run would cost: jobs, and minutes from the times of earlier runs."""
    times = {job: seconds(job) for job in all_jobs}
    known = {}
    for job, time in times.items():
        if time is not None:
            known.setdefault(job.rule.name, []).append(time)
    guess = {rule: sum(found) / len(found) for rule, found in known.items()}
    expected = [times[job] if times[job] is not None else guess.get(job.rule.name) for job in stale]
    minutes = sum(time for time in expected if time is not None) / 60
    unknown = expected.count(None)
    rest = f", besides {unknown} of a kind that has never run" if unknown else ""
    return f"A run would cost {len(stale)} jobs: about {minutes:.1f} minutes on one core{rest}."


# The three commands.


def _jobs(workflow) -> tuple[list, list]:
    """Jobs that must run, and those that need not, in the order of the data."""
    stale = set(workflow.dag.needrun_jobs(exclude_finished=False))
    ordered = [j for level in workflow.dag.toposorted() for j in sorted(level, key=_name)]
    ordered = [job for job in ordered if job.output]
    return [j for j in ordered if j in stale], [j for j in ordered if j not in stale]


def _name(job) -> str:
    return str(next(iter(job.output), ""))


def show(workflow) -> int:
    """Print what is stale and why, what is wrong, and what a run would cost."""
    stale, fresh = _jobs(workflow)
    groups, derived = {}, Counter()
    for job in stale:
        why = reasons(workflow, job)
        if why:
            groups.setdefault((job.rule.name, "; ".join(why)), []).append(_name(job))
        else:
            derived[job.rule.name] += 1
    for (rule, why), names in groups.items():
        print(f"{rule} ({len(names)}): {_few(names)}\n    {_short(why)}")
    if derived:
        counted = ", ".join(f"{rule} ({count})" for rule, count in derived.items())
        print(f"because what they read will be remade: {counted}")
    lost = records.unrecorded(f"results/{workflow.globals['config']['study']}")
    present = [job for job in fresh if _present(job)]
    wrong = damaged(workflow, present) + outdated(present)
    if lost:
        wrong.append(
            f"nothing is recorded of how {_few(lost)} came about: `make accept` or `make clean`"
        )
    for sentence in wrong:
        print(f"error: {sentence}")
    print(cost(stale, stale + fresh) if stale else "Nothing is stale.")
    return int(bool(wrong))


def _present(job) -> bool:
    return all(os.path.exists(path) for path in job.output)


def accept(snakefile, config: list[str]) -> int:
    """Declare the results that are there fresh, and say so in their provenance."""
    with study(snakefile, config) as workflow:
        stale, fresh = _jobs(workflow)
        absent = {job for job in stale if not _present(job)}
        absent |= set(workflow.dag.bfs(workflow.dag.depending, *absent)) if absent else set()
        chosen = [job for job in stale if job not in absent]
        chosen += [job for job in fresh if not workflow.persistence.has_metadata(job)]
        wrong = damaged(workflow, [job for job in stale + fresh if _present(job)])
        why = {
            job: "; ".join(reasons(workflow, job)) or "what it read was accepted" for job in chosen
        }
        outputs = {str(path): why[job] for job in chosen for path in job.output}
    if wrong:
        print(*(f"error: {sentence}" for sentence in wrong), sep="\n")
        return 1
    for path, reason in outputs.items():
        if path.endswith(".nc"):
            _note(Path(path), reason)
    if outputs:
        with study(snakefile, config, targets=outputs, touch=True):
            pass
    print(f"{len(outputs)} files are taken as they are; what is missing stays to be made.")
    return 0


def _note(path: Path, why: str) -> None:
    """Add to a dataset's provenance that it was accepted, when and in spite of what."""
    with replacing(path) as temporary:
        shutil.copy2(path, temporary)
        with netCDF4.Dataset(temporary, "a") as file:
            earlier = json.loads(file.accepted) if "accepted" in file.ncattrs() else []
            now = datetime.now(UTC).isoformat(timespec="seconds")
            file.accepted = json.dumps([*earlier, {"time": now, "in_spite_of": why}])


def verify(snakefile, config: list[str], everything: bool) -> int:
    """Recompute a few finished points, or all that is finished, and compare."""
    with study(snakefile, config) as workflow:
        _, fresh = _jobs(workflow)
        done = [job for job in fresh if _present(job) and _name(job).endswith(".nc")]
    if everything:
        return _verify_all(snakefile, config, sorted(map(_name, done)))
    chunks = [_name(job) for job in done if job.rule.name in recomputed.RULES]
    chosen = random.sample(chunks, min(SAMPLE, len(chunks)))
    differ = []
    for path in sorted(chosen):
        with datasets.opened(path) as chunk:
            point = random.randrange(chunk.sizes["point"])
            where = f"Q = {chunk['Q'].values[point]:g}, G = {chunk['G'].values[point]:g} of {path}"
        if not recomputed.same(path, point):
            differ.append(path)
            print(f"error: the point {where} holds other numbers than its recomputation")
    print(f"{len(chosen) - len(differ)} of {len(chosen)} recomputed points are the same.")
    return int(bool(differ))


def _verify_all(snakefile, config: list[str], chosen: list[str]) -> int:
    """Recompute finished datasets beside the study, and compare their content."""
    differ = []
    with tempfile.TemporaryDirectory(dir=records.KEPT) as folder:
        for tree in (records.KEPT / "metadata", Path("results")):
            shutil.copytree(tree, Path(folder) / tree, copy_function=_linked)
        for path in chosen:
            (Path(folder) / path).unlink()
        command = [
            sys.executable,
            "-m",
            "snakemake",
            "--snakefile",
            snakefile,
            "--directory",
            folder,
        ]
        command += ["--cores", "all", "--config", *config, "--", *chosen]
        if os.spawnv(os.P_WAIT, sys.executable, list(map(str, command))):
            print("error: the datasets could not be recomputed")
            return 1
        for path in chosen:
            again = content.digest(datasets.load(Path(folder) / path))
            if again != content.digest(datasets.load(path)):
                differ.append(path)
    for path in differ:
        print(f"error: {path} holds other numbers than its recomputation")
    print(f"{len(chosen) - len(differ)} of {len(chosen)} recomputed datasets are the same.")
    return int(bool(differ))


def _linked(source, target) -> None:
    """Link a dataset, which is only ever replaced; copy what Snakemake writes in place."""
    try:
        (os.link if str(source).endswith(".nc") else shutil.copy2)(source, target)
    except OSError:
        shutil.copy2(source, target)


def main() -> int:
    """Run a command of the command line."""
    parser = argparse.ArgumentParser(prog="spikerate.pipeline.status")
    parser.add_argument("command", choices=("status", "accept", "verify"))
    parser.add_argument("config", nargs="*", metavar="KEY=VALUE", help="as for snakemake --config")
    parser.add_argument("--all", action="store_true", help="verify all that is finished")
    parser.add_argument("--snakefile", default=SNAKEFILE)
    args = parser.parse_intermixed_args()
    if args.command == "accept":
        return accept(args.snakefile, args.config)
    if args.command == "verify":
        return verify(args.snakefile, args.config, args.all)
    with study(args.snakefile, args.config) as workflow:
        return show(workflow)


if __name__ == "__main__":
    sys.exit(main())
