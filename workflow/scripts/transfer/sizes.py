"""Stage transfer: errors and decoder correlation of all sizes and draws of the size sweep."""

from spikerate.analysis import sizes
from spikerate.pipeline.job import run_job

with run_job(snakemake) as job:
    job.save(sizes.gather(job.each("parts")))
