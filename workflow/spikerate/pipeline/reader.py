"""Statements of the source as texts, which are equal for statements that do the same.

Comments, docstrings, formatting, annotations and the names of local variables are left out. What is
defined outside the statement appears as a number, and is listed next to the text; so the text does
not depend on modules and imports.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, get_args

from spikerate.pipeline.source import DefinitionNode, Import, Name, Source, Target, is_text

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
SKIPPED = {"ctx", "returns", "annotation", "type_comment", "kind", "type_params"}
LEAVES = {*SKIPPED, "op", "ops"}  # fields in which no name is bound
ANNOTATIONS = ("ClassVar", "InitVar", "KW_ONLY")  # change what a dataclass does


@dataclass
class Statement:
    """What a statement does and uses."""

    text: str
    uses: list[Name] = field(default_factory=list)  # by their numbers in the text
    packages: set[str] = field(default_factory=set)  # outside the library
    imported: set[str] = field(default_factory=set)  # modules that run by imports in functions


class _Local(NamedTuple):
    """A local variable, as it appears in the text."""

    name: str


class _Scope(NamedTuple):
    names: dict[str, _Local | Target]
    of_class: bool = False  # the names of a class are not visible in its methods


def read(
    source: Source, module: str, node: ast.stmt, own: str = "", chosen: str | None = None
) -> Statement:
    """Read a statement at the top of a module.

    Parameters
    ----------
    own : the name for which the statement is read, in case it binds several
    chosen : key of the only entry that counts, if the statement is a dictionary with this key
    """
    reader = _Reader(source, module, own, chosen)
    reader.visit(node)
    reader.found.text = " ".join(reader.tokens)
    return reader.found


def read_script(source: Source, script: str) -> Statement:
    """Read a script like the body of a function, because its variables are local to it."""
    no_arguments = ast.arguments([], [], None, [], [], None, [])
    text = (source.scripts / script).read_text(encoding="utf-8")
    function = ast.FunctionDef("", no_arguments, ast.parse(text, script).body, [])
    return read(source, script, function)


class _Reader:
    def __init__(self, source: Source, module: str, own: str, chosen: str | None):
        self.tokens: list[str] = []
        self.found = Statement("")
        self._source, self._module, self._own, self._chosen = source, module, own, chosen
        self._numbers: dict[Name, int] = {}
        self._scopes: list[_Scope] = []  # innermost last

    # What names stand for.

    def _lookup(self, name: str) -> _Local | Target | None:
        """Local variable, or what a name refers to outside; None if it is built into Python."""
        for depth, scope in enumerate(reversed(self._scopes)):
            if name in scope.names and not (scope.of_class and depth):
                found = scope.names[name]
                return self._source.resolve(found) if isinstance(found, Name) else found
        return self._source.resolve(Name(self._module, name))

    def _target(self, node: ast.expr) -> _Local | Target | None:
        """What a name, or an attribute of a module or a package, refers to."""
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
        """Write what is defined outside: in a package by its name, in the library by a number."""
        if isinstance(target, str):
            self.found.packages.add(target.partition(".")[0])
            self.tokens.append(target)
            return
        if target not in self._numbers:
            self._numbers[target] = len(self._numbers)
            self.found.uses.append(target)
        self.tokens.append(f"@{self._numbers[target]}")

    # Parts.

    def visit(self, node: ast.AST) -> None:
        """Write one part of the statement."""
        visitor = VISITORS.get(type(node), _Reader._generic)
        visitor(self, node)

    def _generic(self, node: ast.AST) -> None:
        self.tokens.append(f"({type(node).__name__}")
        for name in node._fields:
            if name not in SKIPPED:
                self._field(name, getattr(node, name, None))
        self.tokens.append(")")

    def _field(self, name: str, value: object) -> None:
        if value is None or value == []:
            return
        self.tokens.append(f"{name}:")
        if isinstance(value, ast.AST):
            self.visit(value)
        elif isinstance(value, list):
            self._list(value)
        else:
            self.tokens.append(repr(value))

    def _list(self, values: list[object]) -> None:
        for value in values:
            if not isinstance(value, ast.AST):
                self.tokens.append(repr(value))
            elif not is_text(value):
                self.visit(value)
        self.tokens.append(";")

    def _name(self, node: ast.Name) -> None:
        found = self._lookup(node.id)
        stored = not isinstance(node.ctx, ast.Load)
        if stored and not self._scopes:  # a name that the statement binds in its module
            self.tokens.append("own" if node.id == self._own else node.id)
        elif isinstance(found, _Local):
            self.tokens.append(found.name)
        elif found is None:
            self.tokens.append(f"name {node.id}")
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

    def _import(self, node: Import) -> None:
        _, run = self._source.imports(node, self._module)
        self.found.imported |= run

    def _nothing(self, node: ast.AST) -> None:
        pass

    def _assignment(self, node: ast.AnnAssign) -> None:
        """Write an annotated assignment without its annotation, which has no effect."""
        if self._scopes and self._scopes[-1].of_class:
            self.tokens.append("(AnnAssign")
            annotation = ast.unparse(node.annotation)
            self.tokens += [word for word in ANNOTATIONS if word in annotation]
            self._field("target", node.target)
            self._field("value", node.value)
            self.tokens.append(")")
        elif node.value:
            self._generic(ast.Assign([node.target], node.value))

    # Scopes.

    def _function(self, node: Function) -> None:
        name = "" if isinstance(node, ast.Lambda) else node.name
        self.tokens.append(f"({type(node).__name__} {name}")
        self._field("decorators", getattr(node, "decorator_list", []))
        self._arguments(node.args)
        self._scopes.append(_Scope(self._locals(node)))
        self._field("body", node.body)
        self._scopes.pop()
        self.tokens.append(")")

    def _arguments(self, arguments: ast.arguments) -> None:
        for name in ("posonlyargs", "args", "kwonlyargs"):
            found = getattr(arguments, name)
            self.tokens += [f"{name}:", *(argument.arg for argument in found)] if found else []
        for name in ("vararg", "kwarg"):
            found = getattr(arguments, name)
            self.tokens += [f"{name}:", found.arg] if found else []
        self._field("defaults", arguments.defaults)
        for default in arguments.kw_defaults:
            self.visit(default or ast.Constant(...))

    def _class(self, node: ast.ClassDef) -> None:
        self.tokens.append(f"(Class {node.name}")
        for name in ("decorator_list", "bases", "keywords"):
            self._field(name, getattr(node, name))
        self._scopes.append(_Scope(_attributes(node), of_class=True))
        self._field("body", node.body)
        self._scopes.pop()
        self.tokens.append(")")

    def _comprehension(self, node: Comprehension) -> None:
        self.tokens.append(f"({type(node).__name__}")
        self.visit(node.generators[0].iter)
        self._scopes.append(_Scope(self._locals(node)))
        for number, generator in enumerate(node.generators):
            self.tokens.append("for" if not generator.is_async else "async for")
            self.visit(generator.target)
            if number:
                self.visit(generator.iter)
            self._field("ifs", generator.ifs)
        for name in ("elt", "key", "value"):
            self._field(name, getattr(node, name, None))
        self._scopes.pop()
        self.tokens.append(")")

    def _locals(self, node: Function | Comprehension) -> dict[str, _Local | Target]:
        """Local names of a function or a comprehension.

        Variables are numbered. Names of arguments, which callers may use, and of inner functions
        and classes are kept. Imports are replaced by what they import.
        """
        variables: dict[str, _Local | Target] = {}
        kept: dict[str, _Local | Target] = {}
        elsewhere: set[str] = set()
        depth = len(self._scopes)
        if isinstance(node, Function):
            kept = {name: _Local(name) for name in _argument_names(node.args)}
        for part in _own_parts(node):
            if isinstance(part, ast.Name):
                if not isinstance(part.ctx, ast.Load):
                    variables.setdefault(part.id, _Local(f"{depth}.{len(variables)}"))
            elif isinstance(part, Import):
                kept |= self._source.imports(part, self._module)[0]
            elif isinstance(part, DefinitionNode):
                kept[part.name] = _Local(part.name)
            elif isinstance(part, ast.Global | ast.Nonlocal):
                elsewhere |= set(part.names)
            elif isinstance(part, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and part.name:
                kept[part.name] = _Local(part.name)
        return {name: found for name, found in (variables | kept).items() if name not in elsewhere}


# Each visitor takes a node of the type under which it is entered.
VISITORS: dict[type[ast.AST], Callable[[_Reader, Any], None]] = {
    ast.Name: _Reader._name,
    ast.Attribute: _Reader._attribute,
    ast.Dict: _Reader._dict,
    ast.Import: _Reader._import,
    ast.ImportFrom: _Reader._import,
    ast.AnnAssign: _Reader._assignment,
    ast.Pass: _Reader._nothing,
    ast.Global: _Reader._nothing,  # `_locals` has considered it
    ast.Nonlocal: _Reader._nothing,
    ast.ClassDef: _Reader._class,
    **dict.fromkeys(get_args(Function), _Reader._function),
    **dict.fromkeys(get_args(Comprehension), _Reader._comprehension),
}


def _argument_names(arguments: ast.arguments) -> list[str]:
    several = [arguments.vararg, arguments.kwarg]
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [argument.arg for argument in named + [one for one in several if one]]


def _attributes(node: ast.ClassDef) -> dict[str, _Local | Target]:
    """Names that the body of a class binds."""
    found = set()
    for part in _own_parts(node):
        if isinstance(part, DefinitionNode):
            found.add(part.name)
        elif isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
            found.add(part.id)
    return {name: _Local(name) for name in found}


def _own_parts(node: Function | ast.ClassDef | Comprehension) -> Iterator[ast.AST]:
    """Parts of a scope, or the targets of a comprehension, without those of inner scopes."""
    if isinstance(node, Comprehension):
        for generator in node.generators:
            yield from ast.walk(generator.target)
        return
    waiting: list[ast.AST] = [*node.body] if isinstance(node.body, list) else [node.body]
    for part in waiting:  # to which the loop adds
        yield part
        if isinstance(part, Comprehension):  # `:=` in a comprehension binds outside of it
            yield from (p.target for p in ast.walk(part) if isinstance(p, ast.NamedExpr))
        elif not isinstance(part, Function | ast.ClassDef):
            waiting += _children(part)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """As `ast.iter_child_nodes`, but faster: without fields in which no name is bound."""
    for name in node._fields:
        if name not in LEAVES:
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                yield value
            elif isinstance(value, list):
                yield from (one for one in value if isinstance(one, ast.AST))
