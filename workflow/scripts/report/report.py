"""Stage report: one page with the claims, the figures, the cost and the provenance."""

from pathlib import Path

import pandas as pd

from spikerate.data.files import replacing
from spikerate.pipeline import cost
from spikerate.pipeline.job import run_job
from spikerate.report import page as report
from spikerate.study import config as configs

with run_job(snakemake) as job:
    config, claims = job.params["config"], pd.read_csv(job.input.claims)
    texts = job.params["texts"]
    maps = {task: found[0] for task, found in job.by_task("maps").items()}
    page = report.render(
        texts["report.html.j2"],
        study=config["study"],
        scale=job.params["scale"].removeprefix(f"study {config['study']}: "),
        claims=report.judged(claims),
        parts=report.judged(pd.read_csv(job.input.parts)),
        tally=report.tally(claims),
        figures=report.figures(
            job.input.figures, texts, report.scales(config, configs.load("paper"))
        ),
        sounds=report.sounds(job.input.get("sounds", [])),
        settings=config["claims"],
        silent=report.silent(maps),
        cutoff=f"{config['errors']['l2_cutoff']:g}",
        cost=report.cost(job.params["benchmarks"]),
        foreseen=report.foreseen(
            job.params["benchmarks"], job.params["patterns"], cost.Costs(config)
        ),
        provenance=report.provenance([*maps.values(), *job.each("data")], config),
        config=report.as_yaml(config),
    )
    with replacing(Path(job.output.page)) as path:
        path.write_text(page, encoding="utf-8")
