"""The tiny study on a SLURM of its own, disturbed on purpose: its results are those of a local run.

One run serves all tests. While it goes on, a job in training is cancelled, one has too little
memory and one too little time at their first attempt, and the controller is restarted.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from slurm import Cluster, missing
from spikerate.data import datasets
from spikerate.data import hashing as content

ROOT = Path(__file__).parents[2]
PROFILE = ROOT / "profiles" / "slurm"
LONGEST = 3000  # s that the run may take, on a busy or slow machine
SMALL = 150  # MB, too little for any job
DISTURBED = [
    f"untrained:mem_mb={SMALL} * attempt**3",
    "size:runtime=attempt",  # min; the shortest limit that SLURM knows is one
]
FAST = ["--slurm-init-seconds-before-status-checks", "1", "--latency-wait", "10"]

pytestmark = pytest.mark.skipif(
    bool(missing()), reason=f"SLURM is not installed: apt-get install {' '.join(missing())}"
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("slurm"))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()


def processes(folder, rule):
    """Numbers of the processes that run the script of a rule of a run in a folder."""
    scripts = re.compile(rf"{re.escape(str(folder))}/.snakemake/scripts/[^/]*\.{rule}\.py")
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_text(errors="replace").split("\0")
        except OSError:
            continue
        if "python" in command[0] and any(map(scripts.fullmatch, command[1:])):
            found.append(int(path.parent.name))
    return found


class Run:
    """A run of the tiny study on the cluster, and what was done to it."""

    def __init__(self, cluster, folder):
        self.cluster, self.folder = cluster, folder
        command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile",
                   "--profile", PROFILE, "--directory", folder, *FAST,
                   "--set-resources", *DISTURBED, "--config", "study=tiny"]  # fmt: skip
        self.log = folder.with_name("snakemake.log")
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command], cwd=folder, env=cluster.environment,
                stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.stopped = self.cancelled = self.before = self.after = None

    def disturb(self):
        """Do all that is to be done to the run, each as soon as it can be, in any order."""
        to_do = [self.stop_until_its_time_is_over, self.cancel_in_training, self.restart]
        end = time.monotonic() + LONGEST
        while to_do := [act for act in to_do if not act()]:
            assert self.process.poll() is None and time.monotonic() < end, self.log.read_text()
            time.sleep(0.1)
        self.process.wait(LONGEST)

    def stop_until_its_time_is_over(self):
        """Stop the process of a job; whether there was one."""
        found = processes(self.folder, "size")
        if found:
            self.stopped = found[0]
            os.kill(self.stopped, signal.SIGSTOP)
        return bool(found)

    def cancel_in_training(self):
        """Cancel a job whose script runs; whether there was one."""
        found = self.running("train") if processes(self.folder, "train") else []
        if found:
            self.cancelled = found[0]
            self.cluster.ask("scancel", self.cancelled)
        return bool(found)

    def restart(self):
        """Restart the controller while jobs run, once others have ended; whether it was."""
        if self.running("transfer"):
            self.before = {row[0] for row in self.cluster.queue(ended=True)}
            self.cluster.stop("slurmctld")
            time.sleep(3)
            self.cluster.start_controller()
            self.after = {row[0] for row in self.cluster.queue(ended=True)}
        return self.after

    def running(self, rule):
        """Jobs of a rule that run."""
        return [
            number
            for number, state, comment, *_ in self.cluster.queue()
            if state == "RUNNING" and comment.startswith(f"rule_{rule}_")
        ]


@pytest.fixture(scope="module")
def run(cluster, tmp_path_factory):
    """The run, ended; its path holds a blank."""
    folder = tmp_path_factory.mktemp("a study") / "of SLURM"
    folder.mkdir()
    run = Run(cluster, folder)
    try:
        run.disturb()
        yield run
    finally:
        if run.process.poll() is None:
            run.process.kill()


@pytest.fixture(scope="module")
def attempts(run):
    """All jobs of the run: by comment, which names rule and wildcards, rows of the queue."""
    found = defaultdict(list)
    for row in sorted(run.cluster.queue(ended=True), key=lambda row: int(row[0])):
        found[row[2]].append(row)
    return found


def test_the_run_ends_well(run):
    assert run.process.returncode == 0, run.log.read_text()
    assert "(100%) done" in run.log.read_text()


def test_the_results_are_those_of_a_local_run(run, study):
    made, local = run.folder / "results/tiny", study
    names = {path.relative_to(local) for path in local.rglob("*.nc")}
    assert {path.relative_to(made) for path in made.rglob("*.nc")} == names
    digests = [{name: content.digest(datasets.load(folder / name)) for name in names}
               for folder in (made, local)]  # fmt: skip
    assert digests[0] == digests[1]


def test_what_takes_seconds_is_no_job_of_the_cluster(attempts):
    rules = {re.match(r"rule_([a-z0-9_]+?)(_wildcards_|$)", comment)[1] for comment in attempts}
    assert rules == {"train", "demonstration", "size", "untrained", "transfer", "starred",
                     "spectra", "repeat", "repeat_shown"}  # fmt: skip


def test_a_job_cancelled_in_training_goes_on(run, attempts):
    (jobs,) = (jobs for jobs in attempts.values() if run.cancelled in [row[0] for row in jobs])
    assert [row[1] for row in jobs] == ["CANCELLED", "COMPLETED"]


def test_a_job_over_its_memory_is_tried_again_with_more(attempts):
    first, second, *more = attempts["rule_untrained"]
    assert first[1] in ("OUT_OF_MEMORY", "FAILED", "CANCELLED") and second[1] == "COMPLETED"
    assert (first[3], second[3]) == (f"{SMALL}M", f"{SMALL * 8}M") and not more


def test_a_job_over_its_time_is_tried_again_with_more(attempts):
    (jobs,) = (jobs for jobs in attempts.values() if "TIMEOUT" in [row[1] for row in jobs])
    assert [(row[1], row[4]) for row in jobs] == [("TIMEOUT", "1:00"), ("COMPLETED", "2:00")]


def test_a_restart_of_the_controller_loses_nothing(run, attempts):
    assert run.before and run.before <= run.after
    cut = {row[0] for jobs in attempts.values() for row in jobs if row[1] != "COMPLETED"}
    assert len(cut) == 3, "jobs that were cancelled, over their memory or over their time"


def test_every_resource_of_a_job_grows_with_its_attempts(attempts):
    for comment, jobs in attempts.items():
        memory = [int(row[3].removesuffix("M")) for row in jobs]
        assert memory == sorted(memory), comment


def test_nothing_is_left_behind(run):
    assert run.cluster.queue() == []
    kept = run.folder / ".snakemake"
    assert not [*kept.glob("locks/*"), *kept.glob("incomplete/**/*"), *kept.glob("tmp.*")]
    assert not list((run.folder / "results").rglob(".*"))
    assert not processes(run.folder, "[a-z]+")


def test_a_second_run_has_nothing_to_do(run):
    again = subprocess.run(
        [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--profile", PROFILE,
         "--directory", run.folder, "--config", "study=tiny"],
        cwd=run.folder, env=run.cluster.environment, text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert again.returncode == 0 and "Nothing to be done" in again.stdout + again.stderr


def test_the_daemons_stop(run):
    cluster = run.cluster
    daemons = list(cluster.daemons.values())
    cluster.close()
    assert len(daemons) == 3 and all(daemon.poll() is not None for daemon in daemons)


def test_the_profile_sets_nothing_that_the_default_one_sets():
    default = yaml.safe_load((ROOT / "profiles/default/config.yaml").read_text())
    assert not set(default) & set(yaml.safe_load((PROFILE / "config.yaml").read_text()))
