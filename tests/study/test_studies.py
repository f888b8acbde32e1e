"""The dry run of every study: what it lists, and how long that takes."""

import re
import resource

import pytest

from spikerate.study import config as configs

STUDIES = sorted(path.stem for path in configs.STUDIES.glob("*.yaml"))
MOST_JOBS = 5000
LONGER = 6  # than the dry run of the smallest study: a machine's speed is in both


def used():
    """Processor time (s) of the children that have ended: a busy machine stretches it least."""
    times = resource.getrusage(resource.RUSAGE_CHILDREN)
    return times.ru_utime + times.ru_stime


def dry_run(study, snakemake, folder):
    """What the dry run of a study says, and its processor time (s)."""
    before = used()
    done = snakemake(folder, "--config", f"study={study}", "--dry-run", "--quiet", "rules")
    assert done.returncode == 0, done.stdout
    return done.stdout, used() - before


@pytest.mark.parametrize("study", STUDIES)
def test_a_dry_run_lists_a_few_thousand_jobs_at_most_and_is_quick(study, snakemake, tmp_path):
    said, seconds = dry_run(study, snakemake, tmp_path)
    assert seconds < LONGER * dry_run("tiny", snakemake, tmp_path)[1]
    jobs = {word: int(count) for word, count in re.findall(r"^(\w+) +(\d+)$", said, re.M)}
    assert 50 < jobs["total"] < MOST_JOBS
    assert all(jobs[f"fig{number}"] == 1 for number in range(1, 9))
