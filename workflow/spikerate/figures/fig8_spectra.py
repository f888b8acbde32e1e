"""Figure 8: slow learning as a low-pass filter on the principal components."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from spikerate.figures import scale
from spikerate.figures.figure import About, Config, Figure, Job
from spikerate.marks import Words
from spikerate.study import sweep

if TYPE_CHECKING:
    from spikerate.figures.drawing.sheet import Sheet


def _inputs(config: Config) -> dict[str, str | list[str]]:
    tasks, draws = sweep.analysed(config), range(config["draws"])
    return {"spectra": [f"spectra/{task}/draw{draw}.nc" for task in tasks for draw in draws]}


def _params(config: Config) -> dict[str, Any]:
    tasks = sweep.analysed(config)
    rule = config["learning"]["rule"]
    return {"tasks": tasks, "scale": sweep.scale_text(config, tasks), "rule": rule}


def _scale(config: Config) -> dict[str, object]:
    sizes = {
        task: scale.neurons(sweep.task_settings(config, task)) for task in sweep.analysed(config)
    }
    points = config["spectra"]["tasks"].items()
    return sizes | {f"points of {task}": count for task, count in points if count}


def _draw(job: Job) -> Sheet:
    from spikerate.figures.drawing import spectra

    return spectra.draw(job.by_task("spectra"), job.params["scale"], job.params["rule"])


ABOUT: Annotated[About, Words] = About(
    title="Slow learning as a low-pass filter",
    contents="Slow learning as a low-pass filter",
    alt="spectra, gains and alignment of the principal components of both twins",
    caption="""\
Slow learning as a low-pass filter on the principal components of the network's states, one block
for each task; medians and quartiles over the best-learned points. Spectra: both twins, from slow
(light) to fast learning (dark), with the cut of each learning rate (dashed: 1/alpha). Gain on the
components of each run's own states: it lies on the filter's curve (dashed) at every rate, as the
theory requires. Gain of the faster rates on the components of the slowest run: nothing forces it
onto the curve, because the states change with the decoder. Correlation of the trained decoders,
and the correlation that the filter alone predicts from the slowest run. Alignment of the twins'
components at the slowest and at the fastest rate, the share of the span of the leading components
that the twins have in common, and the correlation of the decoders on the leading components only,
at each rate (purple). The filter is a theory of recursive least squares: where the study learns by
another rule, the legend says so, and nothing forces any gain onto the curve.
""",
    inputs=_inputs,
    params=_params,
    scale=_scale,
)
FIGURE = Figure(ABOUT, _draw)
