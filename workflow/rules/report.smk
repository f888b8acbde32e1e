# Stage report: one page with the claims, the figures, the cost and the provenance.

import re
from pathlib import Path

from spikerate.figures.texts import figure_texts
from spikerate.study import config as configs

# What the page is filled into: a param, as an input would have another path in each clone, and a
# function, as Snakemake would fill in a text itself.
TEMPLATE = Path(CLONE, "workflow", "report", "report.html.j2").read_text("utf-8")
PLACED = adapter.placed(workflow, BENCHMARKS)


rule report:
    input:
        claims=f"{RESULTS}/claims.csv",
        parts=f"{RESULTS}/claims/parts.csv",
        figures=collect(f"{RESULTS}/figures/fig{{number}}.png", number=FIGURES),
        sounds=collect(f"{RESULTS}/figures/ode_to_joy_{{voice}}.wav", voice=VOICES),
        maps=collect(f"{RESULTS}/transfer/{{task}}/maps.nc", task=TASKS),
        data=[
            *collect(f"{RESULTS}/train/demonstrations/{{task}}.nc", task=DEMONSTRATIONS),
            f"{RESULTS}/transfer/sizes.nc",
        ],
    output:
        page=f"{RESULTS}/report.html",
    log:
        f"{LOGS}/report/report.log",
    benchmark:
        f"{BENCHMARKS}/report/report.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=needed("mem_mb", "report"),
        runtime=needed("runtime", "report"),
    params:
        template=lambda w: TEMPLATE,
        texts=lambda w: figure_texts(config, configs.load("paper")),
        config=config,
        tasks=TASKS,
        scale=SCALE,
        benchmarks=PLACED,
        patterns=lambda w: {
            name: re.sub(r",[^{}]*", "", str(ruled.benchmark)).removeprefix(f"{PLACED}/")
            for name, ruled in RULES.items()
            if ruled.benchmark
        },
    script:
        "../scripts/report/report.py"
