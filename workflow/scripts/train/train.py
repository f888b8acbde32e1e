"""Stage train: FORCE-train the networks of a chunk, those that are not done yet."""

from spikerate.pipeline.job import run_job
from spikerate.study.points import compute_missing
from spikerate.study.settings import typed
from spikerate.study.train import train
from spikerate.tasks.registry import Task

with run_job(snakemake) as job:
    task, params = Task.from_dataset(job.load("task")), typed(job.params)
    points, where = params.pop("points"), job.wildcards
    done, checkpoint = job.earlier(ignore_param="points"), job.checkpoint()

    def run(missing):
        """Train some of the points."""
        q, g = ([points[name][k] for k in missing] for name in ("Q", "G"))
        flags = {"speed": where.speed, "progress": True, "checkpoint": checkpoint}
        return train(task, where.kind, q, g, **flags, **params)

    job.save(compute_missing(done, points, run))
