"""Stage figures: slow (Figure 4) or fast (Figure 5) learning over the grid, one column a task."""

from spikerate.figures import learning
from spikerate.pipeline.job import run_job

with run_job(snakemake) as job:
    shown = {task: tuple(found) for task, found in job.by_task("maps_and_starred").items()}
    job.draw(learning.draw(shown, job.params["learning_rate"], job.params["scale"]))
