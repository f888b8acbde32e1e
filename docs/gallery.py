"""Show a finished study in the documents: `python docs/gallery.py results/laptop`.

Writes small copies of its figures to docs/figures, the lines of docs/gallery.md that show them, and
the verdicts on its claims to README.md, all with the study and the commit that made them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import marked
import pandas as pd
from PIL import Image

from spikerate.data import datasets
from spikerate.data.commit import short
from spikerate.study.claims_table import words_and_why

HERE = Path(__file__).parent
WIDTH, COLORS, LARGEST = 900, 128, 250_000  # pixels, colours of the palette, bytes
TITLES = {
    1: "The neuron and its rate twin, and both networks before learning",
    2: "The FORCE scheme and the parameters",
    3: "Demonstrations, with the Lorenz attractor",
    4: "Slow learning over the (Q, G) grid",
    5: "Fast learning over the (Q, G) grid",
    6: "Four learning rates, and error against network size",
    7: "Bias and variance over repetitions",
    8: "Slow learning as a low-pass filter",
}


def shrink(figure: Path, small: Path) -> None:
    """Write a small copy of a figure; fewer colours if it is still large."""
    with Image.open(figure) as opened:
        whole = opened.convert("RGB")
    picture = whole.resize((WIDTH, round(whole.height * WIDTH / whole.width)), Image.LANCZOS)
    colors = COLORS
    while True:
        picture.quantize(colors, dither=Image.Dither.NONE).save(small, optimize=True)
        if small.stat().st_size < LARGEST or colors <= 8:
            return
        colors //= 2


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
    """Shrink the figures of a study into a folder, and return the lines that show them."""
    cells = []
    for number, title in TITLES.items():
        name = f"fig{number}.png"
        shrink(study / "figures" / name, folder / name)
        shown = f"![Figure {number}](figures/{name})"
        cells.append(f"**{number}** {title}<br>[{shown}](figures/{name})")
    rows = list(zip(cells[::2], cells[1::2], strict=True))
    return f"{origin(study)}, scaled down by `docs/gallery.py`.\n\n{marked.table(('', ''), rows)}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path, help="folder of its results")
    finished = parser.parse_args().study.resolve()
    marked.write(HERE / "gallery.md", "gallery", gallery(finished, HERE / "figures"))
    marked.write(HERE.parent / "README.md", "claims", claims(finished))
