"""Stage claims: what was measured for each claim, how sure it is, and whether it holds."""

from spikerate.pipeline.job import run_job
from spikerate.study import claims_table
from spikerate.study.verdicts import Study

with run_job(snakemake) as job:
    swept, repeated, analysed = (job.params.pop(n) for n in ("swept", "repeated", "analysed"))
    study = Study(
        maps={task: found[0] for task, found in job.by_task("maps", swept).items()},
        trials={task: found[0] for task, found in job.by_task("trials", repeated).items()},
        sizes=job.load("sizes"),
        spectra=job.by_task("spectra", analysed),
        **job.params,
    )
    table, parts = claims_table.tables(study)
    job.tabulate(table, "table")
    job.tabulate(parts, "parts")
