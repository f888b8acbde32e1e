"""Stage train: FORCE-train one twin at the points of a chunk."""

from spikerate import chunks, datasets
from spikerate.tasks import Task

with datasets.job(snakemake) as job:
    task = Task.from_dataset(job.load("task"))
    points, where = job.params.pop("points"), job.wildcards
    job.save(chunks.train(
        task, where.network, points["Q"], points["G"], learning_rate=where.rate, progress=True,
        **job.params,
    ))  # fmt: skip
