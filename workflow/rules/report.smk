# Stage report: one page with the claims, the figures, the cost and the provenance.


rule report:
    input:
        claims=f"{RESULTS}/claims.csv",
        parts=f"{RESULTS}/claims/parts.csv",
        figures=collect(f"{RESULTS}/figures/fig{{number}}.png", number=FIGURES),
        captions=collect(
            f"{workflow.basedir}/workflow/report/fig{{number}}.rst",
            number=FIGURES,
        ),
        sounds=collect(f"{RESULTS}/figures/ode_to_joy_{{voice}}.wav", voice=VOICES),
        maps=collect(f"{RESULTS}/transfer/{{task}}/maps.nc", task=TASKS),
        data=[
            *collect(f"{RESULTS}/train/demonstrations/{{task}}.nc", task=DEMONSTRATIONS),
            f"{RESULTS}/transfer/sizes.nc",
        ],
        template=f"{workflow.basedir}/workflow/report/report.html.j2",
    output:
        page=f"{RESULTS}/report.html",
    log:
        f"{LOGS}/report/report.log",
    benchmark:
        f"{BENCHMARKS}/report/report.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        config=config,
        tasks=TASKS,
        scale=SCALE,
        benchmarks=BENCHMARKS,
    script:
        "../scripts/report/report.py"
