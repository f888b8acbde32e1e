"""Stage transfer: the starred points that are drawn, their outputs, neurons and decoders."""

from functools import partial

from spikerate import chunks, datasets, maps
from spikerate.tasks import Task

with datasets.job(snakemake) as job:
    task = Task.from_dataset(job.load("task"))
    stars = maps.star(job.load("maps"), job.params.pop("learning_rates"))
    pick = partial(job.pick, "trained")
    job.save(maps.starred(stars, pick, partial(chunks.swap, task, **job.params)))
