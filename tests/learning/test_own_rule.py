"""The tutorial's learning rule: one file and one entry, from the config to trained networks."""

import os
import subprocess
import sys

import pytest

import documents

pytestmark = pytest.mark.slow

DATASETS = [
    f"results/tiny/train/{name}.nc"
    for name in ("sine/rate/fast/draw0/chunk0", "sizes/neurons50/draw0", "demonstrations/sine")
]
AGAIN = """
import sys
from spikerate.data import datasets, provenance
from spikerate.pipeline import recompute

for path in sys.argv[1:]:
    assert provenance.params(datasets.load(path))["training"]["rule"] == "lms", path
assert (datasets.load(sys.argv[1])["status"] == "ok").all()
assert recompute.same(sys.argv[1], 0)
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the tree, with the tutorial's rule."""
    tree = documents.copy_of_the_tree(tmp_path_factory.mktemp("lms") / "tree")
    for name in ("workflow/spikerate/learning/lms.py", "lms.diff"):
        (tree / name).write_text(documents.named("tutorial.md", name))
    subprocess.run(["git", "apply", "lms.diff"], cwd=tree, check=True)
    return tree


def test_the_config_chooses_the_tutorials_rule_and_every_training_uses_it(tree):
    trained(tree)
    python(tree, "-c", AGAIN, *DATASETS)


def test_an_edit_of_the_papers_rule_makes_nothing_stale_that_another_rule_trained(tree):
    path = tree / "workflow/spikerate/learning/rls.py"
    edited = path.read_text().replace("FLUSH = 32", "FLUSH = 31")
    assert edited != path.read_text()
    path.write_text(edited)
    assert "Nothing to be done" in trained(tree, "--dry-run")


def trained(tree, *options):
    """Run Snakemake for the datasets; what it prints."""
    config = ["study=tiny", "learning={rule: lms}"]
    return python(
        tree, "-m", "snakemake", "--cores", "2", *options, "--config", *config, "--", *DATASETS
    )


def python(tree, *arguments):
    environment = os.environ | {"PYTHONPATH": str(tree / "workflow")}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=tree, env=environment, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout
