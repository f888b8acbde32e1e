"""What README.md says can be done: its blocks run, its commands and its files exist."""

import os
import re
import shlex
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
FENCED = re.compile(r"^```python\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
BLOCKS = FENCED.findall(README)
CODE = re.findall(r"^    (.+)$|`([^`\n]+)`", FENCED.sub("", README), flags=re.MULTILINE)
SPANS = [re.sub(r" {2,}#.*", "", block or span) for block, span in CODE]
COMMANDS = sorted({span for span in SPANS if re.match(r"make\b", span)})
ENVIRONMENT = {
    "MPLBACKEND": "Agg",
    "PYTHONPATH": str(ROOT / "workflow"),
    "OMP_NUM_THREADS": "1",  # on a busy machine, threads that wait for each other take a minute
}
LINKS = sorted(set(re.findall(r"\]\((?!\w+:|#)([^)#]+)", README)))


def expanded(path):
    """Paths that a shell makes of {a,b}."""
    parts = [part.split(",") for part in re.split(r"[{}]", path)]
    return ["".join(choice) for choice in product(*parts)]


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_python_blocks_run_as_they_stand(block, study, tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "results/laptop").symlink_to(study)
    done = subprocess.run(
        [sys.executable, "-c", block], cwd=tmp_path, text=True, check=False,
        env=os.environ | ENVIRONMENT,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "Warning" not in done.stdout
    drawn = re.findall(r'savefig\("(.+?)"', block)
    assert drawn or done.stdout, "a block shows nothing"
    assert all((tmp_path / name).stat().st_size > 10_000 for name in drawn)


def test_there_are_python_blocks_commands_and_links():
    assert BLOCKS and COMMANDS and LINKS  # or the tests of them would pass on nothing


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


@pytest.mark.parametrize("link", LINKS)
def test_linked_files_exist(link):
    assert (ROOT / link).exists()


def test_results_named_come_out_of_a_study(study):
    named = [span for span in SPANS if span.startswith("results/laptop/")]
    assert named
    for name in named:
        for path in expanded(name.removeprefix("results/laptop/").rstrip("/")):
            assert list(study.glob(path)), f"{name} is not made"
