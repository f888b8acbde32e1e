"""Provenance names all that may move a number, and is no content."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from spikerate.data import datasets, hashing, provenance


def test_provenance_is_no_content(tmp_path):
    dataset = xr.Dataset({"nrmse": ("point", np.ones(2))}, {"point": [0, 1]})
    attrs = provenance.provenance({"seed": 1})
    assert set(attrs) <= hashing.PROVENANCE
    other = dict.fromkeys(hashing.PROVENANCE - {"content"}, "another")
    hashes = []
    for number, origin in enumerate((attrs, other, {})):
        path = tmp_path / f"{number}.nc"
        datasets.save(dataset, path, origin)
        hashes.append(datasets.load(path).attrs["content"])
    assert len(set(hashes)) == 1


def test_params_and_inputs_are_read_back():
    dataset = xr.Dataset(attrs=provenance.provenance({"settings": {"dt": 5e-5}}))
    assert provenance.params(dataset) == {"settings": {"dt": 5e-5}}
    assert provenance.inputs(dataset) == {}
    assert provenance.inputs(dataset.assign_attrs(inputs='{"a.nc": "12"}')) == {"a.nc": "12"}


@pytest.mark.parametrize(("variable", "name", "value"), [
    ("NUMBA_DISABLE_JIT", "DISABLE_JIT", 1), ("NUMBA_OPT", "OPT", 1),
])  # fmt: skip
def test_what_numba_was_told_is_named(variable, name, value):
    program = "import numba; from spikerate.data.provenance import *; print(environment()['numba'])"
    done = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | {variable: str(value)}, text=True,
        capture_output=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout)[name] == value


def test_the_library_of_products_and_its_threads_are_named():
    (first, *_) = json.loads(provenance.environment()["blas"])
    assert first["internal_api"] and first["version"] and first["num_threads"] == 1
