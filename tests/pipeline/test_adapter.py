"""What of Snakemake's private side is relied on, and that content decides what is stale."""

import inspect
import json
import os
import re
import subprocess
import sys
from base64 import urlsafe_b64encode
from importlib.metadata import version
from pathlib import Path

import netCDF4
import pytest

from conftest import ROOT
from spikerate.data import datasets
from spikerate.pipeline import adapter

LONG = f"results/tiny/train/{'x' * 300}.nc"


# Versions.


@pytest.mark.parametrize("found", ["8.30.0", "9.26.9", "9.28.0", "10.0"])
def test_another_snakemake_ends_in_a_sentence(found):
    with pytest.raises(SystemExit, match=rf"needs Snakemake 9\.27 or newer, .* this is {found}\."):
        adapter.check_version(found)


def test_this_snakemake_is_one_that_was_read():
    adapter.check_version()


def test_the_locked_snakemake_is_one_that_was_read():
    (locked,) = re.findall(
        r"^snakemake==([\d.]+)", (ROOT / "envs/requirements.lock").read_text(), re.M
    )
    adapter.check_version(locked)
    assert locked == version("snakemake")


def test_only_the_adapter_imports_snakemake():
    library = ROOT / "workflow/spikerate"
    users = [
        path.relative_to(library).as_posix()
        for path in library.rglob("*.py")
        if re.search(r"^\s*(from|import) snakemake\b", path.read_text(), re.M)
    ]
    assert users == ["pipeline/adapter.py"]


def test_what_is_replaced_has_the_arguments_that_the_replacement_takes():
    code = (
        "import inspect, snakemake.api;"
        "from snakemake.io import _IOFile; from snakemake.dag import DAG;"
        "from snakemake.persistence.file import FilePersistence as P;"
        "from snakemake.script import PythonScript as S;"
        "print([list(inspect.signature(f).parameters) for f in (_IOFile.checksum,"
        " _IOFile.is_checksum_eligible, _IOFile.is_newer, DAG.check_output_mtime,"
        " P._write_record, S._execute_cmd)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.replace("'", '"')) == [
        ["self", "threshold", "force", "algorithm"],
        ["self", "threshold"],
        ["self", "time"],
        ["self", "job", "expanded_output"],
        ["self", "key", "record"],
        ["self", "cmd", "kwargs"],
    ]


def test_every_function_of_the_adapter_says_what_it_does():
    for name, function in inspect.getmembers(adapter, inspect.isfunction):
        if function.__module__ == adapter.__name__ and not name.startswith("_"):
            assert function.__doc__, name


# Records.


def remember(folder, name, width=254):
    coded = urlsafe_b64encode(name.encode()).decode()
    parts = [coded[k : k + width] for k in range(0, len(coded), width)]
    path = folder.joinpath(*(f"@{part}" for part in parts[:-1]), parts[-1])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def test_records_are_found_by_the_paths_of_outputs(tmp_path):
    names = {"results/tiny/tasks/sine.nc", LONG}
    for name, kind in zip(sorted(names), ("metadata", "incomplete"), strict=True):
        remember(tmp_path / kind, name)
    assert adapter.recorded(tmp_path) == names


# Content.


def dataset(path, content="abc", value=1.0):
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("time", 1)
        file.createVariable("a", "f8", ("time",))[:] = value
        file.setncatts({"content": content, "format": datasets.FORMAT})


def test_the_content_of_a_dataset_is_the_hash_it_carries(tmp_path):
    path = str(tmp_path / "a.nc")
    dataset(path, "abc", 1.0)
    first = adapter.content_of(path)
    dataset(path, "abc", 2.0)  # other bytes
    assert adapter.content_of(path) == first == "content:abc"


def test_a_dataset_that_does_not_lie_as_recorded_is_read(tmp_path):
    path = str(tmp_path / "a.nc")
    dataset(path)
    made = os.path.getmtime(path)
    assert adapter.content_of(path, made) == "content:abc"
    os.utime(path, (made + 60, made + 60))
    assert adapter.content_of(path, made) == adapter.UNREADABLE, "abc is no hash of what it holds"


@pytest.mark.parametrize("damage", [b"", b"no dataset"])
def test_a_damaged_dataset_has_no_content(tmp_path, damage):
    path = tmp_path / "a.nc"
    path.write_bytes(damage)
    assert adapter.content_of(str(path)) == adapter.UNREADABLE


def test_the_content_of_any_other_file_is_its_bytes(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"abc")
    assert adapter.content_of(str(path)).startswith("sha256:ba7816bf8f01cfea")


# The plan is data.


@pytest.fixture
def tiny(study, monkeypatch):
    monkeypatch.chdir(study.parents[1])
    return adapter.plan(adapter.Request(ROOT / "Snakefile", ("study=tiny",)))


def test_a_finished_study_has_a_record_of_every_output(tiny):
    assert tiny.jobs and tiny.stale == []
    for job in tiny.jobs:
        assert job.present and set(job.provenance) == {"code", "params"}
        for path, record in job.records.items():
            assert record.provenance == job.provenance
            assert record.checksum == adapter.content_of(path)
            assert set(record.inputs) == set(job.inputs)


def test_jobs_stand_after_those_that_they_read(tiny):
    place = {job: number for number, job in enumerate(tiny.jobs)}
    for job in tiny.jobs:
        assert all(place[other] < place[job] for other in job.before)
        assert set(job.inputs) <= {path for other in job.before for path in other.outputs}


def test_a_plan_leaves_the_folder_as_it_was(study, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    adapter.plan(adapter.Request(ROOT / "Snakefile", ("study=tiny",)))
    assert list(Path().iterdir()) == []
