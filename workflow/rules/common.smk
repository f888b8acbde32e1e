# What all stages share: the checked config, where results go, and the size of the sweep.

from functools import cache

from spikerate.figures.registry import FIGURES
from spikerate.model.kinds import KINDS, OTHER
from spikerate.pipeline import cost
from spikerate.pipeline import fingerprint
from spikerate.study import chunks
from spikerate.study import sweep
from spikerate.tasks import registry as tasks
from spikerate.study.config import plain_errors, validate

with plain_errors():
    config.update(validate(config))

RESULTS = f"results/{config['study']}"
LOGS = f"logs/{config['study']}"
BENCHMARKS = f"{RESULTS}/benchmarks"
ENVIRONMENT = f"{CLONE}/envs/environment.yaml"
TASKS = sweep.swept(config)
SCALE = sweep.scale_text(config, TASKS)
DEMONSTRATIONS = config["figures"]["demonstrations"]
DRAWS = range(config["draws"])
SIZES = config["sizes"]
DRAWN = [config["figures"]["slow"], config["figures"]["fast"]]  # speeds of Figures 4, 5 and 7
COSTS = cost.Costs(config)
# Ode to Joy as sound, where it is demonstrated
VOICES = ["target", *KINDS] if "ode_to_joy" in DEMONSTRATIONS else []


wildcard_constraints:
    task="|".join(config["tasks"]),
    kind="|".join(KINDS),
    speed="[a-z][a-z0-9_]*",
    draw=r"\d+",
    chunk=r"\d+",
    size=r"\d+",


def network_settings(wildcards):
    """Settings of the networks of one draw of a task, those of one kind if the job has only one."""
    draw = int(wildcards.get("draw", 0))
    return sweep.network_settings(config, wildcards.task, kind=wildcards.get("kind"), draw=draw)


def training(wildcards):
    """How the networks of a task learn."""
    return sweep.training(config, wildcards.task)


def of_task(key):
    """Function of wildcards: a setting of the task (`lookup` would walk the whole config)."""
    return lambda wildcards: config["tasks"][wildcards.task][key]


def of_demonstration(part):
    """Function of wildcards: a part of `sweep.demonstration`."""
    return lambda wildcards: sweep.demonstration(config, wildcards.task)[part]


def chunk_points(stage):
    """Function of wildcards: Q and G of the points of a chunk of a stage."""
    return lambda w: points_of(w.task, stage, w.kind, int(w.chunk))


@cache
def points_of(*chunk):
    """Q and G of the points of a chunk; the same chunk is asked for by many jobs."""
    return chunks.points(config, *chunk)


def trained(stage, whose):
    """Input function: the chunks in which a twin, or its OTHER, was trained at a chunk's points."""

    def files(wildcards):
        kind, numbers = trained_in(whose, wildcards.task, stage, wildcards.kind, wildcards.chunk)
        folder = f"{RESULTS}/train/{wildcards.task}/{kind}/{wildcards.speed}/draw{wildcards.draw}"
        return [f"{folder}/chunk{number}.nc" for number in numbers]

    return files


@cache
def trained_in(whose, task, stage, kind, chunk):
    """Kind, and numbers of its chunks of stage train, for a chunk of another stage."""
    trained = kind if whose == "own" else OTHER[kind]
    return trained, chunks.trained_in(config, task, trained, stage, kind, int(chunk))


def needed(resource, rule):
    """Resource function: what the cost model says a job of a rule needs, doubled at each retry."""

    def amount(wildcards, attempt):
        return getattr(COSTS, resource)(rule, dict(wildcards.items())) * 2 ** (attempt - 1)

    return amount


def every_chunk(stage, speeds=None):
    """Input function: all chunks of a stage of the sweep of a task, at some speeds or at all."""

    def files(wildcards):
        swept = sweep.learning_rates(config, wildcards.task)
        return [
            f"{RESULTS}/{stage}/{wildcards.task}/{kind}/{speed}/draw{draw}/chunk{chunk}.nc"
            for kind in KINDS
            for speed in swept
            if not speeds or speed in speeds
            for draw in DRAWS
            for chunk in chunks.numbers(config, wildcards.task, stage, kind)
        ]

    return files


def below_results(paths):
    """Inputs of a figure, of which the registry knows where they lie below the study's results."""
    return {
        name: (
            f"{RESULTS}/{found}"
            if isinstance(found, str)
            else [f"{RESULTS}/{path}" for path in found]
        )
        for name, found in paths.items()
    }


def caption(figure):
    """Params function: caption of a figure.

    It also takes the output, so that Snakemake does not count it: another one redraws nothing.
    """
    return lambda wildcards, output: figure.about.caption


def provenance(ruled):
    """What a rule's results are made from, as a function of wildcards: its code, and its params.

    Snakemake compares the values of params with those of the last run, but not their names; here
    they have names.
    """
    script = ruled.script.rpartition("scripts/")[2]
    params = {name: value for name, value in ruled.params.items() if name != "caption"}

    def made(wildcards):
        values = {
            name: value(wildcards) if callable(value) else value for name, value in params.items()
        }
        words = dict(wildcards.items())
        if "task" in words:
            words["phase"] = tasks.phase(words["task"])
        if script == "tasks/task.py":
            values["files"] = tasks.files(words["task"])
        job = {
            name: value for name, value in values.items() if isinstance(value, str | int)
        } | words
        return {"code": fingerprint.of(script, job, config), "params": values}

    return made
