"""Stage spectra: low-pass analysis of the best-learned points of a draw."""

from spikerate.pipeline.job import run_job
from spikerate.study import spectra
from spikerate.tasks.registry import Task

with run_job(snakemake) as job:
    task = Task.from_dataset(job.load("task"))
    maps = job.load("maps").sel(draw=int(job.wildcards.draw))
    job.save(
        spectra.retrain_best(task, maps, progress=True, checkpoint=job.checkpoint(), **job.params)
    )
