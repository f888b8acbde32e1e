"""The config: its schema, and the checks that no schema can make.

A bad config ends in one sentence: what is wrong, at which key, what is allowed.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import sys
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator
from jsonschema.validators import extend

from spikerate import sweep
from spikerate.neuron import multiple

WORKFLOW = Path(__file__).parents[1]
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
    for name, axis in config["grid"].items():
        key, first, last = f"grid.{name}", axis["first"], axis["last"]
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


def _check_tasks(config: dict) -> None:
    from spikerate.tasks import TASKS  # only here: a config is checked before tasks are made

    named = {f"sweep.tasks[{n}]": name for n, name in enumerate(config["sweep"]["tasks"])}
    for section in ("tasks", "demonstrations"):
        named |= {f"the key {section}.{name}": name for name in config[section]}
    for key, name in named.items():
        if name not in TASKS:
            raise ConfigError(
                f"{key} must name one of the tasks {_listed(TASKS)},"
                f" got {name!r}{_nearest_of(name, TASKS)}"
            )
        if name not in config["tasks"]:
            raise ConfigError(f"tasks.{name} is missing, and must be a section: {key} asks for it")


def _check_learning_rates(config: dict) -> None:
    words, figures = config["sweep"]["learning_rates"], config["figures"]
    for task, (n, word) in itertools.product(config["sweep"]["tasks"], enumerate(words)):
        known = config["tasks"][task]["learning_rates"]
        if word not in known:
            raise ConfigError(
                f"sweep.learning_rates[{n}] must be one of {_listed(known)}, the keys of"
                f" tasks.{task}.learning_rates, got {word!r}"
            )
    for figure in ("slow", "fast"):
        if figures[figure] not in words:
            raise ConfigError(
                f"figures.{figure} must be one of {_listed(words)}, the names in"
                f" sweep.learning_rates, got {figures[figure]!r}"
            )
    for task in config["sweep"]["tasks"]:
        _check_order(task, config["tasks"][task]["learning_rates"], words, figures)


def _check_order(task: str, rates: dict, words: list, figures: dict) -> None:
    """Check that learning rates differ, and that slow is slower than fast."""
    key, slow, fast = f"tasks.{task}.learning_rates", figures["slow"], figures["fast"]
    for one, other in itertools.combinations(words, 2):
        if rates[one] == rates[other]:
            raise ConfigError(
                f"{key}.{other} must differ from {key}.{one}, got {rates[other]:g} for both"
            )
    if not rates[slow] < rates[fast]:
        raise ConfigError(
            f"figures.slow must name a smaller learning rate than figures.fast (a small alpha"
            f" learns slowly), got {slow} = {rates[slow]:g} and {fast} = {rates[fast]:g} in {key}"
        )


def _check_intervals(config: dict) -> None:
    dt, demonstrations = config["dt"], config["demonstrations"]
    sample = config["recording"]["sample_every"]
    _whole_steps(sample, dt, "recording.sample_every")
    for name, part in config["simulate"].items():
        _whole_steps(part["duration"], dt, f"simulate.{name}.duration")
    for name in [*config["sweep"]["tasks"], *demonstrations]:
        key, task = f"tasks.{name}", config["tasks"][name]
        _whole_steps(task["warm_up"], dt, f"{key}.warm_up", least=0)
        _check_interval(config, name, f"{key}.update_every", task["update_every"])
    for name, demonstration in demonstrations.items():
        key, every = f"demonstrations.{name}.update_every", demonstration["update_every"]
        _check_interval(config, name, key, every)
        for what, duration in ((key, every), (f"the period of the task {name}", _period(name))):
            if duration and not _divides(sample, duration):
                raise ConfigError(
                    f"recording.sample_every must divide {what}, {duration:g} s, got {sample:g} s"
                )


def _check_interval(config: dict, task: str, key: str, update_every: float) -> None:
    """Check that updates fall on steps, and several of them on each period."""
    dt, period = config["dt"], _period(task)
    if period and not _divides(dt, period):
        raise ConfigError(
            f"dt must divide the period of the task {task}, {period:g} s, got {dt:g} s"
        )
    _whole_steps(update_every, dt, key)
    if period and not update_every < period:
        raise ConfigError(
            f"{key} must be below the period of the task {task}, {period:g} s,"
            f" got {update_every:g} s"
        )


def _period(task: str) -> float | None:
    from spikerate import tasks

    return tasks.period(task)


def _divides(step: float, duration: float) -> bool:
    try:
        return multiple(duration, step, "") > 0
    except ValueError:
        return False


def _check_spectra(config: dict) -> None:
    limits = {
        "points": (len(sweep.grid_points(config)), "the number of points of the grid"),
        "components": (config["network"]["neurons"], "network.neurons"),
    }
    for name, (limit, what) in limits.items():
        if config["spectra"][name] > limit:
            raise ConfigError(
                f"spectra.{name} must be at most {limit}, {what}, got {config['spectra'][name]}"
            )


CHECKS = (
    _check_neuron,
    _check_time_step,
    _check_grid,
    _check_tasks,
    _check_learning_rates,
    _check_intervals,
    _check_spectra,
)
