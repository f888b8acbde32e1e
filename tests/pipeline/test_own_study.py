"""A user's own study, from docs/studies.md, and what the tutorial adds, run to all figures."""

import os
import subprocess
import sys

import numpy as np
import pytest

import documents
from spikerate.data import datasets

pytestmark = pytest.mark.slow

RATES = {"gentle": 1e-6, "brisk": 1e-3}


def study_in(tree, name):
    """Run a study of a copy of the tree, as make does; the folder of its results."""
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--config", f"study={name}"]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=tree, env=environment, text=True, check=False, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return tree / "results" / name


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return documents.copy_of_the_tree(tmp_path_factory.mktemp("own") / "tree")


@pytest.fixture(scope="module")
def mine(tree):
    overlay = documents.named("studies.md", "workflow/studies/mine.yaml")
    (tree / "workflow/studies/mine.yaml").write_text(overlay)
    return study_in(tree, "mine")


@pytest.fixture(scope="module")
def circle(tree, mine):
    """The tutorial, step by step, after the other study: both change the same copy."""
    tasks = tree / "workflow/spikerate/tasks/own.py"
    tasks.write_text(tasks.read_text() + "\n\n" + tutorial("workflow/spikerate/tasks/own.py"))
    (tree / "area.diff").write_text(tutorial("area.diff"))
    subprocess.run(["git", "apply", "area.diff"], cwd=tree, check=True)
    (tree / "workflow/studies/circle.yaml").write_text(tutorial("workflow/studies/circle.yaml"))
    return study_in(tree, "circle")


def tutorial(name):
    return documents.named("tutorial.md", name)


@pytest.mark.parametrize("name", ["mine", "circle"])
def test_all_eight_figures_are_drawn(name, request):
    figures = request.getfixturevalue(name) / "figures"
    for number in range(1, 9):
        for suffix in ("png", "pdf"):
            assert (figures / f"fig{number}.{suffix}").stat().st_size > 10_000


def test_the_task_and_its_two_learning_rates_are_those_of_the_overlay(mine):
    assert [path.stem for path in (mine / "tasks").iterdir()] == ["oscillator"]
    found = {path.name for path in (mine / "train/oscillator/rate").iterdir()}
    assert found == set(RATES)
    for name, alpha in RATES.items():
        trained = datasets.load(mine / f"train/oscillator/rate/{name}/draw0/chunk0.nc")
        assert trained["alpha"] == alpha
        assert trained["decoder"].shape == (6, 1, 50)
    maps = datasets.load(mine / "transfer/oscillator/maps.nc")
    assert maps["speed"].values.tolist() == list(RATES)
    assert maps["l2_error"].notnull().all()


def test_the_grid_and_the_sizes_are_those_of_the_overlay(mine):
    for maps in (datasets.load(mine / f"{s}/oscillator/maps.nc") for s in ("transfer", "trials")):
        np.testing.assert_array_equal(maps["Q"], [10, 20, 30])
        np.testing.assert_array_equal(maps["G"], [0.05, 0.15])
    sizes = datasets.load(mine / "transfer/sizes.nc")
    assert sizes["neurons"].values.tolist() == [25, 50]
    assert sizes.attrs["task"] == "oscillator"


def test_the_neuron_is_that_of_the_overlay_in_both_twins(mine):
    found = datasets.load(mine / "simulate/neuron.nc")
    current = found["current"].values
    with np.errstate(divide="ignore", invalid="ignore"):
        climb = np.log((current + 65) / (current + 40))
        expected = np.where(current > -40, 1 / (0.002 + 0.020 * climb), 0)
    np.testing.assert_allclose(found["rate"], expected, rtol=1e-12)
    seconds = 4 * 0.4
    assert (abs(found["spike_rate"] - found["rate"]) * seconds < 1.5).all()
    assert found["drive"].values[0] == -38


def test_the_tutorials_task_has_its_outputs_and_its_option(circle):
    target = datasets.load(circle / "tasks/circle.nc")["train_target"].values
    assert target.shape == (10_000, 2)
    np.testing.assert_allclose((target**2).sum(axis=1), 1)
    turns = np.unwrap(np.arctan2(target[:, 1], target[:, 0]))[-1] / (2 * np.pi)
    assert turns == pytest.approx(2, rel=1e-3)
    trained = datasets.load(circle / "train/circle/spiking/fast/draw0/chunk0.nc")
    assert trained["decoder"].shape == (4, 2, 60)
    assert (trained["status"] == "ok").all()


def test_the_tutorials_constant_scales_what_both_twins_feel(circle, mine):
    found = datasets.load(circle / "simulate/neuron.nc")
    late = found.sel(time=slice(0.25, 0.3))
    rate = late["instantaneous_rate"].mean().item()
    filtered = late["filtered"].mean("time")
    assert filtered.sel(network="rate") == pytest.approx(1.5 * rate, rel=0.01)
    assert filtered.sel(network="spiking") == pytest.approx(1.5 * rate, rel=0.1)


def test_the_tutorials_last_block_runs(circle):
    block = tutorial("results/circle")
    done = subprocess.run(
        [sys.executable, "-c", block], cwd=circle.parents[1], text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "1.5" in done.stdout or "1.49" in done.stdout


def test_what_the_command_line_gives_goes_over_a_file_and_that_over_the_study(snakemake, tmp_path):
    (tmp_path / "own.yaml").write_text("neuron: {tau_m: 0.02}\nnetwork: {neurons: 80}\nseed: 2\n")
    target = "results/tiny/simulate/neuron.nc"
    done = snakemake(
        tmp_path, "--configfile", "own.yaml", "--config", "study=tiny", "seed=3", "--", target,
        "results/tiny/tasks/sine.nc",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    attrs = datasets.load(tmp_path / target).attrs
    assert '"tau_m": 0.02' in attrs["config"]
    assert '"seed": 3' in datasets.load(tmp_path / "results/tiny/tasks/sine.nc").attrs["config"]
