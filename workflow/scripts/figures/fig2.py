"""Stage figures: the FORCE scheme of both twins, and the parameters of the study."""

from spikerate.data import datasets
from spikerate.figures import scheme

with datasets.job(snakemake) as job:
    job.draw(scheme.draw(job.params["parameters"], job.params["scale"]))
