# Stage figures: each as PNG and PDF, drawn from datasets alone.


rule fig1:
    input:
        neuron=f"{RESULTS}/simulate/neuron.nc",
        untrained=f"{RESULTS}/simulate/untrained.nc",
    output:
        png=report(f"{RESULTS}/figures/fig1.png", caption="../report/fig1.rst", category="Figures"),
        pdf=f"{RESULTS}/figures/fig1.pdf",
    log:
        f"{LOGS}/figures/fig1.log",
    benchmark:
        f"{BENCHMARKS}/figures/fig1.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=needed("mem_mb", "fig1"),
        runtime=needed("runtime", "fig1"),
    params:
        scale=SCALE,
    script:
        "../scripts/figures/fig1.py"


rule fig2:
    output:
        png=report(f"{RESULTS}/figures/fig2.png", caption="../report/fig2.rst", category="Figures"),
        pdf=f"{RESULTS}/figures/fig2.pdf",
    log:
        f"{LOGS}/figures/fig2.log",
    benchmark:
        f"{BENCHMARKS}/figures/fig2.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=needed("mem_mb", "fig2"),
        runtime=needed("runtime", "fig2"),
    params:
        parameters={name: config[name] for name in ("dt", "neuron", "errors")}
        | {
            "tasks": {
                task: {
                    name: value
                    for name, value in sweep.task_settings(config, task).items()
                    if name not in ("chunk", "options", "warm_up")
                }
                | {"learning_rates": sweep.learning_rates(config, task)}
                for task in TASKS
            }
        },
        scale=SCALE,
    script:
        "../scripts/figures/fig2.py"


rule fig3:
    input:
        demonstrations=collect(f"{RESULTS}/train/demonstrations/{{task}}.nc", task=DEMONSTRATIONS),
    output:
        png=report(f"{RESULTS}/figures/fig3.png", caption="../report/fig3.rst", category="Figures"),
        pdf=f"{RESULTS}/figures/fig3.pdf",
    log:
        f"{LOGS}/figures/fig3.log",
    benchmark:
        f"{BENCHMARKS}/figures/fig3.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=needed("mem_mb", "fig3"),
        runtime=needed("runtime", "fig3"),
    params:
        tasks=DEMONSTRATIONS,
        scale=SCALE,
    script:
        "../scripts/figures/fig3.py"


rule fig4:
    input:
        maps_and_starred=collect(
            f"{RESULTS}/transfer/{{task}}/{{part}}.nc",
            task=config["figures"]["learning"],
            part=["maps", "starred"],
        ),
    output:
        png=report(f"{RESULTS}/figures/fig4.png", caption="../report/fig4.rst", category="Figures"),
        pdf=f"{RESULTS}/figures/fig4.pdf",
    log:
        f"{LOGS}/figures/fig4.log",
    benchmark:
        f"{BENCHMARKS}/figures/fig4.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=needed("mem_mb", "fig4"),
        runtime=needed("runtime", "fig4"),
    params:
        tasks=config["figures"]["learning"],
        learning_rate=config["figures"]["slow"],
        scale=sweep.scale_text(config, config["figures"]["learning"]),
    script:
        "../scripts/figures/learning.py"


use rule fig4 as fig5 with:
    output:
        png=report(f"{RESULTS}/figures/fig5.png", caption="../report/fig5.rst", category="Figures"),
        pdf=f"{RESULTS}/figures/fig5.pdf",
    log:
        f"{LOGS}/figures/fig5.log",
    benchmark:
        f"{BENCHMARKS}/figures/fig5.tsv"
    params:
        tasks=config["figures"]["learning"],
        learning_rate=config["figures"]["fast"],
        scale=sweep.scale_text(config, config["figures"]["learning"]),


rule fig6:
    input:
        maps=collect(f"{RESULTS}/transfer/{{task}}/maps.nc", task=config["figures"]["maps"]),
        sizes=f"{RESULTS}/transfer/sizes.nc",
    output:
        png=report(f"{RESULTS}/figures/fig6.png", caption="../report/fig6.rst", category="Figures"),
        pdf=f"{RESULTS}/figures/fig6.pdf",
    log:
        f"{LOGS}/figures/fig6.log",
    benchmark:
        f"{BENCHMARKS}/figures/fig6.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=needed("mem_mb", "fig6"),
        runtime=needed("runtime", "fig6"),
    params:
        tasks=config["figures"]["maps"],
        scale=sweep.scale_text(config, config["figures"]["maps"]),
    script:
        "../scripts/figures/fig6.py"


rule fig7:
    input:
        maps_and_shown=collect(
            f"{RESULTS}/trials/{{task}}/{{part}}.nc",
            task=config["trials"]["tasks"],
            part=["maps", "shown"],
        ),
    output:
        png=report(f"{RESULTS}/figures/fig7.png", caption="../report/fig7.rst", category="Figures"),
        pdf=f"{RESULTS}/figures/fig7.pdf",
    log:
        f"{LOGS}/figures/fig7.log",
    benchmark:
        f"{BENCHMARKS}/figures/fig7.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=needed("mem_mb", "fig7"),
        runtime=needed("runtime", "fig7"),
    params:
        tasks=config["trials"]["tasks"],
        scale=sweep.scale_text(config, config["trials"]["tasks"]),
    script:
        "../scripts/figures/fig7.py"


rule fig8:
    input:
        spectra=collect(
            f"{RESULTS}/spectra/{{task}}/draw{{draw}}.nc",
            task=sweep.analysed(config),
            draw=DRAWS,
        ),
    output:
        png=report(f"{RESULTS}/figures/fig8.png", caption="../report/fig8.rst", category="Figures"),
        pdf=f"{RESULTS}/figures/fig8.pdf",
    log:
        f"{LOGS}/figures/fig8.log",
    benchmark:
        f"{BENCHMARKS}/figures/fig8.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=needed("mem_mb", "fig8"),
        runtime=needed("runtime", "fig8"),
    params:
        tasks=sweep.analysed(config),
        scale=sweep.scale_text(config, sweep.analysed(config)),
    script:
        "../scripts/figures/fig8.py"


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
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=needed("mem_mb", "sound"),
        runtime=needed("runtime", "sound"),
    script:
        "../scripts/figures/sound.py"
