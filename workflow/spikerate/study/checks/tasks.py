"""The tasks that each part of the study asks for, and the learning rates of a sweep."""

from __future__ import annotations

import itertools

from spikerate.study import sweep
from spikerate.study.errors import ConfigError, listed, nearest_of
from spikerate.tasks import registry


def tasks_named(config: dict) -> dict[str, str]:
    """Tasks by the key that asks for them."""
    named = {f"the key sweep.tasks.{name}": name for name in sweep.swept(config)}
    shown = enumerate(config["figures"]["demonstrations"])
    named |= {f"figures.demonstrations[{n}]": name for n, name in shown}
    return named | {"sizes.task": config["sizes"]["task"]} | tasks_analysed(config)


def tasks_analysed(config: dict) -> dict[str, str]:
    """Tasks that must be swept, by the key that asks for them."""
    lists = {
        "trials.tasks": config["trials"]["tasks"],
        "figures.learning": config["figures"]["learning"],
        "figures.maps": config["figures"]["maps"],
    }
    named = {f"{key}[{n}]": task for key, tasks in lists.items() for n, task in enumerate(tasks)}
    return named | {f"the key spectra.tasks.{name}": name for name in sweep.analysed(config)}


def check_tasks(config: dict) -> None:
    """Each named task exists, has settings, and takes the options that are set."""
    named = {f"the key tasks.{name}": name for name in config["tasks"]}
    sections = {
        "sweep.tasks": config["sweep"]["tasks"],
        "spectra.tasks": config["spectra"]["tasks"],
        "demonstrations": config["demonstrations"],
    }
    for section, part in sections.items():
        named |= {f"the key {section}.{name}": name for name in part}
    for key, name in (named | tasks_named(config)).items():
        if name not in registry.TASKS:
            raise ConfigError(
                f"{key} must name one of the tasks {listed(registry.TASKS)},"
                f" got {name!r}{nearest_of(name, registry.TASKS)}"
            )
        if name not in config["tasks"]:
            raise ConfigError(f"tasks.{name} is missing, and must be a section: {key} asks for it")
    for n, name in enumerate(config["figures"]["demonstrations"]):
        if name not in config["demonstrations"]:
            raise ConfigError(
                f"demonstrations.{name} is missing, and must be a section:"
                f" figures.demonstrations[{n}] asks for it"
            )
    for name in dict.fromkeys(tasks_named(config).values()):
        try:
            registry.files(name)
        except ValueError as error:
            raise ConfigError(str(error)) from None
    for name, task in config["tasks"].items():
        known = registry.TASKS[name].options
        for option in task.get("options", {}):
            if option not in known:
                words = f"one of {listed(known)}" if known else "left out: the task has no options"
                raise ConfigError(
                    f"the key tasks.{name}.options.{option} must be {words}, got {option!r}"
                )


def check_sweep(config: dict) -> None:
    """At least one task is swept, each of them can be, and those analysed are among them."""
    tasks = sweep.swept(config)
    if not tasks:
        raise ConfigError("sweep.tasks must hold at least one task with learning rates, got none")
    for name in tasks:
        if not registry.TASKS[name].pointwise:
            raise ConfigError(
                f"sweep.tasks.{name} must be [], for the task is not judged point by point, got"
                f" {config['sweep']['tasks'][name]!r}"
            )
    for key, name in tasks_analysed(config).items():
        if name not in tasks:
            raise ConfigError(
                f"{key} must name one of the tasks swept, {listed(tasks)}, got {name!r}"
            )
    if config["sizes"]["task"] not in tasks:
        raise ConfigError(
            f"sizes.task must be one of the tasks swept, {listed(tasks)},"
            f" got {config['sizes']['task']!r}"
        )


def check_learning_rates(config: dict) -> None:
    """Each named learning rate is set, and slow is slower than fast."""
    figures = config["figures"]
    for task in sweep.swept(config):
        words, known = config["sweep"]["tasks"][task], config["tasks"][task]["learning_rates"]
        for n, word in enumerate(words):
            if word not in known:
                raise ConfigError(
                    f"sweep.tasks.{task}[{n}] must be one of {listed(known)}, the keys of"
                    f" tasks.{task}.learning_rates, got {word!r}"
                )
        for figure in ("slow", "fast"):
            if task in figures["learning"] and figures[figure] not in words:
                raise ConfigError(
                    f"figures.{figure} must be one of {listed(words)}, the names in"
                    f" sweep.tasks.{task}, got {figures[figure]!r}"
                )
        _check_order(task, known, words, figures)


def _check_order(task: str, rates: dict, words: list, figures: dict) -> None:
    """Check that learning rates differ, and that slow is slower than fast."""
    key, slow, fast = f"tasks.{task}.learning_rates", figures["slow"], figures["fast"]
    for one, other in itertools.combinations(words, 2):
        if rates[one] == rates[other]:
            raise ConfigError(
                f"{key}.{other} must differ from {key}.{one}, got {rates[other]:g} for both"
            )
    if {slow, fast} <= set(words) and not rates[slow] < rates[fast]:
        raise ConfigError(
            f"figures.slow must name a smaller learning rate than figures.fast (a small alpha"
            f" learns slowly), got {slow} = {rates[slow]:g} and {fast} = {rates[fast]:g} in {key}"
        )
