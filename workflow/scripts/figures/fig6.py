"""Stage figures: errors over the grid at each learning rate, and how they change with size."""

from spikerate.figures import sizes
from spikerate.pipeline.job import run_job

with run_job(snakemake) as job:
    maps = {task: found[0] for task, found in job.by_task("maps").items()}
    job.draw(sizes.draw(maps, job.load("sizes"), job.params["scale"]))
