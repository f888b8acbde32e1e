"""Stage transfer: the starred points that are drawn, their outputs, neurons and decoders."""

from functools import partial

from spikerate.analysis import maps
from spikerate.pipeline.job import run_job
from spikerate.study.settings import typed
from spikerate.study.transfer import swap
from spikerate.tasks.registry import Task

with run_job(snakemake) as job:
    task, params = Task.from_dataset(job.load("task")), typed(job.params)
    stars = maps.star(job.load("maps"), params.pop("learning_rates"))
    pick = partial(job.pick, "trained")
    job.save(maps.starred(stars, pick, partial(swap, task, **params)))
