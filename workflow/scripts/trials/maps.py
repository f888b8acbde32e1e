"""Stage trials: maps of bias and variance over the grid."""

from spikerate.analysis import trials
from spikerate.pipeline.job import run_job

with run_job(snakemake) as job:
    job.save(trials.gather(job.each("chunks")))
