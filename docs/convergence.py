"""Error of both numerics of the rate twin against step size: `python docs/convergence.py`.

Draws docs/figures/convergence.png and writes the table in docs/method.md. Takes a minute.
Each network is trained first, on the 5 Hz sine, and then run freely for half a period of it. Its
readout is compared with that of the `exact` numerics at a twentieth of the shortest step.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import marked
import numpy as np
import pandas as pd

from spikerate.figures.drawing import sheet, style
from spikerate.learning import force
from spikerate.model import networks
from spikerate.model.lif import LIF
from spikerate.model.network import Network, State
from spikerate.model.synapse import DoubleExponential
from spikerate.tasks import registry as tasks

HERE = Path(__file__).parent
DT, DURATION, SAMPLE = 5e-5, 0.1, 5e-4  # s; runs are compared at each SAMPLE
CASES = {  # bias (mV), Q (mV) and G (mV s), on a steep and on a smooth part of the f-I curve
    "at rheobase, as in the study": (-40.0, 20.0, 0.1),
    "far above rheobase": (40.0, 60.0, 0.3),
}
STEPS = {  # s; each divides SAMPLE
    "published": np.array([1e-4, 5e-5, 2.5e-5, 1.25e-5]),
    "exact": np.array([5e-4, 2.5e-4, 1.25e-4, 5e-5, 2.5e-5]),
}
TICKS = (0.0125, 0.025, 0.05, 0.1, 0.25, 0.5)  # ms
FINEST = 1.25e-6  # s, of the reference
MARKERS = {"published": "o", "exact": "s"}
LABELS = {"published": "published (Euler)", "exact": "exact (ETD-AB2)"}


class Case:
    """A rate network trained on the sine, and its free runs at any step."""

    def __init__(self, neurons: int, bias: float, *strengths: float):
        neuron = asdict(LIF(bias=bias)) | asdict(DoubleExponential())
        self.settings: dict[str, Any] = {
            "neurons": neurons,
            "neuron": neuron,
            "seed": 2,
            "product_width": 1,
        }
        self.strengths = strengths
        twin, start = self.draw()
        task = tasks.make("sine", DT)
        trained = force.train(
            twin,
            start,
            task.train.target,
            5e-4,
            update_steps=100,
            warm_up_steps=2000,
            repetitions=6,
        )
        self.fit = trained["training_nrmse"].item()
        self.decoder, self.state = trained["decoder"].values, force.state_of(twin, trained)

    def draw(self, **settings: Any) -> tuple[Network, State]:
        """Untrained network and its state."""
        return networks.draw("rate", *self.strengths, **self.settings, **settings)

    def readout(self, step: float, numerics: str) -> np.ndarray:
        """Readout (sample,) at each SAMPLE of a free run."""
        # The exact numerics take the longest steps that divide the sampling: sample every step.
        dt = min(step, 2.5e-5) if numerics == "exact" else step
        every = round(step / dt)
        twin, _ = self.draw(dt=dt, numerics=numerics)
        _, trace = twin.advance(self.state.copy(), self.decoder, round(DURATION / dt), None, every)
        return trace.readout[0, :: round(SAMPLE / step), 0]

    def crossings(self) -> float:
        """Share of the neurons whose current crosses rheobase in a free run."""
        twin, _ = self.draw()
        state, sides = self.state.copy(), []
        for _ in range(round(DURATION / SAMPLE)):
            current = self.current(twin, state)
            sides.append(current > twin.neuron.rheobase)
            state, _ = twin.advance(state, self.decoder, round(SAMPLE / DT))
        above = np.mean(sides, axis=0)
        return float(((above > 0) & (above < 1)).mean())

    def current(self, twin: Network, state: State) -> np.ndarray:
        """Input currents (neuron,), mV."""
        signal = twin.readout(state, twin.decoder(self.decoder))
        return state.synaptic[0] + signal[0] @ twin.weights.feedback()[0] + twin.neuron.bias


def measure(neurons: int) -> pd.DataFrame:
    """Rms errors of the readout, with columns case, numerics, step (s), error, crossing, fit."""
    rows = []
    for name, constants in CASES.items():
        case = Case(neurons, *constants)
        reference, crossing = case.readout(FINEST, "exact"), case.crossings()
        for numerics, steps in STEPS.items():
            for step in steps:
                error = np.sqrt(np.mean((case.readout(step, numerics) - reference) ** 2))
                rows.append((name, numerics, step, error, crossing, case.fit))
    return pd.DataFrame(rows, columns=["case", "numerics", "step", "error", "crossing", "fit"])


def order(part: pd.DataFrame) -> float:
    """Slope of log error against log step."""
    return np.polyfit(np.log(part["step"]), np.log(part["error"]), 1)[0]


@sheet.own_style()
def draw(found: pd.DataFrame) -> sheet.Sheet:
    """Draw the errors, a panel for each case, with lines of order 1 and 2."""
    figure = sheet.Sheet(figsize=(5.9, 2.5), layout=sheet.Layout())
    axes = figure.subplots(1, 2, sharex=True, sharey=True)
    for panel, (name, part) in zip(axes, found.groupby("case", sort=False), strict=True):
        for numerics, own in part.groupby("numerics"):
            color = style.PALETTE["rate"] if numerics == "exact" else style.PALETTE["input"]
            label = f"{LABELS[numerics]}, order {order(own):.1f}"
            panel.loglog(
                own["step"] * 1e3,
                own["error"],
                color=color,
                label=label,
                marker=MARKERS[numerics],
                ms=3,
            )
            last = own.nsmallest(1, "step").iloc[0]
            span = np.array([last["step"], own["step"].max()])
            slope = 2 if numerics == "exact" else 1
            line = last["error"] * (span / last["step"]) ** slope
            panel.loglog(span * 1e3, line, color=color, lw=0.6, ls=":")
        crossing = part["crossing"].iloc[0]
        panel.set(title=f"{name}\n{crossing:.0%} of the neurons cross it", xlabel="step (ms)")
        panel.legend(loc="lower right")
        panel.set_xticks(TICKS, labels=[f"{tick:g}" for tick in TICKS])
        panel.minorticks_off()
    axes[0].set(ylabel="rms error of the readout", ylim=(3e-8, 0.2))
    return figure


def table(found: pd.DataFrame) -> str:
    """Orders, and errors at the steps that matter, as a table in Markdown."""
    rows = []
    for (name, numerics), part in found.groupby(["case", "numerics"], sort=False):
        step = 5e-5 if numerics == "published" else 5e-4
        error = part.loc[np.isclose(part["step"], step), "error"].item()
        shown = f"{step * 1e3:g} ms", f"{error:.1e}", f"{order(part):.1f}"
        rows.append((name, f"`{numerics}`", *shown))
    return marked.table(("Bias", "Numerics", "Step", "Rms error there", "Order"), rows)


def main(arguments: list[str] | None = None) -> None:
    """Measure, draw and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--neurons", type=int, default=300)
    parser.add_argument("--output", type=Path, help="folder for convergence.png and convergence.md")
    chosen = parser.parse_args(arguments)
    found = measure(chosen.neurons)
    picture = (chosen.output or HERE / "figures") / "convergence.png"
    draw(found).savefig(picture, dpi=150)
    if chosen.output:
        picture.with_suffix(".md").write_text(table(found))
    else:
        marked.write(HERE / "method.md", "convergence", table(found))
    print(found.to_string())


if __name__ == "__main__":
    main()
