"""Stage spectra: low-pass analysis of the best-learned points of a draw."""

from spikerate.pipeline.job import run_job
from spikerate.study import chunks
from spikerate.tasks.registry import Task

with run_job(snakemake) as job:
    task = Task.from_dataset(job.load("task"))
    maps = job.load("maps").sel(draw=int(job.wildcards.draw))
    job.save(chunks.spectra(task, maps, progress=True, keep=job.keeper(), **job.params))
