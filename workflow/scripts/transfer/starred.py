"""Stage transfer: the starred point of each learning rate, its outputs, neurons and decoders."""

from functools import partial

from spikerate import datasets, maps

with datasets.job(snakemake) as job:
    pickers = [partial(datasets.pick, job.input[name]) for name in ("runs", "trained")]
    job.save(maps.starred(maps.star(job.load("maps")), *pickers))
