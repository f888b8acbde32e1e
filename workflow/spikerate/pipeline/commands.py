"""The part of the command line that all commands share: a study and changes to its config."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import yaml

from spikerate.data.checkout import CHECKOUT
from spikerate.pipeline.adapter import Request
from spikerate.study import config as configs
from spikerate.study import written
from spikerate.study.config import ConfigError
from spikerate.study.schema import nearest_key

SNAKEFILE = CHECKOUT / "Snakefile"
KEY = re.compile(r"[a-zA-Z_][\w-]*\w")  # a key of the config that Snakemake accepts


class Parser(argparse.ArgumentParser):
    """Parser for a command about a study; it ends the program with one sentence on any error."""

    def __init__(self, command: str, description: str):
        super().__init__(prog=f"spikerate.pipeline.{command}", description=description)
        self.add_argument("config", nargs="*", metavar="KEY=VALUE", help="as snakemake --config")
        self.add_argument(
            "--configfile",
            nargs="+",
            action="extend",
            default=[],
            metavar="FILE",
            help="as snakemake --configfile",
        )
        self.add_argument("--snakefile", default=SNAKEFILE)

    def error(self, message: str) -> NoReturn:
        """End the program with a message, and no usage."""
        sys.exit(f"Error: {message}.")

    def read(self, words: Sequence[str] | None = None) -> tuple[argparse.Namespace, Request]:
        """Options and request, checked as far as this is possible without Snakemake."""
        options, unknown = self.parse_known_intermixed_args(words)
        with configs.plain_errors():
            if unknown:
                raise ConfigError(f"{unknown[0]} is no KEY=VALUE, and no option of this command")
            check(options.config, options.configfile)
        files = tuple(Path(path) for path in options.configfile)
        return options, Request(Path(options.snakefile), tuple(options.config), files)


def check(words: Sequence[str], files: Sequence[str] = ()) -> None:
    """Check KEY=VALUE words and the user's own config files, before Snakemake reads them.

    Raises
    ------
    ConfigError
        if one is wrong; the message says what to write instead.
    """
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise ConfigError(_no_value(word))
        if not KEY.fullmatch(key):
            raise ConfigError(_no_key(key, value))
        _check_value(key, value)
    written.layers([], files, words)


def _no_value(word: str) -> str:
    if any(letter in word for letter in "{}:,[]"):
        return (
            f"{word!r} is part of a value: a value with blanks needs quotes of its own,"
            " CONFIG=\"'network={neurons: 500}'\""
        )
    if word in configs.studies():
        return f"{word!r} is a study and no KEY=VALUE: write STUDY={word}"
    return (
        f"CONFIG takes KEY=VALUE, got {word!r}: write {word}=VALUE, or see the keys in config.yaml"
    )


def _no_key(key: str, value: str) -> str:
    """Sentence on a key that Snakemake does not accept, with what to write instead."""
    parts = key.split(".")
    if len(parts) == 1:
        parts = nearest_key([], key).split(".")
        if "*" in parts or not KEY.fullmatch(parts[0]):
            return f"{key!r} is no key of config.yaml"
    nested = value or "VALUE"
    for part in reversed(parts[1:]):
        nested = f"{{{part}: {nested}}}"
    written = f"{parts[0]}={nested}"
    return f"{key}={value} is no KEY=VALUE: write {repr(written) if ' ' in written else written}"


def _check_value(key: str, value: str) -> None:
    if not value.startswith(("{", "[")):
        return
    try:
        content = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ConfigError(
            f"the value of {key}, {value}, has a bracket or a quote that is not closed"
        ) from error
    for word in _keys(content):
        name, colon, rest = str(word).partition(":")
        if colon:
            raise ConfigError(f"in the value of {key} a blank is missing: write {name}: {rest}")


def _keys(content: object) -> Iterator[object]:
    """Yield every key of nested mappings."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield key
            yield from _keys(value)


def cores(text: str) -> int:
    """Number of cores, from `all` or a number above 0; ends the program if it is neither."""
    if text == "all":
        return os.cpu_count() or 1
    if not text.isdecimal() or int(text) < 1:
        sys.exit(f"Error: CORES must be a whole number above 0, or all, got {text!r}.")
    return int(text)


def study(request: Request) -> str:
    """Name of the study of a request."""
    layers = written.layers([configs.DEFAULT], request.configfiles, request.config)
    return str([layer.values["study"] for layer in layers if "study" in layer.values][-1])
