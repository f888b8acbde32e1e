"""Stage transfer: maps of errors and decoder correlation over the grid."""

from spikerate.analysis import maps
from spikerate.data import datasets

with datasets.job(snakemake) as job:
    job.save(maps.gather(job.each("chunks"), **job.params))
