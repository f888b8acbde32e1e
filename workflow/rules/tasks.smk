# Stage tasks: the training and test signals of each task.


rule task:
    output:
        data=f"{RESULTS}/tasks/{{task}}.nc",
    log:
        f"{LOGS}/tasks/{{task}}.log",
    benchmark:
        f"{BENCHMARKS}/tasks/{{task}}.tsv"
    localrule: True  # takes seconds, too short for a job on a cluster
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=needed("mem_mb", "task"),
        runtime=needed("runtime", "task"),
    params:
        dt=config["dt"],
        seed=config["seed"],
        train_repetitions=of_task("train_repetitions"),
        test_repetitions=of_task("test_repetitions"),
        options=lambda w: config["tasks"][w.task].get("options", {}),
    script:
        "../scripts/tasks/task.py"
