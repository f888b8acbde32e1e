"""What Figures 4 and 5 share: learning over the grid, slow and fast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spikerate.figures import scale
from spikerate.figures.figure import Config, Job
from spikerate.study import sweep

if TYPE_CHECKING:
    from spikerate.figures.drawing.sheet import Sheet


def inputs(config: Config) -> dict[str, str | list[str]]:
    """Maps and starred runs of each task, below results/<study>."""
    tasks, parts = config["figures"]["learning"], ("maps", "starred")
    return {"maps_and_starred": [f"transfer/{task}/{part}.nc" for task in tasks for part in parts]}


def params(config: Config, speed: str) -> dict[str, Any]:
    """Params of the rule; `speed` is `slow` or `fast`, and the config names its learning rate."""
    tasks = config["figures"]["learning"]
    return {
        "tasks": tasks,
        "speed": config["figures"][speed],
        "scale": sweep.scale_text(config, tasks),
    }


def scale_of(config: Config) -> dict[str, object]:
    """What sets the scale of both figures."""
    return scale.swept(config, config["figures"]["learning"]) | scale.draws(config)


def draw(job: Job) -> Sheet:
    """Draw one of the two figures."""
    from spikerate.figures.drawing import learning

    shown = job.by_task("maps_and_starred")
    return learning.draw(shown, job.params["speed"], job.params["scale"])
