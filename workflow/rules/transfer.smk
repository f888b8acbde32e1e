# Stage transfer: swap the twins' decoders, and gather maps over the grid.


rule transfer:
    input:
        task=f"{RESULTS}/tasks/{{task}}.nc",
        own=trained("transfer", "own"),
        other=trained("transfer", "other"),
    output:
        # The old file stays until it is replaced: its points that are still wanted are not rerun.
        data=update(
            f"{RESULTS}/transfer/{{task}}/{{kind}}/{{speed}}/draw{{draw}}/chunk{{chunk}}.nc"
        ),
    log:
        f"{LOGS}/transfer/{{task}}/{{kind}}/{{speed}}/draw{{draw}}/chunk{{chunk}}.log",
    benchmark:
        f"{BENCHMARKS}/transfer/{{task}}/{{kind}}/{{speed}}/draw{{draw}}/chunk{{chunk}}.tsv"
    priority: 1
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=needed("mem_mb", "transfer"),
        runtime=needed("runtime", "transfer"),
    params:
        settings=network_settings,
        points=chunk_points("transfer"),
        sample_every=config["recording"]["sample_every"],
    script:
        "../scripts/transfer/transfer.py"


rule maps:
    input:
        chunks=every_chunk("transfer"),
    output:
        data=f"{RESULTS}/transfer/{{task}}/maps.nc",
    log:
        f"{LOGS}/transfer/{{task}}/maps.log",
    benchmark:
        f"{BENCHMARKS}/transfer/{{task}}/maps.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=needed("mem_mb", "maps"),
        runtime=needed("runtime", "maps"),
    params:
        l2_cutoff=config["errors"]["l2_cutoff"],
    script:
        "../scripts/transfer/maps.py"


rule starred:
    input:
        task=f"{RESULTS}/tasks/{{task}}.nc",
        maps=f"{RESULTS}/transfer/{{task}}/maps.nc",
        trained=every_chunk("train", DRAWN),
    output:
        data=f"{RESULTS}/transfer/{{task}}/starred.nc",
    log:
        f"{LOGS}/transfer/{{task}}/starred.log",
    benchmark:
        f"{BENCHMARKS}/transfer/{{task}}/starred.tsv"
    priority: 1
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=needed("mem_mb", "starred"),
        runtime=needed("runtime", "starred"),
    params:
        learning_rates=DRAWN,
        settings=network_settings,
        sample_every=config["recording"]["sample_every"],
        recorded=config["recording"]["neurons"],
    script:
        "../scripts/transfer/starred.py"


rule sizes:
    input:
        parts=collect(
            f"{RESULTS}/train/sizes/neurons{{size}}/draw{{draw}}.nc",
            size=SIZES["neurons"],
            draw=range(SIZES["draws"]),
        ),
    output:
        data=f"{RESULTS}/transfer/sizes.nc",
    log:
        f"{LOGS}/transfer/sizes.log",
    benchmark:
        f"{BENCHMARKS}/transfer/sizes.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=needed("mem_mb", "sizes"),
        runtime=needed("runtime", "sizes"),
    script:
        "../scripts/transfer/sizes.py"
