"""The parts of documents that scripts write, from `<!-- name -->` to `<!-- /name -->`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path


def read(document: Path, name: str) -> str:
    """Text of a marked part, without blank lines at its ends."""
    found = _pattern(name).search(document.read_text(encoding="utf-8"))
    if not found:
        raise ValueError(f"{document} has no part marked {name}")
    return found[2].strip("\n")


def write(document: Path, name: str, text: str) -> None:
    """Replace the text of a marked part."""
    read(document, name)
    old = document.read_text(encoding="utf-8")
    new = _pattern(name).sub(lambda found: f"{found[1]}\n\n{text.strip()}\n\n{found[3]}", old)
    document.write_text(new, encoding="utf-8")


def table(head: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> str:
    """Table in Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- {name} -->)(.*?)(<!-- /{name} -->)", flags=re.DOTALL)
