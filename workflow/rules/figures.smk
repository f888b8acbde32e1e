# Stage figures: each as PNG and PDF, drawn from datasets alone; and Ode to Joy as sound.


for number, figure in FIGURES.items():

    rule:
        name:
            f"fig{number}"
        input:
            **below_results(figure.about.inputs(config)),
        output:
            png=report(
                f"{RESULTS}/figures/fig{number}.png",
                caption="../report/figure.rst",
                category="Figures",
                labels={"figure": str(number), "title": figure.about.title},
            ),
            pdf=f"{RESULTS}/figures/fig{number}.pdf",
        log:
            f"{LOGS}/figures/fig{number}.log",
        benchmark:
            f"{BENCHMARKS}/figures/fig{number}.tsv"
        localrule: True
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            mem_mb=needed("mem_mb", f"fig{number}"),
            runtime=needed("runtime", f"fig{number}"),
        params:
            **figure.about.params(config),
            figure=number,
            caption=caption(figure),
        script:
            "../scripts/figures/figure.py"


rule sound:
    input:
        demonstration=f"{RESULTS}/train/demonstrations/ode_to_joy.nc",
    output:
        target=f"{RESULTS}/figures/ode_to_joy_target.wav",
        spiking=f"{RESULTS}/figures/ode_to_joy_spiking.wav",
        rate=f"{RESULTS}/figures/ode_to_joy_rate.wav",
    log:
        f"{LOGS}/figures/sound.log",
    benchmark:
        f"{BENCHMARKS}/figures/sound.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=needed("mem_mb", "sound"),
        runtime=needed("runtime", "sound"),
    script:
        "../scripts/figures/sound.py"
