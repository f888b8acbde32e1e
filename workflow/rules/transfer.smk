# Stage transfer: swap the twins' decoders, and gather maps over the grid.


rule transfer:
    input:
        task=f"{RESULTS}/tasks/{{task}}.nc",
        own=f"{RESULTS}/train/{{task}}/{{network}}/{{rate}}/draw{{draw}}/chunk{{chunk}}.nc",
        other=lambda w: f"{RESULTS}/train/{w.task}/{OTHER[w.network]}/{w.rate}/draw{w.draw}/chunk{w.chunk}.nc",
    output:
        data=f"{RESULTS}/transfer/{{task}}/{{network}}/{{rate}}/draw{{draw}}/chunk{{chunk}}.nc",
    log:
        f"{LOGS}/transfer/{{task}}/{{network}}/{{rate}}/draw{{draw}}/chunk{{chunk}}.log",
    benchmark:
        f"{BENCHMARKS}/transfer/{{task}}/{{network}}/{{rate}}/draw{{draw}}/chunk{{chunk}}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=more(chunk_memory),
        runtime=more(60),
    params:
        settings=network_settings,
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
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        l2_cutoff=config["errors"]["l2_cutoff"],
    script:
        "../scripts/transfer/maps.py"


rule starred:
    input:
        task=f"{RESULTS}/tasks/{{task}}.nc",
        maps=f"{RESULTS}/transfer/{{task}}/maps.nc",
        trained=every_chunk("train"),
    output:
        data=f"{RESULTS}/transfer/{{task}}/starred.nc",
    log:
        f"{LOGS}/transfer/{{task}}/starred.log",
    benchmark:
        f"{BENCHMARKS}/transfer/{{task}}/starred.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=more(2000),
        runtime=more(30),
    params:
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
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    script:
        "../scripts/transfer/sizes.py"
