"""Which code made a dataset: the commit of its checkout, or a hash where it lies in none."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from spikerate.data.checkout import CHECKOUT

LIBRARY = Path(__file__).parents[1]
CODE = ("Snakefile", "workflow")  # of a checkout; the rest of it decides no number
SETTINGS = ("core.fileMode=false", "diff.autoRefreshIndex=true", "core.fsmonitor=false")
DIGITS = 12


@cache
def commit(root: Path = CHECKOUT) -> str:
    """Commit of the checkout in a folder, as text.

    A repository that lies around the folder is not asked, nor one that does not track this code.

    Returns
    -------
    `<commit>`; `<commit> changed <hash>`, a hash of all files of the code that differ from it; or
    `unknown, code <hash>`, a hash of the code
    """
    try:
        if (
            Path(_git(root, "rev-parse", "--show-toplevel").rstrip("\n")).resolve()
            != root.resolve()
        ):
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
    """What `commit` gives, with the first seven digits of the commit alone."""
    first, _, rest = text.partition(" ")
    return f"{first[:7]} {rest}".strip() if not text.startswith("unknown") else text


def _git(root: Path, *arguments: str) -> str:
    """Output of git in a folder, as if no other folder and no environment told it where to look."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CEILING_DIRECTORIES": str(root.parent), "GIT_OPTIONAL_LOCKS": "0"}
    settings = [*SETTINGS, f"safe.directory={root}"]  # whose code runs is trusted already
    flags = [part for setting in settings for part in ("-c", setting)]
    return subprocess.run(
        ["git", "-C", str(root), *flags, *arguments], env=environment, encoding="utf-8",
        errors="surrogateescape", capture_output=True, check=True,
    ).stdout  # fmt: skip


def _code(root: Path) -> list[Path]:
    """Files of the code: those of a checkout, or of the library where it was installed alone."""
    if not (root / "Snakefile").is_file():
        return sorted(LIBRARY.rglob("*.py"))
    return sorted(
        path for name in CODE for path in (root / name, *(root / name).rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    )  # fmt: skip


def _digest(root: Path, paths: Iterable[Path]) -> str:
    """Hash of the names and bytes of files; of one that was deleted, of its name alone."""
    found = hashlib.sha256()
    for path in paths:
        content = path.read_bytes() if path.is_file() else b"deleted"
        found.update(f"{os.path.relpath(path, root)}\0{len(content)}\0".encode(errors="replace"))
        found.update(content)
    return found.hexdigest()[:DIGITS]
