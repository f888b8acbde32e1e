"""Datasets on disk: whole or absent, described, checked when read."""

import itertools

import netCDF4
import numpy as np
import pytest
import xarray as xr

from spikerate.data import datasets
from spikerate.data import hashing as content
from spikerate.data.checkpoint import JobCheckpoint
from spikerate.data.files import WriteError


@pytest.fixture
def dataset():
    data = {"readout": (("point", "time", "output"), np.arange(600.0).reshape(2, 150, 2))}
    data["status"] = ("point", np.array(["ok", "diverged"], dtype=object))
    return xr.Dataset(data, {"time": np.arange(150) * 5e-4, "point": [0, 1]})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "results" / "tiny" / "transfer" / "sine" / "chunk0.nc"


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
    keeper = JobCheckpoint(tmp_path / "kept", "the same")
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


def test_the_hash_of_a_file_is_read_without_its_values(dataset, path):
    assert datasets.stored_hash(path) is None
    datasets.save(dataset, path, {"commit": "abc"})
    own = datasets.stored_hash(path)
    assert own == datasets.load(path).attrs["content"]
    datasets.save(dataset, path, {"commit": "def", "cpu": "another", "accepted": "yes"})
    assert datasets.stored_hash(path) == own
    datasets.save(dataset.isel(point=[0]), path)
    assert datasets.stored_hash(path) != own
    dataset.to_netcdf(path)
    assert datasets.stored_hash(path) is None
    path.write_bytes(b"not netCDF")
    assert datasets.stored_hash(path) is None


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
