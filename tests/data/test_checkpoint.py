"""What a stopped job keeps: the next one goes on from it, to the same numbers to the last bit."""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from documents import ROOT
from spikerate.data import checkpoint, datasets
from spikerate.data import hashing as content
from spikerate.data.checkpoint import PART, JobCheckpoint, Stopped
from spikerate.learning import force
from spikerate.model import networks
from spikerate.model.networks import Settings
from spikerate.study import demonstration, train, transfer, trials
from spikerate.study import sizes as sweep_of_sizes
from spikerate.study.settings import Course, Training, typed
from spikerate.study.spectra import retrain_best
from spikerate.tasks import registry as task_list

TASK = task_list.make("sine", dt=5e-5, train_repetitions=2, test_repetitions=1)
UPDATES = 80
SIZES = {"dense": 40, "low-rank": 160}  # neurons, for either form of the RLS
SETTINGS = Settings(neurons=40, seed=1, product_precision="single", product_width=2)
Q, G = [10.0, 20.0, 30.0], [0.1, 0.1, 0.2]
PACE = Training(update_every=0.005, warm_up=0.01)
RATES = {"fast": 5e-4, "slow": 5e-6}


def clock(monkeypatch, monotonic):
    monkeypatch.setattr(checkpoint, "time", SimpleNamespace(monotonic=monotonic))


def same(one, other):
    return one.identical(other) and content.digest(one) == content.digest(other)


def stop_at_every(monkeypatch, often):
    """Send the next of SIGNALS at every `often`-th look at the clock: one at each update."""
    looks = itertools.count(1)
    heeded = [s for s in checkpoint.SIGNALS if signal.getsignal(s) is not signal.SIG_IGN]
    signals = itertools.cycle(heeded)

    def monotonic():
        if next(looks) % often == 0:
            signal.raise_signal(next(signals))
        return 0.0

    clock(monkeypatch, monotonic)


def begun_again(work, tries=100):
    """Result of work(), begun again whenever it is stopped, and what was said at each stop."""
    said = []
    for _ in range(tries):
        try:
            with checkpoint.stoppable():
                return work(), said
        except Stopped as stop:
            said.append(str(stop))
    raise AssertionError(f"stopped {tries} times: {said}")


def trained(kind, keep=None, neurons=40, **settings):
    """All that a training can return, of three networks; the second holds no finite number."""
    settings = replace(SETTINGS, neurons=neurons, **settings)
    twin, state = networks.from_settings(kind, Q, G, settings)
    state.filtered[1] = np.nan
    return force.train(
        twin, state, TASK.train.target, 5e-6, update_steps=100, repetitions=2, warm_up_steps=200,
        states=True, record=True, recorded=[0, 3], checkpoint=keep,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["spiking", "rate"])
@pytest.mark.parametrize("form", SIZES)
@pytest.mark.parametrize(
    ("draws", "engine"), [("shared", "numba"), ("per_point", "numba"), ("shared", "numpy")]
)
def test_a_training_stopped_again_and_again_ends_the_same(
    kind, form, draws, engine, tmp_path, monkeypatch
):
    settings = {"neurons": SIZES[form], "reservoir_draws": draws, "engine": engine}
    whole = trained(kind, **settings)
    assert whole["status"].values.tolist() == ["ok", "diverged", "ok"]
    stop_at_every(monkeypatch, 11)  # not a divisor of the rows that a dense P collects
    keeper = JobCheckpoint(tmp_path / "kept", "the same", every=np.inf)
    again, said = begun_again(lambda: trained(kind, keeper.training("a"), **settings))
    assert len(said) >= 5
    assert same(whole, again)


@pytest.mark.parametrize(("form", "names"), [("dense", {"p0", "rows"}), ("low-rank", {"rows"})])
def test_both_forms_of_the_rls_are_kept(form, names, tmp_path, monkeypatch):
    stop_at_every(monkeypatch, 50)
    keep = JobCheckpoint(tmp_path, "any", every=np.inf).training("a")
    with pytest.raises(Stopped), checkpoint.stoppable():
        trained("rate", keep, neurons=SIZES[form])
    kept = keep.load()
    assert names <= {n.removeprefix("learner_") for n in kept if n.startswith("learner_")}
    assert ("learner_p0" in kept) == (form == "dense")
    pending = kept["done"] % 32 if form == "dense" else kept["done"]
    assert kept["learner_rows"].shape[1] == pending > 0


def test_a_training_is_kept_as_often_as_it_should_be(tmp_path, monkeypatch):
    now = itertools.count()  # s, one more at each look
    clock(monkeypatch, lambda: float(next(now)))
    kept = []

    def written(self, path, write):
        kept.append(next(now))

    monkeypatch.setattr(JobCheckpoint, "_try_write", written)
    trained("rate", JobCheckpoint(tmp_path, "any", every=10.0).training("a"))
    assert len(kept) == pytest.approx(UPDATES / 10, abs=2)
    assert np.diff([0, *kept]).max() <= 10 + 3  # that update is finished first


def test_the_interval_is_a_minute_unless_the_environment_says_otherwise(monkeypatch):
    monkeypatch.delenv(checkpoint.EVERY_VARIABLE, raising=False)
    assert checkpoint.every() == 60
    monkeypatch.setenv(checkpoint.EVERY_VARIABLE, "0.2")
    assert checkpoint.every() == 0.2


# Parts of a job that are done.


class Complete(JobCheckpoint):
    """A keeper that has everything: it makes nothing."""

    def part(self, name, make):
        def none():
            raise AssertionError(f"{name} was made again")

        return super().part(name, none)


def chunk(network, keep=checkpoint.NO_CHECKPOINT):
    return train.train(
        TASK,
        network,
        Q,
        G,
        alpha=5e-6,
        speed="slow",
        settings=SETTINGS,
        training=PACE,
        checkpoint=keep,
    )


def some_diverged(network):
    """A trained chunk; the decoder of its last point is NaN, and bits of a NaN have a sign."""
    made = chunk(network)
    made["decoder"][-1] = -np.nan
    made["state_filtered"][-1] = np.nan
    return made


def swap(keep, recorded=None):
    both = some_diverged("spiking"), chunk("rate")
    return transfer.swap(
        TASK,
        "spiking",
        *both,
        settings=SETTINGS,
        sample_every=5e-4,
        recorded=recorded,
        checkpoint=keep,
    )


def spectra(keep):
    maps = xr.Dataset(
        {"nrmse": (("network", "decoder", "alpha", "Q", "G"), np.ones((2, 1, 1, 2, 1)))},
        {"Q": [10.0, 20.0], "G": [0.1], "decoder": ["own"]}, {"measure": "nrmse"},
    )  # fmt: skip
    return retrain_best(
        TASK,
        maps,
        RATES,
        points=2,
        components=5,
        settings=SETTINGS,
        training=PACE,
        checkpoint=keep,
    )


def size(keep):
    return sweep_of_sizes.train_and_swap(
        TASK, encoder_strength=20.0, reservoir_strength=0.1, learning_rates=RATES,
        settings=replace(SETTINGS, neurons=30), training=PACE, sample_every=5e-4, checkpoint=keep,
    )  # fmt: skip


def demonstrated(keep, before=1):
    course = Course(encoder_strength=20.0, reservoir_strength=0.1, alpha=5e-6, before=before,
                    learning=2, after=1)  # fmt: skip
    return demonstration.both_networks(
        TASK, settings=replace(SETTINGS, neurons=30, product_width=1), training=PACE,
        course=course, sample_every=5e-4, recorded=3, checkpoint=keep,
    )  # fmt: skip


def repeated(keep):
    trained = some_diverged("spiking")
    return trials.repeat(
        TASK,
        "spiking",
        trained,
        settings=SETTINGS,
        repetitions=3,
        sample_every=5e-4,
        checkpoint=keep,
    )


JOBS = {
    "train": lambda keep: chunk("spiking", keep),
    "swap": swap,
    "swap with traces": lambda keep: swap(keep, recorded=2),
    "trials": repeated,
    "spectra": spectra,
    "size": size,
    "demonstration": demonstrated,
    "demonstration after learning": lambda keep: demonstrated(keep, before=0),
}


@pytest.mark.parametrize("name", JOBS)
def test_finished_parts_are_read_back_as_they_were_and_not_made_again(name, tmp_path):
    job = JOBS[name]
    whole = job(checkpoint.NO_CHECKPOINT)
    keeper = JobCheckpoint(tmp_path / "kept", "the same")
    assert same(job(keeper), whole)
    assert {path.suffix for path in keeper.folder.iterdir()} == {PART}
    assert same(job(Complete(keeper.folder, "the same")), whole)
    keeper.clear()
    assert not keeper.folder.exists()


@pytest.mark.parametrize("name", ["train", "spectra", "size", "demonstration"])
def test_a_job_stopped_again_and_again_ends_the_same(name, tmp_path, monkeypatch):
    whole = JOBS[name](checkpoint.NO_CHECKPOINT)
    stop_at_every(monkeypatch, 37)
    again, said = begun_again(
        lambda: JOBS[name](JobCheckpoint(tmp_path / "kept", "", every=np.inf))
    )
    assert len(said) >= 4
    assert same(again, whole)


def test_a_job_told_to_stop_in_the_last_update_of_a_part_keeps_it_and_stops(tmp_path, monkeypatch):
    keeper = JobCheckpoint(tmp_path, "any")

    def make():
        with keeper.training("a"):
            signal.raise_signal(signal.SIGTERM)  # nobody looks any more
        return xr.Dataset({"a": 1.0})

    with pytest.raises(Stopped, match="at the end of a part"), checkpoint.stoppable():
        keeper.part("a part", make)
    assert Complete(tmp_path, "any").part("a part", None)["a"] == 1.0


@pytest.mark.parametrize("number", checkpoint.SIGNALS)
@pytest.mark.parametrize("ignored", [False, True])
def test_a_signal_to_stop_is_heeded_unless_the_process_ignores_it(number, ignored):
    before = signal.signal(number, signal.SIG_IGN if ignored else signal.SIG_DFL)
    try:
        stops = contextlib.nullcontext() if ignored else pytest.raises(Stopped, match=number.name)
        with stops, checkpoint.stoppable():
            signal.raise_signal(number)
        assert signal.getsignal(number) == (signal.SIG_IGN if ignored else signal.SIG_DFL)
    finally:
        signal.signal(number, before)


# What is kept is used only whole, and by a job made from the same.


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Folder with the first batch of a chunk, and the second one half trained."""
    stop_at_every(monkeypatch, 120)
    with pytest.raises(Stopped), checkpoint.stoppable():
        chunk("rate", JobCheckpoint(tmp_path / "kept", "the same", every=np.inf))
    monkeypatch.undo()
    found = sorted(path.suffix for path in (tmp_path / "kept").iterdir())
    assert found == [".npz", PART]
    return tmp_path / "kept"


def test_what_was_made_from_something_else_is_not_used(kept, capsys):
    keeper = JobCheckpoint(kept, "something else")
    assert same(chunk("rate", keeper), chunk("rate"))
    said = capsys.readouterr().out
    assert said.count("was made from something else") == 2
    assert f"{PART} was" in said and ".npz was" in said


def damaged(path, damage):
    whole = bytearray(path.read_bytes())
    if damage == "truncated":
        whole = whole[: len(whole) * 2 // 3]
    elif damage == "empty":
        whole = b""
    else:
        numbers = decoder_of(path)
        whole[bytes(whole).index(numbers.tobytes()) + damage] ^= 1
    path.write_bytes(whole)


def decoder_of(path):
    """A few numbers that stand in a file, one after the other."""
    if path.suffix == PART:
        return xr.load_dataset(path, engine="netcdf4")["decoder"].values[0, 0, :4]
    with np.load(path) as arrays:
        return arrays["decoder"][0, 0, :4]


@pytest.mark.parametrize("suffix", [PART, ".npz"])
@pytest.mark.parametrize("damage", ["empty", "truncated", 0, 5, 15, 31])
def test_what_is_damaged_is_not_used(kept, suffix, damage, capsys):
    (path,) = kept.glob(f"*{suffix}")
    damaged(path, damage)
    assert same(chunk("rate", JobCheckpoint(kept, "the same")), chunk("rate"))
    assert f"not used: {path} is damaged" in capsys.readouterr().out


def test_an_archive_that_lost_an_array_is_not_used(kept, capsys):
    (path,) = kept.glob("*.npz")
    with np.load(path) as file:
        arrays = dict(file)
    del arrays["log_changes"]  # as after a flipped bit in the archive's list of what it holds
    np.savez(path, **arrays)
    assert same(chunk("rate", JobCheckpoint(kept, "the same")), chunk("rate"))
    assert f"not used: {path} is damaged" in capsys.readouterr().out


@pytest.mark.parametrize("suffix", [PART, ".npz"])
def test_no_flipped_bit_gives_another_number(kept, suffix):
    (path,) = kept.glob(f"*{suffix}")
    keeper = JobCheckpoint(kept, "the same")
    whole, used = path.read_bytes(), 0
    read = {PART: keeper._dataset, ".npz": checkpoint._arrays}[suffix]
    _, original = read(path)
    for at in np.random.default_rng(1).integers(len(whole), size=300):
        flipped = bytearray(whole)
        flipped[at] ^= 1 << int(at) % 8
        path.write_bytes(flipped)
        found = keeper._read_saved(path, read)
        if found is not None:  # the bit stands for nothing
            used += 1
            assert xr.Dataset.identical(*map(as_dataset, (found, original)))
    assert 0 < used < 300


def as_dataset(found):
    if isinstance(found, xr.Dataset):
        return found
    return xr.Dataset({n: (tuple(f"{n}{k}" for k in range(a.ndim)), a) for n, a in found.items()})


# Where nothing can be kept.


def test_a_full_disk_does_not_stop_a_training(tmp_path, monkeypatch, capsys):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    whole = chunk("rate")
    monkeypatch.setattr(np, "savez", full)
    monkeypatch.setattr(xr.Dataset, "to_netcdf", full)
    assert same(chunk("rate", JobCheckpoint(tmp_path / "kept", "any", every=0.0)), whole)
    assert "not saved: " in capsys.readouterr().out
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_folder_that_cannot_be_made_does_not_stop_a_training(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert same(
        chunk("rate", JobCheckpoint(tmp_path / "file" / "kept", "any", every=0.0)), chunk("rate")
    )
    assert "not saved: " in capsys.readouterr().out


# A job of its own, told to stop.

LONG = task_list.make("sine", dt=5e-5, train_repetitions=20, test_repetitions=1)
FLAGS = {
    "settings": asdict(replace(SETTINGS, neurons=200)), "training": asdict(PACE), "alpha": 5e-6,
    "speed": "slow",
}  # fmt: skip
JOB = """
import json, sys, time
from types import SimpleNamespace
from spikerate.study import settings, train
from spikerate.pipeline.job import run_job
from spikerate.tasks import registry as tasks
output, seconds, flags = sys.argv[1], float(sys.argv[2]), settings.typed(json.loads(sys.argv[3]))
snakemake = SimpleNamespace(
    input={}, output={"data": output}, wildcards={}, params={}, log=[output + ".log"],
    config={"study": "any"}, rule="train", threads=1,
)
with run_job(snakemake) as job:
    print("begun")
    time.sleep(seconds)
    task = tasks.make("sine", dt=5e-5, train_repetitions=20, test_repetitions=1)
    job.save(train.train(task, "rate", [20.0], [0.1], checkpoint=job.checkpoint(), **flags))
"""


def started(path, seconds=0, **environment):
    return subprocess.Popen(
        [sys.executable, "-c", JOB, path, str(seconds), json.dumps(FLAGS)], text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "workflow")} | environment,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # also under nohup
    )  # fmt: skip


def wait_for(ready):
    end = time.monotonic() + 120
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.02)


def updates_done(path):
    with np.load(path) as arrays:
        return arrays["done"].item()


def stopped(job, number=signal.SIGTERM):
    """What a job says at its end, once it was told to stop."""
    asked = time.monotonic()
    job.send_signal(number)
    _, said = job.communicate(timeout=60)
    assert job.returncode == 1
    assert time.monotonic() - asked < 20
    return said


def test_a_job_told_to_stop_keeps_its_training_and_the_next_one_goes_on(tmp_path):
    output, log = tmp_path / "chunk0.nc", tmp_path / "chunk0.nc.log"
    kept = tmp_path / ".chunk0.kept"
    job = started(output, **{checkpoint.EVERY_VARIABLE: "0.05"})
    wait_for(lambda: any(map(updates_done, kept.glob("[!.]*.npz"))))
    said = stopped(job, signal.SIGHUP)
    (path,) = kept.iterdir()
    done = updates_done(path)
    assert 0 < done < 800
    sentence = f"stopped by SIGHUP at update {done} of 800; what was done is saved in {kept}"
    assert sentence in log.read_text() and sentence in said
    assert "Traceback" not in log.read_text() + said
    assert not output.exists()

    again = started(output)
    assert again.communicate() == (None, "") and again.returncode == 0
    assert f"continues from {path}" in log.read_text()
    whole = train.train(LONG, "rate", [20.0], [0.1], **typed(FLAGS))
    datasets.save(whole, tmp_path / "whole.nc")
    assert datasets.load(output).attrs["content"] == content.digest(
        datasets.load(tmp_path / "whole.nc")
    )
    assert sorted(tmp_path.iterdir()) == sorted([output, log, tmp_path / "whole.nc"])


def test_a_job_told_to_stop_outside_a_training_stops_at_once(tmp_path):
    output, log = tmp_path / "chunk0.nc", tmp_path / "chunk0.nc.log"
    job = started(output, seconds=100)
    wait_for(lambda: log.exists() and "begun" in log.read_text())
    assert "stopped by SIGTERM; nothing was saved" in stopped(job)
    assert list(tmp_path.iterdir()) == [log]
