"""Stage trials: bias and variance over repetitions of the test, for the points of a chunk."""

from spikerate import datasets, trials
from spikerate.tasks import Task

with datasets.job(snakemake) as job:
    task = Task.from_dataset(job.load("task"))
    trained, network = job.load("trained"), job.wildcards.network
    job.save(trials.chunk(task, network, trained, keep=job.keeper(), **job.params))
