"""Stage trials: maps of bias and variance over the grid."""

from spikerate import datasets, trials

with datasets.job(snakemake) as job:
    job.save(trials.gather(job.each("chunks")))
