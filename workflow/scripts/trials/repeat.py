"""Stage trials: bias and variance over repetitions of the test, for the points of a chunk."""

from spikerate.analysis import trials
from spikerate.pipeline.job import run_job
from spikerate.study import chunks
from spikerate.tasks.registry import Task

with run_job(snakemake) as job:
    task = Task.from_dataset(job.load("task"))
    points = job.params.pop("points")
    trained = chunks.chosen(job.each("trained"), points)
    done, keep = job.earlier(but="points", apart=("trained",)), job.keeper()
    points["origin"] = chunks.origin(trained)

    def repeat(missing):
        """Repeat the test of some of the points."""
        own, network = trained.isel(point=missing), job.wildcards.network
        return trials.chunk(task, network, own, keep=keep, **job.params)

    job.save(chunks.extended(done, points, repeat))
