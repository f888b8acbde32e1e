"""Recompute the tasks and a few finished points of a study, or all its datasets, and compare.

python -m spikerate.pipeline.verify [--all] [--configfile FILE] [KEY=VALUE ...]
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from spikerate.data import datasets, hashing
from spikerate.pipeline import adapter, commands, recompute
from spikerate.pipeline.adapter import Request

SAMPLE = 5  # finished points that are recomputed


def verify(request: Request) -> int:
    """Recompute the finished tasks and a few points, and compare; return the exit status."""
    done = [job for job in adapter.plan(request).fresh if job.present]
    tasks = [job.name for job in done if job.rule == "task"]
    wrong = [path for path in tasks if not recompute.same_task(path)]
    for path in wrong:
        print(f"error: the task {path} is different now: its code or a file that it reads changed")
    print(f"{len(tasks) - len(wrong)} of {len(tasks)} recomputed tasks are the same.")
    chunks = [job.name for job in done if job.rule in recompute.RULES]
    differ = []
    for path in sorted(random.sample(chunks, min(SAMPLE, len(chunks)))):
        with datasets.opened(path) as chunk:
            point = random.randrange(chunk.sizes["point"])
            where = f"Q = {chunk['Q'].values[point]:g}, G = {chunk['G'].values[point]:g} of {path}"
        if not recompute.same(path, point):
            differ.append(path)
            print(f"error: the point {where} has other numbers than its recomputation")
    count = min(SAMPLE, len(chunks))
    print(f"{count - len(differ)} of {count} recomputed points are the same.")
    return int(bool(wrong or differ))


def verify_all(request: Request) -> int:
    """Recompute all finished datasets in another folder, and compare; return the exit status."""
    plan = adapter.plan(request)
    chosen = sorted(job.name for job in plan.fresh if job.present and job.name.endswith(".nc"))
    with tempfile.TemporaryDirectory(prefix="spikerate-") as name:
        folder, results = Path(name), Path("results", plan.config["study"])
        for tree in (adapter.SNAKEMAKE / adapter.METADATA, results):
            shutil.copytree(tree, folder / tree, copy_function=_copy)
        for path in chosen:
            (folder / path).unlink()
        if _snakemake(request, folder, chosen):
            print("error: the datasets could not be recomputed")
            return 1
        differ = [path for path in chosen if _digest(folder / path) != _digest(path)]
    for path in differ:
        print(f"error: {path} has other numbers than its recomputation")
    print(f"{len(chosen) - len(differ)} of {len(chosen)} recomputed datasets are the same.")
    return int(bool(differ))


def _digest(path: str | Path) -> str:
    return hashing.digest(datasets.load(path))


def _snakemake(request: Request, folder: Path, targets: list[str]) -> int:
    """Let Snakemake make targets in a folder; return its exit status."""
    command = [sys.executable, "-m", "snakemake", "--cores", "all"]
    command += ["--snakefile", str(request.snakefile), "--directory", str(folder)]
    if request.configfiles:
        command += ["--configfile", *(str(path.absolute()) for path in request.configfiles)]
    if request.config:
        command += ["--config", *request.config]
    return subprocess.call([*command, "--", *targets])


def _copy(source: str, target: str) -> None:
    """Copy a file; a dataset is only linked, because nothing writes to it in place."""
    try:
        (os.link if source.endswith(".nc") else shutil.copy2)(source, target)
    except OSError:
        shutil.copy2(source, target)


def main() -> int:
    """Run the command line."""
    parser = commands.Parser("verify", "Recompute a few finished points of a study, and compare.")
    parser.add_argument("--all", action="store_true", help="all finished datasets")
    options, request = parser.read()
    return verify_all(request) if options.all else verify(request)


if __name__ == "__main__":
    sys.exit(main())
