"""Write the tables in docs/speed.md from a finished benchmark: `python docs/speed.py`.

Reads results/benchmarks, which `make benchmark` writes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import cases
import marked
import publish
from targets import Record

ROOT = Path(__file__).parents[1]
NEURONS = 2000
COLUMNS = {  # heading of the column of each implementation
    cases.REFERENCE: "textbook",
    "spikerate numpy": "NumPy",
    "spikerate numba": "Numba",
    "spikerate numba single": "Numba, single",
    cases.STANDALONE: "Brian2 C++",
    cases.RUNTIME: "Brian2 Cython",
    cases.RESERVOIRPY: "reservoirpy",
}


def times(records: list[Record]) -> str:
    """Microseconds of each implementation at each task, for networks of NEURONS neurons."""
    rows = []
    for what, title in publish.TITLES.items():
        found = {
            r["implementation"]: publish.cell(r)
            for r in records
            if r["what"] == what and r["neurons"] == NEURONS
        }
        rows.append((title, *(found.get(name, "") for name in COLUMNS)))
    return marked.table((f"µs at N = {NEURONS}", *COLUMNS.values()), rows)


def targets(judged: list[Record]) -> str:
    """Each target and what was measured."""
    rows = [
        (t["what"], *publish.aim(t), publish.WORDS[t["met"]])
        for t in judged
        if t["measured"] is not None
    ]
    return marked.table(("", "target", "measured", ""), rows)


def text(folder: Path) -> str:
    """Text of docs/speed.md on the benchmark in a folder."""
    records, judged = (
        json.loads((folder / f"{name}.json").read_text()) for name in ("speed", "targets")
    )
    head = (
        f"One core of {publish.machine()}; a step is 0.05 ms of one network, an update one of RLS;"
        " in brackets, how many times faster than the textbook loop."
    )
    return "\n\n".join([head, times(records), targets(judged)])


if __name__ == "__main__":
    marked.write(ROOT / "docs" / "speed.md", "speed", text(ROOT / "results" / "benchmarks"))
