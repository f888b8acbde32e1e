"""The library alone: what `pip install .` installs is whole and needs no checkout."""

import ast
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement

from documents import ROOT, copy_of_the_tree
from test_environments import locked

pytestmark = pytest.mark.slow

LIBRARY = ROOT / "workflow" / "spikerate"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
USE = """
import pkgutil, importlib, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import spikerate
for module in pkgutil.walk_packages(spikerate.__path__, "spikerate."):
    importlib.import_module(module.name)
from spikerate.learning import force
from spikerate.model import networks
from spikerate.study import config, schema
from spikerate.tasks import registry as tasks
config.load("tiny")
sine = tasks.make("sine", dt=5e-5, train_repetitions=1, test_repetitions=1)
twin, state = networks.draw("rate", 25.0, 0.15, neurons=20, seed=1, engine="numpy")
force.train(twin, state, sine.train.target, 5e-5, update_steps=100)
here = Path(sys.argv[1])
outside = {f"{name}.{key}": value for name, module in sys.modules.items()
           if name.startswith("spikerate") for key, value in vars(module).items()
           if isinstance(value, Path) and value.is_absolute() and here not in value.parents}
assert Path(spikerate.__file__).is_relative_to(here) and not outside, outside
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of the library, built from a copy: building writes beside the sources."""
    tree = copy_of_the_tree(tmp_path_factory.mktemp("built") / "tree")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index",
               "--no-build-isolation", "--wheel-dir", "dist", "."]  # fmt: skip
    done = subprocess.run(command, cwd=tree, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = (tree / "dist").iterdir()
    return built


def test_the_installed_library_works_without_a_checkout(wheel, tmp_path):
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    done = subprocess.run(
        [sys.executable, "-I", "-c", USE, str(site)], cwd=tmp_path, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_every_room_is_installed(wheel):
    here = {path.relative_to(LIBRARY.parent).as_posix() for path in LIBRARY.rglob("*.py")}
    assert here == {name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".py")}


def imported():
    """Packages that the library imports, by the names by which pip knows them."""
    names = set()
    for path in LIBRARY.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module.partition(".")[0])
    known = packages_distributions()
    names -= {*sys.stdlib_module_names, "spikerate"}
    return {known.get(name, [name])[0].lower() for name in names}


def test_all_that_the_library_imports_is_named():
    extras = PROJECT["project"]["optional-dependencies"].values()
    needed = sum(extras, PROJECT["project"]["dependencies"])
    assert {Requirement(line).name for line in needed} == imported()


def test_the_library_needs_nothing_outside_the_lock():
    needed = {Requirement(line).name for line in PROJECT["project"]["dependencies"]}
    assert needed <= set(locked("requirements.lock"))
