"""Fingerprints of code: what changes them, what does not, and what is followed."""

import ast

import pytest

from spikerate.pipeline import fingerprint

LIBRARY = fingerprint.LIBRARY
CODE = '''"""A module."""

import numpy as np

from spikerate import {first}, other
from spikerate.other import LIMIT as most

SCALE = 2.0
TABLE = {{"a": SCALE, "b": most}}
CALLS = {{}}


def enter(function):
    CALLS[function.__name__] = function
    return function


@enter
def one():
    return other.used()


@enter
def two():
    return 2


def chosen(name):
    return CALLS[name]()


def used(values, *, power=2):
    """Say what it does."""
    total = 0
    for value in values:  # add them up
        total += SCALE * value**power
    return np.sum([total for value in values])


def lazy():
    from spikerate.other import used as late

    return late()


def shadow(other):
    return other.used()


def unused():
    return TABLE
'''
OTHER = "LIMIT = 3\n\n\ndef used():\n    return LIMIT\n\n\ndef unused():\n    return 1\n"


@pytest.fixture
def library(tmp_path, monkeypatch):
    """Write a library of two modules and a script, and return a function that fingerprints it."""
    monkeypatch.setattr(fingerprint, "LIBRARY", tmp_path / "spikerate")
    monkeypatch.setattr(fingerprint, "SCRIPTS", tmp_path / "scripts")
    for folder in ("spikerate", "scripts"):
        (tmp_path / folder).mkdir()

    def of(body, code=CODE, other=OTHER, script="from spikerate import first\n\n", **wildcards):
        files = {"spikerate/__init__.py": "", "spikerate/first.py": code.format(first="other"),
                 "spikerate/other.py": other, "scripts/run.py": script + body}  # fmt: skip
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        for kept in (fingerprint._of, fingerprint._module, fingerprint._statement):
            kept.cache_clear()
        return fingerprint.of("run.py", **wildcards)

    yield of
    for kept in (fingerprint._of, fingerprint._module, fingerprint._statement):
        kept.cache_clear()


SAME = {
    "comment": ("# add them up", "# sum"),
    "docstring": ("Say what it does.", "Say something else."),
    "docstring of the module": ("A module.", "Another."),
    "formatting": (
        "total += SCALE * value**power",
        "total += (SCALE *\n            value ** power)",
    ),
    "name of a local": ("total", "everything"),
    "annotation": ("values, *, power=2", "values: list, *, power: int = 2"),
    "another definition": ("return TABLE", "return 0"),
    "its own imports": ("import numpy as np", "import math\n\nimport numpy as np"),
}
OTHERWISE = {
    "constant": ("SCALE = 2.0", "SCALE = 2.5"),
    "operator": ("SCALE * value", "SCALE + value"),
    "default": ("power=2", "power=3"),
    "name of an argument": ("power", "exponent"),
    "order of statements": ("total = 0\n", "total = 0\n    total = 1\n"),
}


@pytest.mark.parametrize("edit", SAME)
def test_what_does_nothing_changes_nothing(library, edit):
    assert library("first.used(())") == library("first.used(())", CODE.replace(*SAME[edit]))


@pytest.mark.parametrize("edit", OTHERWISE)
def test_what_does_something_changes_the_fingerprint_of_its_module(library, edit):
    before = library("first.used(())")
    after = library("first.used(())", CODE.replace(*OTHERWISE[edit]))
    assert {name for name in before if before[name] != after[name]} == {"first"}


@pytest.mark.parametrize(
    ("call", "follows"),
    [
        ("first.used(())", False),
        ("first.one()", True),
        ("first.lazy()", True),
        ("first.chosen('one')", True),  # a registry holds all that is entered in it
        ("first.two()", True),  # so does its decorator, and with it the other entries
        ("first.shadow(1)", False),  # an argument of the name of a module is not the module
        ("first.most", False),
        ("print(first)", True),  # a module passed on counts as a whole
    ],
)
def test_what_is_used_is_followed(library, call, follows):
    before = library(call)
    after = library(call, other=OTHER.replace("return LIMIT", "return LIMIT + 1"))
    assert (before != after) == follows


def test_of_a_registry_only_the_entry_that_a_wildcard_names_counts(library, monkeypatch):
    monkeypatch.setattr(fingerprint, "CHOICES", {"call": ("first", "CALLS")})
    edited = CODE.replace("return 2", "return 3")
    for name, same in (("one", True), ("two", False)):
        call = "first.chosen('')"
        assert (library(call, call=name) == library(call, edited, call=name)) == same


def test_only_packages_that_are_used_count(library):
    assert "numpy" in library("first.used(())")
    assert "numpy" not in library("first.one()")


@pytest.mark.parametrize(
    "line", ["from spikerate.first import *\n", "import spikerate.first\n", "from . import first\n"]
)
def test_imports_that_cannot_be_followed_are_refused(library, line):
    with pytest.raises(ValueError, match="import"):
        library("1", script=line)


# The library itself.


def test_the_library_looks_nothing_up_by_a_name_made_at_run_time():
    forbidden = {"importlib.import_module", "__import__", "globals", "exec", "eval"}
    for path in [*LIBRARY.rglob("*.py"), *fingerprint.SCRIPTS.rglob("*.py")]:
        tree = ast.parse(path.read_text())
        called = {ast.unparse(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
        assert not called & forbidden, path


def reached(script, **wildcards):
    return set(fingerprint.of(script, **wildcards))


def test_one_twin_is_no_part_of_the_other():
    for network, other in (("spiking", "rate"), ("rate", "spiking")):
        for script in ("train/train.py", "transfer/transfer.py", "trials/repeat.py"):
            found = reached(script, network=network)
            assert f"model.{network}" in found
            assert f"model.{other}" not in found
            assert {"engine.kernels", "numba"} <= found, "imports inside functions count"


def test_learning_is_no_part_of_a_task_nor_drawing_of_learning():
    assert reached("tasks/task.py", task="sine").isdisjoint(
        {"learning.rls", "learning.force", "model.spiking", "model.rate"}
    )
    for script in ("train/train.py", "transfer/maps.py", "tasks/task.py"):
        assert not [name for name in reached(script) if name.startswith("figures.")]
        assert "matplotlib" not in reached(script)
    assert {"matplotlib", "seaborn"} <= reached("figures/learning.py")


def test_every_script_is_read():
    for path in fingerprint.SCRIPTS.rglob("*.py"):
        script = path.relative_to(fingerprint.SCRIPTS).as_posix()
        found = fingerprint.of(script)
        assert {script, "data.datasets", "data.hashing", "xarray"} <= set(found)
