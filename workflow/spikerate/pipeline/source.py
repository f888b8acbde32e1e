"""The source of the library: its modules, which statements bind a name, and what a name refers to.

A module is named by its dotted path below `spikerate` ("" is the package itself), a script by its
path below `workflow/scripts`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

PACKAGE = "spikerate"
MUTATORS = {"add", "append", "extend", "insert", "register", "setdefault", "update"}
DefinitionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Assignment = ast.Assign | ast.AnnAssign | ast.AugAssign
Compound = ast.If | ast.Try | ast.With | ast.For | ast.While
Import = ast.Import | ast.ImportFrom


class Name(NamedTuple):
    """A name in a module of the library."""

    module: str
    name: str  # "" for the module as a whole


Target = Name | str  # what a name refers to; a string is a name in another package, "numpy.sum"


@dataclass
class Module:
    """A module of the library, or a script."""

    name: str
    statements: list[ast.stmt]
    bound: dict[str, list[ast.stmt]] = field(default_factory=dict)  # by the name that they bind
    changed: dict[str, list[ast.stmt]] = field(default_factory=dict)  # by the name they change
    effects: list[ast.stmt] = field(default_factory=list)  # statements that do anything else
    imports: dict[str, Target] = field(default_factory=dict)
    imported: set[str] = field(default_factory=set)  # modules that its imports run
    marks: dict[str, tuple[str, str]] = field(default_factory=dict)  # class and argument, by name


@cache
def parsed(text: str) -> ast.Module:
    """Syntax tree of a module; it is shared, so it must not be changed."""
    return ast.parse(text)


class Source:
    """The modules below a folder; each is read when it is first needed.

    Parameters
    ----------
    library : folder of the package
    scripts : folder of the scripts
    """

    def __init__(self, library: Path, scripts: Path):
        self.library, self.scripts = library, scripts
        self._paths: dict[str, Path | None] = {}
        self._resolved: dict[Name, Target | None] = {}
        self._modules: dict[str, Module] = {}
        self._texts: dict[str, str] | None = None
        self._keys: set[str] | None = None

    def path(self, name: str) -> Path | None:
        """File of a module or a script; None if it does not exist."""
        if name not in self._paths:
            self._paths[name] = self._find(name)
        return self._paths[name]

    def _find(self, name: str) -> Path | None:
        if name.endswith(".py"):
            return self.scripts / name
        base = self.library.joinpath(*name.split(".")) if name else self.library
        files = [base / "__init__.py"] + [base.with_suffix(".py")] * bool(name)
        return next((path for path in files if path.is_file()), None)

    def module(self, name: str) -> Module:
        """Module by its name."""
        if name not in self._modules:
            self._modules[name] = self._read(name)
        return self._modules[name]

    def _read(self, name: str) -> Module:
        path = self.path(name)
        if path is None:
            return Module(name, [])  # a folder without __init__.py
        body = parsed(path.read_text(encoding="utf-8")).body
        module = Module(name, [node for node in body if not _is_skipped(node)])
        for node in module.statements:
            if isinstance(node, Import):
                targets, run = self.imports(node, name)
                module.imports |= targets
                module.imported |= run
            elif isinstance(node, Compound):
                self._read_compound(module, node)
            elif changed := _changed(node, module):
                module.changed.setdefault(changed, []).append(node)
            elif names := _bound(node):
                for bound in names:
                    module.bound.setdefault(bound, []).append(node)
                    if mark := _mark(node):
                        module.marks[bound] = mark
            else:
                module.effects.append(node)
        return module

    def _read_compound(self, module: Module, node: Compound) -> None:
        """Note what is bound and imported inside an `if`, a `try` or a loop of a module."""
        for part in _within(node):
            if isinstance(part, Import):
                targets, run = self.imports(part, module.name)
                module.imports |= targets
                module.imported |= run
            for bound in _bound(part) if isinstance(part, DefinitionNode | Assignment) else ():
                if node not in module.bound.setdefault(bound, []):
                    module.bound[bound].append(node)
        if not all(isinstance(part, Import) for part in node.body):
            module.effects.append(node)

    def imports(self, node: Import, module: str) -> tuple[dict[str, Target], set[str]]:
        """Names that an import in a module binds, with what they refer to, and the modules it runs.

        Raises
        ------
        ValueError
            if it imports `*`.
        """
        if isinstance(node, ast.Import):
            return _plain_imports(node)
        name = node.module or ""
        if node.level:
            inner = ".".join(filter(None, [self._package(module, node), name]))
        elif _is_ours(name):
            inner = _below(name)
        else:
            return {a.asname or a.name: f"{name}.{a.name}" for a in node.names}, set()
        found: dict[str, Target] = {}
        run = _with_parents(inner)
        for alias in node.names:
            if alias.name == "*":
                where = f"{self.path(module)}, line {node.lineno}"
                raise ValueError(f"{where}: an import must name what it takes, not *")
            submodule = f"{inner}.{alias.name}".removeprefix(".")
            found[alias.asname or alias.name] = Name(inner, alias.name)
            run |= _with_parents(submodule) if self.path(submodule) else set()
        return found, run

    def _package(self, module: str, node: ast.ImportFrom) -> str:
        """Package from which a relative import starts."""
        if module.endswith(".py"):
            raise ValueError(f"{self.path(module)}, line {node.lineno}: a script has no package")
        path, parts = self.path(module), module.split(".")
        up = node.level - (path is not None and path.name == "__init__.py")
        return ".".join(parts[: len(parts) - up])

    def resolve(self, name: Name) -> Target | None:
        """What a name refers to, through any number of imports; None if nothing binds it."""
        if name not in self._resolved:
            self._resolved[name] = self._follow(name)
        return self._resolved[name]

    def _follow(self, name: Name) -> Target | None:
        seen: set[Name] = set()
        while name not in seen:
            seen.add(name)
            if not name.name:
                return name
            module = self.module(name.module)
            if name.name in module.bound:
                return name
            target = module.imports.get(name.name)
            if target in (None, name):  # the package itself, or from . import module
                below = f"{name.module}.{name.name}".removeprefix(".")
                return Name(below, "") if self.path(below) else None
            if isinstance(target, str):
                return target
            name = target
        return None

    def run_by(self, modules: set[str]) -> set[str]:
        """Modules that run when some are imported, including these."""
        found, waiting = set(), [m for name in modules for m in _with_parents(name)]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self.module(name).imported
        return found

    # Registries.

    def chosen_by(self) -> set[str]:
        """Keys by which jobs choose entries of registries, as `ChosenBy` names them."""
        if self._keys is None:
            marks = re.compile(r"\bChosenBy\(\s*[\"']([\w.]+)[\"']\s*\)")
            self._keys = {key for text in self.texts().values() for key in marks.findall(text)}
        return self._keys

    def texts(self) -> dict[str, str]:
        """Text of every module of the library."""
        if self._texts is None:
            self._texts = {}
            for path in sorted(self.library.rglob("*.py")):
                parts = path.relative_to(self.library).with_suffix("").parts
                name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
                self._texts[name] = path.read_text(encoding="utf-8")
        return self._texts

    def entries(self, registry: Name) -> Iterator[tuple[Name, DefinitionNode]]:
        """Yield the definitions, anywhere in the library, that a decorator enters in a registry.

        The registry is a dictionary or a list, and the decorator is in the same module.
        """
        own = self.module(registry.module)
        if not all(_may_grow(node) for node in own.bound[registry.name]):
            return
        changed = rf"\b{registry.name}(\[|\.({'|'.join(sorted(MUTATORS))})\b)"
        if not re.search(changed, self.texts()[registry.module]):
            return
        decorators = {
            name
            for name, nodes in own.bound.items()
            if any(isinstance(n, DefinitionNode) and registry.name in _may_change(n) for n in nodes)
        }
        if not decorators:
            return
        used = re.compile(rf"^@(\w+\.)*({'|'.join(sorted(decorators))})\b", re.MULTILINE)
        for name, text in self.texts().items():
            if not used.search(text):
                continue
            definitions = (n for n in self.module(name).statements if isinstance(n, DefinitionNode))
            for node in definitions:
                for decorator in node.decorator_list:
                    target = self._decorator(decorator, name)
                    if target and target[0] == registry.module and target[1] in decorators:
                        yield Name(name, node.name), node

    def _decorator(self, node: ast.expr, module: str) -> Name | None:
        """Function of the library that a decorator names."""
        called = node.func if isinstance(node, ast.Call) else node
        parts = ast.unparse(called).split(".")
        target: Target | None = self.resolve(Name(module, parts[0]))
        for part in parts[1:]:
            if not isinstance(target, Name) or target.name:
                return None
            target = self.resolve(Name(target.module, part))
        return target if isinstance(target, Name) else None


def _plain_imports(node: ast.Import) -> tuple[dict[str, Target], set[str]]:
    """As `Source.imports`, for an import without `from`."""
    found: dict[str, Target] = {}
    run: set[str] = set()
    for alias in node.names:
        whole = alias.name if alias.asname else alias.name.partition(".")[0]
        ours = _is_ours(alias.name)
        found[alias.asname or whole] = Name(_below(whole), "") if ours else whole
        run |= _with_parents(_below(alias.name)) if ours else set()
    return found, run


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] == PACKAGE


def _below(name: str) -> str:
    """Path of a module below the package that it begins with."""
    return name.partition(".")[2]


def _with_parents(name: str) -> set[str]:
    """A module and the packages that contain it, which run before it."""
    if name.endswith(".py"):
        return {name}
    parts = name.split(".") if name else []
    return {".".join(parts[:k]) for k in range(len(parts) + 1)}


def is_text(node: ast.AST) -> bool:
    """Whether a statement is a docstring, or another constant that is not used."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_skipped(node: ast.stmt) -> bool:
    """Whether a statement has no effect when its module is imported."""
    if isinstance(node, ast.If):
        return ast.unparse(node.test) in ("__name__ == '__main__'", "TYPE_CHECKING")
    return is_text(node) or isinstance(node, ast.Pass)


def _within(node: ast.AST) -> Iterator[ast.AST]:
    """Parts of a statement, without those inside functions and classes."""
    for part in ast.iter_child_nodes(node):
        yield part
        if not isinstance(part, DefinitionNode | ast.Lambda):
            yield from _within(part)


def _bound(node: ast.AST) -> set[str]:
    """Names that a definition or an assignment binds."""
    if isinstance(node, DefinitionNode):
        return {node.name}
    if not isinstance(node, Assignment):
        return set()
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    parts = [part for target in targets for part in ast.walk(target)]
    if any(isinstance(part, ast.Attribute | ast.Subscript) for part in parts):
        return set()
    return {part.id for part in parts if isinstance(part, ast.Name)}


def _changed(node: ast.stmt, module: Module) -> str | None:
    """Name in the module whose value a statement changes; None if it does anything else."""
    if isinstance(node, Assignment):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        bases = {_base(target) for target in targets if not isinstance(target, ast.Name)}
        if len(bases) != 1 or any(isinstance(target, ast.Name) for target in targets):
            return None
        base = bases.pop()
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        called = node.value.func
        if not isinstance(called, ast.Attribute) or called.attr not in MUTATORS:
            return None
        base = _base(called)
    else:
        return None
    return base if base in module.bound else None


def _base(node: ast.expr) -> str | None:
    """Name with which an expression such as `a.b[c]` begins."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _may_grow(node: ast.stmt) -> bool:
    """Whether a statement binds a dictionary, a list, or the result of a call."""
    growing = ast.Dict | ast.List | ast.Set | ast.Call | ast.DictComp | ast.ListComp | ast.BinOp
    return isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, growing)


def _may_change(function: ast.stmt) -> set[str]:
    """Names of the dictionaries and lists that a function may change."""
    found = set()
    for part in ast.walk(function):
        if isinstance(part, ast.Subscript):
            changes = isinstance(part.ctx, ast.Store)
        elif isinstance(part, ast.Attribute):
            changes = part.attr in MUTATORS
        else:
            continue
        if changes and isinstance(part.value, ast.Name):
            found.add(part.value.id)
    return found


def _mark(node: ast.stmt) -> tuple[str, str] | None:
    """Class and argument of the mark in the annotation of a name, as in `marks`."""
    annotation = getattr(node, "annotation", None)
    if not (isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple)):
        return None
    for part in annotation.slice.elts[1:]:
        marked = part.func if isinstance(part, ast.Call) else part
        arguments = [
            one.value for one in getattr(part, "args", []) if isinstance(one, ast.Constant)
        ]
        if isinstance(marked, ast.Name):
            return marked.id, "".join(map(str, arguments))
    return None
