"""Stage train: one pair of twins before, during and after learning."""

from spikerate.pipeline.job import run_job
from spikerate.study.demonstration import both_networks
from spikerate.study.settings import typed
from spikerate.tasks.registry import Task

with run_job(snakemake) as job:
    task, params = Task.from_dataset(job.load("task")), typed(job.params)
    job.save(both_networks(task, progress=True, checkpoint=job.checkpoint(), **params))
