"""Stage train: both twins of one size and draw, trained at the rates not done yet, and swapped."""

from functools import partial

from spikerate.pipeline.job import run_job
from spikerate.study import sizes
from spikerate.study.settings import typed
from spikerate.tasks.registry import Task

with run_job(snakemake) as job:
    task, params = Task.from_dataset(job.load("task")), typed(job.params)
    rates = params.pop("learning_rates")
    done = job.earlier(ignore_param="learning_rates")
    run = partial(sizes.train_and_swap, task, progress=True, checkpoint=job.checkpoint(), **params)
    job.save(sizes.compute_missing(done, rates, lambda missing: run(learning_rates=missing)))
