"""A finished point computed again alone comes out as it is stored, and an altered one does not."""

import pytest

from spikerate.data import datasets
from spikerate.pipeline import recompute

CHUNKS = [
    "train/fourier/rate/slow/draw0/chunk0.nc",
    "train/ode_to_joy/spiking/fast/draw0/chunk0.nc",
    "train/pitchfork/rate/slow/draw0/chunk0.nc",
    "transfer/fourier/spiking/fast/draw0/chunk0.nc",
    "transfer/ode_to_joy/rate/slow/draw0/chunk0.nc",
    "trials/sine/rate/fast/draw0/chunk0.nc",
]


@pytest.fixture
def results(study, monkeypatch):
    monkeypatch.chdir(study.parents[1])
    return study.relative_to(study.parents[1])


@pytest.mark.parametrize("chunk", CHUNKS)
def test_every_point_comes_out_as_it_is_stored(results, chunk):
    path = results / chunk
    points = datasets.load(path).sizes["point"]
    assert [recompute.same(path, point) for point in range(points)] == [True] * points


@pytest.mark.parametrize(("chunk", "name"), [(CHUNKS[0], "decoder"), (CHUNKS[3], "nrmse")])
def test_a_point_that_was_altered_is_found(results, chunk, name, tmp_path):
    altered = datasets.load(results / chunk)
    altered[name][{"point": 1}] *= 1 + 1e-15
    path = tmp_path / "chunk0.nc"
    datasets.save(altered, path)
    assert recompute.same(path, 0)
    assert not recompute.same(path, 1)
