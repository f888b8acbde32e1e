"""A workflow of a user's own that imports this one by `module`, in a folder of its own."""

import os
import re
import shutil
import subprocess
import sys

import pytest

import documents
from conftest import ROOT
from dry_run import DryRuns
from spikerate.data import datasets

SHOWN = documents.named("library.md", "Snakefile")  # to users
OWN = r"""
rule mine:
    input: "force/results/tiny/tasks/sine.nc"
    output: "mine.txt"
    params: colour="red"
    shell: "(echo '{params}'; echo \"{config}\"; env) > {output}"
"""
MADE = ["tasks/sine.nc", "figures/fig2.png", "train/sine/rate/slow/draw0/chunk0.nc"]


@pytest.fixture(scope="module")
def dry_run():
    """Function that gives the exit status and output of a dry run."""
    runs = DryRuns()
    yield runs
    runs.close()


@pytest.fixture
def mine(tmp_path):
    """Folder of a user's workflow."""
    folder = tmp_path / "my work"
    folder.mkdir()
    write(folder, SHOWN)
    (folder / "mine.yaml").write_text("force: {study: tiny}\nsamples: [a, b]\n")
    return folder


def write(folder, text, clone=ROOT):
    """Write the Snakefile of a user, who has a clone somewhere."""
    assert "/path/to/spikerate" in text
    text = text.replace("/path/to/spikerate", str(clone))
    (folder / "Snakefile").write_text(f'configfile: "mine.yaml"\n{OWN}\n{text}')


def jobs(output):
    """Rules of a dry run, their outputs, log and benchmark, by the first output."""
    found = {}
    for block in re.split(r"\n(?=(?:local)?rule )", output)[1:]:
        rule = re.match(r"(?:local)?rule (\w+):", block)[1]
        named = dict(re.findall(r"^    (output|log|benchmark): (.+)$", block, re.MULTILINE))
        paths = [path for line in named.values() for path in line.split(", ")]
        if paths:
            found[paths[0]] = [rule, *paths]
    return found


def below(prefix, found):
    """Jobs as a module has them: rules with a prefix, files below a folder."""
    return {
        f"{prefix}/{first}": [f"{prefix}_{rule}", *(f"{prefix}/{path}" for path in paths)]
        for first, (rule, *paths) in found.items()
    }


@pytest.fixture(scope="module")
def alone(dry_run, tmp_path_factory):
    """Jobs of the tiny study by itself."""
    folder = tmp_path_factory.mktemp("alone")
    status, output = dry_run(folder, "--snakefile", ROOT / "Snakefile", "--config", "study=tiny")
    assert status == 0, output
    found = jobs(output)
    assert len(found) > 80
    return found


def test_the_jobs_are_those_of_the_study_below_the_prefix(dry_run, mine, alone):
    status, output = dry_run(mine, "force_all")
    assert status == 0, output
    assert jobs(output) == below("force", alone)
    assert "localrules" not in output


@pytest.mark.slow
def test_without_a_config_the_command_line_names_the_study(dry_run, mine, alone):
    write(mine, re.sub(r"\n    config: .*", "", SHOWN))
    status, output = dry_run(mine, "force_all", "--config", "study=tiny", "colour=red")
    assert status == 0, output
    assert jobs(output) == below("force", alone)


@pytest.mark.slow
def test_without_anything_it_is_the_default_study(dry_run, mine):
    write(mine, re.sub(r"\n    config: .*", "", SHOWN))
    status, output = dry_run(mine, "force_fig2")
    assert status == 0, output
    assert list(jobs(output)) == ["force/results/laptop/figures/fig2.png"]


@pytest.mark.slow
def test_two_studies_stand_side_by_side(dry_run, mine):
    other = SHOWN.replace("force", "other").replace('config["other"]', '{"study": "paper"}')
    write(
        mine, SHOWN + other.replace("spikerate:", "again:").replace("from spikerate", "from again")
    )
    status, output = dry_run(mine, "force_fig2", "other_fig2", "mine")
    assert status == 0, output
    assert set(jobs(output)) == {
        "force/results/tiny/figures/fig2.png",
        "force/results/tiny/tasks/sine.nc",
        "other/results/paper/figures/fig2.png",
        "mine.txt",
    }


@pytest.mark.slow
def test_a_rule_may_be_changed(dry_run, mine):
    write(mine, f"{SHOWN}\nuse rule task from spikerate as force_task with:\n    priority: 7\n")
    status, output = dry_run(mine, "mine")
    assert status == 0, output
    assert re.search(r"force/results/tiny/tasks/sine.nc\n(    .*\n)*    priority: 7\n", output)


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ("{study: tinny}", "study must be one of .*, got 'tinny'"),
        ("{study: tiny, sede: 2}", "sede"),
    ],
)
def test_a_bad_config_ends_in_a_sentence(dry_run, mine, config, sentence):
    (mine / "mine.yaml").write_text(f"force: {config}\n")
    status, output = dry_run(mine, "force_all")
    assert status != 0 and "Traceback" not in output
    assert re.search(f"^Error in the config: .*{sentence}", output, re.MULTILINE)


def test_another_copy_of_the_library_is_refused(dry_run, mine):
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "workflow/spikerate", mine / "old/spikerate", ignore=ignored)
    write(mine, f"import sys\nsys.path.insert(0, 'old')\nimport spikerate as old\n{SHOWN}")
    status, output = dry_run(mine, "force_all")
    assert status != 0 and "Traceback" not in output
    assert f"Error: the rules in {ROOT} need the library beside them, but another copy" in output


def test_results_of_a_module_without_records_are_named(dry_run, mine):
    made = mine / "force/results/tiny/tasks/sine.nc"
    made.parent.mkdir(parents=True)
    made.touch()
    status, output = dry_run(mine, "mine")
    assert status != 0
    assert "how force/results/tiny/tasks/sine.nc was made" in output
    assert "Delete force/results/tiny to" in output


# Runs.


def ran(folder, *targets, python=sys.executable, **variables):
    """Run Snakemake in a folder as its user does."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        [str(python), "-m", "snakemake", *targets, "--cores", "2"], cwd=folder, text=True,
        env=environment | variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


def files(folder):
    """Files below a folder, but for those of Snakemake."""
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return {path for path in found if not path.startswith(".snakemake/")}


def test_a_run_makes_what_the_study_makes_and_leaves_the_users_rules_alone(study, mine, tmp_path):
    """From a Python in a folder with a blank, and with another spikerate on the user's path."""
    own = mine / "lib"
    (own / "spikerate").mkdir(parents=True)
    (own / "spikerate" / "__init__.py").write_text("raise ImportError('another version')\n")
    (tmp_path / "an environment").symlink_to(sys.prefix)
    before, given = files(mine), {"PYTHONPATH": str(own), "OMP_DYNAMIC": "true"}
    python = tmp_path / "an environment" / "bin" / "python"
    targets = ["mine.txt", *(f"force/results/tiny/{name}" for name in MADE)]
    ran(mine, *targets, python=python, **given)

    for name in MADE[::2]:
        ends = (mine / "force/results/tiny" / name, study / name)
        assert len({datasets.load(path).attrs["content"] for path in ends}) == 1
    assert (mine / "force/results/tiny" / MADE[1]).read_bytes() == (study / MADE[1]).read_bytes()
    assert all(
        re.match("force/(results|logs)/tiny/", p) for p in files(mine) - before - {targets[0]}
    )
    params, config, *variables = (mine / "mine.txt").read_text().splitlines()
    assert params == "red"
    assert config == str({"force": {"study": "tiny"}, "samples": ["a", "b"]})
    assert {f"{name}={value}" for name, value in given.items()} <= set(variables)
    assert not [line for line in variables if line.startswith("PYTHONNOUSERSITE")]

    assert "Nothing to be done" in ran(mine, *targets, python=python, **given)
