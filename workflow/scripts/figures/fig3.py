"""Stage figures: the demonstrations, one row a task."""

from spikerate.data import datasets
from spikerate.figures import demonstration

with datasets.job(snakemake) as job:
    shown = {task: found[0] for task, found in job.by_task("demonstrations").items()}
    job.draw(demonstration.draw(shown, job.params["scale"]))
