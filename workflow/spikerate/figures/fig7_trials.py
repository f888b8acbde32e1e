"""Figure 7: bias and variance over repetitions, a block a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from spikerate.figures import scale
from spikerate.figures.figure import About, Config, Figure, Job
from spikerate.marks import Words
from spikerate.study import sweep

if TYPE_CHECKING:
    from spikerate.figures.drawing.sheet import Sheet


def _inputs(config: Config) -> dict[str, str | list[str]]:
    tasks, parts = config["trials"]["tasks"], ("maps", "shown")
    return {"maps_and_shown": [f"trials/{task}/{part}.nc" for task in tasks for part in parts]}


def _params(config: Config) -> dict[str, Any]:
    tasks = config["trials"]["tasks"]
    return {"tasks": tasks, "scale": sweep.scale_text(config, tasks)}


def _scale(config: Config) -> dict[str, object]:
    repeated = config["trials"]
    return (
        scale.swept(config, repeated["tasks"])
        | scale.draws(config)
        | {"repetitions": repeated["repetitions"], "shown": repeated["shown"]}
    )


def _draw(job: Job) -> Sheet:
    from spikerate.figures.drawing import trials

    return trials.draw(job.by_task("maps_and_shown"), job.params["scale"])


ABOUT: Annotated[About, Words] = About(
    title="Bias and variance",
    contents="Bias and variance over repetitions",
    alt="maps of bias and variance, and runs of both twins repetition by repetition",
    caption="""\
Squared bias, variance, and the share of variance in their sum, over repetitions of the test in a
free run of each twin. They are mapped over the (Q, G) grid at each learning rate, and plotted
against each other.
Below, at the starred points of slow and fast learning: the spikes of five neurons, their filtered
currents and the readout, repetition by repetition. Where the phase can drift, each repetition is
cut from the run so that its peak falls on that of the target. Repetitions that are flat or not
finite are left out, and points where more than half are left out are hatched. Look for: whether
variance dominates the error of a spiking twin that has learned, and bias that of the rate twin,
whose repetitions nearly coincide.
""",
    inputs=_inputs,
    params=_params,
    scale=_scale,
)
FIGURE = Figure(ABOUT, _draw)
