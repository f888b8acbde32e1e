"""Stage figures: the neuron and its rate twin, and both networks before learning."""

from spikerate.figures import neuron
from spikerate.pipeline.job import run_job

with run_job(snakemake) as job:
    job.draw(neuron.draw(job.load("neuron"), job.load("untrained"), job.params["scale"]))
