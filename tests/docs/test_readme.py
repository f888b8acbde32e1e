"""What the documents say: blocks run, commands, files and names exist, and the scale is true."""

import importlib.util
import os
import pydoc
import re
import shlex
import subprocess
import sys
from itertools import product

import pytest
import yaml

import documents
from documents import BLOCKS, DOCUMENTS, ROOT
from spikerate.study import config as configs
from spikerate.study import sweep

STUDIES = (ROOT / "docs" / "studies.md").read_text()
PYTHON = [b for b in BLOCKS if b.language == "python" and b.name in ("", "neo")]
SPANS = {path: documents.spans(path) for path in DOCUMENTS}
EVERY_SPAN = sorted({span for spans in SPANS.values() for span in spans})
COMMANDS = [span for span in EVERY_SPAN if re.match(r"make\b", span)]
SNAKEMAKE = [span for span in EVERY_SPAN if span.startswith(".venv/bin/snakemake")]
LINKS = [(path, link) for path in DOCUMENTS for link in documents.links(path)]
REFERENCES = [(path, *found) for path in DOCUMENTS for found in documents.references(path)]
FOLDERS = ("benchmarks", "docs", "envs", "profiles", "tests", "workflow")
PATHS = [span for span in EVERY_SPAN if re.fullmatch(rf"({'|'.join(FOLDERS)})(/[\w.-]+)*/?", span)]
NAMES = [span for span in EVERY_SPAN if re.fullmatch(r"spikerate(\.\w+)+", span)]
ENVIRONMENT = {
    "MPLBACKEND": "Agg",
    "PYTHONPATH": str(ROOT / "workflow"),
    "OMP_NUM_THREADS": "1",  # on a busy machine, threads that wait for each other take a minute
}
NEO = """
class Block:
    def __init__(self, **named):
        self.segments, self.spiketrains = [], []
Segment = Block
def SpikeTrain(times, units, t_start, t_stop, **annotations):
    return times
"""


def expanded(path):
    """Paths that a shell makes of {a,b}."""
    parts = [part.split(",") for part in re.split(r"[{}]", path)]
    return ["".join(choice) for choice in product(*parts)]


def where(block):
    return f"{block.document.stem}-{BLOCKS.index(block)}"


@pytest.mark.parametrize("block", PYTHON, ids=where)
def test_python_blocks_run_as_they_stand(block, study, tmp_path):
    for folder in ("results", "again/results"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "laptop").symlink_to(study)
    if block.name == "neo" and not importlib.util.find_spec("neo"):
        (tmp_path / "neo.py").write_text(NEO)
    done = subprocess.run(
        [sys.executable, "-c", block.text], cwd=tmp_path, text=True, check=False,
        env=os.environ | ENVIRONMENT,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "Warning" not in done.stdout
    drawn = re.findall(r'savefig\("(.+?)"', block.text)
    assert drawn or done.stdout, "a block shows nothing"
    assert all((tmp_path / name).stat().st_size > 10_000 for name in drawn)


def test_there_are_blocks_commands_and_links():
    assert (
        PYTHON and COMMANDS and SNAKEMAKE and LINKS and REFERENCES and PATHS and NAMES
    )  # or their tests would pass on nothing


def test_every_other_block_is_run_by_the_test_of_a_users_own_parts():
    others = {(b.document.name, b.name) for b in BLOCKS if b not in PYTHON and b.language != "sh"}
    assert others == {
        ("library.md", "Snakefile"),
        ("studies.md", "workflow/studies/mine.yaml"),
        ("tutorial.md", "workflow/spikerate/tasks/own.py"),
        ("tutorial.md", "area.diff"),
        ("tutorial.md", "workflow/spikerate/model/qif.py"),
        ("tutorial.md", "qif.diff"),
        ("tutorial.md", "workflow/spikerate/learning/lms.py"),
        ("tutorial.md", "lms.diff"),
        ("tutorial.md", "workflow/studies/circle.yaml"),
        ("tutorial.md", "results/circle"),
    }


def test_every_command_is_of_a_kind_that_is_run():
    blocks = [line for path in DOCUMENTS
              for line in re.findall(r"^    (\S.*)$", documents.prose(path), re.M)]  # fmt: skip
    scripts = ("convergence", "describe", "differences", "speed")  # run by their tests
    clone = ("git clone <this repository> spikerate", "cd spikerate")
    known = ("make", ".venv/bin/snakemake ", ".venv/bin/python -m pytest ", "git apply area.diff",
             *clone,
             *(f".venv/bin/python docs/{name}.py" for name in scripts))  # fmt: skip
    assert blocks
    assert [line for line in blocks if not line.startswith(known)] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_make_knows_every_command(command):
    makefile = (ROOT / "Makefile").read_text()
    for variable in re.findall(r"\b([A-Z]+)=", command):
        assert re.search(rf"^{variable} \?=", makefile, flags=re.MULTILINE), variable
    done = subprocess.run(
        [*shlex.split(command), "--dry-run"], cwd=ROOT, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("command", SNAKEMAKE)
def test_snakemake_knows_every_command(command, snakemake, tmp_path):
    words = shlex.split(command)[1:]
    arguments = [f"{ROOT}/{word}" if word.startswith("profiles/") else word for word in words]
    done = snakemake(tmp_path, "--dry-run", "--quiet", *arguments)
    assert done.returncode == 0, done.stdout


def test_values_given_to_make_reach_the_study(snakemake, tmp_path):
    (command,) = (c for c in COMMANDS if " CONFIG=" in c)
    (given,) = (a.removeprefix("CONFIG=") for a in shlex.split(command) if a.startswith("CONFIG="))
    target = "results/tiny/simulate/untrained.nc"
    done = snakemake(
        tmp_path, "--dry-run", "--config", "study=tiny", *shlex.split(given), "--", target
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("path", "link"), LINKS, ids=lambda part: getattr(part, "name", part))
def test_linked_files_exist(path, link):
    assert (path.parent / link).exists()


@pytest.mark.parametrize(
    ("path", "document", "anchor"), REFERENCES, ids=lambda part: str(part)[-40:]
)
def test_linked_headings_exist(path, document, anchor):
    target = (path.parent / document).resolve() if document else path
    assert anchor in documents.anchors(target)


@pytest.mark.parametrize("path", PATHS)
def test_named_paths_exist_or_are_made_by_a_block(path):
    assert (ROOT / path).exists() or path in {block.name for block in BLOCKS}


@pytest.mark.parametrize("name", NAMES)
def test_named_parts_of_the_library_exist(name):
    assert pydoc.locate(name) is not None


def test_results_named_come_out_of_a_study(study):
    named = [span for span in EVERY_SPAN if span.startswith("results/laptop/")]
    assert named
    for name in named:
        for path in expanded(name.removeprefix("results/laptop/").rstrip("/")):
            assert list(study.glob(path)), f"{name} is not made"


def test_the_readme_names_the_paper_as_the_citation_does():
    (paper,) = yaml.safe_load((ROOT / "CITATION.cff").read_text())["references"]
    text = " ".join(DOCUMENTS[0].read_text().split())
    assert f'"{paper["title"]}", {paper["journal"]}, {paper["year"]}' in text
    assert f"https://doi.org/{paper['doi']}" in text
    preprint = paper["notes"].removeprefix("Title of the preprint: ")
    assert f'its preprint is titled "{preprint}"' in text


# What the laptop study reduces.


def scale(study):
    """Rows of the table in docs/studies.md that tell of one study, in its words."""
    config = configs.load(study)

    def grid(task):
        axes = sweep.task_settings(config, task)["grid"]
        q, g = axes["encoder_strength"], axes["reservoir_strength"]
        return (f"{q['points']} x {g['points']}, Q {q['first']:g} to {q['last']:g},"
                f" G {g['first']:g} to {g['last']:g}")  # fmt: skip

    def neurons(task):
        return str(sweep.task_settings(config, task)["neurons"])

    groups = {
        "sine": ["sine"], "Fourier, pitchfork": ["fourier", "pitchfork"],
        "Ode to Joy": ["ode_to_joy"],
    }  # fmt: skip
    for tasks in groups.values():
        assert len({(neurons(task), grid(task)) for task in tasks}) == 1
    words = {"sine": "sine", "fourier": "Fourier", "ode_to_joy": "Ode to Joy"}
    settings, points = config["tasks"], config["spectra"]["tasks"].items()
    options = {name: task.get("options", {}) for name, task in settings.items()}
    shown = sorted({part["neurons"] for part in config["demonstrations"].values()})
    sizes = ", ".join(map(str, config["sizes"]["neurons"]))
    return {
        **{f"neurons: {name}": neurons(tasks[0]) for name, tasks in groups.items()},
        **{f"grid: {name}": grid(tasks[0]) for name, tasks in groups.items()},
        "training: Ode to Joy": f"{settings['ode_to_joy']['train_repetitions']} repetitions",
        "training and test: pitchfork": "{pulses:g} pulses".format(**options["pitchfork"]),
        "training, test: Lorenz": "{train_duration:g} s, {test_duration:g} s".format(
            **options["lorenz"]
        ),
        "reservoir": {"shared": "one for the whole grid", "per_point": "one for each point"}[
            config["reservoir_draws"]
        ],
        "draws of the grid": str(config["draws"]),
        "sizes of Figure 6": f"{sizes}; {config['sizes']['draws']} draws",
        "repetitions at each point, Figure 7": str(config["trials"]["repetitions"]),
        "neurons of Figure 3": " and ".join(map(str, shown)),
        "points of Figure 8": ", ".join(f"{n} of {words[task]}" for task, n in points if n),
    }


def test_what_the_laptop_study_reduces_is_what_the_table_says():
    laptop, paper = scale("laptop"), scale("paper")
    rows = [f"| {what} | {laptop[what]} | {paper[what]} |" for what in laptop]
    assert [row for row in rows if row not in STUDIES] == []


def test_what_is_said_to_be_the_same_is_the_same():
    laptop, paper = configs.load("laptop"), configs.load("paper")
    assert laptop["dt"] == paper["dt"]
    for name, task in laptop["tasks"].items():
        other = paper["tasks"][name]
        for key in ("learning_rates", "test_repetitions", "update_every"):
            assert task[key] == other[key]
        if name != "ode_to_joy":
            assert task["train_repetitions"] == other["train_repetitions"]
        if name not in ("pitchfork", "lorenz"):
            assert task.get("options") == other.get("options")
