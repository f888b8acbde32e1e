"""Figure 3: the demonstrations, a block a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from spikerate.figures import scale
from spikerate.figures.figure import About, Config, Figure, Job
from spikerate.marks import Words
from spikerate.study import sweep

if TYPE_CHECKING:
    from spikerate.figures.drawing.sheet import Sheet


def _inputs(config: Config) -> dict[str, str | list[str]]:
    tasks = config["figures"]["demonstrations"]
    return {"demonstrations": [f"train/demonstrations/{task}.nc" for task in tasks]}


def _params(config: Config) -> dict[str, Any]:
    return {
        "tasks": config["figures"]["demonstrations"],
        "scale": sweep.scale_text(config, sweep.swept(config)),
    }


def _scale(config: Config) -> dict[str, object]:
    tasks = config["figures"]["demonstrations"]
    return {task: scale.neurons(config["demonstrations"][task]) for task in tasks}


def _draw(job: Job) -> Sheet:
    from spikerate.figures.drawing import demonstration

    shown = {task: found[0] for task, found in job.by_task("demonstrations").items()}
    return demonstration.draw(shown, job.params["scale"])


ABOUT: Annotated[About, Words] = About(
    title="Demonstrations",
    contents="Demonstrations, with the Lorenz attractor",
    alt="outputs of both twins over their targets, one block for each task",
    caption="""\
Pairs of twins with the same task and the same weights, before, during (grey) and after learning.
The first task is shown in full: the output over the dashed target, filtered currents of a few
neurons, their decoder weights, and the norm of each update of the decoder. For the other tasks,
the outputs of both twins (at most five) are stacked over the target. The Lorenz attractor is also
shown in its three planes, with each maximum of z plotted against the one before; the target is
grey. Look for: after learning, both twins keep following the target, the rate twin smoothly and
the spiking twin with noise.
""",
    inputs=_inputs,
    params=_params,
    scale=_scale,
)
FIGURE = Figure(ABOUT, _draw)
