"""Figure 1: the neuron and its rate twin, and both networks before learning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from spikerate.figures import scale
from spikerate.figures.figure import About, Config, Figure, Job
from spikerate.marks import Words
from spikerate.study import sweep

if TYPE_CHECKING:
    from spikerate.figures.drawing.sheet import Sheet


def _inputs(config: Config) -> dict[str, str | list[str]]:
    return {"neuron": "simulate/neuron.nc", "untrained": "simulate/untrained.nc"}


def _params(config: Config) -> dict[str, Any]:
    return {"scale": sweep.scale_text(config, sweep.swept(config))}


def _scale(config: Config) -> dict[str, object]:
    return {"untrained networks": scale.neurons(config["network"])}


def _draw(job: Job) -> Sheet:
    from spikerate.figures.drawing import neuron

    return neuron.draw(job.load("neuron"), job.load("untrained"), job.params["scale"])


ABOUT: Annotated[About, Words] = About(
    title="A neuron and its rate twin",
    contents="The neuron and its rate twin, and both networks before learning",
    alt="traces and f-I curve of one neuron and its rate twin, and both networks before learning",
    caption="""\
A leaky integrate-and-fire neuron and its rate twin, and both networks before learning. A, one
neuron under a step of current: the filtered spike train fluctuates around the filtered rate. B,
spike rates counted in simulation lie on the closed-form f-I curve. C and D, filtered spike trains
and rates R of a few neurons of both networks, stacked on one scale. E, mean rates of all neurons:
without a decoder, the twins do not match neuron by neuron. F, distance between two runs that
start almost at the same state; a twin whose two runs become exactly equal is drawn at the bottom,
with a note.
""",
    inputs=_inputs,
    params=_params,
    scale=_scale,
)
FIGURE = Figure(ABOUT, _draw)
