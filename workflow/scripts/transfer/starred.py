"""Stage transfer: the starred point of each learning rate, its outputs, neurons and decoders."""

from functools import partial

from spikerate import chunks, datasets, maps
from spikerate.tasks import Task

with datasets.job(snakemake) as job:
    task = Task.from_dataset(job.load("task"))
    pick = partial(job.pick, "trained")
    swap = partial(chunks.swap, task, **job.params)
    job.save(maps.starred(maps.star(job.load("maps")), pick, swap))
