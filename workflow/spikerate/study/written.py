"""What a user wrote, layer by layer: nothing of it is lost silently.

The layers of a config are config.yaml, the file of the study, the files of --configfile and the
arguments of --config, each merged over those before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from spikerate.study import sweep
from spikerate.study.checks.tasks import tasks_named
from spikerate.study.errors import ConfigError, dotted, listed, shown
from spikerate.study.reading import leaves, parse, read

OPTIONS = {  # of Snakemake, where the last one given replaces those before
    "--config": ("--config", "-C"),
    "--configfile": ("--configfile", "--configfiles"),
}
OWN = {  # settings of the whole study, and the setting of a task that replaces each
    ("network", "neurons"): "neurons",
    ("network", "sparsity"): "sparsity",
    ("neuron", "tau_decay"): "tau_decay",
    ("grid",): "grid",
    ("sweep", "chunk"): "chunk",
}
OF_ANY_RUN = ("options", "sparsity", "tau_decay")  # settings of a task that count without a sweep


@dataclass(frozen=True, slots=True)
class Layer:
    """What one file or argument sets."""

    source: str
    values: dict


def layers(
    base: Iterable[Path], files: Iterable[Path | str] = (), arguments: Iterable[str] = ()
) -> list[Layer]:
    """Layers of a config, in the order in which they are merged.

    Parameters
    ----------
    base : config.yaml and the file of the study
    files : of --configfile
    arguments : of --config, each `key=value`

    Raises
    ------
    ConfigError
        as `reading.read`, and if a part of an argument would be lost, if two arguments set one key
        to different values, or if two files or arguments name different studies.
    """
    own = [Layer(str(path), read(path)) for path in files]
    given = [_of_argument(argument) for argument in arguments]
    _check_once(given)
    _check_study(own + given)
    return [Layer(Path(path).name, read(path)) for path in base] + own + given


def check_options(arguments: Sequence[str]) -> None:
    """Check that no option on the command line replaces an earlier one of the same name.

    Raises
    ------
    ConfigError
        if it does.
    """
    for option, spellings in OPTIONS.items():
        given = [word for word in arguments if word.partition("=")[0] in spellings]
        if len(given) > 1:
            raise ConfigError(
                f"{option} must stand once on the command line, with all that belongs to it, and"
                f" it stands {len(given)} times: all but the last would be lost"
            )


def _of_argument(argument: str) -> Layer:
    key, _, text = argument.partition("=")
    source = f"--config {key}"
    try:
        value = parse(text, source, (key,))
    except yaml.YAMLError:
        value = text  # as for Snakemake
    return Layer(source, {key: value})


def _check_study(layers: Iterable[Layer]) -> None:
    """Check that all layers that name a study name the same one."""
    named = [(layer.source, layer.values["study"]) for layer in layers if "study" in layer.values]
    for source, study in named[1:]:
        if study != named[0][1]:
            raise ConfigError(
                f"study must be the same everywhere, and it is {shown(named[0][1])} in"
                f" {named[0][0]} and {shown(study)} in {source}"
            )


def notes(config: dict, layers: Sequence[Layer]) -> list[str]:
    """Sentences about settings that are written but have no effect.

    Parameters
    ----------
    config : checked
    layers : all that were merged into it, in order; the first is not reported on
    """
    found = [_unused(config, layer) for layer in layers[1:]]
    found += [_replaced(config, layers, number) for number in range(1, len(layers))]
    return [sentence for sentences in found for sentence in sentences]


def _check_once(layers: Sequence[Layer]) -> None:
    """Check that no argument replaces what another one sets."""
    values: dict[tuple, object] = {}
    for layer in layers:
        for path, value in leaves(layer.values):
            if values.setdefault(path, value) != value:
                raise ConfigError(
                    f"{dotted(path)} must be given once in --config, got {shown(values[path])} and"
                    f" {shown(value)}"
                )


def _unused(config: dict, layer: Layer) -> Iterator[str]:
    """Sentences about what a layer sets and no part of the study uses, one for each reason."""
    keys: dict[str, list[str]] = {}
    for path, value in leaves(layer.values):
        why = "an empty section changes nothing" if value == {} else _why_unused(config, path)
        if why:
            keys.setdefault(why, []).append(dotted(path))
    for why, unused in keys.items():
        yield f"{listed(unused)} in {layer.source} has no effect: {why}"


def _why_unused(config: dict, path: tuple) -> str:
    """Why a key has no effect in a study; empty if it has one."""
    match path:
        case ("neuron", name) if name not in config["neuron"]:
            return f"the model {config['neuron']['model']} has no such constant"
        case ("tasks", task, *_) if task not in tasks_named(config).values():
            return f"no part of the study uses the task {task}"
        case ("tasks", task, key, *_) if key not in OF_ANY_RUN and task not in sweep.swept(config):
            return f"the task {task} is not swept"
        case ("tasks", task, "learning_rates", speed):
            swept = config["sweep"]["tasks"][task]
            return "" if speed in swept else f"sweep.tasks.{task} does not name it"
        case ("tasks", task, "chunk", "trials", *_):
            return "" if task in config["trials"]["tasks"] else f"trials.tasks does not name {task}"
        case ("demonstrations", task, *_):
            shown_too = task in config["figures"]["demonstrations"]
            return "" if shown_too else f"figures.demonstrations does not name {task}"
        case ("spectra", "components") if not sweep.analysed(config):
            return "no task has points in spectra.tasks"
    return ""


def _replaced(config: dict, layers: Sequence[Layer], number: int) -> Iterator[str]:
    """Sentences about study settings of a layer that tasks override from a lower layer."""
    layer = layers[number]
    for path, _ in leaves(layer.values):
        for general, own in OWN.items():
            if path[: len(general)] == general:
                key = (own, *path[len(general) :])
                tasks = [task for task in _users(config, own) if _below(task, key, layers, number)]
                if tasks:
                    yield (
                        f"{dotted(path)} in {layer.source} has no effect on {listed(tasks)}, which"
                        f" set their own: {dotted(('tasks', tasks[0], *key))}"
                    )


def _users(config: dict, own: str) -> list[str]:
    """Tasks that use a setting for which they may have their own value."""
    if own in OF_ANY_RUN:
        return list(dict.fromkeys(tasks_named(config).values()))
    return sweep.swept(config)


def _below(task: str, key: tuple, layers: Sequence[Layer], number: int) -> bool:
    """Whether a task has its own setting from a layer below one, and from none above."""
    sets = [_has(layer.values, ("tasks", task, *key)) for layer in layers]
    return any(sets[:number]) and not any(sets[number:])


def _has(values: object, path: tuple) -> bool:
    for name in path:
        if not isinstance(values, dict) or name not in values:
            return False
        values = values[name]
    return True
