"""Stage trials: bias and variance over repetitions of the test, for the points of a chunk."""

from spikerate.pipeline.job import run_job
from spikerate.study import trials
from spikerate.study.points import compute_missing, select, source_hashes
from spikerate.study.settings import typed
from spikerate.tasks.registry import Task

with run_job(snakemake) as job:
    task, params = Task.from_dataset(job.load("task")), typed(job.params)
    points = params.pop("points")
    trained = select(job.each("trained"), points)
    done = job.earlier(ignore_param="points", ignore_inputs=("trained",))
    checkpoint = job.checkpoint()
    points["source_hash"] = source_hashes(trained)

    def run(missing):
        """Repeat the test of some of the points."""
        own, kind = trained.isel(point=missing), job.wildcards.kind
        return trials.repeat(task, kind, own, checkpoint=checkpoint, **params)

    job.save(compute_missing(done, points, run))
