"""After an edit, exactly the stale results are remade: a table of edits, and the jobs of each.

The tiny study is made once; each edit is made in a copy of the tree and its results, and Snakemake
is asked what it would run. Jobs are known by their first output, below results/tiny.
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from typing import NamedTuple

import pytest
import xarray as xr

from conftest import ROOT, run
from spikerate.data import datasets
from spikerate.data import hashing as content

TREE = ("Snakefile", "config.yaml", "profiles", "envs", "workflow")
LIBRARY = "workflow/spikerate/"
HERE = "results/tiny/"
NOTHING = ""


class Edit(NamedTuple):
    """An edit, and the jobs that must run after it: patterns, those after a ! are left out."""

    jobs: str
    files: tuple = ()  # (file, old text, new text)
    config: tuple = ()  # as for --config
    grown: bool = False  # whether there are new jobs
    act: object = None  # function of the folder
    package: str = ""  # whose version changes


def edit(jobs, *file):
    return Edit(jobs, files=(file,))


def code(jobs, module, old, new):
    return edit(jobs, f"{LIBRARY}{module}.py", old, new)


def config(jobs, *values):
    return Edit(jobs, config=values)


def grown(jobs, *values):
    return Edit(jobs, config=values, grown=True)


def act(jobs, function):
    return Edit(jobs, act=function)


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


def reformatted(folder):
    """Write all code as Python would, without comments and with other line breaks."""
    for path in (folder / LIBRARY).rglob("*.py"):
        path.write_text(ast.unparse(ast.parse(path.read_text())))


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


def halved(folder):
    rewritten(folder, "tasks/fourier.nc", lambda path: path.read_bytes()[:3000])


def killed(folder):
    """Edit a task, and kill the run after the task was remade."""
    replace(folder, f"{LIBRARY}tasks/waves.py", *FOURIER_TASK)
    done = tiny(folder, "--", f"{HERE}tasks/fourier.nc")
    assert done.returncode == 0, done.stdout


STARRED = "transfer/*/starred.nc trials/sine/shown.nc"
FOURIER = "train/fourier/* transfer/fourier/* figures/fig6.png"
FOURIER_TASK = ("np.arange(1, 11) * time", "np.arange(2, 12) * time")

EDITS = {
    "nothing": act(NOTHING, lambda folder: None),
    # Code, but nothing that it does.
    "comment": code(NOTHING, "model/spiking", "class SpikingN", "# fast\nclass SpikingN"),
    "docstring": code(NOTHING, "learning/rls", "Symmetric P, lower", "A symmetric P, lower"),
    "formatting of all code": act(NOTHING, reformatted),
    "name of a local": code(NOTHING, "model/networks", "rngs", "generators"),
    "type annotation": code(
        NOTHING, "analysis/errors", "first: np.ndarray, second", "first, second"
    ),
    "definition that nobody uses": code(NOTHING, "learning/rls", "FLUSH =", "SPARE = 1\nFLUSH ="),
    "touched code, another branch and back": act(NOTHING, touched),
    "long name of a variable": code(NOTHING, "data/descriptions", '"decoder phi"', '"decoder"'),
    "memory of a job": edit(
        NOTHING, "workflow/rules/train.smk", '"mem_mb", "size"', '"mem_mb", "train"'
    ),
    "caption": code("report.html", "figures/fig1_neuron", "A leaky", "The leaky"),
    "title of a figure": code("report.html", "figures/fig7_trials", "Bias and", "The bias and"),
    "check of the config": code("report.html", "study/config", "FASTEST = 10", "FASTEST = 8"),
    "estimate of memory": code("report.html", "pipeline/cost", "STATES = 12", "STATES = 13"),
    # Each module of the library.
    "spiking": code(
        f"{NETWORKS} !train/*/rate/* !trials/sine/rate/*",
        "model/spiking", "V_HIGH = 30.0", "V_HIGH = 20.0",
    ),
    "rate": code(
        f"{NETWORKS} !train/*/spiking/* !trials/sine/spiking/*",
        "model/rate", "COARSE = 5e-4", "COARSE = 2.5e-4",
    ),
    "kernels, of the spiking twin": code(
        f"{NETWORKS} !train/*/rate/* !trials/sine/rate/*",
        "engine/kernels", "rise[i] += kick * last[i]", "rise[i] += last[i] * kick",
    ),
    "kernels, of RLS": code(TRAINED, "engine/kernels", "ROWS = ", "ROWS = 2 * "),
    "neuron": code(NETWORKS, "model/lif", "constant(10e-3", "constant(11e-3"),
    "synapse": code(NETWORKS, "model/synapse", "tau_rise: float = 2e-3", "tau_rise: float = 3e-3"),
    "twin": code(NETWORKS, "model/network", "return self.state()", "return self.state(**{})"),
    "weights": code(NETWORKS, "model/weights", "class Weights:", "class Weights:\n    extra = 0\n"),
    "seeds": code(f"tasks/* {NETWORKS}", "model/seeds", "zlib.crc32(role", "zlib.adler32(role"),
    "networks": code(
        f"{NETWORKS} !simulate/neuron.nc", "model/networks", "sparsity: float = 0.4", "sparsity=0.5"
    ),
    "engine": code(NETWORKS, "engine/selection", "nogil=True", "nogil=False"),
    "rls": code(TRAINED, "learning/rls", "FLUSH = 32", "FLUSH = 16"),
    "force": code(TRAINED, "learning/force", "EXPLODED = 1e3", "EXPLODED = 1e4"),
    "errors, the alignment": code(
        f"train/sizes/* {TRANSFERRED} !transfer/pitchfork/*",
        "analysis/errors", "FLAT = 0.05", "FLAT = 0.04",
    ),
    "chunks, training": code(
        f"{TRAINED} !train/demonstrations/* !train/sizes/* !transfer/sizes.nc !figures/fig3.png"
        " !figures/*.wav",
        "study/train",
        "round(update_every / twin.dt), warm_up", "int(update_every / twin.dt), warm_up",
    ),
    "spectra, points": code(
        "spectra/* figures/fig8.png", "study/spectra", "index[:count]", "index[: int(count)]"
    ),
    "transfer": code(
        f"train/sizes/* {TRANSFERRED} !trials/sine/*/* !trials/sine/maps.nc",
        "analysis/transfer", '"own", "other"', '"own", "its"',
    ),
    "maps, the star": code(
        f"{STARRED} figures/fig[457].png",
        "analysis/maps", '"network", skipna=False', '"network", skipna=True',
    ),
    "trials": code(
        "trials/* figures/fig7.png !trials/sine/shown.nc",
        "analysis/trials", "np.square(self.mean", "abs(self.mean",
    ),
    "sizes, the fit": code(
        "claims.csv figures/fig6.png",
        "analysis/statistics", "CONFIDENCE = 0.95", "CONFIDENCE = 0.9",
    ),
    "sizes, gathering": code(
        "transfer/sizes.nc figures/fig6.png", "analysis/sizes", '="drop"', '="override"'
    ),
    "spectra": code(
        "spectra/* figures/fig8.png", "analysis/spectra", "1.0 + alpha_", "2.0 + alpha_"
    ),
    "simulate": code(
        "simulate/untrained.nc figures/fig1.png", "analysis/simulate",
        "NUDGE = 1e-2", "NUDGE = 2e-2",
    ),
    "demonstration": code(
        DEMONSTRATED, "analysis/demonstration", "isel(output=0)", "isel(output=-1)"
    ),
    "claims": code("claims.csv", "study/claims", "LEAST_SIZES = 3", "LEAST_SIZES = 2"),
    "report": code("report.html", "report/media", "WIDTH = 1600", "WIDTH = 1500"),
    "sound": code("figures/*.wav", "report/sound", "HEADROOM = 0.8", "HEADROOM = 0.7"),
    "content": code("*", "data/hashing", "sort_keys=True", "sort_keys=True, indent=0"),
    "files": code("*", "data/files", "os.fsync(file.fileno())", "os.fsync(file)"),
    "checkpoint": code("*", "data/checkpoint", "sort_keys=True", "sort_keys=True, indent=0"),
    "runs": code(NOTHING, "pipeline/runs", "PATIENCE = 60", "PATIENCE = 50"),
    "recompute": code(NOTHING, "pipeline/recompute", "_limits(1)", "_limits(2)"),
    "verify": code(NOTHING, "pipeline/verify", "SAMPLE = 5", "SAMPLE = 6"),
    "datasets": code("*", "data/netcdf", '"fletcher32": variable', '"fletcher32": 1 + variable'),
    "task, the sine": code(
        f"tasks/sine.nc train/demonstrations/sine.nc {SINE} figures/fig3.png",
        "tasks/waves", "2 * np.pi * 5 * time", "2 * np.pi * 10 * time",
    ),
    "task, Lorenz": code(
        "tasks/lorenz.nc train/demonstrations/lorenz.nc figures/fig3.png",
        "tasks/lorenz", "BETA = 28.0", "BETA = 29.0",
    ),
    "task, what all share": code(
        f"tasks/* {TRAINED}", "tasks/signals", "array[:, None] if", "array[:, np.newaxis] if"
    ),
    "figures, a colour": code(
        "figures/fig[268].png", "figures/drawing/style", "#4B1D6B", "#4B1D6C"
    ),
    "figures, another": code(
        "figures/fig[45].png", "figures/drawing/style", '"cividis"', '"magma"'
    ),
    "figures, the fonts": code(
        "figures/fig*.png", "figures/drawing/sheet", '"font.size": 7.0', '"font.size": 8.0'
    ),
    "figures, one": code(
        "figures/fig1.png", "figures/drawing/neuron", "style.stacked(", "style.stacked(*[], "
    ),
    "script": edit(
        f"transfer/*/maps.nc {STARRED} spectra/* figures/fig[45678].png",
        "workflow/scripts/transfer/maps.py", "**job.params", "**dict(job.params)",
    ),
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
    "version of scipy": package(f"tasks/lorenz.nc tasks/pitchfork.nc {NETWORKS}", "scipy"),
    "version of seaborn": package("figures/fig*.png !figures/fig2.png", "seaborn"),
    # Results.
    "fresh clone with copied results": act(NOTHING, cloned),
    "deleted figure": act("figures/fig6.png", deleted("figures/fig6.png")),
    "deleted dataset, and what was made from it": act(
        "transfer/fourier/maps.nc figures/fig6.png",
        deleted("transfer/fourier/maps.nc", "figures/fig6.png"),
    ),
    "edited dataset": act(FOURIER, edited),
    "half-written dataset": act(FOURIER, halved),
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
        shutil.copytree(study.parents[1] / name, folder / name, copy_function=linked)
    return folder


def linked(source, target):
    """Link a dataset, which is only ever replaced; copy what Snakemake writes in place."""
    (os.link if str(source).endswith(".nc") else shutil.copy2)(source, target)


def replace(folder, name, old, new):
    path = folder / name
    text = path.read_text()
    assert old in text, f"{name} no longer holds {old!r}"
    path.write_text(text.replace(old, new))


def tiny(folder, *arguments, config=(), path=None):
    """Run Snakemake on the tiny study in a copy of the tree."""
    return run(folder, "--config", "study=tiny", *config, *arguments, tree=folder, path=path)


def planned(folder, *arguments, config=(), path=None):
    """Jobs that Snakemake would run, by their first output below results/tiny."""
    done = tiny(folder, "--dry-run", *arguments, config=config, path=path)
    assert done.returncode == 0, done.stdout
    outputs = re.findall(r"^    output: ([^,\s]+)", done.stdout, re.MULTILINE)
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
def plans(study, tmp_path_factory):
    """Jobs planned after each edit, and the names of all jobs that there are then."""

    def plan(edit):
        folder = copied(study, tmp_path_factory.mktemp("tree"))
        for file in edit.files:
            replace(folder, *file)
        if edit.act:
            edit.act(folder)
        path = other_version(folder, edit.package) if edit.package else None
        found = planned(folder, config=edit.config, path=path)
        every = planned(folder, "--forceall", config=edit.config) if edit.grown else None
        shutil.rmtree(folder)
        return found, every

    with ThreadPoolExecutor(2) as pool:
        found = dict(zip(EDITS, pool.map(plan, EDITS.values()), strict=True))
    print(*(f"{len(jobs):4d}  {name}" for name, (jobs, _) in found.items()), sep="\n")
    return found


@pytest.fixture(scope="module")
def jobs(study, tmp_path_factory):
    """All jobs of the study."""
    return planned(copied(study, tmp_path_factory.mktemp("tree")), "--forceall")


@pytest.mark.parametrize("name", EDITS)
def test_exactly_what_is_stale_is_remade(name, plans, jobs):
    found, every = plans[name]
    assert found == expected(EDITS[name], every or jobs)


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
def remade(study, tmp_path_factory):
    """Folders of a study after a dozen edits: one rerun, one made anew; and what was remade."""
    again, anew = (copied(study, tmp_path_factory.mktemp(name)) for name in ("again", "anew"))
    for name in ("results", ".snakemake"):
        shutil.rmtree(anew / name)
    deleted("transfer/fourier/maps.nc")(again)
    for name in AT_ONCE:
        for folder in (again, anew):
            replace(folder, *EDITS[name].files[0])
    stale = planned(again, "--forceall", config=VALUES)
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


def test_results_without_records_are_named(study, tmp_path):
    folder = copied(study, tmp_path)
    shutil.rmtree(folder / ".snakemake")
    for arguments in ((), ("--dry-run",)):
        done = tiny(folder, *arguments)
        assert done.returncode != 0
        assert (
            "nothing is recorded in .snakemake of how results/tiny/simulate/neuron.nc"
            in done.stdout
        )
        assert "make accept" in done.stdout
    assert len(list((folder / HERE).rglob("*.nc"))) == len(list(study.rglob("*.nc")))
    assert "taken as they are" in asked(folder, "accept")
    assert planned(folder) == set()


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
    replace(folder, *EDITS["spiking"].files[0])
    deleted("figures/fig2.png")(folder)
    said = asked(folder, "status", "tasks={fourier: {learning_rates: {fast: 1.0e-3}}}")
    assert re.search(r"train \(9\): .*\n    code changed: spiking\n", said)
    assert re.search(r"train \(1\): .*/rate/fast/.*\n    alpha: 0\.0005 -> 0\.001\n", said)
    assert re.search(r"train \(1\): .*/spiking/fast/.*\n    code changed: spiking; alpha", said)
    assert re.search(r"fig2 \(1\): .*\n    not made yet", said)
    assert re.search(r"A run would cost \d+ jobs: about \d+\.\d minutes on one core\.$", said)


def test_status_names_what_is_wrong(study, tmp_path):
    folder = copied(study, tmp_path)
    edited(folder)
    rewritten(folder, "figures/fig1.png", lambda path: path.read_bytes() + b"\0")
    said = asked(folder, "status")
    assert "error: results/tiny/tasks/fourier.nc was changed after it was made" in said
    assert "error: results/tiny/figures/fig1.png is not what its job made: delete it" in said
    assert re.search(r"train \(4\): .*\n    read another results/tiny/tasks/fourier.nc", said)


def test_what_is_accepted_is_fresh_and_says_so(study, tmp_path):
    folder = copied(study, tmp_path)
    replace(folder, *EDITS["simulate"].files[0])
    before = datasets.load(study / "simulate/untrained.nc")
    assert "4 files are taken as they are" in asked(folder, "accept")
    assert planned(folder) == set()
    after = datasets.load(folder / HERE / "simulate/untrained.nc")
    assert content.digest(after) == content.digest(before)
    (note,) = json.loads(after.attrs["accepted"])
    assert note["in_spite_of"] == "code changed: simulate"
    replace(folder, f"{LIBRARY}analysis/simulate.py", "NUDGE = 2e-2", "NUDGE = 3e-2")
    assert planned(folder) == expected(EDITS["simulate"], planned(folder, "--forceall"))


def test_what_is_damaged_is_not_accepted(study, tmp_path):
    folder = copied(study, tmp_path)
    edited(folder)
    assert "was changed after it was made" in asked(folder, "accept")
    assert planned(folder) != set()


def test_results_are_verified_by_content(study, tmp_path):
    folder = copied(study, tmp_path)
    assert "5 of 5 recomputed points are the same" in asked(folder, "verify")
