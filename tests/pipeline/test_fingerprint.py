"""Fingerprints of code: what changes them, what does not, and what is followed."""

import ast

import pytest

from spikerate.pipeline import fingerprint
from spikerate.pipeline.source import Source

FIRST = '''"""A module."""

from typing import Annotated

import numpy as np

from spikerate import other
from spikerate.marks import ChosenBy, Words
from spikerate.other import LIMIT as most

SCALE = 2.0
TABLE = {"a": SCALE, "b": most}
CALLS: Annotated[dict, ChosenBy("call")] = {}
KINDS: Annotated[dict, ChosenBy("neuron.model")] = {"lif": SCALE, "qif": most}
SAYS: Annotated[dict, Words] = {"a": "what it is"}


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


def kind(name):
    return KINDS[name]


def told(name):
    return SAYS[name]


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


def even(count):
    return count == 0 or odd(count - 1)


def odd(count):
    return count != 0 and even(count - 1)


class Line:
    slope: float = 1.0

    def at(self, x):
        return self.slope * x


def unused():
    return TABLE
'''
OTHER = "LIMIT = 3\n\n\ndef used():\n    return LIMIT\n\n\ndef unused():\n    return 1\n"
LIBRARY = {
    "spikerate/__init__.py": "", "spikerate/first.py": FIRST, "spikerate/other.py": OTHER,
}  # fmt: skip
SCRIPT = "from spikerate import first\n\n"


@pytest.fixture
def prints(tmp_path):
    """Function that writes a library and a script, and gives fingerprints of them."""
    count = iter(range(100))

    def write(body, files=(), script=SCRIPT):
        folder = tmp_path / str(next(count))
        for name, text in (LIBRARY | dict(files) | {"scripts/run.py": script + body}).items():
            if text is not None:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(text)
        return fingerprint.Fingerprints(Source(folder / "spikerate", folder / "scripts"))

    return write


@pytest.fixture
def hashed(prints):
    """Function that gives the fingerprint of a script of a library."""

    def of(body, files=(), script=SCRIPT, job=None, config=None):
        return prints(body, files, script).of("run.py", job, config)

    return of


def edited(old, new, name="spikerate/first.py"):
    assert old in LIBRARY[name]
    return {name: LIBRARY[name].replace(old, new)}


USES = "first.used(()), first.one(), first.odd(3), first.Line().at(1)"
SAME = {
    "comment": edited("# add them up", "# sum"),
    "docstring": edited("Say what it does.", "Say something else."),
    "docstring of the module": edited("A module.", "Another."),
    "formatting": edited("SCALE * value**power", "(SCALE *\n            value ** power)"),
    "name of a local": edited("total", "everything"),
    "name of a constant": edited("SCALE", "FACTOR"),
    "annotation": edited("values, *, power=2", "values: list, *, power: int = 2"),
    "annotation of a field": edited("slope: float", "slope: object"),
    "annotation of a constant": edited("SCALE = 2.0", "SCALE: float = 2.0"),
    "another definition": edited("return TABLE", "return 0"),
    "another import": edited("import numpy as np", "import math\n\nimport numpy as np"),
    "name of an import": {"spikerate/first.py": FIRST.replace("np", "numpy")},
    "import of a function": {"spikerate/first.py": FIRST
        .replace("import numpy as np", "from numpy import sum as add").replace("np.sum", "add")},
    "import of a module": edited("from spikerate import other", "import spikerate.other as other"),
    "import of the package": {"spikerate/first.py": FIRST
        .replace("from spikerate import other", "import spikerate")
        .replace("other.used()", "spikerate.other.used()")},
    "relative import": edited("from spikerate import other", "from . import other"),
    "relative import of a name": edited("from spikerate.other", "from .other"),
    "order of definitions": {"spikerate/other.py": OTHER.split("\n\n\n")[1] + "\n\n\nLIMIT = 3\n"},
    "definition moved, and passed on": {
        "spikerate/room/deep.py": OTHER, "spikerate/room/__init__.py": "",
        "spikerate/other.py": "from spikerate.room.deep import LIMIT, used\n",
    },
    "module renamed": {
        "spikerate/other.py": None, "spikerate/another.py": OTHER,
        "spikerate/first.py": FIRST.replace("other", "another"),
    },
    "module moved, and the package passes it on": {
        "spikerate/other.py": None, "spikerate/room/other.py": OTHER,
        "spikerate/room/__init__.py": "from .other import LIMIT, used\n",
        "spikerate/first.py": FIRST.replace("from spikerate import other",
                                            "from . import room as other")
        .replace("spikerate.other", "spikerate.room"),
    },
}  # fmt: skip
OTHERWISE = {
    "constant": (edited("SCALE = 2.0", "SCALE = 2.5"), "first.SCALE"),
    "operator": (edited("SCALE * value", "SCALE + value"), "first.used"),
    "default": (edited("power=2", "power=3"), "first.used"),
    "name of an argument": (edited("power", "exponent"), "first.used"),
    "order of statements": (edited("total = 0\n", "total = 0\n    total = 1\n"), "first.used"),
    "field of a class": (edited("slope: float = 1.0", "slope: float = 2.0"), "first.Line"),
    "name of a method": (edited("def at(", "def of("), "first.Line"),
    "function of a package": (edited("np.sum", "np.prod"), "first.used"),
    "what something elsewhere says": (
        edited("LIMIT = 3", "LIMIT = 4", "spikerate/other.py"), "other.LIMIT",
    ),
    "another function of the same name": (
        edited("from spikerate import other", "from spikerate import first as other"), "first.one",
    ),
    "one in a circle": (edited("count != 0", "count > 0"), "first.odd"),
}  # fmt: skip


@pytest.mark.parametrize("edit", SAME)
def test_what_does_nothing_changes_nothing(hashed, edit):
    assert hashed(USES) == hashed(USES, SAME[edit])


@pytest.mark.parametrize("edit", OTHERWISE)
def test_what_does_something_changes_the_fingerprint_and_is_named(hashed, prints, edit):
    files, name = OTHERWISE[edit]
    before, after = hashed(USES), prints(USES, files)
    now = after.of("run.py")
    assert now["script"] != before["script"]
    assert after.changes(before, now) == [f"code changed: {name}"]


def test_the_variables_of_a_script_do_not_count(hashed):
    first, second = (hashed(f"{name} = first.used(())\nprint({name})") for name in ("a", "b"))
    assert first == second != hashed("a = first.used((1,))\nprint(a)")


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
def test_what_is_used_is_followed(hashed, call, follows):
    before = hashed(call)
    after = hashed(call, edited("return LIMIT", "return LIMIT + 1", "spikerate/other.py"))
    assert (before != after) == follows


def test_of_a_registry_only_the_entry_that_a_wildcard_names_counts(hashed):
    other = edited("return 2", "return 3")
    for name, same in (("one", True), ("two", False), ("neither", False)):
        job = {"call": name}
        first, second = (hashed("first.chosen('')", files, job=job) for files in ({}, other))
        assert (first == second) == same


def test_of_a_registry_only_the_entry_that_the_config_names_counts(hashed):
    other = edited("LIMIT = 3", "LIMIT = 4", "spikerate/other.py")
    for name, same in (("lif", True), ("qif", False)):
        config = {"neuron": {"model": name}}
        first, second = (hashed("first.kind('')", files, config=config) for files in ({}, other))
        assert (first == second) == same


def test_an_entry_in_a_file_of_its_own_counts_as_one_beside_the_registry(hashed):
    moved = FIRST.replace("@enter\ndef two():\n    return 2\n", "")
    entry = "from spikerate.first import enter\n\n\n@enter\ndef two():\n    return 2\n"
    for module in ("spikerate/extra.py", "spikerate/room/extra.py"):
        files = {"spikerate/first.py": moved, module: entry}
        assert hashed("first.chosen('')") == hashed("first.chosen('')", files)
        files[module] = entry.replace("return 2", "return 3")
        assert hashed("first.chosen('')") != hashed("first.chosen('')", files)


def test_what_descriptions_say_does_not_count(hashed):
    assert hashed("first.told('a')") == hashed("first.told('a')", edited("what it is", "that"))


def test_what_a_module_does_when_it_is_imported_counts(hashed):
    loud = {"spikerate/other.py": f"{OTHER}\n\nprint(LIMIT)\n"}
    assert hashed("first.two()", loud) != hashed("first.two()")
    moved = {
        "spikerate/last.py": "from .other import LIMIT\n\nprint(LIMIT)\n",
        "spikerate/__init__.py": "from . import last",
    }
    assert hashed("first.two()", loud) == hashed("first.two()", moved)


def test_only_packages_that_are_used_count(hashed):
    assert "numpy" in hashed("first.used(())")["packages"]
    assert "numpy" not in hashed("first.one()")["packages"]


@pytest.mark.parametrize("line", ["from spikerate.first import *\n", "from . import first\n"])
def test_imports_that_cannot_be_followed_are_refused(hashed, line):
    with pytest.raises(ValueError, match=r"run.py.*, line 1"):
        hashed("1", script=line)


# The library itself.


def test_the_library_looks_nothing_up_by_a_name_made_at_run_time():
    forbidden = {"importlib.import_module", "__import__", "globals", "exec", "eval"}
    face = {fingerprint.LIBRARY / name for name in ("__init__.py", "public.py")}  # of no script
    code = {*fingerprint.LIBRARY.rglob("*.py"), *fingerprint.SCRIPTS.rglob("*.py")}
    for path in sorted(code - face):
        tree = ast.parse(path.read_text())
        called = {ast.unparse(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
        assert not called & forbidden, path


@pytest.fixture(scope="module")
def own():
    """Fingerprints of the library itself."""
    return fingerprint.Fingerprints(Source(fingerprint.LIBRARY, fingerprint.SCRIPTS))


def modules(prints, script, **job):
    """Rooms and modules in which a script reaches something."""
    return {name.rpartition(".")[0] for name in prints.names(script, job)}


def test_one_twin_is_no_part_of_the_other(own):
    for network, other in (("spiking", "rate"), ("rate", "spiking")):
        for script in ("train/train.py", "transfer/transfer.py", "trials/repeat.py"):
            found = modules(own, script, kind=network)
            assert f"model.{network}" in found
            assert f"model.{other}" not in found
            assert "numba" in own.of(script, {"kind": network})["packages"]


def test_learning_is_no_part_of_a_task_nor_drawing_of_learning(own):
    assert modules(own, "tasks/task.py", task="sine").isdisjoint(
        {"learning.rls", "learning.force", "model.spiking", "model.rate"}
    )
    for script in ("train/train.py", "transfer/maps.py", "tasks/task.py"):
        assert not [name for name in modules(own, script) if name.startswith("figures.")]
        assert "matplotlib" not in own.of(script)["packages"]
    assert {"matplotlib", "seaborn"} <= set(own.of("figures/figure.py")["packages"])


def test_every_script_is_read(own):
    for path in fingerprint.SCRIPTS.rglob("*.py"):
        script = path.relative_to(fingerprint.SCRIPTS).as_posix()
        found = own.of(script)
        assert "xarray" in found["packages"]
        names = own.names(script)
        assert script in names
        assert not [name for name in names if name.startswith("public.") or name == "spikerate"]
