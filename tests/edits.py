"""Edits of a tree's code: of one definition, found by its name wherever it stands, or of all."""

import ast
import re
import shutil

from spikerate.pipeline.source import parsed

SKIPPED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def modules(library):
    """Every module of a library: its dotted name and its file."""
    for path in sorted(library.rglob("*.py")):
        parts = path.relative_to(library).with_suffix("").parts
        yield ".".join(part for part in parts if part != "__init__"), path


def find(library, name):
    """File, statement and dotted name of a definition, by the end of its dotted name."""
    found = []
    for module, path in modules(library):
        text = path.read_text()
        for node in parsed(text).body if name.rpartition(".")[2] in text else ():
            targets = getattr(node, "targets", [getattr(node, "target", None)])
            parts = [p for target in targets if target for p in ast.walk(target)]
            names = {getattr(node, "name", None)} | {getattr(part, "id", None) for part in parts}
            found += [
                (path, node, f"{module}.{one}")
                for one in names if one and f".{module}.{one}".endswith(f".{name}")
            ]  # fmt: skip
    where = {dotted for _, _, dotted in found}
    assert len(where) == 1, f"{name} is to name one definition, not {where}: follow it in this test"
    return found[-1]  # the others are from before an edit


def change(library, name):
    """Have a definition do something else: a number grows, anything else has one step more."""
    path, node, dotted = find(library, name)
    lines = path.read_text().splitlines(keepends=True)
    if isinstance(node, SKIPPED):
        indent, place = " " * node.body[0].col_offset, node.end_lineno
        step = "edited = True" if isinstance(node, ast.ClassDef) else "assert True"
        if not isinstance(node, ast.ClassDef):
            first = node.body[0]
            is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            place = first.end_lineno if is_docstring else first.lineno - 1
        lines.insert(place, f"{indent}{step}\n")
    else:
        own = dotted.rpartition(".")[2]
        grows = (
            re.search(r"\d\.\d|\de-\d", ast.unparse(node.value))
            and "{" not in lines[node.lineno - 1]
        )
        lines.insert(node.end_lineno, f"{own} = {'1.1 * ' if grows else ''}{own}\n")
    path.write_text("".join(lines))


def append(path, text):
    """Put text at the end of a file."""
    path.write_text(path.read_text() + text)


def rewrite(folder, function):
    """Put the text of every module through a function."""
    for path in folder.rglob("*.py"):
        path.write_text(function(path.read_text()))


def reformatted(text):
    """Code as Python would write it, without comments and with other line breaks."""
    return ast.unparse(ast.parse(text))


def other_docstrings(text):
    """Code with another sentence in every docstring."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            node.body[0].value.value = "Another sentence."
    return ast.unparse(tree)


def other_locals(text):
    """Code with other names for the variables of every function that holds no other."""
    tree = ast.parse(text)
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        parts = [part for one in function.body for part in ast.walk(one)]
        if any(isinstance(part, (*SKIPPED, ast.Global, ast.Nonlocal)) for part in parts):
            continue
        names = [part for part in parts if isinstance(part, ast.Name)]
        arguments = {part.arg for part in ast.walk(function.args) if isinstance(part, ast.arg)}
        own = {name.id for name in names if isinstance(name.ctx, ast.Store)} - arguments
        for name in names:
            name.id = f"{name.id}_of_its_own" if name.id in own else name.id
    return ast.unparse(tree)


def without_annotations(text):
    """Code in which no function says what it takes and gives."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
    return ast.unparse(tree)


def other_imports(text):
    """Code that has another name for NumPy."""
    return re.sub(r"\bnp\b", "num", text)


def other_memory(folder):
    """Have the rules ask for other memory."""
    for path in (folder / "workflow" / "rules").glob("*.smk"):
        path.write_text(re.sub(r'needed\("mem_mb", [^)]*\)', "1234", path.read_text()))


def move(library, name):
    """Move a definition to a module of its own, from where its old one imports it."""
    path, node, dotted = find(library, name)
    text, own = path.read_text(), dotted.rpartition(".")[2]
    lines = text.splitlines(keepends=True)
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))]) - 1
    imports = [one for one in ast.parse(text).body if isinstance(one, ast.Import | ast.ImportFrom)]
    head = "".join(ast.unparse(one) + "\n" for one in imports)
    new = path.with_name(f"moved_{own.lower()}.py")
    new.write_text(head + "".join(lines[first : node.end_lineno]))
    module = ".".join(["spikerate", *new.relative_to(library).with_suffix("").parts])
    lines[first : node.end_lineno] = [f"from {module} import {own}\n"]
    path.write_text("".join(lines))


def rename(library, old, new):
    """Give a module another dotted name, and follow it in all code."""
    shutil.move(file_of(library, old), file_of(library, new))
    (room, name), (new_room, new_name) = old.split("."), new.split(".")
    code = [*library.parent.rglob("*.py"), *library.parent.rglob("*.smk"),
            library.parents[1] / "Snakefile"]  # fmt: skip
    taken = re.compile(rf"^(\s*)from spikerate\.{room} import (.*)$", re.MULTILINE)

    def follow(match):
        parts = match[2].split(", ")
        rest = [part for part in parts if part.partition(" as ")[0] != name]
        lines = [f"from spikerate.{room} import {', '.join(rest)}"] if rest else []
        for part in parts:
            if part not in rest:
                alias = part.partition(" as ")[2] or name
                lines.append(f"from spikerate.{new_room} import {new_name} as {alias}")
        return "\n".join(match[1] + line for line in lines)

    for path in code:
        text = re.sub(rf"\bspikerate\.{room}\.{name}\b", f"spikerate.{new}", path.read_text())
        path.write_text(taken.sub(follow, text))


def file_of(library, module):
    return library.joinpath(*module.split(".")).with_suffix(".py")


def make_relative(library):
    """Make every import inside the library relative."""
    for path in library.rglob("*.py"):
        dots = "." * len(path.relative_to(library).parts)
        text = re.sub(r"^(\s*)from spikerate\.", rf"\1from {dots}", path.read_text(), flags=re.M)
        path.write_text(
            re.sub(r"^(\s*)from spikerate import", rf"\1from {dots} import", text, flags=re.M)
        )


def pass_on(library, module):
    """Have a room pass on what one of its modules binds, and take it from there everywhere."""
    room, _, _ = module.rpartition(".")
    taken = re.compile(rf"^(\s*)from spikerate\.{re.escape(module)} import (.*)$", re.MULTILINE)
    names = set()
    for path in library.rglob("*.py"):
        text = path.read_text()
        names |= {one for match in taken.findall(text) for one in match[1].split(", ")}
        if path.name != "__init__.py":
            path.write_text(taken.sub(rf"\1from spikerate.{room} import \2", text))
    append(library / room / "__init__.py",
           f"\nfrom spikerate.{module} import {', '.join(sorted(names))}\n")  # fmt: skip


def other_about(folder, number, field):
    """Say something else about a figure, in its title or its caption."""
    (path,) = folder.glob(f"workflow/spikerate/figures/fig{number}_*.py")
    path.write_text(re.sub(rf'(\b{field}="(?:""\\\n)?)', r"\1In short: ", path.read_text()))
