"""Stage simulate: one neuron and its rate twin, and their f-I curves."""

from spikerate.analysis import simulate
from spikerate.pipeline.job import run_job

with run_job(snakemake) as job:
    job.save(simulate.neuron_response(**job.params))
