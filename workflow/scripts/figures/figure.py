"""Stage figures: one figure of the study."""

from spikerate.figures.registry import FIGURES
from spikerate.pipeline.job import run_job

with run_job(snakemake) as job:
    job.draw(FIGURES[job.params["figure"]].draw(job))
