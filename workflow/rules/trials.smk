# Stage trials: the trained task repeated, for the bias and the variance of its error.


rule repeat:
    input:
        task=f"{RESULTS}/tasks/{{task}}.nc",
        trained=f"{RESULTS}/train/{{task}}/{{network}}/{{rate}}/draw{{draw}}/chunk{{chunk}}.nc",
    output:
        data=f"{RESULTS}/trials/{{task}}/{{network}}/{{rate}}/draw{{draw}}/chunk{{chunk}}.nc",
    log:
        f"{LOGS}/trials/{{task}}/{{network}}/{{rate}}/draw{{draw}}/chunk{{chunk}}.log",
    benchmark:
        f"{BENCHMARKS}/trials/{{task}}/{{network}}/{{rate}}/draw{{draw}}/chunk{{chunk}}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=more(chunk_memory),
        runtime=more(120),
    params:
        settings=network_settings,
        repetitions=config["trials"]["repetitions"],
        sample_every=config["recording"]["sample_every"],
    script:
        "../scripts/trials/repeat.py"


rule repeat_maps:
    input:
        chunks=every_chunk("trials"),
    output:
        data=f"{RESULTS}/trials/{{task}}/maps.nc",
    log:
        f"{LOGS}/trials/{{task}}/maps.log",
    benchmark:
        f"{BENCHMARKS}/trials/{{task}}/maps.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    script:
        "../scripts/trials/maps.py"


rule repeat_shown:
    input:
        task=f"{RESULTS}/tasks/{{task}}.nc",
        maps=f"{RESULTS}/transfer/{{task}}/maps.nc",
        trained=every_chunk("train"),
    output:
        data=f"{RESULTS}/trials/{{task}}/shown.nc",
    log:
        f"{LOGS}/trials/{{task}}/shown.log",
    benchmark:
        f"{BENCHMARKS}/trials/{{task}}/shown.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=more(4000),
        runtime=more(60),
    params:
        learning_rates=[config["figures"]["slow"], config["figures"]["fast"]],
        settings=lambda w: sweep.network_settings(config, w.task, unused=("draw",)),
        repetitions=config["trials"]["shown"],
        sample_every=config["recording"]["sample_every"],
        recorded=config["recording"]["neurons"],
    script:
        "../scripts/trials/shown.py"
