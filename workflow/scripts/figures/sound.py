"""Stage figures: Ode to Joy as sound, the target and what both twins play after learning."""

from pathlib import Path

from spikerate.data import datasets
from spikerate.data.files import replacing
from spikerate.report import sound

with datasets.job(snakemake) as job:
    for name, wave in sound.performances(job.load("demonstration")).items():
        with replacing(Path(job.output[name])) as path:
            sound.write(path, wave)
