"""The benchmark at a size that proves nothing but its wiring, and what it says of its targets."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
import limits
import publish
import speed
import targets

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
KEYS = {"what", "implementation", "neurons", "batch", "microseconds", "ratio_to_textbook", "spread"}
TASKS = {"spiking_free_run", "spiking_training", "rate_free_run_single", "rate_free_run_batch",
         "rate_training_batch", "rls_update_few", "rls_update_many"}  # fmt: skip


def record(what, implementation, microseconds, neurons=2000):
    return {"what": what, "implementation": implementation, "microseconds": microseconds,
            "neurons": neurons, "ratio_to_textbook": None}  # fmt: skip


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Folder of the results of a short run in a folder of its own."""
    folder = tmp_path_factory.mktemp("benchmark")
    command = [sys.executable, ROOT / "benchmarks/speed.py", "--neurons", "60", "90", "--quick",
               "--only", "spikerate,textbook"]  # fmt: skip
    done = subprocess.run(
        command, cwd=folder, text=True, check=False, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return folder / "results/benchmarks"


@pytest.fixture(scope="module")
def records(results):
    return json.loads((results / "speed.json").read_text())


def test_every_task_has_the_textbook_loop_and_ours(records):
    for task in TASKS:
        names = {r["implementation"] for r in records if r["what"] == task}
        assert {"textbook", "spikerate numpy", "spikerate numba"} <= names
    assert {r["what"] for r in records} == TASKS


def test_records_hold_what_was_measured(records):
    for r in records:
        assert set(r) >= KEYS
        low, high = r["spread"]
        assert 0 < low <= r["microseconds"] <= high
        assert r["batch"] == 1 or r["what"].endswith("_batch")
        assert isinstance(r["growth_exponent"], float)


def test_ratios_are_to_the_textbook_loop_at_the_same_size(records):
    textbook = {(r["what"], r["neurons"]): r["microseconds"] for r in records
                if r["implementation"] == "textbook"}  # fmt: skip
    for r in records:
        expected = textbook[r["what"], r["neurons"]] / r["microseconds"]
        assert r["ratio_to_textbook"] == pytest.approx(expected)


def test_targets_not_measured_are_neither_met_nor_missed(results):
    judged = json.loads((results / "targets.json").read_text())
    assert len(judged) == len(targets.TARGETS)
    assert all(t["met"] is None and t["measured"] is None for t in judged)


def test_there_are_a_table_and_a_picture(results):
    text = (results / "speed.md").read_text()
    assert "| textbook |" in text and "not measured" in text
    assert (results / "speed.png").stat().st_size > 10_000


def test_the_growth_exponent_is_that_of_made_up_times():
    sizes = [500, 1000, 2000, 4000]
    assert speed.growth_exponent(sizes, [3e-3 * n**1.7 for n in sizes]) == pytest.approx(1.7)
    assert speed.growth_exponent([500], [1.0]) is None


@pytest.mark.parametrize(
    ("measured", "goal", "at_least", "expected"),
    [(46, 45, True, True), (44, 45, True, False), (19, 20, False, True), (21, 20, False, False),
     (None, 20, False, None), (float("nan"), 20, False, False)],
)  # fmt: skip
def test_a_target_is_met_or_missed(measured, goal, at_least, expected):
    assert targets.met(measured, goal, at_least) is expected


def test_targets_are_judged_at_their_size_and_against_whom_they_name():
    records = [
        record("spiking_free_run", "spikerate numba", 4.0),
        record("spiking_free_run", "textbook", 400.0),
        record("spiking_free_run", "textbook", 9.0, neurons=500),
        record("spiking_free_run", "Brian2 C++ standalone", 12.0),
    ]
    judged = targets.judged(records, {"two_jobs": (1.9, "how"), "start": (2.5, "how")}, {})
    of = {t["what"]: t for t in judged}
    free = of["spiking, free run, against textbook"]
    assert (free["measured"], free["met"]) == (100.0, True)
    against = of["spiking, free run, against Brian2 C++ standalone"]
    assert (against["measured"], against["met"]) == (3.0, False)
    assert of["two jobs on two cores"]["met"] is True
    assert of["start of a job"]["met"] is False
    table = publish.target_table(judged)
    assert "| met |" in table and "| missed |" in table and "| not measured |" in table


def test_a_share_of_a_limit_is_the_rate_over_what_the_machine_does():
    machine = {"memory_read": 20e9, "cache_read": 40e9, "near_read": 100e9, "double_flops": 80e9}
    read = limits.share("bytes", 1e6, 100.0, machine)
    assert read == "10 GB/s, 50% of memory's, 25% of cache's, 10% of near's"
    assert limits.share("flops", 1e6, 25.0, machine).startswith("40 Gflop/s, 50% of")


def test_the_tables_of_the_documents_are_made_of_a_benchmark(results, monkeypatch):
    spec = importlib.util.spec_from_file_location("tables", ROOT / "docs" / "speed.py")
    tables = importlib.util.module_from_spec(spec)
    monkeypatch.syspath_prepend(ROOT / "docs")
    spec.loader.exec_module(tables)
    monkeypatch.setattr(tables, "NEURONS", 90)
    head, times, aims = tables.text(results).split("\n\n")
    assert head.endswith("in brackets, how many times faster than the textbook loop.")
    written = (ROOT / "docs" / "speed.md").read_text()
    assert times.splitlines()[0].replace("90", "2000") in written
    assert len(times.splitlines()) == 2 + len(TASKS)
    assert all(row.split(" | ")[1] not in ("", "|") for row in times.splitlines()[2:])
    assert aims.splitlines()[0] == "|  | target | measured |  |"
