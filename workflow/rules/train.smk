# Stage train: FORCE-train chunks of the sweep, and the demonstrations of Figure 3.


rule train:
    input:
        task=f"{RESULTS}/tasks/{{task}}.nc",
    output:
        # The old file stays until it is replaced: its points that are still wanted are not retrained.
        data=update(f"{RESULTS}/train/{{task}}/{{kind}}/{{speed}}/draw{{draw}}/chunk{{chunk}}.nc"),
    log:
        f"{LOGS}/train/{{task}}/{{kind}}/{{speed}}/draw{{draw}}/chunk{{chunk}}.log",
    benchmark:
        f"{BENCHMARKS}/train/{{task}}/{{kind}}/{{speed}}/draw{{draw}}/chunk{{chunk}}.tsv"
    priority: 2  # many jobs wait for these, and short jobs can fill the end
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=needed("mem_mb", "train"),
        runtime=needed("runtime", "train"),
    params:
        settings=network_settings,
        points=chunk_points("train"),
        alpha=lambda w: config["tasks"][w.task]["learning_rates"][w.speed],
        training=training,
    script:
        "../scripts/train/train.py"


rule demonstration:
    input:
        task=f"{RESULTS}/tasks/{{task}}.nc",
    output:
        data=f"{RESULTS}/train/demonstrations/{{task}}.nc",
    log:
        f"{LOGS}/train/demonstrations/{{task}}.log",
    benchmark:
        f"{BENCHMARKS}/train/demonstrations/{{task}}.tsv"
    priority: 1  # among the longest jobs, so they must not come last
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=needed("mem_mb", "demonstration"),
        runtime=needed("runtime", "demonstration"),
    params:
        settings=of_demonstration("settings"),
        training=of_demonstration("training"),
        course=of_demonstration("course"),
        sample_every=config["recording"]["sample_every"],
        recorded=config["recording"]["neurons"],
    script:
        "../scripts/train/demonstration.py"


rule size:
    input:
        task=f"{RESULTS}/tasks/{SIZES['task']}.nc",
    output:
        # The old file stays until it is replaced, as above.
        data=update(f"{RESULTS}/train/sizes/neurons{{size}}/draw{{draw}}.nc"),
    log:
        f"{LOGS}/train/sizes/neurons{{size}}/draw{{draw}}.log",
    benchmark:
        f"{BENCHMARKS}/train/sizes/neurons{{size}}/draw{{draw}}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=needed("mem_mb", "size"),
        runtime=needed("runtime", "size"),
    params:
        settings=lambda w: sweep.network_settings(
            config, SIZES["task"], draw=int(w.draw), neurons=int(w.size)
        )
        | {"reservoir_draws": "shared"},
        encoder_strength=SIZES["encoder_strength"],
        reservoir_strength=SIZES["reservoir_strength"],
        learning_rates=sweep.learning_rates(config, SIZES["task"]),
        training=sweep.training(config, SIZES["task"]),
        sample_every=config["recording"]["sample_every"],
    script:
        "../scripts/train/size.py"
