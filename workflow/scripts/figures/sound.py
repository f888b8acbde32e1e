"""Stage figures: Ode to Joy as sound, the target and what both twins play after learning."""

from pathlib import Path

from spikerate.data.files import replacing
from spikerate.pipeline.job import run_job
from spikerate.report import sound

with run_job(snakemake) as job:
    for name, wave in sound.performances(job.load("demonstration")).items():
        with replacing(Path(job.output[name])) as path:
            sound.write(path, wave)
