"""Stage figures: slow learning as a low-pass filter on the principal components."""

from spikerate.data import datasets
from spikerate.figures import spectra

with datasets.job(snakemake) as job:
    job.draw(spectra.draw(job.by_task("spectra"), job.params["scale"]))
