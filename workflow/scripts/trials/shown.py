"""Stage trials: both twins at the starred points, repetition by repetition."""

from functools import partial

from spikerate.analysis import maps, trials
from spikerate.pipeline.job import run_job
from spikerate.tasks.registry import Task

with run_job(snakemake) as job:
    task = Task.from_dataset(job.load("task"))
    stars = maps.star(job.load("maps"), job.params.pop("learning_rates"))
    pick = partial(job.pick, "trained")
    job.save(trials.show(task, stars, pick, **job.params))
