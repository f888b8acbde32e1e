"""Stage simulate: both twins before learning."""

from spikerate.analysis import simulate
from spikerate.data import datasets

with datasets.job(snakemake) as job:
    job.save(simulate.untrained(**job.params))
