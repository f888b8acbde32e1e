"""Stage simulate: one neuron and its rate twin, and their f-I curves."""

from spikerate import datasets, simulate

with datasets.job(snakemake) as job:
    job.save(simulate.neuron_response(**job.params))
