"""Stage transfer: run the points of a chunk with their own and the other twin's decoders."""

from spikerate.pipeline.job import run_job
from spikerate.study import chunks
from spikerate.tasks.registry import Task

with run_job(snakemake) as job:
    task = Task.from_dataset(job.load("task"))
    points, sources = job.params.pop("points"), ("own", "other")
    own, other = (chunks.chosen(job.each(name), points) for name in sources)
    done, keep = job.earlier(but="points", apart=sources), job.keeper()
    points["origin"] = chunks.origin(own, other)

    def swap(missing):
        """Swap the decoders of some of the points."""
        pair = own.isel(point=missing), other.isel(point=missing)
        return chunks.swap(task, job.wildcards.network, *pair, keep=keep, **job.params)

    job.save(chunks.extended(done, points, swap))
