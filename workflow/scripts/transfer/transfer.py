"""Stage transfer: run the points of a chunk with their own and the other twin's decoders."""

from spikerate.pipeline.job import run_job
from spikerate.study.points import compute_missing, select, source_hashes
from spikerate.study.settings import typed
from spikerate.study.transfer import swap
from spikerate.tasks.registry import Task

with run_job(snakemake) as job:
    task, params = Task.from_dataset(job.load("task")), typed(job.params)
    points, sources = params.pop("points"), ("own", "other")
    own, other = (select(job.each(name), points) for name in sources)
    done = job.earlier(ignore_param="points", ignore_inputs=sources)
    checkpoint = job.checkpoint()
    points["source_hash"] = source_hashes(own, other)

    def run(missing):
        """Swap the decoders of some of the points."""
        pair = own.isel(point=missing), other.isel(point=missing)
        return swap(task, job.wildcards.kind, *pair, checkpoint=checkpoint, **params)

    job.save(compute_missing(done, points, run))
