"""Figure 6: errors over the grid at each learning rate, and how they change with size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from spikerate.figures import scale
from spikerate.figures.figure import About, Config, Figure, Job
from spikerate.marks import Words
from spikerate.study import sweep

if TYPE_CHECKING:
    from spikerate.figures.drawing.sheet import Sheet


def _inputs(config: Config) -> dict[str, str | list[str]]:
    maps = [f"transfer/{task}/maps.nc" for task in config["figures"]["maps"]]
    return {"maps": maps, "sizes": "transfer/sizes.nc"}


def _params(config: Config) -> dict[str, Any]:
    tasks = config["figures"]["maps"]
    return {"tasks": tasks, "scale": sweep.scale_text(config, tasks)}


def _scale(config: Config) -> dict[str, object]:
    sizes = config["sizes"]
    return (
        scale.swept(config, config["figures"]["maps"])
        | scale.draws(config)
        | {"sizes": " to ".join(str(end(sizes["neurons"])) for end in (min, max))}
        | {"draws of each size": sizes["draws"]}
    )


def _draw(job: Job) -> Sheet:
    from spikerate.figures.drawing import sizes

    maps = {task: found[0] for task, found in job.by_task("maps").items()}
    return sizes.draw(maps, job.load("sizes"), job.params["scale"])


ABOUT: Annotated[About, Words] = About(
    title="Learning rate and network size",
    contents="Four learning rates, and error against network size",
    alt="maps of error at each learning rate, and error and decoder correlation against size",
    caption="""\
A, the errors of both twins over the (Q, G) grid at four learning rates, slow to fast, as medians
over draws. Points under the cutoff are outlined in white; points where the network diverged are
hatched. B, error against network size for each learning rate and twin: draws, medians, the power
law fitted to all draws, and its slope with a 95 % interval (dotted: -1/2). C, correlation of the
twins' decoders against size, mean and 95 % interval over draws. Look for: whether faster learning
makes the maps of the rate twin darker and its slopes steeper, but not those of the spiking twin.
""",
    inputs=_inputs,
    params=_params,
    scale=_scale,
)
FIGURE = Figure(ABOUT, _draw)
