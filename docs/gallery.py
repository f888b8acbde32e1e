"""Show a finished study in the documents: `python docs/gallery.py results/laptop`.

Writes small copies of its figures to docs/figures, the part of docs/gallery.md that shows them, and
the verdicts on its claims in README.md, and names the study and its commit in both.
"""

from __future__ import annotations

import argparse
import sys
from itertools import zip_longest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import marked
import pandas as pd
from PIL import Image

from spikerate.data import datasets
from spikerate.data.commit import short
from spikerate.figures.registry import FIGURES
from spikerate.study.claims_table import words_and_why

HERE = Path(__file__).parent
WIDTH = 900  # pixels


def shrink(figure: Path, small: Path) -> None:
    """Write a small copy of a figure, in all its colours."""
    with Image.open(figure) as opened:
        whole = opened.convert("RGB")
    size = WIDTH, round(whole.height * WIDTH / whole.width)
    whole.resize(size, Image.Resampling.LANCZOS).save(small, optimize=True)


def commits(study: Path) -> list[str]:
    """Commits at which the datasets of a study were made."""
    found = set()
    for path in Path(study).rglob("*.nc"):
        with datasets.opened(path) as dataset:
            found.add(short(dataset.attrs["commit"]))
    return sorted(found)


def origin(study: Path) -> str:
    """Name of a study and the commits that made it."""
    found = commits(study)
    return f"Study `{study.name}` at commit{'s' * (len(found) > 1)} {', '.join(found)}"


def claims(study: Path) -> str:
    """Each claim and its verdict, as a table in Markdown."""
    found = pd.read_csv(study / "claims.csv")
    rows = [(words_and_why(row.words)[0], row.verdict) for row in found.itertuples()]
    return f"{origin(study)}:\n\n{marked.table(('claim', 'verdict'), rows)}"


def gallery(study: Path, folder: Path) -> str:
    """Write small copies of the figures of a study, and return the text that shows them."""
    cells = []
    for number, figure in FIGURES.items():
        name = f"fig{number}.png"
        shrink(study / "figures" / name, folder / name)
        shown = f"![Figure {number}](figures/{name})"
        cells.append(f"**{number}** {figure.about.contents}<br>[{shown}](figures/{name})")
    rows = list(zip_longest(cells[::2], cells[1::2], fillvalue=""))
    return f"{origin(study)}, scaled down by `docs/gallery.py`.\n\n{marked.table(('', ''), rows)}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path, help="folder of its results")
    finished = parser.parse_args().study.resolve()
    marked.write(HERE / "gallery.md", "gallery", gallery(finished, HERE / "figures"))
    marked.write(HERE.parent / "README.md", "claims", claims(finished))
