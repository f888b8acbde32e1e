"""Stage spectra: low-pass analysis of the best-learned points of a draw."""

from spikerate import chunks, datasets
from spikerate.tasks import Task

with datasets.job(snakemake) as job:
    task = Task.from_dataset(job.load("task"))
    maps = job.load("maps").sel(draw=int(job.wildcards.draw))
    job.save(chunks.spectra(task, maps, progress=True, keep=job.keeper(), **job.params))
