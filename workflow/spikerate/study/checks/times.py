"""Times: whole steps of dt, updates in a period, samples at updates."""

from __future__ import annotations

from spikerate.model.neuron import multiple
from spikerate.study.checks.tasks import tasks_named
from spikerate.study.errors import ConfigError
from spikerate.tasks import registry


def check_intervals(config: dict) -> None:
    """Times are whole steps of dt, updates fit in a period, samples fall on updates."""
    dt, shown = config["dt"], config["figures"]["demonstrations"]
    sample = config["recording"]["sample_every"]
    whole_steps(sample, dt, "recording.sample_every")
    for name, part in config["simulate"].items():
        whole_steps(part["duration"], dt, f"simulate.{name}.duration")
    for name in dict.fromkeys(tasks_named(config).values()):
        key, task = f"tasks.{name}", config["tasks"][name]
        whole_steps(task["warm_up"], dt, f"{key}.warm_up", least=0)
        _check_interval(config, name, f"{key}.update_every", task["update_every"])
        for option, value in task.get("options", {}).items():
            if option.endswith("_duration"):
                whole_steps(value, dt, f"{key}.options.{option}")
    for name in shown:
        key = f"demonstrations.{name}.update_every"
        every = config["demonstrations"][name]["update_every"]
        _check_interval(config, name, key, every)
        for what, duration in (
            (key, every),
            (f"the period of the task {name}", registry.period(name)),
        ):
            if duration and not _divides(sample, duration):
                raise ConfigError(
                    f"recording.sample_every must divide {what}, {duration:g} s, got {sample:g} s"
                )


def _check_interval(config: dict, task: str, key: str, update_every: float) -> None:
    """Check that updates fall on steps, and several of them on each period."""
    dt, period, lattice = config["dt"], registry.TASKS[task].period, registry.TASKS[task].lattice
    if period and not _divides(dt, period):
        raise ConfigError(
            f"dt must divide the period of the task {task}, {period:g} s, got {dt:g} s"
        )
    if lattice and not _divides(dt, lattice):
        raise ConfigError(
            f"dt must divide {lattice:g} s, the lattice of the task {task}, got {dt:g} s"
        )
    whole_steps(update_every, dt, key)
    if period and not update_every < period:
        raise ConfigError(
            f"{key} must be below the period of the task {task}, {period:g} s,"
            f" got {update_every:g} s"
        )


def whole_steps(duration: float, dt: float, key: str, least: int = 1) -> None:
    """Check that a duration is a whole number of steps, and enough of them."""
    try:
        steps = multiple(duration, dt, key)
    except ValueError as error:
        raise ConfigError(str(error)) from None
    if steps < least:
        raise ConfigError(f"{key} must be at least dt = {dt:g} s, got {duration:g} s")


def _divides(step: float, duration: float) -> bool:
    try:
        return multiple(duration, step, "") > 0
    except ValueError:
        return False
