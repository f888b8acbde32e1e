"""The claims as the page shows them, with what was measured beside each criterion."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from spikerate.figures.names import readable
from spikerate.study.claims_table import words_and_why
from spikerate.study.verdicts import FAILED, REPRODUCED, UNDECIDED

MARGIN = 0.08  # left and right of an interval, as a share of the width of its drawing


def judged(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table of `claims.tables`, with what the page shows."""
    return [_judged(row) for row in table.to_dict("records")]


def _judged(row: dict[str, Any]) -> dict[str, Any]:
    words, why = words_and_why(row["words"])
    ends = f" [{number(row['low'])}, {number(row['high'])}]" if np.isfinite(row["low"]) else ""
    found = f"{number(row['value'])}{ends}" if np.isfinite(row["value"]) else "none"
    return row | {"words": words, "why": why, "found": found, "gauge": _gauge(row)}


def number(value: float) -> str:
    """Number with two decimals and a real minus; two significant digits if it is below 0.01."""
    short = f"{value:.2f}" if abs(value) >= 0.01 or value == 0 else f"{value:.1e}"
    return minus(short.replace("e-0", "e-").replace("-0.00", "0.00"))


def _gauge(row: dict[str, Any]) -> dict[str, Any] | None:
    """Positions of an interval, its value and its criterion, in % of the width of the drawing."""
    if not np.isfinite([row["low"], row["high"]]).all():
        return None
    side, limit = row["criterion"].split()
    values = {name: float(row[name]) for name in ("low", "value", "high")} | {"limit": float(limit)}
    least, most = min(values.values()), max(values.values())
    room = (most - least) or 1.0
    left, width = least - MARGIN * room, room * (1 + 2 * MARGIN)
    found = {name: round(100 * (value - left) / width, 2) for name, value in values.items()}
    shaded = (found["limit"], 100 - found["limit"]) if side == "above" else (0, found["limit"])
    return found | {"side": [round(part, 2) for part in shaded]}


def silent(maps: dict[str, xr.Dataset]) -> str:
    """List of the tasks in whose test a readout of zero is under the cutoff, as text.

    Parameters
    ----------
    maps : datasets of `maps.gather`, by task
    """
    under = (n for n, m in maps.items() if m.attrs["untrained"] < m.attrs["l2_cutoff"])
    names = [readable(task) for task in under]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def tally(table: pd.DataFrame) -> dict[str, int]:
    """Number of claims with each verdict."""
    counts = table["verdict"].value_counts()
    return {word: int(counts.get(word, 0)) for word in (REPRODUCED, FAILED, UNDECIDED)}


def minus(text: str) -> str:
    """Text with a real minus in place of each hyphen."""
    return text.replace("-", "\N{MINUS SIGN}")
