"""Stage figures: Ode to Joy as sound, the target and what both twins play after learning."""

from pathlib import Path

from spikerate import datasets, sound
from spikerate.files import replacing

with datasets.job(snakemake) as job:
    for name, wave in sound.performances(job.load("demonstration")).items():
        with replacing(Path(job.output[name])) as path:
            sound.write(path, wave)
