# Stage trials: the trained task repeated, for the bias and the variance of its error.


rule repeat:
    input:
        task=f"{RESULTS}/tasks/{{task}}.nc",
        trained=trained("trials", "own"),
    output:
        # The old file stays until it is replaced: its points that are still wanted are not rerun.
        data=update(f"{RESULTS}/trials/{{task}}/{{kind}}/{{speed}}/draw{{draw}}/chunk{{chunk}}.nc"),
    log:
        f"{LOGS}/trials/{{task}}/{{kind}}/{{speed}}/draw{{draw}}/chunk{{chunk}}.log",
    benchmark:
        f"{BENCHMARKS}/trials/{{task}}/{{kind}}/{{speed}}/draw{{draw}}/chunk{{chunk}}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=needed("mem_mb", "repeat"),
        runtime=needed("runtime", "repeat"),
    params:
        settings=network_settings,
        points=chunk_points("trials"),
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
    localrule: True
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=needed("mem_mb", "repeat_maps"),
        runtime=needed("runtime", "repeat_maps"),
    script:
        "../scripts/trials/maps.py"


rule repeat_shown:
    input:
        task=f"{RESULTS}/tasks/{{task}}.nc",
        maps=f"{RESULTS}/transfer/{{task}}/maps.nc",
        trained=every_chunk("train", DRAWN),
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
        mem_mb=needed("mem_mb", "repeat_shown"),
        runtime=needed("runtime", "repeat_shown"),
    params:
        learning_rates=DRAWN,
        settings=network_settings,
        repetitions=config["trials"]["shown"],
        sample_every=config["recording"]["sample_every"],
        recorded=config["recording"]["neurons"],
    script:
        "../scripts/trials/shown.py"
