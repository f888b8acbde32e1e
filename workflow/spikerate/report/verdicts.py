"""The claims as the page shows them: what was found, relative to its criterion."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from spikerate.figures.names import plain
from spikerate.study.claims_table import words_and_why
from spikerate.study.verdicts import FAILED, REPRODUCED, UNDECIDED

MARGIN = 0.08  # of the width of the drawing of an interval, left and right


def judged(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table of `claims.tables`, as the page shows them."""
    return [_judged(row) for row in table.to_dict("records")]


def _judged(row: dict[str, Any]) -> dict[str, Any]:
    words, why = words_and_why(row["words"])
    ends = f" [{number(row['low'])}, {number(row['high'])}]" if np.isfinite(row["low"]) else ""
    found = f"{number(row['value'])}{ends}" if np.isfinite(row["value"]) else "none"
    return row | {"words": words, "why": why, "found": found, "gauge": _gauge(row)}


def number(value: float) -> str:
    """Number with two decimals, or two significant digits if those would be zero; a real minus."""
    short = f"{value:.2f}" if abs(value) >= 0.01 or value == 0 else f"{value:.1e}"
    return minus(short.replace("e-0", "e-").replace("-0.00", "0.00"))


def _gauge(row: dict[str, Any]) -> dict[str, Any] | None:
    """Places, in % of the width, of an interval, its value and its criterion."""
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
    """Tasks in whose test a readout that stays at zero is under the cutoff, in words, or "".

    Parameters
    ----------
    maps : of `maps.gather`, by task
    """
    under = (n for n, m in maps.items() if m.attrs["untrained"] < m.attrs["l2_cutoff"])
    names = [plain(task) for task in under]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def tally(table: pd.DataFrame) -> dict[str, int]:
    """How many claims have each verdict."""
    counts = table["verdict"].value_counts()
    return {word: int(counts.get(word, 0)) for word in (REPRODUCED, FAILED, UNDECIDED)}


def minus(text: str) -> str:
    """Number with a real minus."""
    return text.replace("-", "\N{MINUS SIGN}")
