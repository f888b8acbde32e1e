"""Stage figures: the demonstrations, one row a task."""

from spikerate.figures import demonstration
from spikerate.pipeline.job import run_job

with run_job(snakemake) as job:
    shown = {task: found[0] for task, found in job.by_task("demonstrations").items()}
    job.draw(demonstration.draw(shown, job.params["scale"]))
