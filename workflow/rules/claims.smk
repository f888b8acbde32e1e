# Stage claims: what was measured for each claim, with what certainty, and whether it holds.


rule claims:
    input:
        maps=collect(f"{RESULTS}/transfer/{{task}}/maps.nc", task=TASKS),
        trials=collect(f"{RESULTS}/trials/{{task}}/maps.nc", task=config["trials"]["tasks"]),
        sizes=f"{RESULTS}/transfer/sizes.nc",
        spectra=collect(
            f"{RESULTS}/spectra/{{task}}/draw{{draw}}.nc",
            task=sweep.analysed(config),
            draw=DRAWS,
        ),
    output:
        table=report(f"{RESULTS}/claims.csv", category="Claims"),
        parts=f"{RESULTS}/claims/parts.csv",
    log:
        f"{LOGS}/claims/claims.log",
    benchmark:
        f"{BENCHMARKS}/claims/claims.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=needed("mem_mb", "claims"),
        runtime=needed("runtime", "claims"),
    params:
        name=config["study"],
        swept=TASKS,
        repeated=config["trials"]["tasks"],
        analysed=sweep.analysed(config),
        neurons={task: sweep.task_settings(config, task)["neurons"] for task in TASKS},
        slow=config["figures"]["slow"],
        fast=config["figures"]["fast"],
        seed=config["seed"],
        rule=config["learning"]["rule"],
        settings=config["claims"],
    script:
        "../scripts/claims/claims.py"
