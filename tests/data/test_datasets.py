"""Datasets on disk: whole or absent, described, checked when read."""

import itertools
import json
from types import SimpleNamespace

import netCDF4
import numpy as np
import pytest
import xarray as xr
from threadpoolctl import threadpool_info, threadpool_limits

from spikerate.data import datasets
from spikerate.data import hashing as content
from spikerate.data.checkpoint import Keeper
from spikerate.data.files import WriteError


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
            input={"data": path}, output={"data": path}, wildcards=SimpleNamespace(),
            params=params, log=[str(log)], rule="transfer", threads=1,
        )  # fmt: skip


def test_what_is_saved_is_loaded(dataset, path):
    datasets.save(dataset, path)
    xr.testing.assert_equal(datasets.load(path), dataset)


def test_every_variable_is_described(dataset, path):
    datasets.save(dataset, path)
    for variable in datasets.load(path).variables.values():
        assert variable.attrs["units"] and variable.attrs["long_name"]


def test_the_coordinate_decoder_is_not_described_as_a_decoder(path):
    data = {"nrmse": ("decoder", [0.1, 0.2])}
    datasets.save(xr.Dataset(data, {"decoder": ["own", "other"]}), path)
    attrs = {"units": "1", "long_name": "whose decoder is used"}
    assert datasets.load(path)["decoder"].attrs == attrs
    datasets.save(xr.Dataset({"decoder": (("output", "neuron"), np.ones((2, 3)))}), path)
    assert datasets.load(path)["decoder"].attrs == {"units": "s", "long_name": "decoder phi"}


def test_a_variable_without_description_is_refused(dataset, path):
    with pytest.raises(KeyError, match="novelty"):
        datasets.save(dataset.rename(readout="novelty"), path)
    assert not path.exists()


def test_the_same_dataset_gives_the_same_bytes(dataset, tmp_path):
    paths = [tmp_path / name for name in ("a.nc", "b.nc")]
    for path in paths:
        datasets.save(dataset, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


STATUSES = ("ok", "flat", "diverged")


def of_status(words):
    """A chunk of one point for each word."""
    data = {
        "status": ("point", np.array(words, dtype=object)),
        "nrmse": ("point", np.ones(len(words))),
    }
    return xr.Dataset(data, {"point": np.arange(len(words)), "network": "rate"})


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("parts", list(itertools.product(STATUSES, repeat=3)), ids="-".join)
def test_texts_are_written_whole_whatever_was_read(parts, again, tmp_path):
    """Chunks written and read, joined, kept as a part of a job, joined again, written."""
    keeper = Keeper(tmp_path / "kept", "the same")
    read = []
    for number, word in enumerate(parts):
        datasets.save(of_status([word]), tmp_path / f"{number}.nc")
        read.append(datasets.load(tmp_path / f"{number}.nc"))
        if again:
            read[-1] = keeper.part(f"part {number}", lambda: read[-1])
    joined = xr.concat(read, "point", coords="minimal", compat="override")
    whole = keeper.part("whole", lambda: joined.assign(status=joined["status"][::-1]))
    whole = (
        xr.concat([keeper.part("whole", dict), joined], "point", coords="minimal")
        if again
        else whole
    )
    datasets.save(whole, tmp_path / "whole.nc")
    words = list(reversed(parts)) + list(parts) * again
    assert datasets.load(tmp_path / "whole.nc")["status"].values.tolist() == words


def test_a_text_that_is_longer_than_the_one_it_replaces_is_written_whole(path):
    datasets.save(of_status(["ok"]).assign_coords(network="rate"), path)
    longer = datasets.load(path)
    longer["status"][0] = "diverged"
    datasets.save(longer.assign_coords(network="spiking"), path)
    again = datasets.load(path)
    assert (again["status"].item(), again["network"].item()) == ("diverged", "spiking")


def test_what_the_file_does_not_hold_is_noticed_before_the_old_one_goes(dataset, path):
    datasets.save(dataset, path)
    lost = dataset.assign(status=("point", np.array(["ok", None], dtype=object)))
    with pytest.raises(WriteError, match=f"{path} could not be written: .* something else"):
        datasets.save(lost, path)
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    xr.testing.assert_equal(datasets.load(path), dataset)


def test_a_failed_write_leaves_the_old_file(dataset, path, monkeypatch):
    datasets.save(dataset, path)

    def full(self, target, **_):
        target.write_bytes(b"half of it")
        raise OSError("No space left on device")

    monkeypatch.setattr(xr.Dataset, "to_netcdf", full)
    with pytest.raises(WriteError, match=f"{path} could not be written: No space left"):
        datasets.save(dataset.isel(point=[0]), path)
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    xr.testing.assert_equal(datasets.load(path), dataset)


@pytest.mark.parametrize("damage", ["missing", "empty", "truncated", "text", "flipped"])
def test_a_damaged_file_is_named_with_the_stage_that_remakes_it(dataset, path, damage):
    datasets.save(dataset, path)
    whole = bytearray(path.read_bytes())
    if damage == "missing":
        path.unlink()
    elif damage == "flipped":  # one bit in the middle of the numbers
        at = whole.index(np.float64(300.0).tobytes())
        whole[at + 5] ^= 1
        path.write_bytes(whole)
    else:
        path.write_bytes(
            {"empty": b"", "truncated": whole[: len(whole) // 2], "text": b"no"}[damage]
        )
    with pytest.raises(datasets.DataError) as caught:
        datasets.load(path)
    assert str(path) in str(caught.value)
    assert "stage `transfer`" in str(caught.value)


def test_a_foreign_netcdf_file_is_refused(dataset, path):
    path.parent.mkdir(parents=True)
    dataset.to_netcdf(path)
    with pytest.raises(datasets.DataError, match="not a dataset of the format"):
        datasets.load(path)


def test_pick_finds_a_point_by_its_coordinates(dataset, tmp_path):
    paths = []
    for chunk in range(2):
        q = np.array([1.0, 2.0]) + 2 * chunk
        paths.append(tmp_path / f"chunk{chunk}.nc")
        part = dataset.assign(readout=dataset.readout + chunk)
        part = part.assign_coords(Q=("point", q), alpha=5e-6, network="rate")
        datasets.save(part, paths[-1])
    found = datasets.pick(paths, network="rate", alpha=5e-6, Q=4.0)
    np.testing.assert_array_equal(found["readout"], dataset["readout"][[1]] + 1)
    with pytest.raises(datasets.DataError, match="no point"):
        datasets.pick(paths, network="rate", alpha=5e-6, Q=5.0)


def test_a_job_saves_with_provenance(dataset, path):
    with datasets.job(Snakemake(path, seed=7)) as job:
        job.save(dataset)
    attrs = datasets.load(path).attrs
    assert attrs["config"] == '{"seed": 7}'
    assert attrs["rule"] == "transfer"
    for name in ("packages", "cpu", "commit", "python", "spikerate"):
        assert attrs[name]


def test_a_job_uses_no_more_threads_than_its_rule_asked_for(path):
    with threadpool_limits(2), datasets.job(Snakemake(path)):
        assert {pool["num_threads"] for pool in threadpool_info()} == {1}


def test_a_job_that_reads_a_damaged_file_says_so_and_fails(path, capsys):
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not netCDF")
    snakemake = Snakemake(path)
    with pytest.raises(SystemExit) as caught, datasets.job(snakemake) as job:
        job.load("data")
    assert "stage `transfer`" in str(caught.value.code)
    with open(snakemake.log[0]) as log:
        assert "Traceback" not in log.read()


def test_a_job_that_fails_otherwise_leaves_its_traceback_in_the_log(path):
    snakemake = Snakemake(path)
    with pytest.raises(SystemExit, match="ZeroDivisionError"), datasets.job(snakemake):
        1 / 0  # noqa: B018
    with open(snakemake.log[0]) as log:
        assert "Traceback" in log.read()


def test_a_learning_rate_is_found_by_its_name():
    maps = xr.Dataset(coords={"alpha": [5e-7, 5e-6]})
    maps = maps.assign_coords(learning_rate=("alpha", ["slowest", "slow"]))
    assert datasets.at_rate(maps, "slow")["alpha"] == 5e-6
    with pytest.raises(datasets.DataError, match="slowest, slow"):
        datasets.at_rate(maps, "fast")


# What was changed after it was made, and what an earlier run left.


def test_content_is_the_same_in_memory_and_on_disk(dataset, path):
    dataset = dataset.assign(
        flag=("point", [True, False]), few=("point", np.float32([0.5, np.nan]))
    )
    dataset = dataset.rename(flag="under_cutoff", few="nrmse").assign_coords(network="rate", Q=2.0)
    dataset.attrs |= {"learning_start": 0.6, "neurons": 100, "measure": "l2_error"}
    datasets.save(dataset, path, {"commit": "abc", "cpu": "any"})
    again = datasets.load(path)
    assert content.digest(again) == again.attrs["content"]
    other = path.with_name("other.nc")
    datasets.save(again, other, {"commit": "def", "cpu": "another"})
    assert datasets.load(other).attrs["content"] == again.attrs["content"]


@pytest.mark.parametrize("change", ["value", "attribute", "unit", "name", "order"])
def test_a_changed_content_has_another_hash(dataset, change):
    before = content.digest(dataset)
    if change == "value":
        dataset["readout"][0, 0, 0] += 1e-12
    elif change == "attribute":
        dataset.attrs["measure"] = "nrmse"
    elif change == "unit":
        dataset["readout"].attrs["units"] = "mV"
    elif change == "name":
        dataset = dataset.rename(readout="target")
    else:
        dataset = dataset.isel(point=[1, 0])
    assert content.digest(dataset) != before


def test_a_dataset_edited_by_hand_is_refused(dataset, path):
    datasets.save(dataset, path)
    with netCDF4.Dataset(path, "a") as file:
        file["readout"][0, 0, 0] = 7.0
    with pytest.raises(
        datasets.DataError, match=r"was changed after it was made.*stage `transfer`"
    ):
        datasets.load(path)


def test_a_dataset_of_an_older_layout_is_named(dataset, path):
    datasets.save(dataset, path)
    with netCDF4.Dataset(path, "a") as file:
        file.format = "spikerate 1"
    with pytest.raises(datasets.DataError, match=r"another version \('spikerate 1'\).*delete it"):
        datasets.load(path)


def test_a_job_says_what_code_and_what_inputs_it_was_made_from(dataset, path):
    datasets.save(dataset, path)
    made = {"code": {"rls": "abc"}, "params": {}}
    with datasets.job(Snakemake(path, seed=7, made_from=made)) as job:
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
        return datasets.job(Snakemake(path, seed=seed, points=points, made_from=made))

    with job_of("a", 1, [1, 2]) as job:
        assert job.earlier(but="points") is None
        job.save(dataset)
    if damage:
        path.write_bytes(path.read_bytes()[:900])
    with job_of(code, seed, [1, 2, 3]) as job:
        assert (job.earlier(but="points") is not None) == kept


def test_what_was_kept_beside_an_earlier_output_is_not_used_without_it(dataset, path):
    def key(*, seed=1):
        made = {"code": {"rls": "a"}, "params": {}}
        with datasets.job(Snakemake(path, seed=seed, points=[3], made_from=made)) as job:
            job.earlier(but="points")
            return job.keeper().key

    alone = key()
    with datasets.job(Snakemake(path, seed=1, points=[1], made_from={"code": {"rls": "a"}})) as job:
        job.save(dataset)
    beside = key()
    assert beside == key() != alone
    assert key(seed=2) not in (alone, beside)
    path.unlink()
    assert key() == alone
