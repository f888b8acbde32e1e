"""Stage tasks: the training and test signals of a task."""

from spikerate.pipeline.job import run_job
from spikerate.tasks import registry as tasks

with run_job(snakemake) as job:
    options = job.params.pop("options")
    task = tasks.make(job.wildcards.task, **job.params, **options)
    job.save(task.to_dataset())
