"""Reading and merging the files of a config, so that nothing written in them is lost."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from spikerate.study.errors import ConfigError, dotted, shown

DECIMAL = re.compile(r"[-+]?(0|[1-9][\d_]*)?(\.[\d_]*)?([eE][-+]?\d+)?|[-+]?\.(inf|nan)", re.I)
NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
NULL = "tag:yaml.org,2002:null"
TEMPLATE = "__use_yte__"  # Snakemake treats a file with this key as a program


def read(path: Path | str) -> dict:
    """Read a YAML or JSON file that must hold a mapping.

    Raises
    ------
    ConfigError
        if the file is missing, is not YAML or not a mapping, or if a part of it would be lost: a
        key that occurs twice, a key without a value, or a number that YAML reads differently from
        how it is meant.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} must be a readable text file ({error})") from error
    try:
        content = parse(text, str(path))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"; it breaks off at line {mark.line + 1}" if mark else ""
        raise ConfigError(
            f"{path} must be valid YAML, indented by spaces and not by tabs{place}"
        ) from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path} must hold keys and values, and it holds {shown(content)}")
    return content


def parse(text: str, source: str, path: tuple = ()) -> object:
    """Value of a text in YAML or JSON; no part of it may be lost.

    Parameters
    ----------
    source : where the text comes from, for the message: a file or an argument
    path : of the value, if it is not a whole config

    Raises
    ------
    ConfigError
        as `read`.
    yaml.YAMLError
        if the text is not YAML.
    """
    loader = yaml.SafeLoader(_without_tabs(text))
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _check(node, source, path)
        return loader.construct_document(node)
    finally:
        loader.dispose()


def merged(config: dict, changes: dict) -> dict:
    """Copy a config, with changes merged into it section by section; lists are replaced."""
    result = dict(config)
    for key, value in changes.items():
        below = result.get(key)
        if isinstance(value, dict):
            value = merged(below if isinstance(below, dict) else {}, value)
        result[key] = value
    return result


def leaves(tree: object, path: tuple = ()) -> Iterator[tuple[tuple, object]]:
    """Path and value of everything in a config except nonempty sections."""
    if not isinstance(tree, dict) or not tree:
        yield path, tree
        return
    for name, below in tree.items():
        yield from leaves(below, (*path, name))


def _without_tabs(text: str) -> str:
    """Copy JSON, with spaces in place of the tabs that it may have between its words."""
    try:
        json.loads(text)
    except ValueError:
        return text
    return text.replace("\t", " ")


def _check(node: yaml.Node, source: str, path: tuple, above: tuple = ()) -> None:
    """Check that nothing in a node or below it would be lost."""
    if node in above:
        raise ConfigError(f"{_key(path)} in {source} must not hold itself{_lines(node)}")
    above = (*above, node)
    if isinstance(node, yaml.MappingNode):
        _check_keys(node, source, path)
        for key, value in node.value:
            _check(value, source, (*path, _name(key)), above)
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            _check(item, source, (*path, number), above)
    elif len(above) > 1:  # a text that is a single value is left to the schema
        _check_value(node, source, path)


def _check_keys(node: yaml.MappingNode, source: str, path: tuple) -> None:
    first: dict[str, yaml.Node] = {}
    for key, _ in node.value:
        name = _name(key)
        if not path and name == TEMPLATE:
            raise ConfigError(
                f"{name} in {source} must be left out{_lines(key)}: no code runs there"
            )
        if name in first:
            raise ConfigError(
                f"{dotted((*path, name))} must stand once in {source}, and it stands"
                f" twice{_lines(first[name], key)}: what stands first would be lost"
            )
        first[name] = key


def _check_value(node: yaml.Node, source: str, path: tuple) -> None:
    if node.tag == NULL:
        raise ConfigError(
            f"{_key(path)} in {source} must have a value, or be left out{_lines(node)}"
        )
    if node.tag in NUMBERS and not DECIMAL.fullmatch(node.value):
        raise ConfigError(
            f"{_key(path)} in {source} must be a decimal number, got {node.value}{_lines(node)},"
            f" which is {yaml.safe_load(node.value)} in YAML"
        )


def _name(key: yaml.Node) -> str:
    return key.value if isinstance(key, yaml.ScalarNode) else "a key that is no word"


def _key(path: tuple) -> str:
    return dotted(path) or "what"


def _lines(*nodes: yaml.Node) -> str:
    """Say in which lines nodes begin; empty for a text of one line."""
    numbers = [str(node.start_mark.line + 1) for node in nodes]
    if len(nodes) > 1:
        return f", in lines {' and '.join(numbers)}"
    return f" (line {numbers[0]})"
