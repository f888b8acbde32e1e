"""Stage figures: the FORCE scheme of both twins, and the parameters of the study."""

from spikerate.figures import scheme
from spikerate.pipeline.job import run_job

with run_job(snakemake) as job:
    job.draw(scheme.draw(job.params["parameters"], job.params["scale"]))
