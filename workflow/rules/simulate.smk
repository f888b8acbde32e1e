# Stage simulate: a neuron and its rate twin, and both networks before learning.


rule neuron:
    output:
        data=f"{RESULTS}/simulate/neuron.nc",
    log:
        f"{LOGS}/simulate/neuron.log",
    benchmark:
        f"{BENCHMARKS}/simulate/neuron.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=needed("mem_mb", "neuron"),
        runtime=needed("runtime", "neuron"),
    params:
        **config["simulate"]["neuron"],
        neuron=config["neuron"],
        dt=config["dt"],
        numerics=config["numerics"],
    script:
        "../scripts/simulate/neuron.py"


rule untrained:
    output:
        data=f"{RESULTS}/simulate/untrained.nc",
    log:
        f"{LOGS}/simulate/untrained.log",
    benchmark:
        f"{BENCHMARKS}/simulate/untrained.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=needed("mem_mb", "untrained"),
        runtime=needed("runtime", "untrained"),
    params:
        **config["simulate"]["untrained"],
        settings=sweep.network_settings(config) | {"reservoir_draws": "shared"},
        sample_every=config["recording"]["sample_every"],
        recorded=config["recording"]["neurons"],
    script:
        "../scripts/simulate/untrained.py"
