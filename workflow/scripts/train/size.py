"""Stage train: both twins of one size and draw, trained at all learning rates and swapped."""

from spikerate import datasets, sizes
from spikerate.tasks import Task

with datasets.job(snakemake) as job:
    task = Task.from_dataset(job.load("task"))
    job.save(sizes.train_and_swap(task, progress=True, keep=job.keeper(), **job.params))
