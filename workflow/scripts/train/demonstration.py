"""Stage train: one pair of twins before, during and after learning."""

from spikerate.pipeline.job import run_job
from spikerate.study import demonstration
from spikerate.tasks.registry import Task

with run_job(snakemake) as job:
    task = Task.from_dataset(job.load("task"))
    shown = job.params.pop("shown")
    job.save(
        demonstration.both_networks(
            task, progress=True, checkpoint=job.checkpoint(), **shown, **job.params
        )
    )
