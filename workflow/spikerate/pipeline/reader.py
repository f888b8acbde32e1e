"""One statement of the source as a text that is equal for statements that do the same.

Comments, docstrings, formatting, annotations and the names of local variables are left out. Each
thing from outside the statement is replaced by a number and listed beside the text, so the text
contains no name of a module or an import.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from spikerate.pipeline.source import Name, Source, Target, is_text

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
SKIPPED = {"ctx", "returns", "annotation", "type_comment", "kind", "type_params"}
LEAVES = {*SKIPPED, "op", "ops"}  # fields in which no name is bound
ANNOTATIONS = ("ClassVar", "InitVar", "KW_ONLY")  # which dataclasses act on


@dataclass
class Statement:
    """A statement, read."""

    text: str
    uses: list[Name] = field(default_factory=list)  # by their numbers in the text
    packages: set[str] = field(default_factory=set)
    imported: set[str] = field(default_factory=set)  # modules that imports inside functions run


class _Local(NamedTuple):
    """A local variable, with what replaces it in the text."""

    name: str


class _Scope(NamedTuple):
    names: dict[str, _Local | Target]
    of_class: bool = False  # whose names are not seen in its methods


def read(
    source: Source, module: str, node: ast.stmt, own: str = "", chosen: str | None = None
) -> Statement:
    """Read a statement at the top of a module.

    Parameters
    ----------
    own : the name of interest, where the statement binds several
    chosen : only the entry of this key counts, in a dictionary that is written out and has it
    """
    reader = _Reader(source, module, own, chosen)
    reader.visit(node)
    reader.found.text = " ".join(reader.words)
    return reader.found


def read_script(source: Source, script: str) -> Statement:
    """Read a script: as the body of a function, whose variables are local to it."""
    nothing = ast.arguments([], [], None, [], [], None, [])
    body = ast.parse(source.path(script).read_text(encoding="utf-8"), script).body
    return read(source, script, ast.FunctionDef("", nothing, body, []))


class _Reader:
    def __init__(self, source: Source, module: str, own: str, chosen: str | None):
        self.words: list[str] = []
        self.found = Statement("")
        self._source, self._module, self._own, self._chosen = source, module, own, chosen
        self._numbers: dict[Name, int] = {}
        self._scopes: list[_Scope] = []  # innermost last

    # What names stand for.

    def _lookup(self, name: str) -> _Local | Target | None:
        """Local variable, or what is outside; None for what is built into Python."""
        for depth, scope in enumerate(reversed(self._scopes)):
            if name in scope.names and not (scope.of_class and depth):
                found = scope.names[name]
                return self._source.resolve(found) if isinstance(found, Name) else found
        if not (found := self._source.resolve(Name(self._module, name))):
            return None
        return found

    def _target(self, node: ast.expr) -> _Local | Target | None:
        """What an expression names: itself, or as an attribute of a module or a package."""
        if isinstance(node, ast.Name):
            return self._lookup(node.id)
        if isinstance(node, ast.Attribute):
            base = self._target(node.value)
            if isinstance(base, str):
                return f"{base}.{node.attr}"
            if isinstance(base, Name) and not base.name:
                return self._source.resolve(Name(base.module, node.attr))
        return None

    def _use(self, target: Target) -> None:
        """Write what is outside: things of a package by name, those of the library by number."""
        if isinstance(target, str):
            self.found.packages.add(target.partition(".")[0])
            self.words.append(target)
            return
        if target not in self._numbers:
            self._numbers[target] = len(self._numbers)
            self.found.uses.append(target)
        self.words.append(f"@{self._numbers[target]}")

    # Parts.

    def visit(self, node: ast.AST) -> None:
        """Write one part of the statement."""
        visitor = VISITORS.get(type(node))
        (visitor or _Reader._generic)(self, node)

    def _generic(self, node: ast.AST) -> None:
        self.words.append(f"({type(node).__name__}")
        for name in node._fields:
            if name not in SKIPPED:
                self._field(name, getattr(node, name, None))
        self.words.append(")")

    def _field(self, name: str, value) -> None:
        if value is None or value == []:
            return
        self.words.append(f"{name}:")
        if isinstance(value, ast.AST):
            self.visit(value)
        elif isinstance(value, list):
            self._list(value)
        else:
            self.words.append(repr(value))

    def _list(self, values: list) -> None:
        for value in values:
            if not isinstance(value, ast.AST):
                self.words.append(repr(value))
            elif not is_text(value):
                self.visit(value)
        self.words.append(";")

    def _name(self, node: ast.Name) -> None:
        found = self._lookup(node.id)
        stored = not isinstance(node.ctx, ast.Load)
        if stored and not self._scopes:  # a name that the statement binds in its module
            self.words.append("own" if node.id == self._own else node.id)
        elif isinstance(found, _Local):
            self.words.append(found.name)
        elif found is None:
            self.words.append(f"name {node.id}")
        else:
            self._use(found)

    def _attribute(self, node: ast.Attribute) -> None:
        found = self._target(node)
        if isinstance(found, Name | str):
            self._use(found)
        else:
            self._generic(node)

    def _dict(self, node: ast.Dict) -> None:
        keys = [str(getattr(key, "value", "")) for key in node.keys]
        if self._chosen is None or self._chosen not in keys:
            self._generic(node)
            return
        k, chosen = keys.index(self._chosen), self._chosen
        self._chosen = None
        self._generic(ast.Dict([node.keys[k]], [node.values[k]]))
        self._chosen = chosen

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        _, run = self._source.imports(node, self._module)
        self.found.imported |= run

    def _nothing(self, node: ast.AST) -> None:
        pass

    def _assignment(self, node: ast.AnnAssign) -> None:
        """Read an annotated assignment without its annotation, which does nothing at run time."""
        if self._scopes and self._scopes[-1].of_class:
            self.words.append("(AnnAssign")
            words = ast.unparse(node.annotation)
            self.words += [word for word in ANNOTATIONS if word in words]
            self._field("target", node.target)
            self._field("value", node.value)
            self.words.append(")")
        elif node.value:
            self._generic(ast.Assign([node.target], node.value))

    # Scopes.

    def _function(self, node) -> None:
        one = isinstance(node, ast.Lambda)
        self.words.append(f"({type(node).__name__} {'' if one else node.name}")
        self._field("decorators", [] if one else node.decorator_list)
        self._arguments(node.args)
        self._scopes.append(_Scope(self._locals(node)))
        self._field("body", node.body)
        self._scopes.pop()
        self.words.append(")")

    def _arguments(self, arguments: ast.arguments) -> None:
        for name in ("posonlyargs", "args", "kwonlyargs"):
            found = getattr(arguments, name)
            self.words += [f"{name}:", *(argument.arg for argument in found)] if found else []
        for name in ("vararg", "kwarg"):
            found = getattr(arguments, name)
            self.words += [f"{name}:", found.arg] if found else []
        self._field("defaults", arguments.defaults)
        for default in arguments.kw_defaults:
            self.visit(default or ast.Constant(...))

    def _class(self, node: ast.ClassDef) -> None:
        self.words.append(f"(Class {node.name}")
        for name in ("decorator_list", "bases", "keywords"):
            self._field(name, getattr(node, name))
        self._scopes.append(_Scope(_attributes(node), of_class=True))
        self._field("body", node.body)
        self._scopes.pop()
        self.words.append(")")

    def _comprehension(self, node) -> None:
        self.words.append(f"({type(node).__name__}")
        self.visit(node.generators[0].iter)
        self._scopes.append(_Scope(self._locals(node)))
        for number, generator in enumerate(node.generators):
            self.words.append("for" if not generator.is_async else "async for")
            self.visit(generator.target)
            if number:
                self.visit(generator.iter)
            self._field("ifs", generator.ifs)
        for name in ("elt", "key", "value"):
            self._field(name, getattr(node, name, None))
        self._scopes.pop()
        self.words.append(")")

    def _locals(self, node: ast.AST) -> dict[str, _Local | Target]:
        """Names of a function or a comprehension: variables are numbered, other names are kept.

        Other names are arguments, which a caller may name, functions and classes inside, and
        imports, which stand for what they import.
        """
        variables: dict[str, _Local | Target] = {}
        kept: dict[str, _Local | Target] = {}
        elsewhere: set[str] = set()
        depth = len(self._scopes)
        if isinstance(node, FUNCTIONS):
            kept = {name: _Local(name) for name in _argument_names(node.args)}
        for part in _own_parts(node):
            if isinstance(part, ast.Name):
                if not isinstance(part.ctx, ast.Load):
                    variables.setdefault(part.id, _Local(f"{depth}.{len(variables)}"))
            elif isinstance(part, ast.Import | ast.ImportFrom):
                kept |= self._source.imports(part, self._module)[0]
            elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                kept[part.name] = _Local(part.name)
            elif isinstance(part, ast.Global | ast.Nonlocal):
                elsewhere |= set(part.names)
            elif isinstance(part, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and part.name:
                kept[part.name] = _Local(part.name)
        return {name: found for name, found in (variables | kept).items() if name not in elsewhere}


VISITORS = {
    ast.Name: _Reader._name,
    ast.Attribute: _Reader._attribute,
    ast.Dict: _Reader._dict,
    ast.Import: _Reader._import,
    ast.ImportFrom: _Reader._import,
    ast.AnnAssign: _Reader._assignment,
    ast.Pass: _Reader._nothing,
    ast.Global: _Reader._nothing,  # what it says is in the scope
    ast.Nonlocal: _Reader._nothing,
    ast.ClassDef: _Reader._class,
    **dict.fromkeys(FUNCTIONS, _Reader._function),
    **dict.fromkeys(COMPREHENSIONS, _Reader._comprehension),
}


def _argument_names(arguments: ast.arguments) -> list[str]:
    several = [arguments.vararg, arguments.kwarg]
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [argument.arg for argument in named + [one for one in several if one]]


def _attributes(node: ast.ClassDef) -> dict[str, _Local | Target]:
    """Names that the body of a class binds."""
    found = set()
    for part in _own_parts(node):
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(part.name)
        elif isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
            found.add(part.id)
    return {name: _Local(name) for name in found}


def _own_parts(node: ast.AST) -> Iterator[ast.AST]:
    """Parts of a scope, or the targets of a comprehension, without those of scopes inside."""
    if isinstance(node, COMPREHENSIONS):
        for generator in node.generators:
            yield from ast.walk(generator.target)
        return
    waiting = list(node.body) if isinstance(node.body, list) else [node.body]
    for part in waiting:  # which grows
        yield part
        if isinstance(part, COMPREHENSIONS):  # `:=` in a comprehension binds outside of it
            inner = (p.target for p in ast.walk(part) if isinstance(p, ast.NamedExpr))
            yield from inner
        elif not isinstance(part, (*FUNCTIONS, ast.ClassDef)):
            waiting += _children(part)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Parts of a part, without those that bind nothing; quicker than Python's own."""
    for name in node._fields:
        if name not in LEAVES:
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                yield value
            elif isinstance(value, list):
                yield from (one for one in value if isinstance(one, ast.AST))
