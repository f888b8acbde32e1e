"""Stage simulate: both twins before learning."""

from spikerate import datasets, simulate

with datasets.job(snakemake) as job:
    job.save(simulate.untrained(**job.params))
