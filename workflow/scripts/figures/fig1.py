"""Stage figures: the neuron and its rate twin, and both networks before learning."""

from spikerate.data import datasets
from spikerate.figures import neuron

with datasets.job(snakemake) as job:
    job.draw(neuron.draw(job.load("neuron"), job.load("untrained"), job.params["scale"]))
