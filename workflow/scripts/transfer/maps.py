"""Stage transfer: maps of errors and decoder correlation over the grid."""

from spikerate import datasets, maps

with datasets.job(snakemake) as job:
    job.save(maps.gather(job.each("chunks"), **job.params))
