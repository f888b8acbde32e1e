# Stage spectra: slow learning as a low-pass filter on the principal components.


rule spectra:
    input:
        task=f"{RESULTS}/tasks/{{task}}.nc",
        maps=f"{RESULTS}/transfer/{{task}}/maps.nc",
    output:
        data=f"{RESULTS}/spectra/{{task}}/draw{{draw}}.nc",
    log:
        f"{LOGS}/spectra/{{task}}/draw{{draw}}.log",
    benchmark:
        f"{BENCHMARKS}/spectra/{{task}}/draw{{draw}}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=needed("mem_mb", "spectra"),
        runtime=needed("runtime", "spectra"),
    params:
        settings=network_settings,
        learning_rates=lambda w: sweep.learning_rates(config, w.task),
        points=lambda w: config["spectra"]["tasks"][w.task],
        components=config["spectra"]["components"],
        training=training,
    script:
        "../scripts/spectra/spectra.py"
