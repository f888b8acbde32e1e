"""The dry run of every study: what it lists, and how long that takes."""

import re
import resource
import time

import pytest

from spikerate.study import config as configs

STUDIES = sorted(path.stem for path in configs.STUDIES.glob("*.yaml"))
MOST_JOBS = 5000
LOOPS = 600e6  # of an empty Python loop: what a slow machine cannot stretch either


def per_loop():
    """Processor time (s) of one round of an empty Python loop."""
    begun = time.process_time()
    for _ in range(rounds := 5_000_000):
        pass
    return (time.process_time() - begun) / rounds


def used():
    """Processor time (s) of the children that have ended: what a busy machine cannot stretch."""
    times = resource.getrusage(resource.RUSAGE_CHILDREN)
    return times.ru_utime + times.ru_stime


@pytest.mark.parametrize("study", STUDIES)
def test_a_dry_run_lists_a_few_thousand_jobs_at_most_and_is_quick(study, snakemake, tmp_path):
    before = used()
    done = snakemake(tmp_path, "--config", f"study={study}", "--dry-run", "--quiet", "rules")
    assert done.returncode == 0, done.stdout
    assert used() - before < LOOPS * per_loop()
    jobs = {word: int(count) for word, count in re.findall(r"^(\w+) +(\d+)$", done.stdout, re.M)}
    assert 50 < jobs["total"] < MOST_JOBS
    assert all(jobs[f"fig{number}"] == 1 for number in range(1, 9))
