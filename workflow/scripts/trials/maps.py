"""Stage trials: maps of bias and variance over the grid."""

from spikerate.analysis import trials
from spikerate.data import datasets

with datasets.job(snakemake) as job:
    job.save(trials.gather(job.each("chunks")))
