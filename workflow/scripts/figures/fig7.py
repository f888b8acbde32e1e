"""Stage figures: bias and variance over repetitions, one block a task."""

from spikerate.data import datasets
from spikerate.figures import trials

with datasets.job(snakemake) as job:
    shown = {task: tuple(found) for task, found in job.by_task("maps_and_shown").items()}
    job.draw(trials.draw(shown, job.params["scale"]))
