"""Stage transfer: run the points of a chunk with their own and the other twin's decoders."""

from spikerate import chunks, datasets
from spikerate.tasks import Task

with datasets.job(snakemake) as job:
    task = Task.from_dataset(job.load("task"))
    own, other = job.load("own"), job.load("other")
    network, keep = job.wildcards.network, job.keeper()
    job.save(chunks.swap(task, network, own, other, keep=keep, **job.params))
