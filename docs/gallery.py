"""Make the README's gallery from a finished study: `python docs/gallery.py results/laptop`.

Writes small copies of the figures to docs/figures, and the README's lines that show them, with the
study and the commit that made them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import marked
from PIL import Image

from spikerate.data import datasets

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
            found.add(dataset.attrs["commit"][:7])
    return sorted(found)


def gallery(study: Path, folder: Path) -> str:
    """Shrink the figures of a study into a folder, and return the README's lines on them."""
    cells = []
    for number, title in TITLES.items():
        name = f"fig{number}.png"
        shrink(study / "figures" / name, folder / name)
        shown = f"![Figure {number}](docs/figures/{name})"
        cells.append(f"**{number}** {title}<br>[{shown}](docs/figures/{name})")
    found = commits(study)
    made = (
        f"Study `{study.name}` at commit{'s' * (len(found) > 1)} {', '.join(found)}, scaled down by"
    )
    rows = list(zip(cells[::2], cells[1::2], strict=True))
    return f"{made} `docs/gallery.py`.\n\n{marked.table(('', ''), rows)}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path, help="folder of its results")
    text = gallery(parser.parse_args().study.resolve(), HERE / "figures")
    marked.write(HERE.parent / "README.md", "gallery", text)
