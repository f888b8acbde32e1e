"""The config: its schema, and the checks that no schema can make.

A bad config ends in one sentence: what is wrong, at which key, what is allowed.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import sys
from difflib import SequenceMatcher
from functools import cache, reduce
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator
from jsonschema.validators import extend

from spikerate.model.neuron import multiple
from spikerate.study import sweep

WORKFLOW = Path(__file__).parents[2]
DEFAULT = WORKFLOW.parent / "config.yaml"
STUDIES = WORKFLOW / "studies"
SCHEMA = WORKFLOW / "schemas" / "config.schema.yaml"
STEPS_IN_FASTEST = 10  # time steps that the fastest time constant must span at least
LEAST_CLIMB = 0.1  # mV, smaller distances from reset to threshold are voltages given in V
SYMBOLS = {  # symbols of the literature, and the words that stand for them here
    "tau_r": "tau_rise",
    "tau_d": "tau_decay",
    "tau_s": "tau_decay",
    "tau_mem": "tau_m",
    "N": "neurons",
    "p": "sparsity",
    "Q": "encoder_strength",
    "G": "reservoir_strength",
    "alpha": "learning_rates",
    "time_step": "dt",
}


class ConfigError(ValueError):
    """A bad config; the message is one sentence for the user."""


@contextlib.contextmanager
def plain_errors():
    """End the program with a ConfigError's sentence on stderr, and no traceback."""
    try:
        yield
    except ConfigError as error:
        sys.exit(f"Error in the config: {error}.")


def read(path) -> dict:
    """Read a YAML file that must hold a mapping.

    Raises
    ------
    ConfigError
        if the file is missing, is not YAML, or holds anything else.
    """
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} must be a readable text file ({error})") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"; it breaks off at line {mark.line + 1}" if mark else ""
        raise ConfigError(
            f"{path} must be valid YAML, indented by spaces and not by tabs{place}"
        ) from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path} must hold keys and values, and it holds {_shown(content)}")
    return content


def study_file(config: dict, folder=STUDIES) -> Path:
    """Path of the overlay of the study that a config names.

    Raises
    ------
    ConfigError
        if there is no such study, or its file cannot be read or names another study.
    """
    study, known = config.get("study"), sorted(path.stem for path in Path(folder).glob("*.yaml"))
    if study not in known:
        raise ConfigError(
            f"study must be one of {_listed(known)}, or a file of your own in workflow/studies,"
            f" got {_shown(study)}{_nearest_of(study, known)}"
        )
    path = Path(folder) / f"{study}.yaml"
    named = read(path).get("study", study)
    if named != study:
        raise ConfigError(f"study in {path} must be {study}, as the file, got {_shown(named)}")
    return path


def merged(config: dict, changes: dict) -> dict:
    """Copy a config, with changes merged into it section by section; lists are replaced."""
    result = dict(config)
    for key, value in changes.items():
        below = result.get(key)
        if isinstance(value, dict):
            value = merged(below if isinstance(below, dict) else {}, value)
        result[key] = value
    return result


def load(study: str = "laptop", changes: dict | None = None) -> dict:
    """Config of a study, as Snakemake puts it together: defaults, study, changes.

    Raises
    ------
    ConfigError
        as `read`, `study_file` and `validate`.
    """
    changes = {"study": study} | (changes or {})
    config = {}
    for path in config_files(changes):
        config = merged(config, read(path))
    return validate(merged(config, changes))


def config_files(changes: dict) -> tuple[Path, Path]:
    """Paths of the default config and of the study's overlay, which is merged over it.

    Parameters
    ----------
    changes : to the default config, as the command line gives them; a study may be among them

    Raises
    ------
    ConfigError
        as `read` and `study_file`.
    """
    return DEFAULT, study_file(merged(read(DEFAULT), changes))


def validate(config: dict) -> dict:
    """Check a whole config.

    Parameters
    ----------
    config : as read from YAML or from the command line, where numbers may still be text

    Returns
    -------
    A copy with every number of the type that the schema asks for.

    Raises
    ------
    ConfigError
        on the first thing that is wrong.
    """
    config = _with_numbers(config, schema())
    errors = sorted(_validator().iter_errors(config), key=_order)
    if errors:
        raise ConfigError(_sentence(errors[0]))
    for check in CHECKS:
        check(config)
    return config


# What the schema says.


@cache
def schema() -> dict:
    """Return the JSON schema of the config."""
    return read(SCHEMA)


@cache
def _validator() -> Draft202012Validator:
    """Build a validator for which NaN and infinity are no numbers."""
    standard = Draft202012Validator.TYPE_CHECKER

    def finite(_, value):
        return standard.is_type(value, "number") and math.isfinite(value)

    types = standard.redefine("number", finite)
    return extend(Draft202012Validator, type_checker=types)(schema())


def _resolved(part: dict) -> dict:
    """Follow a reference to the schema's definitions."""
    reference = part.get("$ref")
    return schema()["$defs"][reference.rpartition("/")[2]] if reference else part


def _with_numbers(value, part: dict):
    """Copy a value, text and integers turned into numbers where the schema wants them.

    YAML 1.1 reads 5e-6 as text (it wants 5.0e-6), and Snakemake's --config reads all as text.
    """
    part = _resolved(part)
    if isinstance(value, dict):
        known, rest = part.get("properties", {}), part.get("additionalProperties") or {}
        return {key: _with_numbers(item, known.get(key, rest)) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_numbers(item, part.get("items", {})) for item in value]
    if part.get("type") in ("number", "integer") and not isinstance(value, bool):
        with contextlib.suppress(TypeError, ValueError, OverflowError):
            return _number(value, part["type"])
    return value


def _number(value, kind: str) -> int | float:
    """Turn a value into a float, or into an int where that is wanted and loses nothing."""
    if kind == "number":
        return float(value)
    try:
        whole = int(value)
    except ValueError:
        whole = int(float(value))  # text such as 1e3
    return whole if whole == float(value) else float(value)


def _order(error):
    """Misspelt keys first: what they leave unset may be another error's cause."""
    return error.validator != "additionalProperties", len(error.absolute_path), _key(error)


def _sentence(error) -> str:
    """Say what is wrong, where, and what is allowed."""
    key, part = _key(error), error.schema
    if error.validator == "additionalProperties":
        unknown = next(name for name in error.instance if name not in part["properties"])
        return _unknown_key(error.absolute_path, unknown, part["properties"])
    if error.validator == "required":
        name = next(name for name in part["required"] if name not in error.instance)
        allowed = _allowed(part["properties"][name])
        return f"{_dotted([*error.absolute_path, name])} is missing, and must be {allowed}"
    if "propertyNames" in error.schema_path:
        return f"each key in {key} must be {_allowed(part)}, got {_shown(error.instance)}"
    return f"{key} must be {_allowed(part)}, got {_shown(error.instance)}"


def _unknown_key(path, unknown, siblings) -> str:
    """Name an unknown key, and the known one that is most like it, here or elsewhere."""
    here = [_dotted([*path, name]) for name in siblings]
    word = SYMBOLS.get(unknown, str(unknown))

    def likeness(known):
        name = known.rpartition(".")[2]
        alike = _likeness(word, name)
        return name == word, known in here and alike > 0.5, alike

    nearest = max([*here, *_known_keys(schema())], key=likeness)
    key = _dotted([*path, str(unknown)])
    return f"{key} is an unknown key, and the nearest known one is {nearest}"


def _known_keys(part: dict, prefix: str = ""):
    """Yield every key of the schema, dotted; a star stands for a name of the user's."""
    part = _resolved(part)
    rest = part.get("additionalProperties")
    for name, item in (part.get("properties") or ({"*": rest} if rest else {})).items():
        yield prefix + name
        yield from _known_keys(item, f"{prefix}{name}.")


def _allowed(part: dict) -> str:
    """Complete "must be ..."."""
    part = _resolved(part)
    return part.get("description") or f"a section with the keys {_listed(part['properties'])}"


def _key(error) -> str:
    return _dotted(error.absolute_path) or "the config"


def _dotted(path) -> str:
    """Join a path: neuron.tau_m, sweep.tasks[0]."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")


def _shown(value) -> str:
    if value is None:
        return "nothing"
    return f"{value:g}" if isinstance(value, float) else repr(value)


def _listed(words) -> str:
    return ", ".join(words)


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one.lower(), other.lower()).ratio()


def _nearest_of(word, known) -> str:
    nearest = max(known, key=lambda name: _likeness(str(word), name), default=None)
    return f"; the nearest is {nearest}" if nearest else ""


# What concerns several keys at once.


def _check_neuron(config: dict) -> None:
    neuron = config["neuron"]
    for key, decay in _decays(config).items():
        if not neuron["tau_rise"] < decay:
            raise ConfigError(
                f"neuron.tau_rise must be below {key} = {decay:g} s, got {neuron['tau_rise']:g} s"
            )
    reset, threshold = neuron["v_reset"], neuron["v_threshold"]
    if not reset < threshold:
        raise ConfigError(
            f"neuron.v_reset must be below neuron.v_threshold = {threshold:g} mV, got {reset:g} mV"
        )
    if threshold - reset < LEAST_CLIMB:
        raise ConfigError(
            f"neuron.v_threshold must be at least {LEAST_CLIMB:g} mV above neuron.v_reset ="
            f" {reset:g} mV, got {threshold:g} mV; voltages are in mV, not in V"
        )


def _decays(config: dict) -> dict[str, float]:
    """Decay times of the synapses (s) by key: the neuron's, and those that tasks set."""
    own = {f"tasks.{name}.tau_decay": task.get("tau_decay")
           for name, task in config["tasks"].items()}  # fmt: skip
    return {"neuron.tau_decay": config["neuron"]["tau_decay"]} | {
        key: decay for key, decay in own.items() if decay is not None
    }


def _check_time_step(config: dict) -> None:
    dt, neuron = config["dt"], config["neuron"]
    times = {f"neuron.{name}": neuron[name] for name in ("tau_m", "tau_rise")} | _decays(config)
    key = min(times, key=times.get)
    largest = times[key] / STEPS_IN_FASTEST
    if dt > largest * (1 + 1e-9):
        raise ConfigError(
            f"dt must be at most {largest:g} s, a tenth of the fastest time constant"
            f" {key} = {times[key]:g} s, got {dt:g} s"
        )
    _whole_steps(neuron["tau_ref"], dt, "neuron.tau_ref")


def _whole_steps(duration: float, dt: float, key: str, least: int = 1) -> None:
    """Check that a duration is a whole number of steps, and enough of them."""
    try:
        steps = multiple(duration, dt, key)
    except ValueError as error:
        raise ConfigError(str(error)) from None
    if steps < least:
        raise ConfigError(f"{key} must be at least dt = {dt:g} s, got {duration:g} s")


def _check_grid(config: dict) -> None:
    grids = {"grid": config["grid"]}
    grids |= {f"tasks.{n}.grid": task["grid"] for n, task in config["tasks"].items()
              if "grid" in task}  # fmt: skip
    axes = {f"{key}.{name}": axis for key, grid in grids.items() for name, axis in grid.items()}
    for key, axis in axes.items():
        first, last = axis["first"], axis["last"]
        if axis["points"] == 1 and first != last:
            raise ConfigError(
                f"{key}.last must equal {key}.first = {first:g} where {key}.points is 1,"
                f" got {last:g}"
            )
        if axis["points"] > 1 and not first < last:
            raise ConfigError(
                f"{key}.last must be above {key}.first = {first:g} where {key}.points is"
                f" {axis['points']}, got {last:g}"
            )


def _tasks_named(config: dict) -> dict[str, str]:
    """Tasks by the key that asks for them."""
    named = {f"the key sweep.tasks.{name}": name for name in sweep.swept(config)}
    shown = enumerate(config["figures"]["demonstrations"])
    named |= {f"figures.demonstrations[{n}]": name for n, name in shown}
    return named | {"sizes.task": config["sizes"]["task"]} | _tasks_analysed(config)


def _tasks_analysed(config: dict) -> dict[str, str]:
    """Tasks that must be swept, by the key that asks for them."""
    lists = {
        "trials.tasks": config["trials"]["tasks"],
        "figures.learning": config["figures"]["learning"],
        "figures.maps": config["figures"]["maps"],
    }
    named = {f"{key}[{n}]": task for key, tasks in lists.items() for n, task in enumerate(tasks)}
    return named | {f"the key spectra.tasks.{name}": name for name in sweep.analysed(config)}


def _check_tasks(config: dict) -> None:
    from spikerate.tasks.registry import (
        TASKS,  # only here: a config is checked before tasks are made
    )

    named = {f"the key tasks.{name}": name for name in config["tasks"]}
    for section in ("sweep.tasks", "spectra.tasks", "demonstrations"):
        part = reduce(dict.get, section.split("."), config)
        named |= {f"the key {section}.{name}": name for name in part}
    for key, name in (named | _tasks_named(config)).items():
        if name not in TASKS:
            raise ConfigError(
                f"{key} must name one of the tasks {_listed(TASKS)},"
                f" got {name!r}{_nearest_of(name, TASKS)}"
            )
        if name not in config["tasks"]:
            raise ConfigError(f"tasks.{name} is missing, and must be a section: {key} asks for it")
    for n, name in enumerate(config["figures"]["demonstrations"]):
        if name not in config["demonstrations"]:
            raise ConfigError(
                f"demonstrations.{name} is missing, and must be a section:"
                f" figures.demonstrations[{n}] asks for it"
            )
    for name, task in config["tasks"].items():
        known = TASKS[name].options
        for option in task.get("options", {}):
            if option not in known:
                words = f"one of {_listed(known)}" if known else "left out: the task has no options"
                raise ConfigError(
                    f"the key tasks.{name}.options.{option} must be {words}, got {option!r}"
                )


def _check_sweep(config: dict) -> None:
    from spikerate.tasks.registry import TASKS

    tasks = sweep.swept(config)
    if not tasks:
        raise ConfigError("sweep.tasks must hold at least one task with learning rates, got none")
    for name in tasks:
        if not TASKS[name].pointwise:
            raise ConfigError(
                f"sweep.tasks.{name} must be [], for the task is not judged point by point, got"
                f" {config['sweep']['tasks'][name]!r}"
            )
    for key, name in _tasks_analysed(config).items():
        if name not in tasks:
            raise ConfigError(
                f"{key} must name one of the tasks swept, {_listed(tasks)}, got {name!r}"
            )
    if config["sizes"]["task"] not in tasks:
        raise ConfigError(
            f"sizes.task must be one of the tasks swept, {_listed(tasks)},"
            f" got {config['sizes']['task']!r}"
        )


def _check_learning_rates(config: dict) -> None:
    figures = config["figures"]
    for task in sweep.swept(config):
        words, known = config["sweep"]["tasks"][task], config["tasks"][task]["learning_rates"]
        for n, word in enumerate(words):
            if word not in known:
                raise ConfigError(
                    f"sweep.tasks.{task}[{n}] must be one of {_listed(known)}, the keys of"
                    f" tasks.{task}.learning_rates, got {word!r}"
                )
        for figure in ("slow", "fast"):
            if task in figures["learning"] and figures[figure] not in words:
                raise ConfigError(
                    f"figures.{figure} must be one of {_listed(words)}, the names in"
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


def _check_intervals(config: dict) -> None:
    dt, shown = config["dt"], config["figures"]["demonstrations"]
    sample = config["recording"]["sample_every"]
    _whole_steps(sample, dt, "recording.sample_every")
    for name, part in config["simulate"].items():
        _whole_steps(part["duration"], dt, f"simulate.{name}.duration")
    for name in dict.fromkeys(_tasks_named(config).values()):
        key, task = f"tasks.{name}", config["tasks"][name]
        _whole_steps(task["warm_up"], dt, f"{key}.warm_up", least=0)
        _check_interval(config, name, f"{key}.update_every", task["update_every"])
        for option, value in task.get("options", {}).items():
            if option.endswith("_duration"):
                _whole_steps(value, dt, f"{key}.options.{option}")
    for name in shown:
        key = f"demonstrations.{name}.update_every"
        every = config["demonstrations"][name]["update_every"]
        _check_interval(config, name, key, every)
        for what, duration in ((key, every), (f"the period of the task {name}", _period(name))):
            if duration and not _divides(sample, duration):
                raise ConfigError(
                    f"recording.sample_every must divide {what}, {duration:g} s, got {sample:g} s"
                )


def _check_interval(config: dict, task: str, key: str, update_every: float) -> None:
    """Check that updates fall on steps, and several of them on each period."""
    from spikerate.tasks.registry import TASKS

    dt, period, lattice = config["dt"], TASKS[task].period, TASKS[task].lattice
    if period and not _divides(dt, period):
        raise ConfigError(
            f"dt must divide the period of the task {task}, {period:g} s, got {dt:g} s"
        )
    if lattice and not _divides(dt, lattice):
        raise ConfigError(
            f"dt must divide {lattice:g} s, the lattice of the task {task}, got {dt:g} s"
        )
    _whole_steps(update_every, dt, key)
    if period and not update_every < period:
        raise ConfigError(
            f"{key} must be below the period of the task {task}, {period:g} s,"
            f" got {update_every:g} s"
        )


def _period(task: str) -> float | None:
    from spikerate.tasks import registry as tasks

    return tasks.period(task)


def _divides(step: float, duration: float) -> bool:
    try:
        return multiple(duration, step, "") > 0
    except ValueError:
        return False


def _check_spectra(config: dict) -> None:
    for task, points in config["spectra"]["tasks"].items():
        limit, neurons = len(sweep.grid_points(config, task)), _neurons(config, task)
        if points > limit:
            raise ConfigError(
                f"spectra.tasks.{task} must be at most {limit}, the number of points of the grid,"
                f" got {points}"
            )
        if config["spectra"]["components"] > neurons:
            raise ConfigError(
                f"spectra.components must be at most {neurons}, the neurons of the task {task},"
                f" got {config['spectra']['components']}"
            )


def _neurons(config: dict, task: str) -> int:
    return sweep.task_settings(config, task)["neurons"]


CHECKS = (
    _check_neuron,
    _check_time_step,
    _check_grid,
    _check_tasks,
    _check_sweep,
    _check_learning_rates,
    _check_intervals,
    _check_spectra,
)
