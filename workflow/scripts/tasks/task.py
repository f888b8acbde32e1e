"""Stage tasks: the training and test signals of a task."""

from spikerate import datasets, tasks

with datasets.job(snakemake) as job:
    task = tasks.make(job.wildcards.task, **job.params)
    job.save(task.to_dataset())
