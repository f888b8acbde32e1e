"""The library's source: its modules, the statements that bind a name, and where a name leads.

A module is known by its dotted path below `spikerate` ("" is the package itself), a script by its
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
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)
COMPOUND = (ast.If, ast.Try, ast.With, ast.For, ast.While)


class Name(NamedTuple):
    """A name in a module of the library."""

    module: str
    name: str  # "" for the module as a whole


Target = Name | str  # what a name stands for; a string is something of a package, "numpy.sum"


@dataclass
class Module:
    """A module of the library, or a script."""

    name: str
    statements: list[ast.stmt]
    bound: dict[str, list[ast.stmt]] = field(default_factory=dict)  # statements by what they bind
    changed: dict[str, list[ast.stmt]] = field(default_factory=dict)  # by what they change
    effects: list[ast.stmt] = field(default_factory=list)  # that do anything else
    imports: dict[str, Target] = field(default_factory=dict)
    imported: set[str] = field(default_factory=set)  # modules that are run by its imports
    marks: dict[str, tuple[str, str]] = field(default_factory=dict)  # class and argument, by name


@cache
def parsed(text: str) -> ast.Module:
    """Syntax tree of a module, which nobody changes."""
    return ast.parse(text)


class Source:
    """The modules below a folder, read when they are first asked for.

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
        """File of a module or a script; None if there is none."""
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
            if isinstance(node, ast.Import | ast.ImportFrom):
                targets, run = self.imports(node, name)
                module.imports |= targets
                module.imported |= run
            elif isinstance(node, COMPOUND):
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

    def _read_compound(self, module: Module, node: ast.stmt) -> None:
        """Note what is bound and imported inside an `if`, a `try` or a loop of a module."""
        for part in _within(node):
            if isinstance(part, ast.Import | ast.ImportFrom):
                targets, run = self.imports(part, module.name)
                module.imports |= targets
                module.imported |= run
            for bound in _bound(part) if isinstance(part, DEFINITIONS + ASSIGNMENTS) else ():
                if node not in module.bound.setdefault(bound, []):
                    module.bound[bound].append(node)
        if not all(isinstance(part, ast.Import | ast.ImportFrom) for part in node.body):
            module.effects.append(node)

    def imports(self, node: ast.Import | ast.ImportFrom, module: str) -> tuple[dict, set[str]]:
        """Local names of an import in a module, what they stand for, and the modules that it runs.

        Raises
        ------
        ValueError
            if the import does not name what it takes.
        """
        found: dict[str, Target] = {}
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                inner = whole.partition(".")[2]
                ours = alias.name.partition(".")[0] == PACKAGE
                found[alias.asname or whole] = Name(inner, "") if ours else whole
            inner = [a.name.partition(".")[2] for a in node.names if _is_ours(a.name)]
            return found, set().union(*map(_with_parents, inner))
        if node.level:
            base = self._package(module, node)
            inner = ".".join(filter(None, [base, node.module]))
        elif _is_ours(node.module):
            inner = node.module.partition(".")[2]
        else:
            return {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}, set()
        run = _with_parents(inner)
        for alias in node.names:
            if alias.name == "*":
                where = f"{self.path(module)}, line {node.lineno}"
                raise ValueError(f"{where}: an import must name what it takes, not *")
            below = f"{inner}.{alias.name}".removeprefix(".")
            found[alias.asname or alias.name] = Name(inner, alias.name)
            run |= _with_parents(below) if self.path(below) else set()
        return found, run

    def _package(self, module: str, node: ast.ImportFrom) -> str:
        """Package that a relative import starts from."""
        if module.endswith(".py"):
            raise ValueError(f"{self.path(module)}, line {node.lineno}: a script has no package")
        path, parts = self.path(module), module.split(".")
        up = node.level - (path is not None and path.name == "__init__.py")
        return ".".join(parts[: len(parts) - up])

    def resolve(self, name: Name) -> Target | None:
        """Where a name leads, through all modules that pass it on; None if nothing binds it."""
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
        """Modules that are run when some are imported, themselves included."""
        found, waiting = set(), [m for name in modules for m in _with_parents(name)]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self.module(name).imported
        return found

    # Registries.

    def chosen_by(self) -> set[str]:
        """Keys by which entries of the registries of the library are chosen."""
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

    def entries(self, registry: Name) -> Iterator[tuple[Name, ast.stmt]]:
        """Definitions, anywhere in the library, whose decorator writes to a dictionary or a list.

        The decorator is a function of the module that the registry stands in.
        """
        own = self.module(registry.module)
        if not all(_may_grow(node) for node in own.bound[registry.name]):
            return
        changed = rf"\b{registry.name}(\[|\.({'|'.join(sorted(MUTATORS))})\b)"
        if not re.search(changed, self.texts()[registry.module]):
            return
        decorators = {
            name for name, nodes in own.bound.items()
            if any(isinstance(n, DEFINITIONS) and registry.name in _written(n) for n in nodes)
        }  # fmt: skip
        if not decorators:
            return
        used = re.compile(rf"^@(\w+\.)*({'|'.join(sorted(decorators))})\b", re.MULTILINE)
        for name, text in self.texts().items():
            if not used.search(text):
                continue
            for node in self.module(name).statements:
                for decorator in getattr(node, "decorator_list", []):
                    target = self._decorator(decorator, name)
                    if target and target[0] == registry.module and target[1] in decorators:
                        yield Name(name, node.name), node

    def _decorator(self, node: ast.expr, module: str) -> Target | None:
        called = node.func if isinstance(node, ast.Call) else node
        parts = ast.unparse(called).split(".")
        target: Target | None = self.resolve(Name(module, parts[0]))
        for part in parts[1:]:
            if not isinstance(target, Name) or target.name:
                return None
            target = self.resolve(Name(target.module, part))
        return target if isinstance(target, Name) else None


def _is_ours(name: str | None) -> bool:
    return (name or "").partition(".")[0] == PACKAGE


def _with_parents(name: str) -> set[str]:
    """A module and the packages that it lies in, which are run before it."""
    if name.endswith(".py"):
        return {name}
    parts = name.split(".") if name else []
    return {".".join(parts[:k]) for k in range(len(parts) + 1)}


def is_text(node: ast.stmt) -> bool:
    """Whether a statement is a docstring, or another constant that nobody uses."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_skipped(node: ast.stmt) -> bool:
    """Whether a statement does nothing when a module is imported."""
    if isinstance(node, ast.If):
        return ast.unparse(node.test) in ("__name__ == '__main__'", "TYPE_CHECKING")
    return is_text(node) or isinstance(node, ast.Pass)


def _within(node: ast.AST) -> Iterator[ast.AST]:
    """Parts of a statement, without what stands inside functions and classes."""
    for part in ast.iter_child_nodes(node):
        yield part
        if not isinstance(part, (*DEFINITIONS, ast.Lambda)):
            yield from _within(part)


def _bound(node: ast.AST) -> set[str]:
    """Names that a definition or an assignment binds."""
    if isinstance(node, DEFINITIONS):
        return {node.name}
    if not isinstance(node, ASSIGNMENTS):
        return set()
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    parts = [part for target in targets for part in ast.walk(target)]
    if any(isinstance(part, ast.Attribute | ast.Subscript) for part in parts):
        return set()
    return {part.id for part in parts if isinstance(part, ast.Name)}


def _changed(node: ast.stmt, module: Module) -> str | None:
    """Name of the same module whose value a statement changes, and nothing else."""
    if isinstance(node, ASSIGNMENTS):
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
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _may_grow(node: ast.stmt) -> bool:
    """Whether a statement binds a dictionary, a list, or what a call gives."""
    growing = ast.Dict | ast.List | ast.Set | ast.Call | ast.DictComp | ast.ListComp | ast.BinOp
    return isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, growing)


def _written(function: ast.stmt) -> set[str]:
    """Names of the dictionaries and lists that a function may change."""
    found = set()
    for part in ast.walk(function):
        stores = isinstance(part, ast.Subscript) and isinstance(part.ctx, ast.Store)
        calls = isinstance(part, ast.Attribute) and part.attr in MUTATORS
        if stores or calls:
            found.add(getattr(part.value, "id", None))
    return found - {None}


def _mark(node: ast.stmt) -> tuple[str, str] | None:
    """Mark in the annotation of a name: its class, and its argument."""
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
