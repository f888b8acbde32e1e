"""Stage figures: bias and variance over repetitions, one block a task."""

from spikerate.figures import trials
from spikerate.pipeline.job import run_job

with run_job(snakemake) as job:
    shown = {task: tuple(found) for task, found in job.by_task("maps_and_shown").items()}
    job.draw(trials.draw(shown, job.params["scale"]))
