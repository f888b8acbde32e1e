"""The documents: their fenced blocks, and the code, commands, paths and links in their text."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
TOP = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
DOCUMENTS = [*(ROOT / name for name in TOP), *sorted((ROOT / "docs").glob("*.md"))]
FENCED = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    """A fenced block: its language, and the file it belongs to or what it needs."""

    document: Path
    language: str
    name: str
    text: str


BLOCKS = [Block(path, *found) for path in DOCUMENTS for found in FENCED.findall(path.read_text())]


def named(document, name):
    """Text of the block of a document that bears a name."""
    (text,) = (b.text for b in BLOCKS if (b.document.name, b.name) == (document, name))
    return text


def prose(document):
    """Text of a document without its fenced blocks."""
    return FENCED.sub("", document.read_text())


def spans(document):
    """Code in the text of a document: indented lines, without comments, and what is in ticks."""
    found = re.findall(r"^    (.+)$|`([^`\n]+)`", prose(document), flags=re.MULTILINE)
    return [re.sub(r" {2,}#.*", "", block or span) for block, span in found]


def links(document):
    """Files that a document points to."""
    return sorted(set(re.findall(r"\]\((?!\w+:|#)([^)#]+)", document.read_text())))


def anchors(document):
    """Anchors that a document's headings have."""
    headings = re.findall(r"^#+ (.+)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def references(document):
    """Documents and headings in them that a document points to: (file, anchor)."""
    return sorted(set(re.findall(r"\]\((?!\w+:)([^)#]*)#([^)]+)\)", document.read_text())))


def copy_of_the_tree(folder):
    """Copy what is in git, and what would be, to a folder that does not exist yet."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        source, target = ROOT / name, folder / name
        if source.is_file() and not name.startswith((".venv", "results")):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return folder
