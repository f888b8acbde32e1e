"""The schema of the config, and the sentence on the first thing that it does not allow."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import fields
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from spikerate.data.checkout import CHECKOUT
from spikerate.learning.registry import RULES
from spikerate.model.registry import NEURONS
from spikerate.study.errors import ConfigError, dotted, likeness, listed, shown
from spikerate.study.reading import read

SCHEMA = CHECKOUT / "workflow" / "schemas" / "config.schema.yaml"
UNITS = {"s": "time", "mV": "voltage"}  # of a constant, and what the schema allows for it
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


def checked(config: object) -> dict:
    """Copy a config that the schema allows, with every number of the type that it asks for.

    Parameters
    ----------
    config : as read from YAML or from the command line, where numbers may still be text

    Raises
    ------
    ConfigError
        on the first thing that the schema does not allow.
    """
    typed: Any = _with_numbers(config, schema())
    errors = sorted(_validator().iter_errors(typed), key=_order)
    if errors:
        raise ConfigError(_sentence(errors[0]))
    return dict(typed)


@cache
def schema() -> dict:
    """Return the JSON schema of the config, with the neuron models and learning rules there are."""
    found = read(SCHEMA)
    found["properties"]["learning"]["properties"]["rule"] = _one_of(RULES)
    known = found["properties"]["neuron"]["properties"]
    known["model"] = _one_of(NEURONS)
    for model in NEURONS.values():
        for part in fields(model):
            of_unit = {"$ref": f"#/$defs/{UNITS[part.metadata['unit']]}"}
            known.setdefault(part.name, of_unit)
    return found


def _one_of(registry: Iterable[str]) -> dict:
    """Part of the schema that allows the names of a registry."""
    return {"enum": list(registry), "description": f"one of {listed(registry)}"}


@cache
def _validator() -> Draft202012Validator:
    """Build a validator for which NaN and infinity are no numbers."""
    standard = Draft202012Validator.TYPE_CHECKER

    def finite(_: object, value: Any) -> bool:
        return standard.is_type(value, "number") and math.isfinite(value)

    types = standard.redefine("number", finite)
    return extend(Draft202012Validator, type_checker=types)(schema())


def _resolved(part: dict) -> dict:
    """Follow a reference to the schema's definitions."""
    reference = part.get("$ref")
    return schema()["$defs"][reference.rpartition("/")[2]] if reference else part


def _with_numbers(value: object, part: dict) -> object:
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


def _number(value: Any, kind: str) -> int | float:
    """Turn a value into a float, or into an int where that is wanted and loses nothing."""
    if kind == "number":
        return float(value)
    try:
        whole = int(value)
    except ValueError:
        whole = int(float(value))  # text such as 1e3
    return whole if whole == float(value) else float(value)


def _order(error: ValidationError) -> tuple[bool, int, str]:
    """Misspelt keys first: what they leave unset may be another error's cause."""
    return error.validator != "additionalProperties", len(error.absolute_path), _key(error)


def _sentence(error: ValidationError) -> str:
    """Say what is wrong, where, and what is allowed."""
    key, part = _key(error), error.schema
    if error.validator == "additionalProperties":
        unknown = next(name for name in error.instance if name not in part["properties"])
        return _unknown_key(error.absolute_path, unknown, part["properties"])
    if error.validator == "required":
        name = next(name for name in part["required"] if name not in error.instance)
        allowed = _allowed(part["properties"][name])
        return f"{dotted([*error.absolute_path, name])} is missing, and must be {allowed}"
    if "propertyNames" in error.schema_path:
        return f"each key in {key} must be {_allowed(part)}, got {shown(error.instance)}"
    return f"{key} must be {_allowed(part)}, got {shown(error.instance)}"


def nearest_key(path: Iterable, unknown: str, siblings: Iterable[str] = ()) -> str:
    """Known key, dotted, that is most like one that does not exist, here or elsewhere."""
    here = [dotted([*path, name]) for name in siblings]
    word = SYMBOLS.get(unknown, str(unknown))

    def nearness(known: str) -> tuple[bool, bool, float]:
        name = known.rpartition(".")[2]
        alike = likeness(word, name)
        return name == word, known in here and alike > 0.5, alike

    return max([*here, *_known_keys(schema())], key=nearness)


def _unknown_key(path: Iterable, unknown: str, siblings: Iterable[str]) -> str:
    """Name an unknown key, and the known one that is most like it."""
    nearest = nearest_key(path, unknown, siblings)
    key = dotted([*path, str(unknown)])
    return f"{key} is an unknown key, and the nearest known one is {nearest}"


def _known_keys(part: dict, prefix: str = "") -> Iterator[str]:
    """Yield every key of the schema, dotted; a star stands for a name of the user's."""
    part = _resolved(part)
    rest = part.get("additionalProperties")
    for name, item in (part.get("properties") or ({"*": rest} if rest else {})).items():
        yield prefix + name
        yield from _known_keys(item, f"{prefix}{name}.")


def _allowed(part: dict) -> str:
    """Complete "must be ..."."""
    part = _resolved(part)
    return part.get("description") or f"a section with the keys {listed(part['properties'])}"


def _key(error: ValidationError) -> str:
    return dotted(error.absolute_path) or "the config"
