"""The fingerprint of the code that a script runs; when it changes, the script's results are stale.

The fingerprint of a definition is a hash of its source, in which each thing that it uses is
replaced by that thing's own fingerprint, down to the packages. So it does not matter where a
definition stands, what its module is called or how it is imported. The fingerprint cannot follow
a name that is computed at run time, so the library looks nothing up by one, except in a registry:
a dictionary of definitions. All its entries count or, if the dictionary is marked with
`marks.ChosenBy`, the one that the job chooses. A class counts as a whole, and so does a module
that is passed as a value. Whatever is marked with `marks.Words` does not count. Functions and
classes count with their names, which data may contain (`function.__name__`); constants and
variables count without.

Definitions that use each other in a circle share a hash of the whole circle.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from spikerate.pipeline.reader import Statement, read, read_script
from spikerate.pipeline.source import Module, Name, Source

LIBRARY = Path(__file__).parents[1]
SCRIPTS = LIBRARY.parent / "scripts"
PACKAGES = ("matplotlib", "numba", "numpy", "scipy", "seaborn", "xarray")  # affect results
DIGITS = 12  # of the fingerprint of a script
FEW_DIGITS = 8  # of a definition, which only tells what has changed
ROUNDS = 3  # in which definitions of a circle are told apart by what they use


def of(script: str, job: Mapping | None = None, config: Mapping | None = None) -> dict:
    """Fingerprint of the code of a script and of the packages that it runs on.

    Parameters
    ----------
    script : path below workflow/scripts
    job : wildcards and params of the job, by which it chooses from registries
    config : of the study, by which it chooses too

    Returns
    -------
    dict of `script`, the fingerprint, from which `definitions`, those of all definitions reached,
    follow, in an order that says nothing; and `packages`, their versions by name
    """
    return _prints().of(script, job, config)


def changes(old: dict, new: dict) -> list[str]:
    """Say what differs between two fingerprints, the new one made just now."""
    return _prints().changes(old, new)


@cache
def _prints() -> Prints:
    return Prints(Source(LIBRARY, SCRIPTS))


@dataclass(eq=False)
class Definition:
    """A name of a module, with all statements that make it what it is."""

    name: Name
    statements: list[Statement]
    entries: list[Name] = field(default_factory=list)  # of a registry, in no order
    # Found last, when what it uses is known.
    hash: str = ""  # with all that it uses
    near: str = ""  # with what it uses outside of its circle
    outside: list[Definition] = field(default_factory=list)  # that it uses, outside of its circle
    circle: list[Definition] = field(default_factory=list)  # that use each other, itself included

    @property
    def words(self) -> str:
        """Name for a reader, such as `learning.rls.FLUSH`."""
        return ".".join(filter(None, self.name)) or "spikerate"

    @property
    def uses(self) -> list[Name]:
        """Everything that it uses."""
        return [use for one in self.statements for use in one.uses] + self.entries

    def digest(self, known: Callable[[Name], str]) -> str:
        """Hash, given those of what it uses."""
        parts = [part for one in self.statements for part in (one.text, *map(known, one.uses))]
        return _digest(*parts, *sorted(map(known, self.entries)))


class Prints:
    """Fingerprints of the scripts of a library.

    Parameters
    ----------
    source : of the library
    """

    def __init__(self, source: Source):
        self._source = source
        self._kept: dict[tuple, dict] = {}
        self._of_choice: dict[tuple, dict[Name, Definition]] = {}
        self._statements: dict[tuple, Statement] = {}
        self._scripts: dict[str, Statement] = {}
        self._entered: dict[Name, dict[Name, set[str]]] = {}
        self._by_print: dict[str, Definition] = {}  # the last of each

    def of(self, script: str, job: Mapping | None = None, config: Mapping | None = None) -> dict:
        """As the function `of`."""
        choice = self._choice(job or {}, config or {})
        key = script, *sorted(choice.items())
        if key not in self._kept:
            self._kept[key] = self._record(script, choice)
        return self._kept[key]

    def names(
        self, script: str, job: Mapping | None = None, config: Mapping | None = None
    ) -> set[str]:
        """Names of the definitions that a script reaches."""
        _, found = self._reached(script, self._choice(job or {}, config or {}))
        return {one.words for one in found}

    def changes(self, old: dict, new: dict) -> list[str]:
        """As the function `changes`: a definition that only uses a changed one is not named."""
        if "definitions" not in old:
            return ["made by a version of spikerate that recorded its code differently"]
        known = set(old["definitions"].split())
        now = [self._by_print[near] for near in new["definitions"].split()]
        changed = {
            one.words for one in now
            if not _in(one, known) and all(_in(p, known) for u in one.outside for p in u.circle)
        }  # fmt: skip
        found = [f"code changed: {name}" for name in sorted(changed)]
        if not found and old["script"] != new["script"]:
            found = ["code changed: what is imported, or entered in a registry"]
        before, after = old["packages"], new["packages"]
        return found + [
            f"package {name}: {before.get(name, 'not used')} -> {after.get(name, 'not used')}"
            for name in sorted(before | after)
            if before.get(name) != after.get(name)
        ]

    def _choice(self, job: Mapping, config: Mapping) -> dict[str, str]:
        found = {}
        for key in self._source.chosen_by():
            value = job.get(key, _at(config, key))
            if isinstance(value, str | int):
                found[key] = str(value)
        return found

    def _record(self, script: str, choice: dict[str, str]) -> dict:
        roots, reached = self._reached(script, choice)
        self._by_print |= {one.near[:FEW_DIGITS]: one for one in reached}
        packages = {name for one in reached for part in one.statements for name in part.packages}
        return {
            "script": _digest(*sorted(one.hash for one in roots))[:DIGITS],
            "definitions": " ".join(sorted({one.near[:FEW_DIGITS] for one in reached})),
            "packages": {name: _version(name) for name in PACKAGES if name in packages},
        }

    def _reached(
        self, script: str, choice: dict[str, str]
    ) -> tuple[list[Definition], list[Definition]]:
        """What a job runs by itself, and all definitions that it reaches.

        By itself it runs the script, and what the modules do that are imported on the way.
        """
        known = self._of_choice.setdefault(tuple(sorted(choice.items())), {})
        roots, found, run = [Name(script, "")], {}, set()
        for root in roots:  # which grow
            self._hash(root, known, choice)
            waiting = [root]
            while waiting:
                name = waiting.pop()
                if name not in found:
                    found[name] = known[name]
                    waiting += known[name].uses
                    imported = {m for part in known[name].statements for m in part.imported}
                    new = self._source.run_by(imported) - run
                    run |= new
                    roots += [
                        Name(module, f"line {node.lineno}")
                        for module in sorted(new)
                        for node in self._source.module(module).effects
                    ]
        return [known[root] for root in roots], list(found.values())

    # Hashes.

    def _hash(self, root: Name, known: dict[Name, Definition], choice: dict[str, str]) -> None:
        """Find the hash of a definition, and of all that it uses, by Tarjan's algorithm."""
        index: dict[Name, int] = {}
        low: dict[Name, int] = {}
        stack: list[Name] = []
        calls: list[tuple[Name, list[Name]]] = []

        def enter(name: Name) -> None:
            known[name] = self._define(name, choice)
            index[name] = low[name] = len(index)
            stack.append(name)
            calls.append((name, known[name].uses))

        if root not in known:
            enter(root)
        while calls:
            name, left = calls[-1]
            if left:
                use = left.pop()
                if use not in known:
                    enter(use)
                elif not known[use].hash:
                    low[name] = min(low[name], index[use])
                continue
            calls.pop()
            if calls:
                caller = calls[-1][0]
                low[caller] = min(low[caller], low[name])
            if low[name] == index[name]:
                place = stack.index(name)
                _close([known[one] for one in stack[place:]], known)
                del stack[place:]

    # Definitions.

    def _define(self, name: Name, choice: dict[str, str]) -> Definition:
        """Gather what makes a name what it is."""
        if name.module.endswith(".py"):
            if name.module not in self._scripts:
                self._scripts[name.module] = read_script(self._source, name.module)
            return Definition(name, [self._scripts[name.module]])
        module = self._source.module(name.module)
        if not name.name:
            return Definition(name, [self._whole(module)])
        if name.name not in module.bound:
            line = int(name.name.removeprefix("line "))
            effects = [node for node in module.effects if node.lineno == line]
            return Definition(name, [self._read(name, node) for node in effects])
        mark, key = module.marks.get(name.name, ("", ""))
        if mark == "Words":
            return Definition(name, [Statement("words")])
        chosen = choice.get(key) if mark == "ChosenBy" else None
        nodes = module.bound[name.name] + [
            node for node in module.changed.get(name.name, []) if _concerns(node, chosen)
        ]
        entries = self._entries(name)
        picked = [entry for entry, names in entries.items() if chosen in names]
        statements = [self._read(name, node, chosen) for node in nodes]
        return Definition(name, statements, picked or list(entries))

    def _entries(self, name: Name) -> dict[Name, set[str]]:
        """Definitions that are entered in a registry by a decorator, and under which names."""
        if name not in self._entered:
            found = self._source.entries(name)
            self._entered[name] = {entry: _names_of(node) for entry, node in found}
        return self._entered[name]

    def _whole(self, module: Module) -> Statement:
        """A module that is used as a value: whatever is in it may be used by its name."""
        names = sorted({*module.bound, *module.imports})
        found = {name: self._source.resolve(Name(module.name, name)) for name in names}
        uses = {name: use for name, use in found.items() if isinstance(use, Name)}
        return Statement(f"module {' '.join(uses)}", list(uses.values()))

    def _read(self, name: Name, node: ast.stmt, chosen: str | None = None) -> Statement:
        key = name, id(node), chosen
        if key not in self._statements:
            self._statements[key] = read(self._source, name.module, node, name.name, chosen)
        return self._statements[key]


def _close(circle: list[Definition], known: dict[Name, Definition]) -> None:
    """Give definitions that use each other their hashes; what else they use has its own."""
    inside = {one.name for one in circle}
    for one in circle:
        one.circle = circle
        one.outside = [known[use] for use in one.uses if use not in inside]
        one.near = one.digest(lambda use: "circle" if use in inside else known[use].hash)
    found = {one.name: one.near for one in circle}
    if len(circle) > 1:
        for _ in range(ROUNDS):
            found = {
                one.name: one.digest(
                    lambda use, found=found: found[use] if use in inside else known[use].hash
                )
                for one in circle
            }
        whole = _digest(*sorted(found.values()))
        found = {name: _digest(own, whole) for name, own in found.items()}
    for one in circle:
        one.hash = found[one.name]


def _in(one: Definition, known: set[str]) -> bool:
    return one.near[:FEW_DIGITS] in known


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _names_of(node: ast.stmt) -> set[str]:
    """Names under which a decorated definition may be entered in a registry."""
    calls = [part for part in node.decorator_list if isinstance(part, ast.Call)]
    given = [one.value for call in calls for one in call.args if isinstance(one, ast.Constant)]
    return {node.name, *map(str, given)}


def _concerns(node: ast.stmt, chosen: str | None) -> bool:
    """Whether a statement that changes a registry may concern the entry that is chosen."""
    targets = getattr(node, "targets", [])
    keys = [getattr(getattr(target, "slice", None), "value", None) for target in targets]
    return chosen is None or not keys or None in keys or chosen in map(str, keys)


def _at(config: Mapping, key: str):
    """Value of a key of the config, written with dots; None if there is none."""
    found: object = config
    for part in key.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


@cache
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"
