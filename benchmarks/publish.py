"""The benchmark as tables in Markdown and as a picture."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

import matplotlib as mpl
from cases import IMPLEMENTATIONS
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from targets import Record

from spikerate import __version__
from spikerate.figures.drawing import sheet

TITLES = {
    "spiking_free_run": "spiking, free run",
    "spiking_training": "spiking, sine training",
    "rate_free_run_single": "rate, free run, alone",
    "rate_free_run_batch": "rate, free run, batch of 32",
    "rate_training_batch": "rate, sine training, batch of 32",
    "rls_update_few": "RLS update, few (240)",
    "rls_update_many": "RLS update, many (16,000)",
}
WORDS = {True: "met", False: "missed", None: "not measured"}
MARKERS = "osD^vPX"


def machine() -> str:
    """Processor of this machine."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def table(rows: list[list[str]], right: int = 1) -> str:
    """Markdown table, the first row its head, columns from `right` on aligned right."""
    rule = ["---"] * right + ["---:"] * (len(rows[0]) - right)
    return "\n".join(f"| {' | '.join(row)} |" for row in (rows[0], rule, *rows[1:]))


def three(value: float) -> str:
    """Number with three digits, without a power of ten."""
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def speed_table(records: list[Record]) -> str:
    """Times and ratios of every implementation, a table for each task."""
    parts = []
    for what, found in groupby(records, lambda r: r["what"]):
        group = list(found)
        sizes = sorted({r["neurons"] for r in group})
        names = [n for n in IMPLEMENTATIONS if any(r["implementation"] == n for r in group)]
        unit = "an update" if what.startswith("rls") else "a step of 0.05 ms and network"
        rows = [[f"µs {unit}", *(f"N = {n}" for n in sizes), "grows as"]]
        rows += [_speed_row(name, group, sizes) for name in names]
        parts.append(f"**{TITLES[what]}**\n\n{table(rows)}")
    return "\n\n".join(parts)


def _speed_row(name: str, group: list[Record], sizes: list[int]) -> list[str]:
    of = {r["neurons"]: r for r in group if r["implementation"] == name}
    cells = [cell(of.get(n)) for n in sizes]
    exponent = next(iter(of.values()))["growth_exponent"]
    return [name, *cells, "" if exponent is None else f"N^{exponent:.2f}"]


def cell(record: Record | None) -> str:
    """Microseconds and the ratio to the textbook loop, as text; empty for None."""
    if record is None:
        return ""
    ratio = record["ratio_to_textbook"]
    gain = "" if ratio is None or ratio == 1 else f" ({three(ratio)}x)"
    return three(record["microseconds"]) + gain


def target_table(judged: list[Record]) -> str:
    """Table of all targets, each met or missed."""
    rows = [["what", "target", "measured", "", "how"]]
    for t in judged:
        rows.append([t["what"], *aim(t), WORDS[t["met"]], t["note"]])
    return table(rows, right=len(rows[0]))


def aim(target: Record) -> tuple[str, str]:
    """A target and the measurement, as text with units."""
    sign, unit = "at least" if target["at_least"] else "at most", target["unit"]
    measured = "" if target["measured"] is None else f"{three(target['measured'])} {unit}"
    return f"{sign} {target['target']:g} {unit}", measured


def markdown(records: list[Record], judged: list[Record], limits: str) -> str:
    """The whole report."""
    head = (
        f"Measured on one core of {machine()} with Python {platform.python_version()} and"
        f" spikerate {__version__}; medians, in brackets how many times faster than the textbook"
        " loop."
    )
    return "\n\n".join([head, speed_table(records), target_table(judged), limits]) + "\n"


def picture(records: list[Record], path: Path) -> None:
    """Time against N, a panel for each task."""
    present = [n for n in IMPLEMENTATIONS if any(r["implementation"] == n for r in records)]
    colors = mpl.color_sequences["tab10"][: len(MARKERS)]
    styles = dict(zip(IMPLEMENTATIONS, zip(colors, MARKERS, strict=True), strict=True))
    with sheet.own_style():
        figure = sheet.Sheet(figsize=(11, 5.4), layout=sheet.Layout())
        axes = figure.subplots(2, 4, sharey=True)
        for axis, (what, title) in zip(axes.flat, TITLES.items(), strict=False):
            _panel(axis, [r for r in records if r["what"] == what], present, styles)
            axis.set_title(title, fontsize=9)
        for axis in axes[:, 0]:
            axis.set_ylabel("time (µs)")
        for axis in axes.flat:
            axis.set_xlabel("neurons N")
        handles = [
            Line2D([], [], color=styles[n][0], marker=styles[n][1], label=n) for n in present
        ]
        axes.flat[-1].axis("off")
        axes.flat[-1].legend(
            handles=handles,
            loc="center",
            frameon=False,
            fontsize=9,
            title=f"one core of {machine()}\na step of 0.05 ms and network,\nor an update",
        )
        figure.savefig(path, dpi=160)


def _panel(
    axis: Axes, records: list[Record], names: list[str], styles: Mapping[str, tuple[object, str]]
) -> None:
    for name in names:
        points = sorted(
            (r["neurons"], r["microseconds"]) for r in records if r["implementation"] == name
        )
        if points:
            color, marker = styles[name]
            axis.plot(*zip(*points, strict=True), color=color, marker=marker, ms=4, lw=1.2)
    sizes = sorted({r["neurons"] for r in records})
    axis.set(xscale="log", yscale="log")
    axis.set_xticks(sizes, sizes)
    axis.set_xticks([], minor=True)
    axis.grid(which="major", axis="y", lw=0.4, alpha=0.5)
