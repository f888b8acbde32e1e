"""The fingerprint of the code that a script runs; when it changes, the script's results are stale.

The fingerprint of a definition is a hash of its source, in which everything that it uses is
replaced by the fingerprint of what is used, down to the packages. So it does not matter in which
module a definition is, what the module is called or how it is imported. A name that is computed at
run time cannot be followed, so the library uses none, except to look up an entry of a registry,
which is a dictionary of definitions. All entries of a registry count or, if it is marked with
`marks.ChosenBy`, only the entry that the job chooses. A class counts as a whole, and so does a
module that is passed as a value. What is marked with `marks.Words` does not count. The names of
functions and classes count, because data may contain them (`function.__name__`); those of constants
and variables do not.

Definitions that use each other in a cycle share a hash of the whole cycle.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypedDict

from spikerate.pipeline.reader import Statement, read, read_script
from spikerate.pipeline.source import DefinitionNode, Module, Name, Source

LIBRARY = Path(__file__).parents[1]
SCRIPTS = LIBRARY.parent / "scripts"
PACKAGES = ("matplotlib", "numba", "numpy", "scipy", "seaborn", "xarray")  # affect results
DIGITS = 12  # of the fingerprint of a script
FEW_DIGITS = 8  # of the hash of a definition, which only shows what has changed
ROUNDS = 3  # of hashing a cycle, after which definitions that use different ones differ

Values = Mapping[str, object]  # wildcards and params, or a config, by name


class Fingerprint(TypedDict):
    """What a script runs."""

    script: str  # hash of all code
    definitions: str  # hashes of all definitions reached, separated by blanks, in sorted order
    packages: dict[str, str]  # versions, by name


def of(script: str, job: Values | None = None, config: Values | None = None) -> Fingerprint:
    """Fingerprint of a script.

    Parameters
    ----------
    script : path below workflow/scripts
    job, config : wildcards and params of the job, and the config of the study; they contain the
        values that choose entries of registries
    """
    return _of_library().of(script, job, config)


def changes(old: Fingerprint, new: Fingerprint) -> list[str]:
    """How two fingerprints differ, in words; the new one must be of the library as it is now."""
    return _of_library().changes(old, new)


@cache
def _of_library() -> Fingerprints:
    return Fingerprints(Source(LIBRARY, SCRIPTS))


@dataclass(eq=False)
class Definition:
    """A name of a module, with all statements that define it."""

    name: Name
    statements: list[Statement]
    entries: list[Name] = field(default_factory=list)  # of a registry, in any order
    # Set by `_close`, when the hashes of what it uses are known.
    hash: str = ""  # of it and everything that it uses
    own_hash: str = ""  # the same, but without the other definitions of its cycle
    outside: list[Definition] = field(default_factory=list)  # that it uses outside its cycle
    cycle: list[Definition] = field(default_factory=list)  # that use each other, including itself

    @property
    def full_name(self) -> str:
        """Name for messages, such as `learning.rls.FLUSH`."""
        return ".".join(filter(None, self.name)) or "spikerate"

    @property
    def uses(self) -> list[Name]:
        """Everything that it uses."""
        return [use for one in self.statements for use in one.uses] + self.entries

    def digest(self, known: Callable[[Name], str]) -> str:
        """Hash, from the hashes of what it uses."""
        parts = [part for one in self.statements for part in (one.text, *map(known, one.uses))]
        return _digest(*parts, *sorted(map(known, self.entries)))


class Fingerprints:
    """Fingerprints of the scripts of a library.

    Parameters
    ----------
    source : of the library
    """

    def __init__(self, source: Source):
        self._source = source
        # Caches.
        self._fingerprints: dict[tuple[object, ...], Fingerprint] = {}
        self._definitions: dict[tuple[object, ...], dict[Name, Definition]] = {}  # by choice
        self._statements: dict[tuple[object, ...], Statement] = {}
        self._scripts: dict[str, Statement] = {}
        self._entered: dict[Name, dict[Name, set[str]]] = {}  # by registry
        self._by_hash: dict[str, Definition] = {}

    def of(
        self, script: str, job: Values | None = None, config: Values | None = None
    ) -> Fingerprint:
        """As the function `of`."""
        choice = self._choice(job or {}, config or {})
        key = script, *sorted(choice.items())
        if key not in self._fingerprints:
            self._fingerprints[key] = self._fingerprint(script, choice)
        return self._fingerprints[key]

    def names(
        self, script: str, job: Values | None = None, config: Values | None = None
    ) -> set[str]:
        """Names of the definitions that a script reaches."""
        _, found = self._reached(script, self._choice(job or {}, config or {}))
        return {one.full_name for one in found}

    def changes(self, old: Fingerprint, new: Fingerprint) -> list[str]:
        """As the function `changes`; a definition that only uses a changed one is not named."""
        if "definitions" not in old:
            return ["made by a version of spikerate that recorded its code differently"]
        known = set(old["definitions"].split())
        now = [self._by_hash[short] for short in new["definitions"].split()]
        changed = {
            one.full_name
            for one in now
            if not _in(one, known) and all(_in(other, known) for other in _used_cycles(one))
        }
        found = [f"code changed: {name}" for name in sorted(changed)]
        if not found and old["script"] != new["script"]:
            found = ["code changed: imports, or entries of a registry"]
        before, after = old["packages"], new["packages"]
        return found + [
            f"package {name}: {before.get(name, 'not used')} -> {after.get(name, 'not used')}"
            for name in sorted(before | after)
            if before.get(name) != after.get(name)
        ]

    def _choice(self, job: Values, config: Values) -> dict[str, str]:
        """Values that choose entries of registries, by their keys."""
        found = {}
        for key in self._source.chosen_by():
            value = job.get(key, _at(config, key))
            if isinstance(value, str | int):
                found[key] = str(value)
        return found

    def _fingerprint(self, script: str, choice: dict[str, str]) -> Fingerprint:
        roots, reached = self._reached(script, choice)
        self._by_hash |= {one.own_hash[:FEW_DIGITS]: one for one in reached}
        packages = {name for one in reached for part in one.statements for name in part.packages}
        return {
            "script": _digest(*sorted(one.hash for one in roots))[:DIGITS],
            "definitions": " ".join(sorted({one.own_hash[:FEW_DIGITS] for one in reached})),
            "packages": {name: _version(name) for name in PACKAGES if name in packages},
        }

    def _reached(
        self, script: str, choice: dict[str, str]
    ) -> tuple[list[Definition], list[Definition]]:
        """Definitions from which a job starts, and all that it reaches from there.

        A job starts from its script, and from the effects of modules that it imports on the way.
        """
        known = self._definitions.setdefault(tuple(sorted(choice.items())), {})
        roots = [Name(script, "")]
        found: dict[Name, Definition] = {}
        run: set[str] = set()
        for root in roots:  # to which the loop adds
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
        """Compute the hashes of a definition and of everything it uses, by Tarjan's algorithm."""
        index: dict[Name, int] = {}
        low: dict[Name, int] = {}
        stack: list[Name] = []
        calls: list[tuple[Name, list[Name]]] = []  # and the names each still has to visit

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
        """Read everything that defines a name."""
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
        """Definitions that decorators enter in a registry, and the names of their entries."""
        if name not in self._entered:
            found = self._source.entries(name)
            self._entered[name] = {entry: _names_of(node) for entry, node in found}
        return self._entered[name]

    def _whole(self, module: Module) -> Statement:
        """A module that is used as a value, which may use everything in it."""
        names = sorted({*module.bound, *module.imports})
        found = {name: self._source.resolve(Name(module.name, name)) for name in names}
        uses = {name: use for name, use in found.items() if isinstance(use, Name)}
        return Statement(f"module {' '.join(uses)}", list(uses.values()))

    def _read(self, name: Name, node: ast.stmt, chosen: str | None = None) -> Statement:
        key = name, id(node), chosen
        if key not in self._statements:
            self._statements[key] = read(self._source, name.module, node, name.name, chosen)
        return self._statements[key]


def _close(cycle: list[Definition], known: dict[Name, Definition]) -> None:
    """Set the hashes of definitions that use each other; those of all others they use are known."""

    def digests(inside: dict[Name, str]) -> dict[Name, str]:
        """Hashes of the definitions, from provisional ones."""
        return {
            one.name: one.digest(lambda use: inside[use] if use in inside else known[use].hash)
            for one in cycle
        }

    # This word is in all fingerprints: another one would make all results stale.
    found = digests({one.name: "circle" for one in cycle})
    for one in cycle:
        one.cycle = cycle
        one.outside = [known[use] for use in one.uses if use not in found]
        one.own_hash = found[one.name]
    if len(cycle) > 1:
        for _ in range(ROUNDS):
            found = digests(found)
        whole = _digest(*sorted(found.values()))
        found = {name: _digest(own, whole) for name, own in found.items()}
    for one in cycle:
        one.hash = found[one.name]


def _used_cycles(one: Definition) -> Iterator[Definition]:
    """Definitions that one uses outside its cycle, each with all of its own cycle."""
    return (other for used in one.outside for other in used.cycle)


def _in(one: Definition, known: set[str]) -> bool:
    return one.own_hash[:FEW_DIGITS] in known


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _names_of(node: DefinitionNode) -> set[str]:
    """Names that a decorated definition may have in a registry."""
    calls = [part for part in node.decorator_list if isinstance(part, ast.Call)]
    given = [one.value for call in calls for one in call.args if isinstance(one, ast.Constant)]
    return {node.name, *map(str, given)}


def _concerns(node: ast.stmt, chosen: str | None) -> bool:
    """Whether a statement that changes a registry may change the chosen entry."""
    targets = getattr(node, "targets", [])
    keys = [getattr(getattr(target, "slice", None), "value", None) for target in targets]
    return chosen is None or not keys or None in keys or chosen in map(str, keys)


def _at(config: Values, key: str) -> object:
    """Value of a key of the config, written with dots; None if it does not exist."""
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
