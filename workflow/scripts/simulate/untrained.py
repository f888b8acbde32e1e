"""Stage simulate: both twins before learning."""

from spikerate.analysis import simulate
from spikerate.pipeline.job import run_job
from spikerate.study.settings import typed

with run_job(snakemake) as job:
    job.save(simulate.untrained(**typed(job.params)))
