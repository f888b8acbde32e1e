"""Which code made a dataset: the commit of its checkout, or a hash if there is no checkout."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from spikerate.data.checkout import CHECKOUT

LIBRARY = Path(__file__).parents[1]
CODE = ("Snakefile", "workflow")  # of a checkout; nothing else in it affects numbers
SETTINGS = ("core.fileMode=false", "diff.autoRefreshIndex=true", "core.fsmonitor=false")
DIGITS = 12


@cache
def commit(root: Path = CHECKOUT) -> str:
    """Commit of the checkout in a folder, or a hash of its code.

    A repository counts only if the folder is its root and it tracks this code.

    Returns
    -------
    `<commit>`; `<commit> changed <hash>`, with a hash of all files of the code that differ from it;
    or `unknown, code <hash>`, with a hash of the code
    """
    try:
        top = _git(root, "rev-parse", "--show-toplevel").rstrip("\n")
        if Path(top).resolve() != root.resolve():
            raise ValueError(f"{root} lies in another repository")
        _git(root, "ls-files", "--error-unmatch", "--", "Snakefile")
        found = _git(root, "rev-parse", "HEAD").strip()
        differ = _git(root, "diff", "--name-only", "-z", "HEAD", "--", *CODE)
        differ += _git(root, "ls-files", "--others", "--exclude-standard", "-z", "--", *CODE)
    except (OSError, ValueError, subprocess.CalledProcessError):
        return f"unknown, code {_digest(root, _code(root))}"
    names = sorted(set(filter(None, differ.split("\0"))))
    return f"{found} changed {_digest(root, map(root.joinpath, names))}" if names else found


def short(text: str) -> str:
    """The result of `commit`, with only the first seven digits of the commit."""
    first, _, rest = text.partition(" ")
    return f"{first[:7]} {rest}".strip() if not text.startswith("unknown") else text


def _git(root: Path, *arguments: str) -> str:
    """Output of git in a folder, whatever the folders around it and the environment."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CEILING_DIRECTORIES": str(root.parent), "GIT_OPTIONAL_LOCKS": "0"}
    settings = [*SETTINGS, f"safe.directory={root}"]  # its code runs already, so it is trusted
    flags = [part for setting in settings for part in ("-c", setting)]
    finished = subprocess.run(
        ["git", "-C", str(root), *flags, *arguments],
        env=environment,
        encoding="utf-8",
        errors="surrogateescape",
        capture_output=True,
        check=True,
    )
    return finished.stdout


def _code(root: Path) -> list[Path]:
    """Files of the code: those of a checkout or, without one, of the installed library."""
    if not (root / "Snakefile").is_file():
        return sorted(LIBRARY.rglob("*.py"))
    paths = [path for name in CODE for path in (root / name, *(root / name).rglob("*"))]
    return sorted(path for path in paths if path.is_file() and path.suffix != ".pyc")


def _digest(root: Path, paths: Iterable[Path]) -> str:
    """Hash of the names and bytes of files; a deleted file counts by its name."""
    found = hashlib.sha256()
    for path in paths:
        content = path.read_bytes() if path.is_file() else b"deleted"
        found.update(f"{os.path.relpath(path, root)}\0{len(content)}\0".encode(errors="replace"))
        found.update(content)
    return found.hexdigest()[:DIGITS]
