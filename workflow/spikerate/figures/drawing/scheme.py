"""Figure 2: the FORCE scheme of both twins, and the parameters of the study."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from spikerate.figures import names
from spikerate.figures.drawing import sheet, style
from spikerate.learning.registry import RLS
from spikerate.model import networks
from spikerate.model.kinds import KINDS
from spikerate.model.neuron import Floats

Table = list[tuple[str, ...]]  # rows, the heading first
Place = tuple[float, float]  # x and y, cm

CURRENT = (
    r"current$\quad I = \mathbf{s} + \eta\,\hat{\mathbf{x}} + \psi\,\mathbf{u}"
    r" + \mathrm{bias}, \quad \mathbf{s} = \omega\,\mathbf{R}, \quad"
    r" \hat{\mathbf{x}} = \phi\,\mathbf{R}$"
)
ERROR = r"error$\quad \mathbf{e} = \hat{\mathbf{x}} - \mathbf{x}"
RECURSIVE = (  # least squares
    ERROR + r", \quad \mathbf{k} = P\,\mathbf{R}, \quad"
    r" c = 1 / (1 + \mathbf{R}^\top \mathbf{k})$",
    r"RLS$\quad P \leftarrow P - c\,\mathbf{k}\,\mathbf{k}^\top, \quad"
    r" \phi \leftarrow \phi - c\,\mathbf{e}\,\mathbf{k}^\top, \quad P(0) = \alpha\,\mathbf{1}$",
)
ANY_RULE = r"$\quad \phi \leftarrow \phi - \mathbf{e}\,\mathbf{g}^\top$, g the rule's gain"
PLACES = np.array(
    [
        (-0.75, 0.35),
        (-0.2, 0.85),
        (0.5, 0.7),
        (0.85, 0.0),
        (0.1, 0.15),
        (-0.6, -0.4),
        (0.05, -0.75),
        (0.65, -0.6),
    ]
)
SYNAPSES = ((0, 1), (1, 4), (4, 3), (3, 2), (2, 1), (4, 5), (5, 0), (5, 6), (6, 7), (7, 4), (7, 3))
ABREAST = 4  # tasks in one table
CONSTANTS = ((0.0, "left"), (0.15, "left"), (0.85, "right"), (0.88, "left"))


@sheet.own_style()
def draw(parameters: dict[str, Any], scale: str) -> sheet.Sheet:
    """Draw Figure 2.

    Parameters
    ----------
    parameters : `dt`, `neuron` and `errors` of the config, the learning `rule`, and under `tasks`
        the settings of each task that is swept
    scale : line at the foot that gives the scale of the study
    """
    tables = [constants(parameters), *tasks(parameters["tasks"])]
    height = max(10.5, 0.43 * sum(len(rows) + 1 for rows in tables) + 1.2)
    figure = sheet.sheet(height, scale)
    left, right = figure.subplots(1, 2, width_ratios=(1.3, 1))
    for axes in (left, right):
        axes.set_axis_off()
    style.label(left, "A", "one pair of twins: the same weights, task and learning")
    style.label(right, "B", "parameters of the study")
    model, _ = networks.constants(parameters["neuron"])
    formulas = {"spiking": model.formula, "rate": model.rate_formula}
    _scheme(left, formulas, parameters["rule"])
    _tables(right, tables)
    return figure


def _scheme(axes: Axes, formulas: dict[str, str], rule: str) -> None:
    """Both twins side by side, each with its formula, above what they share; in cm."""
    axes.set(xlim=(0, 11), ylim=(0, 9.3), aspect="equal", anchor="NW")
    for x, twin in zip((0.1, 5.75), KINDS, strict=True):
        _twin(axes, x, twin, formulas[twin], rule.upper())
    axes.add_patch(FancyBboxPatch((0.15, 0.15), 10.6, 2.35, "round,pad=0.1", fc="0.95", ec="none"))
    axes.text(0.3, 2.3, "shared by the twins: ω, η, ψ, the task, and learning", va="center")
    for k, line in enumerate((CURRENT, *_learning(rule))):
        axes.text(0.5, 1.72 - 0.62 * k, line, fontsize=8, va="center")


def _learning(rule: str) -> tuple[str, str]:
    """Formulas of the error and of an update."""
    return RECURSIVE if rule == RLS else (f"{ERROR}$", f"{rule.upper()}{ANY_RULE}")


def _twin(axes: Axes, x: float, twin: str, formula: str, rule: str) -> None:
    """Reservoir, decoder, feedback, target and update of one twin, `x` cm from the left."""
    color, centre = style.PALETTE[twin], np.array([x + 1.95, 6.55])
    axes.text(x, 9.1, f"{twin} twin", color=color, fontweight="bold", va="center")
    _reservoir(axes, centre, color)
    readout, error, target = ((x + 4.45, y) for y in (6.55, 7.7, 8.75))
    for place, text in (
        (readout, r"$\hat{\mathbf{x}}$"),
        (error, r"$\mathbf{e}$"),
        (target, r"$\mathbf{x}$"),
    ):
        axes.add_patch(Circle(place, 0.27, fc="w", ec="k", lw=0.8))
        axes.text(*place, text, ha="center", va="center", fontsize=8)
    axes.text(target[0] - 0.4, target[1], "target", ha="right", va="center")
    axes.text(error[0] + 0.07, error[1] + 0.5, "\N{MINUS SIGN}", va="center")
    axes.text(error[0] + 0.07, error[1] - 0.55, "+", va="center")
    _arrow(axes, (target[0], target[1] - 0.27), (error[0], error[1] + 0.27))
    _arrow(axes, (readout[0], readout[1] + 0.27), (error[0], error[1] - 0.27))
    _arrow(axes, (x + 3.25, 6.55), (readout[0] - 0.27, readout[1]), color=style.LEARNING, lw=1.6)
    axes.text(x + 3.65, 6.3, "φ", color=style.LEARNING, fontsize=9, va="center", ha="center")
    _arrow(
        axes,
        (error[0] - 0.27, error[1]),
        (x + 3.65, 6.65),
        bend=0.35,
        color=style.LEARNING,
        ls="--",
    )
    axes.text(x + 3.5, 7.6, rule, color=style.LEARNING, ha="right", va="center")
    _arrow(axes, (readout[0], readout[1] - 0.27), (x + 2.45, 5.33), bend=-0.45)
    axes.text(x + 3.75, 5.1, "η feedback", ha="left", va="center")
    _arrow(axes, (x + 0.15, 8.45), (x + 1.15, 7.6))
    axes.text(x + 0.2, 8.55, r"$\mathbf{u}$", ha="center", fontsize=8)
    axes.text(x + 0.75, 8.2, "ψ input", va="center")
    _trace(axes, x, twin)
    axes.text(x, 3.1, formula, va="center", fontsize=7.5)


def _reservoir(axes: Axes, centre: Floats, color: str) -> None:
    """Neurons and the synapses among them."""
    places = [tuple(place) for place in centre + PLACES]
    axes.add_patch(Circle(tuple(centre), 1.3, fc=(*to_rgb(color), 0.08), ec=color, lw=1.0))
    for start, end in SYNAPSES:
        _arrow(axes, places[start], places[end], color="0.55", lw=0.6, shrink=4, bend=0.15)
    for place in places:
        axes.add_patch(Circle(place, 0.13, fc=color, ec="none", zorder=3))
    axes.text(centre[0] - 1.4, centre[1] - 1.2, "ω", ha="center", va="center", fontsize=9)


def _trace(axes: Axes, x: float, twin: str) -> None:
    """What a neuron sends: spikes or a rate, both filtered to R."""
    color, time = style.PALETTE[twin], np.linspace(0, 1, 200)
    rate = np.exp(-(((time - 0.5) / 0.22) ** 2))
    if twin == "spiking":
        spikes = np.interp(np.arange(0.5, 14) / 14, np.cumsum(rate) / rate.sum(), time)
        axes.vlines(x + 2.0 * spikes, 3.75, 4.25, color=color, lw=0.8)
        word = "spikes"
    else:
        axes.plot(x + 2.0 * time, 3.75 + 0.5 * rate, color=color)
        word = "rate f(I)"
    course = rf"{word} $\rightarrow$ synapse $\rightarrow\;\mathbf{{R}}$"
    axes.text(x + 2.15, 4.0, course, va="center")


def _arrow(
    axes: Axes, start: Place, end: Place, bend: float = 0.0, shrink: float = 0.0, **look: Any
) -> None:
    line: dict[str, Any] = {"color": "k", "lw": 0.9} | look
    arrow = FancyArrowPatch(
        start,
        end,
        arrowstyle="-|>",
        connectionstyle=f"arc3,rad={bend}",
        mutation_scale=6,
        shrinkA=shrink,
        shrinkB=shrink,
        **line,
    )
    axes.add_patch(arrow)


def constants(parameters: dict[str, Any]) -> Table:
    """Table of the constants: symbol, meaning, value and unit."""
    model, synapse = networks.constants(parameters["neuron"])
    rows = []
    for part in fields(model):  # type: ignore[arg-type]  # each neuron model is a dataclass
        told, value = part.metadata, getattr(model, part.name)
        shown, unit = (_ms(value), "ms") if told["unit"] == "s" else (style.number(value), "mV")
        rows.append((told["symbol"], told["meaning"], shown, unit))
    return [
        ("symbol", "meaning", "value", "unit"),
        *rows,
        (r"τ$_\mathrm{r}$", "rise time of the synapse", _ms(synapse.tau_rise), "ms"),
        ("dt", "time step", _ms(parameters["dt"]), "ms"),
        ("", "error cutoff", style.number(parameters["errors"]["l2_cutoff"]), ""),
    ]


def tasks(settings: dict[str, dict[str, Any]]) -> list[Table]:
    """Tables of settings: a row for each setting, and a column for each of up to ABREAST tasks."""
    tasks = list(settings)
    return [
        _tasks({name: settings[name] for name in tasks[k : k + ABREAST]})
        for k in range(0, len(tasks), ABREAST)
    ]


def _tasks(settings: dict[str, dict[str, Any]]) -> Table:
    """One of these tables."""
    own = list(settings.values())
    rates = {word: alpha for task in own for word, alpha in task["learning_rates"].items()}
    shown: dict[str, Callable[[dict[str, Any]], str]] = {
        "N, neurons": lambda s: style.number(s["neurons"]),
        "p, nonzero share": lambda s: style.number(s["sparsity"]),
        "Q, of η (mV)": lambda s: _range(s["grid"]["encoder_strength"]),
        "G, of ω (mV s)": lambda s: _range(s["grid"]["reservoir_strength"]),
        "points, Q by G": lambda s: " by ".join(str(axis["points"]) for axis in s["grid"].values()),
        r"τ$_\mathrm{d}$, decay (ms)": lambda s: _ms(s["neuron"]["tau_decay"]),
        "update every (ms)": lambda s: _ms(s["update_every"]),
        "runs, train / test": lambda s: f"{s['train_repetitions']} / {s['test_repetitions']}",
    }
    rows = [("", *(names.name(task) for task in settings))]
    rows += [(what, *(show(task) for task in own)) for what, show in shown.items()]
    for word in sorted(rates, key=lambda word: rates[word]):
        alphas = (task["learning_rates"].get(word) for task in own)
        rows.append(
            (rf"$\alpha$, {word}", *("-" if a is None else style.number(a) for a in alphas))
        )
    return rows


def _ms(seconds: float) -> str:
    return style.number(1e3 * seconds)


def _range(axis: dict[str, Any]) -> str:
    first, last = (style.number(axis[end]) for end in ("first", "last"))
    return f"{first}-{last}" if axis["points"] > 1 else first


def _tables(axes: Axes, tables: Sequence[Table]) -> None:
    """Tables one below the other, each with its heading in bold between rules."""
    axes.set(xlim=(0, 1), ylim=(sum(len(rows) for rows in tables) + 0.3, 0))
    y = 0
    for rows in tables:
        axes.axhline(y, color="k", lw=0.8)
        axes.axhline(y + 1, color="k", lw=0.5)
        places = CONSTANTS if y == 0 else _places(len(rows[0]))
        for number, row in enumerate(rows):
            for (x, side), text in zip(places, row, strict=True):
                axes.text(
                    x,
                    y + number + 0.5,
                    text,
                    ha=side,
                    va="center",
                    fontsize=6.5,
                    fontweight="normal" if number else "bold",
                )
        y += len(rows)
    axes.axhline(y, color="k", lw=0.8)


def _places(columns: int) -> list[tuple[float, str]]:
    """Positions and alignments of the columns of a table of tasks."""
    return [(0.0, "left"), *((1 - 0.19 * k, "right") for k in reversed(range(columns - 1)))]
