"""The table of claims: a row each, as a file and as lines for a terminal."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd

from spikerate.study.claims import CLAIMS
from spikerate.study.verdicts import UNDECIDED, Part, Study, overall

COLUMNS = ["claim", "words", "statistic", "value", "low", "high", "criterion", "verdict"]
FULL = "the study paper, with N = 2000, 40 x 40 grids and 21 draws of 5 sizes, could decide"
MARK = " (undecided: "  # in the words of a claim, before the reason


def tables(study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The claims, and all their parts, a row each, with COLUMNS; claims are numbered from 1.

    The statistic of a claim is that of the part that decides.
    """
    claims, every = [], []
    for number, claim in enumerate(CLAIMS, start=1):
        parts = claim(study)
        claims.append(_row(study, number, claim.__name__, overall(parts)))
        every += [_row(study, number, claim.__name__, part) for part in parts]
    return pd.DataFrame(claims, columns=COLUMNS), pd.DataFrame(every, columns=COLUMNS)


def _row(study: Study, number: int, name: str, part: Part) -> dict:
    words = study.settings["criteria"][name]["words"]
    if part.verdict == UNDECIDED:
        words = f"{words}{MARK}{part.why}; {part.decisive or _decisive(study)})"
    kept = asdict(replace(part, why=""))
    return {"claim": number, "words": words} | {n: v for n, v in kept.items() if n in COLUMNS}


def _decisive(study: Study) -> str:
    """Scale that could decide what this study cannot."""
    if study.name == "paper":
        return "more draws could decide"
    return FULL


def words_and_why(words: str) -> tuple[str, str]:
    """Words of a claim as the config has them, and why it is undecided or ""."""
    claim, _, why = words.partition(MARK)
    return claim, why.removesuffix(")")


def text(table: pd.DataFrame) -> str:
    """Table of claims as lines of text for a terminal."""
    lines = []
    for row in table.itertuples():
        words, _ = words_and_why(row.words)
        found = "no interval"
        if np.isfinite(row.low):
            found = f"{row.value:.2g} [{row.low:.2g}, {row.high:.2g}]"
        lines.append(
            f"{row.claim:>2}  {row.verdict:<14}  {found:<24}  {row.criterion:<10}  {words}"
        )
    return "\n".join(lines)


def show(folder: Path) -> None:
    """Print the claims of a study and where its report is, if it has come so far.

    Parameters
    ----------
    folder : results/<study>
    """
    if (folder / "claims.csv").exists():
        print(text(pd.read_csv(folder / "claims.csv")))
    for name in ("report.html", "workflow.html"):
        if (folder / name).exists():
            print(folder / name)


if __name__ == "__main__":
    show(Path(sys.argv[1]))
