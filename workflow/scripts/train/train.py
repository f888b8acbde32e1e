"""Stage train: FORCE-train one twin at the points of a chunk, those that are not done yet."""

from spikerate.pipeline.job import run_job
from spikerate.study import chunks
from spikerate.tasks.registry import Task

with run_job(snakemake) as job:
    task = Task.from_dataset(job.load("task"))
    points, where = job.params.pop("points"), job.wildcards
    done, keep = job.earlier(but="points"), job.keeper()

    def train(missing):
        """Train some of the points."""
        q, g = ([points[name][k] for k in missing] for name in ("Q", "G"))
        flags = {"learning_rate": where.rate, "progress": True, "keep": keep}
        return chunks.train(task, where.network, q, g, **flags, **job.params)

    job.save(chunks.extended(done, points, train))
