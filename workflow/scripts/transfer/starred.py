"""Stage transfer: the starred point of each learning rate, its outputs, neurons and decoders."""

from functools import partial

from spikerate import datasets, maps, transfer
from spikerate.tasks import Task

with datasets.job(snakemake) as job:
    task = Task.from_dataset(job.load("task"))
    pickers = [partial(datasets.pick, job.input[name]) for name in ("runs", "trained")]
    stars = maps.star(job.load("maps"), transfer.measure(task))
    job.save(maps.starred(stars, *pickers))
