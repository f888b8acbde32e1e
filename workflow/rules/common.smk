# What all stages share: the checked config, where results go, and the size of the sweep.

import os
from functools import cache

from spikerate import cost, fingerprint, sweep
from spikerate.config import plain_errors, validate

with plain_errors():
    config.update(validate(config))

# Scripts of jobs import spikerate too, in whatever environment they run.
library = [f"{workflow.basedir}/workflow", os.getenv("PYTHONPATH")]
os.environ.update(PYTHONPATH=os.pathsep.join(filter(None, library)))

RESULTS = f"results/{config['study']}"
LOGS = f"logs/{config['study']}"
BENCHMARKS = f"{RESULTS}/benchmarks"
ENVIRONMENT = f"{workflow.basedir}/envs/environment.yaml"
TASKS = sweep.swept(config)
SCALE = sweep.scale_text(config, TASKS)
DEMONSTRATIONS = config["figures"]["demonstrations"]
DRAWS = range(config["draws"])
SIZES = config["sizes"]
OTHER = {"spiking": "rate", "rate": "spiking"}
FIGURES = range(1, 9)
AROUND = 400  # MB, of Snakemake in a job of a cluster, beside the script
# Ode to Joy as sound, where it is demonstrated
VOICES = ["target", *OTHER] if "ode_to_joy" in DEMONSTRATIONS else []


wildcard_constraints:
    task="|".join(config["tasks"]),
    network="|".join(OTHER),
    rate="[a-z][a-z0-9_]*",
    draw=r"\d+",
    chunk=r"\d+",
    size=r"\d+",


def network_settings(wildcards):
    """Settings of the networks of one draw of a task, those of one twin if the job has only one."""
    unused = ("product_precision",) if wildcards.get("network") == "spiking" else ()
    draw = int(wildcards.get("draw", 0))
    return sweep.network_settings(config, wildcards.task, draw, unused=unused)


def chunk_points(wildcards):
    """Q and G of the points of a chunk."""
    return points_of(wildcards.task, int(wildcards.chunk))


@cache
def points_of(task, chunk):
    """Q and G of the points of a chunk; the same chunk is asked for by many jobs."""
    return sweep.chunk_points(config, task, chunk)


def chunk_memory(wildcards):
    """Memory in MB of a job of a chunk."""
    return cost.chunk_memory(config, wildcards.task) + AROUND


def more(value):
    """A resource, or a function of the wildcards, that grows with each attempt at a job."""

    def needed(wildcards, attempt):
        return attempt * (value(wildcards) if callable(value) else value)

    return needed


def every_chunk(stage):
    """Input function: all chunks of a stage of the sweep of a task."""

    def files(wildcards):
        return collect(
            f"{RESULTS}/{stage}/{wildcards.task}/{{network}}/{{rate}}/draw{{draw}}/chunk{{chunk}}.nc",
            network=list(OTHER),
            rate=list(sweep.learning_rates(config, wildcards.task)),
            draw=DRAWS,
            chunk=sweep.chunk_numbers(config, wildcards.task),
        )

    return files


def made_from(ruled):
    """What a rule's results are made from, as a function of wildcards: its code, and its params.

    Snakemake compares the values of params with those of the last run, but not their names; here
    they have names.
    """
    script, params = ruled.script.rpartition("scripts/")[2], dict(ruled.params.items())

    def made(wildcards):
        values = {
            name: value(wildcards) if callable(value) else value for name, value in params.items()
        }
        return {"code": fingerprint.of(script, **dict(wildcards.items())), "params": values}

    return made
