"""A job of the pipeline: what it reads, what it leaves, what it says."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from threadpoolctl import threadpool_info, threadpool_limits

from spikerate.data import datasets
from spikerate.pipeline.job import run_job


@pytest.fixture
def dataset():
    data = {"readout": (("point", "time", "output"), np.arange(600.0).reshape(2, 150, 2))}
    data["status"] = ("point", np.array(["ok", "diverged"], dtype=object))
    return xr.Dataset(data, {"time": np.arange(150) * 5e-4, "point": [0, 1]})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "results" / "tiny" / "transfer" / "sine" / "chunk0.nc"


class Snakemake(SimpleNamespace):
    """What a script sees of Snakemake, as far as a job uses it."""

    def __init__(self, path, **params):
        log = path.with_suffix(".log")
        log.parent.mkdir(parents=True, exist_ok=True)
        super().__init__(
            input={"data": path}, output={"data": path}, wildcards={}, config={"study": "tiny"},
            params=params, log=[str(log)], rule="transfer", threads=1,
        )  # fmt: skip


def test_a_job_saves_with_provenance(dataset, path):
    with run_job(Snakemake(path, seed=7)) as job:
        job.save(dataset)
    attrs = datasets.load(path).attrs
    assert attrs["config"] == '{"seed": 7}'
    assert attrs["rule"] == "transfer"
    for name in ("packages", "cpu", "commit", "python", "spikerate"):
        assert attrs[name]


def test_a_dataset_says_what_it_is_of_and_the_study_is_no_content(dataset, path):
    words = {"task": "sine", "kind": "rate", "speed": "slow", "draw": "3", "chunk": "0"}
    leaked = dataset.assign_attrs(kind="spiking", speed="fast", measure="nrmse")
    found = {}
    for study, wildcards in [("tiny", words), ("renamed", words), ("tiny", {"task": "sine"})]:
        snakemake = Snakemake(path)
        snakemake.wildcards, snakemake.config = wildcards, {"study": study}
        with run_job(snakemake) as job:
            job.save(leaked)
        found[study, len(wildcards)] = datasets.load(path).attrs
    tiny, renamed, of_task = found.values()
    labels = {"task": "sine", "kind": "rate", "speed": "slow", "draw": 3, "study": "tiny"}
    assert labels.items() <= tiny.items() and tiny["measure"] == "nrmse"
    assert renamed["study"] == "renamed" and renamed["content"] == tiny["content"]
    assert of_task["content"] != tiny["content"]
    assert of_task["task"] == "sine" and not {"kind", "speed", "draw"} & set(of_task)


def test_a_job_uses_no_more_threads_than_its_rule_asked_for(path):
    with threadpool_limits(2), run_job(Snakemake(path)):
        assert {pool["num_threads"] for pool in threadpool_info()} == {1}


def test_a_job_that_reads_a_damaged_file_says_so_and_fails(path, capsys):
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not netCDF")
    snakemake = Snakemake(path)
    with pytest.raises(SystemExit) as caught, run_job(snakemake) as job:
        job.load("data")
    assert "stage `transfer`" in str(caught.value.code)
    with open(snakemake.log[0]) as log:
        assert "Traceback" not in log.read()


def test_a_job_that_fails_otherwise_leaves_its_traceback_in_the_log(path):
    snakemake = Snakemake(path)
    with pytest.raises(SystemExit, match="ZeroDivisionError"), run_job(snakemake):
        1 / 0  # noqa: B018
    with open(snakemake.log[0]) as log:
        assert "Traceback" in log.read()


def test_a_job_says_what_code_and_what_inputs_it_was_made_from(dataset, path):
    datasets.save(dataset, path)
    made = {"code": {"rls": "abc"}, "params": {}}
    with run_job(Snakemake(path, seed=7, provenance=made)) as job:
        assert job.params == {"seed": 7}
        read = job.load("data")
        job.save(dataset)
    attrs = datasets.load(path).attrs
    assert json.loads(attrs["code"]) == {"rls": "abc"}
    assert json.loads(attrs["inputs"]) == {str(path): read.attrs["content"]}


@pytest.mark.parametrize(
    ("code", "seed", "damage", "kept"),
    [("a", 1, False, True), ("b", 1, False, False), ("a", 2, False, False), ("a", 1, True, False)],
)
def test_an_earlier_output_is_used_if_only_the_points_differ(
    dataset, path, code, seed, damage, kept
):
    def job_of(code, seed, points):
        made = {"code": {"rls": code}, "params": {}}
        return run_job(Snakemake(path, seed=seed, points=points, provenance=made))

    with job_of("a", 1, [1, 2]) as job:
        assert job.earlier(ignore_param="points") is None
        job.save(dataset)
    if damage:
        path.write_bytes(path.read_bytes()[:900])
    with job_of(code, seed, [1, 2, 3]) as job:
        assert (job.earlier(ignore_param="points") is not None) == kept


def test_what_was_kept_beside_an_earlier_output_is_not_used_without_it(dataset, path):
    def key(*, seed=1):
        made = {"code": {"rls": "a"}, "params": {}}
        with run_job(Snakemake(path, seed=seed, points=[3], provenance=made)) as job:
            job.earlier(ignore_param="points")
            return job.checkpoint().key

    alone = key()
    with run_job(Snakemake(path, seed=1, points=[1], provenance={"code": {"rls": "a"}})) as job:
        job.save(dataset)
    beside = key()
    assert beside == key() != alone
    assert key(seed=2) not in (alone, beside)
    path.unlink()
    assert key() == alone
