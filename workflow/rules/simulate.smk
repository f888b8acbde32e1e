# Stage simulate: a neuron and its rate twin, and both networks before learning.


rule neuron:
    output:
        data=f"{RESULTS}/simulate/neuron.nc",
    params:
        neuron=config["neuron"],
        dt=config["dt"],
        numerics=config["numerics"],
        **config["simulate"]["neuron"],
    log:
        f"{LOGS}/simulate/neuron.log",
    benchmark:
        f"{BENCHMARKS}/simulate/neuron.tsv"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    conda:
        ENVIRONMENT
    script:
        "../scripts/simulate/neuron.py"


rule untrained:
    output:
        data=f"{RESULTS}/simulate/untrained.nc",
    params:
        settings=sweep.network_settings(config),
        sample_every=config["recording"]["sample_every"],
        recorded=config["recording"]["neurons"],
        **config["simulate"]["untrained"],
    log:
        f"{LOGS}/simulate/untrained.log",
    benchmark:
        f"{BENCHMARKS}/simulate/untrained.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    conda:
        ENVIRONMENT
    script:
        "../scripts/simulate/untrained.py"
