"""Stage transfer: maps of errors and decoder correlation over the grid."""

from spikerate.analysis import maps
from spikerate.pipeline.job import run_job

with run_job(snakemake) as job:
    job.save(maps.gather(job.each("chunks"), **job.params))
