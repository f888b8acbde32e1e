"""After an edit, exactly the stale results are remade: a table of edits, and the jobs of each.

What an edit of code makes stale follows from the fingerprints of all jobs; for any other, Snakemake
is asked what it would run in a copy of the tree and of a study whose results are hollow. Jobs are
known by their first output, below results/tiny. Definitions are found by their names, so that the
table follows them when they move.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from fnmatch import fnmatchcase
from typing import NamedTuple

import pytest
import xarray as xr

import edits
from conftest import ROOT, run
from dry_run import DryRuns
from spikerate.data import datasets
from spikerate.data import hashing as content
from spikerate.pipeline.fingerprint import Fingerprints
from spikerate.pipeline.source import Source

TREE = ("Snakefile", "config.yaml", "profiles", "envs", "workflow")
LIBRARY = "workflow/spikerate/"
HERE = "results/tiny/"
NOTHING = ""


class Edit(NamedTuple):
    """An edit, and the jobs that must run after it: patterns, those after a ! are left out."""

    jobs: str
    act: object = None  # function of the folder
    config: tuple = ()  # as for --config
    grown: bool = False  # whether there are new jobs
    package: str = ""  # whose version changes


def changed(jobs, *names):
    """Definitions of the library that do something else than before."""
    return Edit(jobs, lambda folder: [edits.change(folder / LIBRARY, name) for name in names])


def act(jobs, function):
    return Edit(jobs, function)


def appended(jobs, name, text):
    """Text at the end of a file."""
    return Edit(jobs, lambda folder: edits.append(folder / name, text))


def everywhere(jobs, function):
    """All code of the library through a function of its text."""
    return Edit(jobs, lambda folder: edits.rewrite(folder / LIBRARY, function))


def config(jobs, *values):
    return Edit(jobs, config=values)


def grown(jobs, *values):
    return Edit(jobs, config=values, grown=True)


def package(jobs, name):
    return Edit(jobs, package=name)


# What several edits have in common. Figure 2 draws the parameters alone.
SIMULATED = "simulate/* figures/fig1.png"
DEMONSTRATED = "train/demonstrations/* figures/fig3.png figures/*.wav"
SIZES = "train/sizes/* transfer/sizes.nc figures/fig6.png"
ANALYSED = "trials/* spectra/* figures/fig[4-8].png"
TRANSFERRED = f"transfer/* {ANALYSED}"
TRAINED = f"train/* {TRANSFERRED} figures/fig3.png figures/*.wav"
NETWORKS = f"simulate/* {TRAINED} figures/fig1.png"
SINE = (
    "train/sine/* train/sizes/* transfer/sine/* transfer/sizes.nc trials/* spectra/sine/*"
    " figures/fig[4-8].png"
)
SCALE = "figures/fig[1-8].png"  # all have it in their foot
JUDGED = "transfer/*/maps.nc transfer/sizes.nc trials/*/maps.nc spectra/*"
SHOWN = "claims.csv figures/* train/demonstrations/* transfer/*/maps.nc transfer/sizes.nc"


def touched(folder):
    """Touch all code and config, as a fresh clone or another branch and back would."""
    for name in TREE:
        for path in [folder / name, *(folder / name).rglob("*")]:
            os.utime(path)


def cloned(folder):
    """Give the results times in the wrong order, as a plain copy might."""
    paths = sorted(path for path in (folder / "results").rglob("*") if path.is_file())
    for age, path in enumerate(paths):
        held = path.read_bytes()
        path.unlink()  # the study that is linked keeps its times
        path.write_bytes(held)
        os.utime(path, (time.time() - age,) * 2)


def deleted(*names):
    return lambda folder: [(folder / HERE / name).unlink() for name in names]


def rewritten(folder, name, change):
    """Put a changed copy in the place of a result."""
    path = folder / HERE / name
    content = change(path)
    path.unlink()
    path.write_bytes(content)


def edited(folder):
    """Edit a dataset by hand, keeping its attributes."""

    def change(path):
        with xr.open_dataset(path) as dataset:
            dataset = dataset.load()
        dataset["train_target"] = dataset["train_target"] * 2
        dataset.to_netcdf(folder / "edited.nc")
        return (folder / "edited.nc").read_bytes()

    rewritten(folder, "tasks/fourier.nc", change)


def replaced(folder):
    """Put another dataset in the place of one."""
    path = folder / HERE / "tasks/fourier.nc"
    path.unlink()
    datasets.save(xr.Dataset(attrs={"name": "another"}), path)


def halved(folder):
    rewritten(folder, "tasks/fourier.nc", lambda path: path.read_bytes()[:3000])


def killed(folder):
    """Edit a task, and kill the run after the task was remade."""
    edits.change(folder / LIBRARY, "fourier")
    done = tiny(folder, "--", f"{HERE}tasks/fourier.nc")
    assert done.returncode == 0, done.stdout


STARRED = "transfer/*/starred.nc trials/sine/shown.nc"
FOURIER = "train/fourier/* transfer/fourier/* figures/fig6.png"

CODE = {
    # Code, but nothing that it does.
    "comments": everywhere(NOTHING, lambda text: f"{text}\n# the end\n"),
    "docstrings": everywhere(NOTHING, edits.other_docstrings),
    "formatting of all code": everywhere(NOTHING, edits.reformatted),
    "names of locals": everywhere(NOTHING, edits.other_locals),
    "type annotations": everywhere(NOTHING, edits.without_annotations),
    "definitions that nobody uses": everywhere(NOTHING, lambda text: f"{text}\nSPARE = 1\n"),
    "long names of variables": changed(NOTHING, "DESCRIPTIONS"),
    # The same code elsewhere.
    "functions moved": act(
        NOTHING,
        lambda folder: [
            edits.move(folder / LIBRARY, name) for name in ("rms", "multiple", "FLUSH")
        ],
    ),
    "module renamed": act(
        NOTHING, lambda folder: edits.rename(folder / LIBRARY, "learning.rls", "learning.squares")
    ),
    "module moved to another room": act(
        NOTHING, lambda folder: edits.rename(folder / LIBRARY, "model.seeds", "engine.seeds")
    ),
    "imports made relative": act(
        NOTHING, lambda folder: edits.make_relative(folder / LIBRARY)
    ),
    "names passed on by their room": act(
        NOTHING, lambda folder: edits.pass_on(folder / LIBRARY, "learning.rls")
    ),
    "imports under other names": everywhere(NOTHING, edits.other_imports),
    "check of the config": changed(NOTHING, "check_neuron"),
    "estimate of memory": changed("report.html", "STATES"),
    # Each module of the library.
    "spiking": changed(
        f"{NETWORKS} !train/*/rate/* !trials/sine/rate/*", "SpikingNetwork"
    ),
    "rate": changed(f"{NETWORKS} !train/*/spiking/* !trials/sine/spiking/*", "RateNetwork"),
    "kernel of spiking networks": changed(
        f"{NETWORKS} !train/*/rate/* !trials/sine/rate/*", "kernels._send"
    ),
    "kernel of rate networks": changed(
        f"{NETWORKS} !train/*/spiking/* !trials/sine/spiking/*", "kernels.drive_synapses"
    ),
    "kernel of both": changed(NETWORKS, "kernels.readouts"),
    "kernel of the learning rule": changed(TRAINED, "kernels.low_rank_gain"),
    "reference, spiking": changed(
        f"{NETWORKS} !train/*/rate/* !trials/sine/rate/*", "reference.Spiking"
    ),
    "reference, rate": changed(
        f"{NETWORKS} !train/*/spiking/* !trials/sine/spiking/*", "reference.currents"
    ),
    "neuron": changed(f"{NETWORKS} figures/fig2.png", "LIF"),
    "equation of the neuron": changed(f"{NETWORKS} figures/fig2.png", "relaxed"),
    "synapse": changed(f"{NETWORKS} figures/fig2.png", "DoubleExponential"),
    "twin": changed(NETWORKS, "Network"),
    "weights": changed(NETWORKS, "Weights"),
    "seeds": changed(f"tasks/* {NETWORKS}", "seeds.generator"),
    "networks": changed(f"{NETWORKS} !simulate/neuron.nc", "networks.from_settings"),
    "engine": changed(NETWORKS, "cache.OPTIONS"),
    "rls": changed(TRAINED, "rls.FLUSH"),
    "force": changed(TRAINED, "force.EXPLODED"),
    "errors, the alignment": changed(
        f"train/sizes/* {TRANSFERRED} !transfer/pitchfork/*", "errors.FLAT"
    ),
    "training of chunks": changed(
        f"{TRAINED} !train/demonstrations/* !train/sizes/* !transfer/sizes.nc !figures/fig3.png"
        " !figures/*.wav",
        "train_batch",
    ),
    "spectra, points": changed("spectra/* figures/fig8.png", "best_learned"),
    "transfer": changed(
        f"train/sizes/* {TRANSFERRED} !trials/sine/*/* !trials/sine/maps.nc", "transfer.DECODERS"
    ),
    "maps, the star": changed(f"{STARRED} figures/fig[457].png", "maps.star"),
    "trials": changed("trials/* figures/fig7.png !trials/sine/shown.nc", "trials.Moments"),
    "sizes, the fit": changed("claims.csv figures/fig6.png", "CONFIDENCE"),
    "sizes, gathering": changed("transfer/sizes.nc figures/fig6.png", "sizes.gather"),
    "spectra": changed("spectra/* figures/fig8.png", "spectra.analyse"),
    "simulate": changed("simulate/untrained.nc figures/fig1.png", "simulate.NUDGE"),
    "demonstration": changed(DEMONSTRATED, "demonstrate"),
    "claims": changed("claims.csv", "LEAST_SIZES"),
    "report": changed("report.html", "media.WIDTH"),
    "sound": changed("figures/*.wav", "sound.HEADROOM"),
    "hashing": changed("*", "hashing.digest"),
    "files": changed("*", "files.replacing"),
    "checkpoint": changed("*", "JobCheckpoint"),
    "runs": changed(NOTHING, "runs.PATIENCE"),
    "recompute": changed(NOTHING, "recompute.same"),
    "verify": changed(NOTHING, "verify.SAMPLE"),
    "datasets": changed("*", "FORMAT"),
    "task, the sine": changed(
        f"tasks/sine.nc train/demonstrations/sine.nc {SINE} figures/fig3.png", "waves.sine"
    ),
    "task, Lorenz": changed(
        "tasks/lorenz.nc train/demonstrations/lorenz.nc figures/fig3.png", "lorenz.BETA"
    ),
    "task, what all share": changed(f"tasks/* {TRAINED}", "signals._columns"),
    "figures, a colour": changed("figures/fig[268].png", "style.LEARNING"),
    "figures, another": changed("figures/fig[45].png", "CORRELATION_MAP"),
    "figures, the fonts": changed("figures/fig*.png", "sheet.RULES"),
    "figures, one": changed("figures/fig1.png", "drawing.neuron.draw"),
    "script": appended(
        f"transfer/*/maps.nc {STARRED} spectra/* figures/fig[45678].png",
        "workflow/scripts/transfer/maps.py", "\nassert True\n",
    ),
}  # fmt: skip
EDITS = {
    # Neither code nor config.
    "nothing": act(NOTHING, lambda folder: None),
    "touched code, another branch and back": act(NOTHING, touched),
    "memory of jobs": act(NOTHING, edits.other_memory),
    "caption": act("report.html", lambda folder: edits.other_about(folder, 1, "caption")),
    "title of a figure": act("report.html", lambda folder: edits.other_about(folder, 7, "title")),
    # The config.
    "seed": config(f"tasks/* {NETWORKS} !simulate/neuron.nc", "seed=2"),
    "numerics": config(f"{NETWORKS} {SCALE}", "numerics=published"),
    "engine of the loops": config(f"{NETWORKS} !simulate/neuron.nc", "engine=numpy"),
    "product_precision": config(
        f"{NETWORKS} !simulate/neuron.nc !train/*/spiking/* !trials/sine/spiking/*",
        "product_precision=double",
    ),
    "neuron.tau_m": config(f"{NETWORKS} {SCALE}", "neuron={tau_m: 0.011}"),
    "network.neurons": config(
        f"simulate/untrained.nc {SINE} !train/sizes/* !transfer/sizes.nc {SCALE}",
        "network={neurons: 101}",
    ),
    "simulate.neuron": config(
        "simulate/neuron.nc figures/fig1.png", "simulate={neuron: {step: 11}}"
    ),
    "trials.repetitions": config(
        "trials/sine/*/* trials/sine/maps.nc figures/fig7.png", "trials={repetitions: 11}"
    ),
    "a demonstration": config(
        "train/demonstrations/lorenz.nc figures/fig3.png",
        "demonstrations={lorenz: {learning_rate: 1.0e-5}}",
    ),
    "spectra.components": config("spectra/* figures/fig8.png", "spectra={components: 50}"),
    "recording.neurons": config(
        f"simulate/untrained.nc train/demonstrations/* {STARRED} figures/fig[13457].png"
        " figures/*.wav",
        "recording={neurons: 4}",
    ),
    "errors.l2_cutoff": config(
        f"transfer/*/maps.nc {STARRED} spectra/* figures/fig[245678].png",
        "errors={l2_cutoff: 1.0e-5}",
    ),
    "figures.learning": config("figures/fig[45].png", "figures={learning: [sine, ode_to_joy]}"),
    "learning rate of a task": config(
        "train/fourier/*/fast/* transfer/fourier/*/fast/* transfer/fourier/maps.nc"
        " figures/fig[26].png",
        "tasks={fourier: {learning_rates: {fast: 1.0e-3}}}",
    ),
    "values of two keys swapped": config(
        "tasks/ode_to_joy.nc train/*ode_to_joy* transfer/ode_to_joy/* spectra/ode_to_joy/*"
        " figures/fig[2-68].png figures/*.wav",
        "tasks={ode_to_joy: {train_repetitions: 1, test_repetitions: 2}}",
    ),
    # A study grows, or shrinks.
    "learning rate added": grown(
        "train/fourier/*/medium/* transfer/fourier/*/medium/* transfer/fourier/maps.nc"
        " figures/fig[26].png",
        "sweep={tasks: {fourier: [slow, medium, fast]}}",
    ),
    "learning rate removed": config(
        f"transfer/sine/maps.nc transfer/sine/starred.nc trials/sine/maps.nc trials/sine/shown.nc"
        f" spectra/sine/* {SIZES} figures/fig[2-8].png !figures/fig3.png",
        "sweep={tasks: {sine: [slowest, slow, fast]}}",
    ),
    "task added": grown(
        "train/oscillator/* transfer/oscillator/* figures/fig[26].png",
        "sweep={tasks: {oscillator: [slow]}}",
        "figures={maps: [ode_to_joy, fourier, sine, oscillator]}",
    ),
    "task removed": config(
        "claims.csv figures/fig[245].png",
        "sweep={tasks: {pitchfork: []}}", "figures={learning: [ode_to_joy, sine]}",
    ),
    "learning rate added to the task of the sizes": grown(
        "train/sine/*/quick/* transfer/sine/*/quick/* transfer/sine/maps.nc"
        " transfer/sine/starred.nc"
        f" trials/* !trials/*/slow*/* !trials/*/medium/* !trials/*/fast/* spectra/sine/* {SIZES}"
        " figures/fig[2-8].png !figures/fig3.png",
        "tasks={sine: {learning_rates: {quick: 1.0e-4}}}",
        "sweep={tasks: {sine: [slowest, slow, medium, quick, fast]}}",
    ),
    "draw added": grown(
        f"*/draw1/* */draw1.nc transfer/*/maps.nc {STARRED} trials/sine/maps.nc spectra/* {SCALE}"
        " !train/sizes/*",
        "draws=2",
    ),
    "size added": grown(
        "train/sizes/neurons60/* transfer/sizes.nc figures/fig6.png",
        "sizes={neurons: [50, 60, 100]}",
    ),
    "grid row added": grown(
        f"{FOURIER} figures/fig[1-3].png",
        "tasks={fourier: {grid: {encoder_strength: {last: 40, points: 3}}}}",
    ),
    "trained chunks of another size": grown(
        FOURIER, "tasks={fourier: {chunk: {train: {spiking: 3, rate: 3}}}}"
    ),
    "chunks of the transfer of another size": grown(
        "transfer/fourier/rate/* transfer/fourier/maps.nc figures/fig6.png",
        "tasks={fourier: {chunk: {transfer: {rate: 1}}}}",
    ),
    # Packages.
    # Figure 2 builds the synapse to draw its constants, and the synapse's propagator is scipy's.
    "version of scipy": package(
        f"tasks/lorenz.nc tasks/pitchfork.nc {NETWORKS} figures/fig2.png", "scipy"
    ),
    "version of seaborn": package("figures/fig*.png !figures/fig2.png", "seaborn"),
    # Results.
    "fresh clone with copied results": act(NOTHING, cloned),
    "deleted figure": act("figures/fig6.png", deleted("figures/fig6.png")),
    "deleted dataset, and what was made from it": act(
        "transfer/fourier/maps.nc figures/fig6.png",
        deleted("transfer/fourier/maps.nc", "figures/fig6.png"),
    ),
    "another dataset in its place": act(FOURIER, replaced),
    "run killed after an input was remade": act(FOURIER, killed),
}  # fmt: skip


def copied(study, folder, tree=True):
    """Copy the tree, the results, and what Snakemake remembers of them; results are linked."""
    for name in TREE if tree else ():
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    for name in ("results", ".snakemake"):
        shutil.copytree(study.parents[1] / name, folder / name, copy_function=linked,
                        ignore=shutil.ignore_patterns("locks", "log"))  # fmt: skip
    return folder


def linked(source, target):
    """Link a dataset, which is only ever replaced; copy what Snakemake writes in place."""
    (os.link if str(source).endswith(".nc") else shutil.copy2)(source, target)


def tiny(folder, *arguments, config=(), path=None):
    """Run Snakemake on the tiny study in a copy of the tree."""
    return run(folder, "--config", "study=tiny", *config, *arguments, tree=folder, path=path)


def planned(folder, dry_run, *arguments, config=(), path=()):
    """Jobs that Snakemake would run, by their first output below results/tiny."""
    status, log = dry_run(
        folder, "--snakefile", folder / "Snakefile", "--cores", "2",
        "--config", "study=tiny", *config, *arguments, path=path,
    )  # fmt: skip
    assert status == 0, log
    outputs = re.findall(r"^    output: ([^,\s]+)", log, re.MULTILINE)
    return {path.removeprefix(HERE) for path in outputs}


def matched(jobs, patterns):
    words = patterns.split()
    left_out = [word[1:] for word in words if word[0] == "!"]
    words = [word for word in words if word[0] != "!"]

    def meets(job, words):
        return any(fnmatchcase(job, word) for word in words)

    return {job for job in jobs if meets(job, words) and not meets(job, left_out)}


def expected(edit, jobs):
    """Jobs of an edit; the claims follow what they are judged by, the report what it shows."""
    found = matched(jobs, edit.jobs)
    if matched(found, JUDGED):
        found.add("claims.csv")
    if edit.config or matched(found, SHOWN):  # the report tells the whole config
        found.add("report.html")
    return found


def other_version(folder, name):
    """Folder that, on Python's path, makes a package look like one of another version."""
    metadata = folder / "packages" / f"{name}-99.0.dist-info" / "METADATA"
    metadata.parent.mkdir(parents=True)
    metadata.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 99.0\n")
    return folder / "packages"


@pytest.fixture(scope="module")
def dry_run():
    """Function that gives the exit status and output of a dry run."""
    runs = DryRuns()
    yield runs
    runs.close()


@pytest.fixture(scope="module")
def hollow(dry_run, tmp_path_factory):
    """Folder of a finished study whose results hold nothing: what is stale shows all the same."""
    folder = tmp_path_factory.mktemp("hollow")
    dry_run.hollow(folder, ROOT / "Snakefile", "study=tiny")
    return folder / HERE


@pytest.fixture(scope="module")
def graph(dry_run, tmp_path_factory):
    """All jobs of the tiny study, each with its code and with the jobs that it waits for."""
    return dry_run.graph(tmp_path_factory.mktemp("graph"), ROOT / "Snakefile", "study=tiny")


@pytest.fixture(scope="module")
def jobs(graph):
    """All jobs of the study."""
    return {job["output"].removeprefix(HERE) for job in graph["jobs"]}


@pytest.mark.parametrize("name", [*EDITS, "rls", "functions moved", "script"])
def test_exactly_what_is_stale_is_remade(name, hollow, jobs, dry_run, tmp_path):
    edit = (EDITS | CODE)[name]
    folder = copied(hollow, tmp_path / "tree")
    if edit.act:
        edit.act(folder)
    path = [other_version(folder, edit.package)] if edit.package else []
    found = planned(folder, dry_run, config=edit.config, path=path)
    every = planned(folder, dry_run, "--forceall", config=edit.config) if edit.grown else jobs
    assert found == expected(edit, every)


# Edits of code alone: what they make stale follows from the fingerprints of all jobs.


def stale(graph, prints):
    """Jobs whose code is other than it was, and all that wait for them."""
    found = set()
    for job in graph["jobs"]:
        now = prints.of(job["script"], job["chooses_by"], graph["config"])
        if now != job["code"] or found & set(job["before"]):
            found.add(job["output"])
    return {path.removeprefix(HERE) for path in found}


def prints_of(folder):
    return Fingerprints(Source(folder / LIBRARY, folder / "workflow" / "scripts"))


@pytest.mark.parametrize("name", CODE)
def test_exactly_what_runs_the_code_is_stale(name, graph, jobs, tmp_path):
    shutil.copytree(ROOT / "workflow", tmp_path / "workflow",
                    ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
    shutil.copy2(ROOT / "Snakefile", tmp_path)
    CODE[name].act(tmp_path)
    assert stale(graph, prints_of(tmp_path)) == expected(CODE[name], jobs)


# The rerun itself.

AT_ONCE = ("simulate", "task, Lorenz", "figures, a colour", "sound")
VALUES = (
    "simulate={neuron: {step: 11}}",
    "demonstrations={lorenz: {learning_rate: 1.0e-5}}",
    "sizes={neurons: [50, 60, 100]}",
    "sweep={tasks: {fourier: [slow, medium, fast]}}",
    "tasks={fourier: {learning_rates: {fast: 1.0e-3},"
    " grid: {encoder_strength: {last: 40, points: 3}}},"
    " oscillator: {train_repetitions: 4}}",
)  # with a deleted dataset, a dozen
REMADE = (
    "simulate/*.nc tasks/lorenz.nc tasks/oscillator.nc train/demonstrations/lorenz.nc"
    " train/demonstrations/oscillator.nc train/fourier/*.nc transfer/fourier/*.nc"
    " train/sizes/neurons60/*.nc figures/fig2.png figures/*.wav"
)


@pytest.fixture(scope="module")
def remade(study, dry_run, tmp_path_factory):
    """Folders of a study after a dozen edits: one rerun, one made anew; and what was remade."""
    again, anew = (copied(study, tmp_path_factory.mktemp(name)) for name in ("again", "anew"))
    for name in ("results", ".snakemake"):
        shutil.rmtree(anew / name)
    deleted("transfer/fourier/maps.nc")(again)
    for name in AT_ONCE:
        for folder in (again, anew):
            CODE[name].act(folder)
    stale = planned(again, dry_run, "--forceall", config=VALUES)
    targets = sorted(HERE + job for job in matched(stale, REMADE))
    for folder in (again, anew):
        done = tiny(folder, "--", *targets, config=VALUES)
        assert done.returncode == 0, done.stdout
    return again / HERE, anew / HERE, [target.removeprefix(HERE) for target in targets]


def test_after_a_dozen_edits_a_rerun_gives_what_a_clean_run_gives(remade, study):
    again, anew, names = remade
    assert len(names) > 20
    for name in names:
        if name.endswith(".nc"):
            first, second = (content.digest(datasets.load(f / name)) for f in (again, anew))
        else:
            first, second = ((folder / name).read_bytes() for folder in (again, anew))
        assert first == second, name


def test_what_was_not_stale_was_left_alone(remade, study):
    again, _, names = remade
    kept = [path for path in study.rglob("*.nc") if str(path.relative_to(study)) not in names]
    assert kept
    for path in kept:
        assert os.path.samefile(path, again / path.relative_to(study)), path


# Results that are not what was made: named, not used, not deleted.


@pytest.mark.parametrize(
    ("damage", "sentence"), [(edited, "was changed after it was made"), (halved, "truncated")]
)
def test_a_changed_input_is_named_and_kept_and_not_used(study, tmp_path, damage, sentence):
    folder = copied(study, tmp_path)
    damage(folder)
    target = f"{HERE}train/fourier/rate/slow/draw0/chunk0.nc"
    before = (folder / HERE / "tasks/fourier.nc").read_bytes()
    done = tiny(folder, "--", target)
    assert done.returncode != 0
    assert re.search(f"tasks/fourier.nc .*{sentence}.*stage `tasks`", done.stdout)
    assert (folder / HERE / "tasks/fourier.nc").read_bytes() == before


def test_results_without_records_are_named(study, dry_run, tmp_path):
    folder = copied(study, tmp_path)
    shutil.rmtree(folder / ".snakemake")
    for arguments in ((), ("--dry-run",)):
        done = tiny(folder, *arguments)
        assert done.returncode != 0
        assert ".snakemake has no record of how results/tiny/simulate/neuron.nc" in done.stdout
        assert "make accept" in done.stdout
    assert len(list((folder / HERE).rglob("*.nc"))) == len(list(study.rglob("*.nc")))
    assert "accepted as they are" in asked(folder, "accept")
    assert planned(folder, dry_run) == set()


# What a user asks.


def asked(folder, command, *values):
    """What `make status`, `make accept` or `make verify` prints."""
    done = subprocess.run(
        [sys.executable, "-m", f"spikerate.pipeline.{command}",
         "--snakefile", folder / "Snakefile",
         "study=tiny", *values],
        cwd=folder, env=os.environ | {"PYTHONPATH": str(folder / "workflow")}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    return done.stdout


def test_status_says_what_is_stale_and_why(study, tmp_path):
    folder = copied(study, tmp_path)
    assert asked(folder, "status").splitlines()[-1] == "Nothing is stale."
    CODE["spiking"].act(folder)
    deleted("figures/fig2.png")(folder)
    said = asked(folder, "status", "tasks={fourier: {learning_rates: {fast: 1.0e-3}}}")
    assert re.search(r"train \(9\): .*\n    code changed: model.spiking.SpikingNetwork\n", said)
    assert re.search(r"train \(1\): .*/rate/fast/.*\n    alpha: 0\.0005 -> 0\.001\n", said)
    assert re.search(
        r"train \(1\): .*/spiking/fast/.*\n    code changed: model.spiking.SpikingNetwork; alpha",
        said,
    )
    assert re.search(r"fig2 \(1\): .*\n    not made yet", said)
    assert re.search(r"A run would cost \d+ jobs: about \d+\.\d minutes on one core\.$", said)


def test_status_names_what_is_wrong(study, tmp_path):
    folder = copied(study, tmp_path)
    edited(folder)
    rewritten(folder, "figures/fig1.png", lambda path: path.read_bytes() + b"\0")
    said = asked(folder, "status")
    assert "error: results/tiny/tasks/fourier.nc was changed after it was made" in said
    assert "error: results/tiny/figures/fig1.png was changed after it was made: delete it" in said
    assert re.search(r"train \(4\): .*\n    input changed: results/tiny/tasks/fourier.nc", said)


def test_what_is_accepted_is_fresh_and_says_so(study, dry_run, tmp_path):
    folder = copied(study, tmp_path)
    CODE["simulate"].act(folder)
    before = datasets.load(study / "simulate/untrained.nc")
    assert "4 files are accepted as they are" in asked(folder, "accept")
    assert planned(folder, dry_run) == set()
    after = datasets.load(folder / HERE / "simulate/untrained.nc")
    assert content.digest(after) == content.digest(before)
    (note,) = json.loads(after.attrs["accepted"])
    assert note["in_spite_of"] == "code changed: analysis.simulate.NUDGE"
    CODE["simulate"].act(folder)  # once more
    assert planned(folder, dry_run) == expected(
        CODE["simulate"], planned(folder, dry_run, "--forceall")
    )


def test_what_is_damaged_is_not_accepted(study, dry_run, tmp_path):
    folder = copied(study, tmp_path)
    edited(folder)
    assert "was changed after it was made" in asked(folder, "accept")
    assert planned(folder, dry_run) != set()


def test_results_are_verified_by_content(study, tmp_path):
    folder = copied(study, tmp_path)
    assert "5 of 5 recomputed points are the same" in asked(folder, "verify")
