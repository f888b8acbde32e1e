"""The tiny study, run as a user runs it, and the content of all that it makes."""

import re

import matplotlib.image
import numpy as np
import pytest

from spikerate.analysis import errors
from spikerate.data import datasets

RATES = ("slowest", "slow", "medium", "fast")
FIGURES = range(1, 9)


def every(study):
    return sorted(study.rglob("*.nc"))


def test_every_stage_left_its_datasets_and_nothing_else(study):
    found = {path.relative_to(study).parts[0] for path in every(study)}
    assert found == {"tasks", "simulate", "train", "transfer", "trials", "spectra"}
    assert not list(study.rglob(".*")), "temporary files are left"
    suffixes = {path.suffix for path in study.rglob("*") if path.is_file()}
    assert suffixes == {".nc", ".png", ".pdf", ".tsv", ".wav", ".csv", ".html"}


def test_every_variable_is_described_and_every_dataset_says_where_it_comes_from(study):
    for path in every(study):
        dataset = datasets.load(path)
        for name, variable in dataset.variables.items():
            assert variable.attrs.get("units"), f"{path}: {name} has no units"
            assert variable.attrs.get("long_name"), f"{path}: {name} has no long name"
        for name in ("config", "packages", "cpu", "commit", "rule", "python"):
            assert dataset.attrs.get(name), f"{path}: no {name}"


def test_no_dataset_holds_an_infinite_number(study):
    for path in every(study):
        for name, variable in datasets.load(path).variables.items():
            if variable.dtype.kind == "f":
                assert not np.isinf(variable.values).any(), f"{path}: {name}"


@pytest.mark.parametrize("network", ["spiking", "rate"])
@pytest.mark.parametrize("rate", RATES)
def test_training_leaves_a_decoder_and_a_state(study, network, rate):
    trained = datasets.load(study / f"train/sine/{network}/{rate}/draw0/chunk0.nc")
    assert trained["decoder"].shape == (4, 1, 100)
    assert (trained["status"] == "ok").all()
    assert (abs(trained["decoder"]).max(["output", "neuron"]) > 0).all()
    assert trained["decoder_change"].sizes["update"] == 6 * 40
    assert (
        float(trained["alpha"])
        == {"slowest": 5e-7, "slow": 5e-6, "medium": 5e-5, "fast": 5e-4}[rate]
    )


def test_faster_learning_fits_the_training_better(study):
    def errors_of(rate):
        path = study / f"train/sine/rate/{rate}/draw0/chunk0.nc"
        return datasets.load(path)["training_nrmse"].median().item()

    assert errors_of("fast") < 0.5 * errors_of("slowest")


def test_chunks_of_the_transfer_hold_errors_and_no_traces(study):
    run = datasets.load(study / "transfer/sine/spiking/slow/draw0/chunk0.nc")
    assert set(run.dims) == {"decoder", "point"}
    assert (run["aligned_l2_error"] <= run["l2_error"] * (1 + 1e-6)).all()


def test_maps_hold_every_point_of_the_sweep(study):
    maps = datasets.load(study / "transfer/sine/maps.nc")
    assert dict(maps["l2_error"].sizes) == {
        "network": 2, "decoder": 3, "alpha": 4, "draw": 1, "Q": 2, "G": 2
    }  # fmt: skip
    assert maps["speed"].values.tolist() == list(RATES)
    ok = maps["status"] != "diverged"
    assert maps["l2_error"].notnull().equals(ok)
    assert (abs(maps["decoder_correlation"]) <= 1).all()


@pytest.mark.parametrize("task", ["sine", "ode_to_joy", "pitchfork"])
def test_the_starred_point_runs_again_as_it_did_in_its_chunk(study, task):
    starred = datasets.load(study / f"transfer/{task}/starred.nc")
    target = starred["target"].values
    for k, rate in enumerate(starred["speed"].values):
        best = starred.isel(alpha=k)
        for network in ("spiking", "rate"):
            run = datasets.load(study / f"transfer/{task}/{network}/{rate}/draw0/chunk0.nc")
            here = (run["Q"] == best["starred_Q"]) & (run["G"] == best["starred_G"])
            point = run.isel(point=int(here.argmax()))
            again = errors.nrmse(best["readout"].sel(network=network).values, target)
            swapped = point["nrmse"].sel(decoder=starred["decoder"])
            np.testing.assert_allclose(swapped, again, rtol=1e-4)
        pair = best["weights"].values
        correlation = errors.decoder_correlation(*pair)
        assert correlation == pytest.approx(best["decoder_correlation"].item())


def test_the_learned_gain_is_the_low_pass_filter(study):
    spectra = datasets.load(study / "spectra/sine/draw0.nc")
    visible = spectra["predicted_gain"] > 1e-6
    measured, predicted = (spectra[n].where(visible) for n in ("measured_gain", "predicted_gain"))
    np.testing.assert_allclose(measured, predicted, rtol=1e-5)
    assert spectra["eigenvalue"].diff("component").max() <= 0


def test_the_spectra_are_those_of_the_networks_of_the_maps(study):
    spectra = datasets.load(study / "spectra/sine/draw0.nc")
    maps = datasets.load(study / "transfer/sine/maps.nc").sel(draw=0)
    points = {name: spectra[f"point_{name}"] for name in ("Q", "G")}
    there = maps["decoder_correlation"].sel(points).transpose("alpha", "point")
    np.testing.assert_array_equal(spectra["correlation_measured"], there)


def test_the_demonstration_learns_only_in_its_middle(study):
    shown = datasets.load(study / "train/demonstrations/sine.nc")
    start, end = shown.attrs["learning_start"], shown.attrs["learning_end"]
    assert (start, end) == (pytest.approx(0.6), pytest.approx(1.6))
    before, after = shown.sel(time=slice(0, start - 1e-9)), shown.sel(time=slice(end + 1e-9, None))
    assert (before["readout"] == 0).all()
    assert (after["decoder_weights"].diff("time") == 0).all()
    assert (abs(after["decoder_weights"]).sum("time") > 0).any()


def test_the_f_i_curve_is_that_of_the_neuron(study):
    neuron = datasets.load(study / "simulate/neuron.nc")
    seconds = 4 * float(neuron["time"][-1] + neuron["time"][1])
    late = neuron["rate"] * 5e-5 / 2  # a spike is seen at the end of its step, half a step late
    spikes = abs(neuron["rate"] - neuron["spike_rate"]) * seconds
    assert (spikes <= 1 + neuron["rate"] * seconds * late).all()


@pytest.mark.parametrize("number", FIGURES)
def test_figures_are_drawn(study, number):
    png, pdf = (study / f"figures/fig{number}.{suffix}" for suffix in ("png", "pdf"))
    picture = matplotlib.image.imread(png)
    assert picture.shape[1] >= 1400, "19 cm at 200 dpi"
    assert len(np.unique(picture.reshape(-1, picture.shape[2]), axis=0)) > 50
    content = pdf.read_bytes()
    assert content.startswith(b"%PDF")
    assert b"/FontFile2" in content


def test_a_second_run_has_nothing_to_do(study, snakemake):
    again = snakemake(study.parents[1], "--config", "study=tiny")
    assert again.returncode == 0
    assert "Nothing to be done" in again.stdout


def test_another_chunk_size_gives_the_same_numbers(study, snakemake, tmp_path):
    targets = [f"results/tiny/transfer/sine/rate/fast/draw0/chunk{k}.nc" for k in (0, 3)]
    chunk = "{train: {spiking: 4, rate: 1}, transfer: {rate: 2}}"
    done = snakemake(
        tmp_path, "--config", "study=tiny", f"sweep={{chunk: {chunk}}}", "--", *targets
    )
    assert done.returncode == 0, done.stdout
    whole = datasets.load(study / "transfer/sine/rate/fast/draw0/chunk0.nc")
    for name, points in zip(targets, (slice(0, 2), slice(2, 4)), strict=True):
        part, same = datasets.load(tmp_path / name), whole.isel(point=points)
        for variable in ("nrmse", "l2_error", "aligned_nrmse", "decoder_correlation"):
            np.testing.assert_array_equal(part[variable], same[variable])


def test_a_truncated_input_is_named_with_the_stage_that_remakes_it(snakemake, tmp_path):
    target = "results/tiny/train/sine/rate/fast/draw0/chunk0.nc"
    task = tmp_path / "results/tiny/tasks/sine.nc"
    made = snakemake(tmp_path, "--config", "study=tiny", "--", "results/tiny/tasks/sine.nc")
    assert made.returncode == 0, made.stdout
    task.write_bytes(task.read_bytes()[:2000])
    failed = snakemake(
        tmp_path, "--config", "study=tiny", "--rerun-triggers", "input", "--", target
    )
    assert failed.returncode != 0
    assert re.search(
        r"tasks/sine\.nc is missing, truncated or damaged.*stage `tasks`", failed.stdout
    )
    assert "Traceback" not in failed.stdout
    assert not (tmp_path / target).exists()
