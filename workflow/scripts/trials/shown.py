"""Stage trials: both twins at the starred points, repetition by repetition."""

from functools import partial

from spikerate import datasets, maps, trials
from spikerate.tasks import Task

with datasets.job(snakemake) as job:
    task, stars = Task.from_dataset(job.load("task")), maps.star(job.load("maps"))
    pick = partial(job.pick, "trained")
    job.save(trials.show(task, stars, pick, **job.params))
