# What all stages share: the checked config, where results go, and the size of the sweep.

import os

from spikerate import cost, sweep
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
    """Settings of the networks of one draw of a task."""
    return sweep.network_settings(config, wildcards.task, int(wildcards.get("draw", 0)))


def chunk_points(wildcards):
    """Q and G of the points of a chunk."""
    return sweep.chunk_points(config, wildcards.task, int(wildcards.chunk))


def chunk_memory(wildcards):
    """Memory in MB of a job of a chunk."""
    return cost.chunk_memory(config, wildcards.task)


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
