"""Figure 2: the FORCE scheme of both twins, and the parameters of the study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from spikerate.figures import scale
from spikerate.figures.figure import About, Config, Figure, Job
from spikerate.marks import Words
from spikerate.study import sweep

if TYPE_CHECKING:
    from spikerate.figures.drawing.sheet import Sheet

UNSHOWN = ("chunk", "options", "warm_up")  # settings of a task


def _inputs(config: Config) -> dict[str, str | list[str]]:
    return {}


def _params(config: Config) -> dict[str, Any]:
    tasks = sweep.swept(config)
    shown = {name: config[name] for name in ("dt", "neuron", "errors")}
    shown["rule"] = config["learning"]["rule"]
    shown["tasks"] = {task: _settings(config, task) for task in tasks}
    return {"parameters": shown, "scale": sweep.scale_text(config, tasks)}


def _settings(config: Config, task: str) -> dict[str, Any]:
    settings = sweep.task_settings(config, task)
    shown = {name: v for name, v in settings.items() if name not in UNSHOWN}
    return shown | {"learning_rates": sweep.learning_rates(config, task)}


def _scale(config: Config) -> dict[str, object]:
    return scale.swept(config, sweep.swept(config))


def _draw(job: Job) -> Sheet:
    from spikerate.figures.drawing import scheme

    return scheme.draw(job.params["parameters"], job.params["scale"])


ABOUT: Annotated[About, Words] = About(
    title="The FORCE scheme",
    contents="The FORCE scheme and the parameters",
    alt="diagram of the FORCE scheme, and a table of the parameters",
    caption="""\
The FORCE scheme and the parameters. A, in both twins an encoder (eta) feeds the readout back into
a fixed recurrent network (omega), which may also receive an input (psi). A learning
rule (dashed), recursive least squares (RLS) in the paper, changes the decoder (phi) so that the
readout follows the target. The twins share
all weights and settings, and differ only in what a neuron sends: spikes or its rate. B, the
values of this study: the constants of the neuron and, below them, one column for each task that
is swept.
""",
    inputs=_inputs,
    params=_params,
    scale=_scale,
)
FIGURE = Figure(ABOUT, _draw)
