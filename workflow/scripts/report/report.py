"""Stage report: one page with the claims, the figures, the cost and the provenance."""

from pathlib import Path

import pandas as pd

from spikerate.data.files import replacing
from spikerate.pipeline.cost import Costs
from spikerate.pipeline.job import run_job
from spikerate.pipeline.workload import MB
from spikerate.report import costs, media, origins, page, verdicts

with run_job(snakemake) as job:
    config, claims = job.params["config"], pd.read_csv(job.input.claims)
    maps = {task: found[0] for task, found in job.by_task("maps").items()}
    model, benchmarks = Costs(config), job.params["benchmarks"]

    def expected_of(rule, wildcards):
        """Seconds and MB of a job by the cost model."""
        expected = model.of(rule, wildcards)
        return expected.seconds(), expected.memory / MB

    text = page.render(
        job.params["template"],
        study=config["study"],
        scale=job.params["scale"].removeprefix(f"study {config['study']}: "),
        claims=verdicts.judged(claims),
        parts=verdicts.judged(pd.read_csv(job.input.parts)),
        tally=verdicts.tally(claims),
        figures=media.figures(job.input.figures, job.params["texts"]),
        sounds=media.sounds(job.input.get("sounds", [])),
        settings=config["claims"],
        silent=verdicts.silent(maps),
        cutoff=f"{config['errors']['l2_cutoff']:g}",
        cost=costs.used(benchmarks),
        estimate=costs.estimated_and_used(benchmarks, job.params["patterns"], expected_of),
        provenance=origins.provenance([*maps.values(), *job.each("data")], config),
        config=origins.as_yaml(config),
    )
    with replacing(Path(job.output.page)) as path:
        path.write_text(text, encoding="utf-8")
