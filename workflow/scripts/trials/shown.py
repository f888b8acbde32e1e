"""Stage trials: both twins at the starred points, repetition by repetition."""

from functools import partial

from spikerate.analysis import maps, trials
from spikerate.pipeline.job import run_job
from spikerate.study.settings import typed
from spikerate.tasks.registry import Task

with run_job(snakemake) as job:
    task, params = Task.from_dataset(job.load("task")), typed(job.params)
    stars = maps.star(job.load("maps"), params.pop("learning_rates"))
    pick = partial(job.pick, "trained")
    job.save(trials.show(task, stars, pick, **params))
