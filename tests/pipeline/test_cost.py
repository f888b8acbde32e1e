"""The model of costs: its laws, the plan made of it, and both against a study that ran."""

import csv
import os
import re
import shutil
import subprocess
import sys
import time
from itertools import product

import pandas as pd
import pytest

from conftest import ROOT
from spikerate.model.networks import TWINS
from spikerate.pipeline import calibration, cost, estimates, plan, timings
from spikerate.pipeline.work import Work
from spikerate.report.costs import STAGES
from spikerate.study import chunks, sweep
from spikerate.study import config as configs

LEAST, MOST = 10, 60  # minutes of a job on a cluster
OFF = 10  # times too long or too short that a plan of very short jobs may be, here or elsewhere


def costs(study, **changes):
    return cost.Costs(configs.load(study, changes))


def asked(folder, *arguments):
    """What `python -m spikerate.pipeline.plan` says, and its exit status."""
    done = subprocess.run(
        [sys.executable, "-m", "spikerate.pipeline.plan", "--snakefile",
         ROOT / "Snakefile", *arguments],
        cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT / "workflow")}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    return done.stdout, done.returncode


# The model


@pytest.mark.parametrize("law", [
    lambda n: timings.spiking_step(n, 1), lambda n: timings.product(n, True, 16),
    lambda n: timings.rows(n, True, 32), timings.dense_update, lambda n: timings.draw(n, False),
])  # fmt: skip
def test_everything_grows_with_the_network(law):
    found = [law(neurons) for neurons in (100, 500, 2000, 4000)]
    assert found == sorted(found)
    assert found[0] > 0


@pytest.mark.parametrize("network", ["spiking", "rate"])
@pytest.mark.parametrize("rule", cost.CHUNKED)
def test_a_job_grows_with_its_network(rule, network):
    where = {"task": "sine", "kind": network, "speed": "fast", "chunk": "0"}
    small, large = (costs("laptop", network={"neurons": n}).of(rule, where) for n in (500, 2000))
    assert large.seconds() > 2 * small.seconds()
    assert large.memory > small.memory


def test_published_numerics_and_the_reference_engine_cost_more():
    where = {"task": "sine", "kind": "rate", "speed": "fast", "chunk": "0"}
    usual = costs("laptop").of("train", where).seconds()
    assert costs("laptop", numerics="published").of("train", where).seconds() > 4 * usual
    assert costs("laptop", engine="numpy").of("train", where).seconds() > usual


def test_every_rule_has_its_own_estimate():
    rules = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    named = set(re.findall(r'needed\("\w+", "(\w+)"\)', rules))
    assert set(estimates.ESTIMATORS) <= named | {f"fig{number}" for number in range(1, 9)}
    assert all(map(estimates.estimator, named))


def test_a_rule_without_an_estimate_is_refused():
    with pytest.raises(ValueError, match=r"no estimate of what the rule 'trial' needs"):
        costs("tiny").of("trial")


def test_a_slower_machine_takes_longer():
    job = costs("laptop").of(
        "train", {"task": "sine", "kind": "rate", "speed": "fast", "chunk": "0"}
    )
    assert job.seconds(dict.fromkeys(timings.PIECES, 2.0)) == pytest.approx(2 * job.seconds())


# Jobs of the paper study


def paper_jobs():
    """(task, rule, network), points and minutes of every chunk at one learning rate."""
    model = costs("paper")
    for task, rule, network in product(sweep.swept(model.load.config), cost.CHUNKED, TWINS):
        if rule != "repeat" or task in model.load.config["trials"]["tasks"]:
            sizes = chunks.sizes(model.load.config, task, cost.CHUNKED[rule], network)
            for chunk, points in sizes.items():
                where = {"task": task, "kind": network, "speed": "fast", "chunk": chunk}
                yield (task, rule, network), points, model.of(rule, where).seconds() / 60


def test_jobs_of_the_paper_study_last_between_ten_minutes_and_an_hour():
    for where, points, minutes in paper_jobs():
        assert minutes <= MOST, where
        assert minutes >= LEAST or points == 1600, where  # the whole grid may take less


def test_every_job_asks_for_more_than_it_is_expected_to_need():
    model = costs("paper")
    for task in ("sine", "ode_to_joy"):
        where = {"task": task, "kind": "rate", "speed": "fast", "chunk": "0"}
        job = model.of("train", where)
        assert model.mem_mb("train", where) > job.memory / cost.MB
        assert model.runtime("train", where) > 2 * job.seconds() / 60


# The plan


def planned(name, before, seconds):
    return plan.Planned(
        name, "train", name, estimates.Job(Work(python=seconds), 1e6, 1e6), before, 0
    )


def test_a_schedule_waits_for_inputs_and_for_cores():
    jobs = [
        planned("a", [], 10),
        planned("b", [], 10),
        planned("c", [], 4),
        planned("d", [0, 2], 1),
    ]
    seconds = [job.needs.seconds() for job in jobs]
    starts, ends = plan.schedule(jobs, seconds, cores=2)
    assert (starts[2], ends[3]) == (10, 15)
    assert max(plan.schedule(jobs, seconds, cores=1)[1]) == sum(seconds)
    assert max(plan.schedule(jobs, seconds, cores=9)[1]) == 11


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plan")
    begun = time.perf_counter()
    said, status = asked(folder, "--cores", "2", "study=tiny")
    assert status == 0, said
    return folder, said, time.perf_counter() - begun


def test_a_plan_is_a_table_of_the_stages(tiny):
    folder, said, _ = tiny
    table = pd.read_csv(folder / "results/tiny/plan.csv", index_col="stage")
    assert table.columns.tolist() == plan.COLUMNS
    assert set(STAGES) < set(table.index)
    stages, total = table.drop("total"), table.loc["total"]
    assert total["jobs"] == stages["jobs"].sum()
    assert total["core_hours"] == pytest.approx(stages["core_hours"].sum(), abs=0.01)
    assert total["peak_memory_mb"] == stages["peak_memory_mb"].max()
    assert total["wall_hours"] >= total["core_hours"] / 2 - 0.001
    assert "Study tiny on 2 cores" in said


def test_a_plan_has_the_jobs_of_the_dry_run(tiny, snakemake, tmp_path):
    folder, _, _ = tiny
    dry = snakemake(tmp_path, "--config", "study=tiny", "--dry-run", "--quiet", "rules").stdout
    jobs = int(re.search(r"^total +(\d+)$", dry, re.M)[1])
    table = pd.read_csv(folder / "results/tiny/plan.csv", index_col="stage")
    assert table.loc["total", "jobs"] == jobs - 1  # but for `all`


@pytest.mark.parametrize(("arguments", "words"), [
    (("--cores", "0", "study=tiny"), "CORES must be a whole number above 0, or all, got '0'"),
    (("--cores", "many", "study=tiny"), "CORES must be a whole number"),
    (("--cores", "2", "study=huge"), "study must be one of"),
])  # fmt: skip
def test_a_bad_plan_ends_in_a_sentence(arguments, words, tmp_path):
    said, status = asked(tmp_path, *arguments)
    assert status != 0
    assert words in said
    assert "Traceback" not in said


def test_the_figures_share_what_is_needed():
    jobs = [
        planned("a", [], 4),
        planned("fig1", [0], 1),
        planned("fig2", [0], 1),
        planned("e", [], 2),
    ]
    jobs = [job._replace(stage="figures") if job.rule.startswith("fig") else job for job in jobs]
    table = plan.by_figure(jobs, {}) * 3600
    assert table["core_hours"].round(6).to_dict() == {
        "fig1": 5, "fig2": 5, "claims and report": 2, "total": 8
    }  # fmt: skip
    assert table.loc["fig1", "core_hours_shared"] == pytest.approx(3)


# Against what was used


def used(study):
    """Benchmarks of a finished study by its rules, as the report knows them."""
    page = (study / "report.html").read_text()
    peak = r"Estimated peak memory:\s+(\d+) MB; used: (\d+) MB"
    found = re.search(rf"\(ratio ([\d.]+)\)\. {peak}", page)
    return [float(number) for number in found.groups()]


PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
"""


def test_the_report_holds_what_was_used_against_what_was_foreseen(study, tmp_path):
    ratio, expected, peak = used(study)
    assert 1 / OFF < ratio < OFF
    # The peak in the report is sampled, and may miss that of a job of seconds; this one is exact.
    folder = shutil.copytree(study.parents[1], tmp_path / "again")
    rerun = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--cores", "1",
             "--directory", folder, "--config", "study=tiny",
             "--force", "results/tiny/figures/fig7.png"]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", PEAK, *map(str, rerun)], cwd=folder, text=True, check=True,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    held = int(done.stdout) / cost.MB
    assert expected == pytest.approx(held, rel=0.3)
    assert peak <= held * 1.05


def test_a_training_holds_as_much_memory_as_foreseen(study):
    where = {"task": "pitchfork", "kind": "rate", "speed": "fast", "chunk": "0"}
    path = study / "benchmarks/train/pitchfork/rate/fast/draw0/chunk0.tsv"
    with path.open() as file:
        held = float(next(csv.DictReader(file, delimiter="\t"))["max_rss"])
    assert costs("tiny").of("train", where).memory / cost.MB == pytest.approx(held, rel=0.3)


def test_a_calibration_is_quick():
    begun = calibration.clock()
    factors = calibration.time_pieces(costs("laptop").load)
    assert calibration.clock() - begun < 20
    assert set(factors) == set(timings.PIECES)
    assert all(factor > 0 for factor in factors.values())
