"""Stage figures: slow learning as a low-pass filter on the principal components."""

from spikerate.figures import spectra
from spikerate.pipeline.job import run_job

with run_job(snakemake) as job:
    job.draw(spectra.draw(job.by_task("spectra"), job.params["scale"]))
