"""Stage train: FORCE-train one twin at the points of a chunk, those that are not done yet."""

from functools import partial

from spikerate import chunks, datasets
from spikerate.tasks import Task

with datasets.job(snakemake) as job:
    task = Task.from_dataset(job.load("task"))
    points, where = job.params.pop("points"), job.wildcards
    done = job.earlier(but="points")
    flags = {"progress": True, "keep": job.keeper(), "learning_rate": where.rate}
    train = partial(chunks.train, task, where.network, **flags, **job.params)
    job.save(chunks.extended(done, points["Q"], points["G"], train))
