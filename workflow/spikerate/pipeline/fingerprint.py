"""What code a script runs, as fingerprints: when one changes, what the script made is stale.

From a script, every definition of the library that it can reach is followed by name: what it
imports, what those definitions use, and so on, imports inside functions included. A definition
counts by its syntax tree, without comments, docstrings, formatting, annotations of functions and
the names of local variables. What is decided by the name of a module or of an attribute at run time
cannot be followed, so the library does not import or look up by computed names, with one exception:
a registry, a dictionary whose entries a job chooses among by a wildcard (CHOICES).

Two things do not count. DESCRIPTIONS are words about numbers; and what a statement at the top of a
module does to another package. A class counts as a whole, and so does a module that is passed on.
"""

from __future__ import annotations

import ast
import copy
import hashlib
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

LIBRARY = Path(__file__).parents[1]
SCRIPTS = LIBRARY.parent / "scripts"
PACKAGES = ("matplotlib", "numba", "numpy", "scipy", "seaborn", "xarray")  # that decide results
CHOICES = {  # registry of a wildcard
    "network": ("model.networks", "TWINS"),
    "task": ("tasks.registry", "TASKS"),
    "phase": ("analysis.transfer", "PHASES"),
}
WORDS = {("data.datasets", "DESCRIPTIONS")}
MUTATORS = {"add", "append", "extend", "insert", "register", "setdefault", "update"}
DIGITS = 12


def of(script: str, **wildcards: str) -> dict[str, str]:
    """Fingerprints of the code of a script and of the packages that it runs on.

    Parameters
    ----------
    script : path below workflow/scripts
    wildcards : of the job, and what follows from them; of the registries in CHOICES only the entry
        that is named counts

    Returns
    -------
    dict from the script and the names of modules of the library to the fingerprint of what is
    reached in them, and from the names of packages to their versions
    """
    chosen = {CHOICES[n]: value for n, value in wildcards.items() if n in CHOICES}
    return dict(_of(script, tuple(sorted(chosen.items()))))


@cache
def _of(script: str, chosen: tuple) -> dict[str, str]:
    walk = _Walk(script, dict(chosen))
    prints = {
        name: _digest("\n".join(text for _, text in sorted(found.items())))
        for name, found in sorted(walk.found.items())
    }
    return prints | {name: _version(name) for name in PACKAGES if name in walk.packages}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


@cache
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


class Use(NamedTuple):
    """Something that a statement takes from outside itself."""

    module: str  # of the library; OWN for the statement's own
    name: str  # in that module; "" for the module as a whole


OWN = "."


@dataclass
class Module:
    """A module of the library, or a script: its statements by the names that they bind."""

    statements: list[ast.stmt]
    bound: dict[str, list[int]] = field(default_factory=dict)
    effects: list[int] = field(default_factory=list)  # statements that bind no name
    imports: dict[str, Use | str] = field(default_factory=dict)  # a string is a package
    registered: dict[str, list[int]] = field(default_factory=dict)  # functions, by registry


@dataclass
class Statement:
    """A statement at the top of a module, read."""

    text: str  # equal for statements that do the same
    uses: set[Use]
    packages: set[str]


class _Walk:
    """What is reached from a script: texts of statements by module, and packages."""

    def __init__(self, script: str, chosen: dict[Use, str]):
        self.found, self.packages = {}, set()
        self._chosen, self._imported = chosen, set()
        self._waiting, self._seen = [Use(script, "")], set(WORDS)
        while self._waiting:
            use = self._waiting.pop()
            if use not in self._seen:
                self._seen.add(use)
                self._reach(use)

    def _reach(self, use: Use) -> None:
        """Reach one name of a module, or all of it."""
        self._import(use.module)
        module, chosen = _module(use.module), self._chosen.get(use)
        if not use.name:
            for index in range(len(module.statements)):
                self._take(use.module, index)
        for index in module.bound.get(use.name, []):
            self._take(use.module, index, chosen)
        for index in module.registered.get(use.name, []):
            if chosen in (None, module.statements[index].name):
                self._take(use.module, index)
        self._follow(module.imports.get(use.name))

    def _import(self, name: str) -> None:
        """Reach what a module does when it is imported, besides its definitions."""
        if name in self._imported:
            return
        self._imported.add(name)
        module = _module(name)
        for index in module.effects:
            self._take(name, index)
        for target in module.imports.values():
            if isinstance(target, Use):
                self._import(target.module)

    def _take(self, name: str, index: int, chosen: str | None = None) -> None:
        found = self.found.setdefault(name, {})
        if (index, chosen or "") in found:
            return
        statement = _statement(name, index, chosen)
        found[index, chosen or ""] = statement.text
        self.packages |= statement.packages
        for use in sorted(statement.uses):
            self._follow(use._replace(module=name) if use.module == OWN else use)

    def _follow(self, target: Use | str | None) -> None:
        if isinstance(target, str):
            self.packages.add(target)
        elif target:
            self._waiting.append(target)


def _path(name: str) -> Path | None:
    """File of a module of the library by its dotted name, or of a script; None if there is none."""
    if name.endswith(".py"):
        return SCRIPTS / name
    base = LIBRARY.joinpath(*name.split("."))
    return next((p for p in (base.with_suffix(".py"), base / "__init__.py") if p.is_file()), None)


@cache
def _module(name: str) -> Module:
    path = _path(name)
    module = Module(ast.parse(path.read_text(encoding="utf-8"), str(path)).body)
    for index, node in enumerate(module.statements):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module.imports |= _imports(node)
            module.statements[index] = ast.Pass()
        elif names := _bound(node):
            for bound in names:
                module.bound.setdefault(bound, []).append(index)
        elif not _is_text(node):
            module.effects.append(index)
    for index, node in enumerate(module.statements):
        for decorator in getattr(node, "decorator_list", []):
            for registry in _registries(module, decorator):
                module.registered.setdefault(registry, []).append(index)
    return module


def _bound(node: ast.stmt) -> set[str]:
    """Names that a definition or an assignment binds; none where it also changes an object."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if not isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        return set()
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    parts = [part for target in targets for part in ast.walk(target)]
    if any(isinstance(part, ast.Attribute | ast.Subscript) for part in parts):
        return set()
    return {part.id for part in parts if isinstance(part, ast.Name)}


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _imports(node: ast.Import | ast.ImportFrom) -> dict[str, Use | str]:
    """Local names of an import statement, and the part of the library or package behind each."""
    names = {alias.asname or alias.name.partition(".")[0]: alias.name for alias in node.names}
    if isinstance(node, ast.Import):
        packages = {local: name.partition(".")[0] for local, name in names.items()}
        if "spikerate" in packages.values():
            raise ValueError(f"line {node.lineno}: write `from spikerate import ...`")
        return packages
    package, _, inner = (node.module or "").partition(".")
    if node.level or "*" in names:
        raise ValueError(f"line {node.lineno}: an import must name what it takes, and from where")
    if package != "spikerate":
        return dict.fromkeys(names, package)
    return {local: _part(inner, name) for local, name in names.items()}


def _part(package: str, name: str) -> Use:
    """Module of a package of the library, or else something that a module defines."""
    below = f"{package}.{name}".removeprefix(".")
    return Use(below, "") if _path(below) else Use(package or "__init__", name)


def _registries(module: Module, decorator: ast.expr) -> set[str]:
    """Names of the dictionaries and lists that a decorator of the same module writes to."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    indices = module.bound.get(getattr(called, "id", ""), [])
    parts = [part for index in indices for part in ast.walk(module.statements[index])]
    stores = [p for p in parts if isinstance(p, ast.Subscript) and isinstance(p.ctx, ast.Store)]
    calls = [p for p in parts if isinstance(p, ast.Attribute) and p.attr in MUTATORS]
    bases = {getattr(part.value, "id", None) for part in stores + calls}
    return {base for base in bases if base in module.bound}


@cache
def _statement(name: str, index: int, chosen: str | None) -> Statement:
    module = _module(name)
    node = copy.deepcopy(module.statements[index])
    if chosen is not None:
        _keep_entry(node, chosen)
    reader = _Reader(module.imports)
    return Statement(ast.dump(reader.visit(node)), reader.uses, reader.packages)


def _keep_entry(node: ast.AST, chosen: str) -> None:
    """Leave only one entry of a dictionary that is written out, if it has that entry."""
    for part in ast.walk(node):
        if isinstance(part, ast.Dict):
            keys = [getattr(key, "value", None) for key in part.keys]
            if chosen in keys:
                k = keys.index(chosen)
                part.keys, part.values = [part.keys[k]], [part.values[k]]


class _Reader(ast.NodeTransformer):
    """Drop from a statement what has no effect, number its local variables, note what it uses."""

    def __init__(self, imports: dict[str, Use | str]):
        self.uses, self.packages = set(), set()
        self._imports = imports
        self._scopes = []  # of functions, innermost last; see `_locals`

    def _found(self, name: str):
        """What a name stands for: a local variable's new name, or what is outside."""
        for scope in reversed(self._scopes):
            if name in scope:
                return scope[name]
        return self._imports.get(name, Use(OWN, name))

    def _note(self, target: Use | str, attribute: str = "") -> None:
        if isinstance(target, str):
            self.packages.add(target)
        else:
            self.uses.add(target if target.name else Use(target.module, attribute))

    def visit_Name(self, node):
        """Number a local variable; note any other name."""
        found = self._found(node.id)
        if isinstance(found, _Local):
            node.id = found.name
        else:
            self._note(found)
        return node

    def visit_Attribute(self, node):
        """Note one attribute of what is imported; go on below anything else."""
        found = self._found(node.value.id) if isinstance(node.value, ast.Name) else None
        if found is None or isinstance(found, _Local):
            return self.generic_visit(node)
        self._note(found, node.attr)
        return node

    def visit_FunctionDef(self, node):
        """Read a function: decorators and defaults from outside, the body with its own names."""
        node.decorator_list = [self.visit(part) for part in node.decorator_list]
        node.returns = None
        return self._function(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node):
        """Read a lambda."""
        return self._function(node)

    def _function(self, node):
        own = node.args
        own.defaults = [self.visit(part) for part in own.defaults]
        own.kw_defaults = [part and self.visit(part) for part in own.kw_defaults]
        for argument in _arguments(own):
            argument.annotation = None
        self._scopes.append(_locals(node, len(self._scopes)))
        one = isinstance(node, ast.Lambda)
        node.body = self.visit(node.body) if one else self._body(node.body)
        self._scopes.pop()
        return node

    def visit_ClassDef(self, node):
        """Read a class; names in its body are attributes, and not seen by its methods."""
        for part in ("decorator_list", "bases", "keywords"):
            setattr(node, part, [self.visit(item) for item in getattr(node, part)])
        node.body = self._body(node.body)
        return node

    def visit_AnnAssign(self, node):
        """Read an annotated assignment; nobody runs the annotation."""
        node.target = self.visit(node.target)
        node.value = node.value and self.visit(node.value)
        if self._scopes:
            node.annotation = ast.Constant(None)
        return node

    def _comprehension(self, node):
        node.generators[0].iter = self.visit(node.generators[0].iter)
        self._scopes.append(_locals(node, len(self._scopes)))
        for number, generator in enumerate(node.generators):
            generator.target = self.visit(generator.target)
            generator.iter = self.visit(generator.iter) if number else generator.iter
            generator.ifs = [self.visit(part) for part in generator.ifs]
        for part in {"elt", "key", "value"} & set(node._fields):
            setattr(node, part, self.visit(getattr(node, part)))
        self._scopes.pop()
        return node

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def _body(self, body: list[ast.stmt]) -> list[ast.stmt]:
        return [self.visit(part) for part in body if not _is_text(part)]


class _Local(NamedTuple):
    """A local variable, by what stands for it in a fingerprint."""

    name: str


COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    several = [arguments.vararg, arguments.kwarg]
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return named + [argument for argument in several if argument]


def _locals(node: ast.AST, depth: int) -> dict[str, _Local | Use | str]:
    """Names of a function or a comprehension: its variables are numbered, other names are kept.

    Other names are arguments, which a caller may name, functions and classes inside, and imports,
    which stand for what they import.
    """
    variables, kept, elsewhere = {}, {}, set()
    if isinstance(node, FUNCTIONS):
        kept = {argument.arg: _Local(argument.arg) for argument in _arguments(node.args)}
    for part in _own_parts(node):
        if isinstance(part, ast.Import | ast.ImportFrom):
            kept |= _imports(part)
        elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            kept[part.name] = _Local(part.name)
        elif isinstance(part, ast.Global | ast.Nonlocal):
            elsewhere |= set(part.names)
        elif isinstance(part, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and part.name:
            kept[part.name] = _Local(part.name)
        elif isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
            variables.setdefault(part.id, _Local(f"{depth}.{len(variables)}"))
    return {name: found for name, found in (variables | kept).items() if name not in elsewhere}


def _own_parts(node: ast.AST):
    """Parts of a function, or the targets of a comprehension, without those of scopes inside."""
    if isinstance(node, COMPREHENSIONS):
        for generator in node.generators:
            yield from ast.walk(generator.target)
        return
    waiting = list(node.body) if isinstance(node.body, list) else [node.body]
    while waiting:
        part = waiting.pop(0)
        yield part
        if isinstance(part, COMPREHENSIONS):  # `:=` in a comprehension binds outside of it
            inner = (p.target for p in ast.walk(part) if isinstance(p, ast.NamedExpr))
            yield from inner
        elif not isinstance(part, (*FUNCTIONS, ast.ClassDef)):
            waiting += ast.iter_child_nodes(part)
