"""Stage spectra: low-pass analysis of the best-learned points of a draw."""

from spikerate.pipeline.job import run_job
from spikerate.study import spectra
from spikerate.study.settings import typed
from spikerate.tasks.registry import Task

with run_job(snakemake) as job:
    task, params = Task.from_dataset(job.load("task")), typed(job.params)
    maps = job.load("maps").sel(draw=int(job.wildcards.draw))
    job.save(spectra.retrain_best(task, maps, progress=True, checkpoint=job.checkpoint(), **params))
