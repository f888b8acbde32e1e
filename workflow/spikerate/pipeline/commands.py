"""The command line that all commands share: which study, with which changes to its config."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from spikerate.data.checkout import CHECKOUT
from spikerate.pipeline.adapter import Request
from spikerate.study import config as configs
from spikerate.study import written
from spikerate.study.config import ConfigError
from spikerate.study.schema import nearest_key

SNAKEFILE = CHECKOUT / "Snakefile"
KEY = re.compile(r"[a-zA-Z_][\w-]*\w")  # of the config, as Snakemake takes it


class Parser(argparse.ArgumentParser):
    """Parser of a command that asks for a study; what is wrong ends in one sentence."""

    def __init__(self, command: str, description: str):
        super().__init__(prog=f"spikerate.pipeline.{command}", description=description)
        self.add_argument("config", nargs="*", metavar="KEY=VALUE", help="as snakemake --config")
        self.add_argument("--configfile", nargs="+", action="extend", default=[], metavar="FILE",
                          help="as snakemake --configfile")  # fmt: skip
        self.add_argument("--snakefile", default=SNAKEFILE)

    def error(self, message: str) -> None:
        """End the program with what is wrong, and no usage."""
        sys.exit(f"Error: {message}.")

    def read(self, words: Sequence[str] | None = None) -> tuple[argparse.Namespace, Request]:
        """Options, and what is asked for, checked as far as it can be without Snakemake."""
        options, unknown = self.parse_known_intermixed_args(words)
        with configs.plain_errors():
            if unknown:
                raise ConfigError(f"{unknown[0]} is no KEY=VALUE, and no option of this command")
            check(options.config, options.configfile)
        files = tuple(Path(path) for path in options.configfile)
        return options, Request(Path(options.snakefile), tuple(options.config), files)


def check(words: Sequence[str], files: Sequence[str] = ()) -> None:
    """Check KEY=VALUE words, and the files of a user's own, before anything reads them.

    Raises
    ------
    ConfigError
        whose sentence says what to write instead.
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
            f"{word!r} is part of a value: one with blanks needs quotes of its own,"
            " CONFIG=\"'network={neurons: 500}'\""
        )
    if word in configs.studies():
        return f"{word!r} is a study and no KEY=VALUE: write STUDY={word}"
    return (
        f"CONFIG takes KEY=VALUE, got {word!r}: write {word}=VALUE, or see the keys in config.yaml"
    )


def _no_key(key: str, value: str) -> str:
    """Sentence on a key that Snakemake cannot take, with what to write instead."""
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


def _keys(content):
    """Yield every key of nested mappings."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield key
            yield from _keys(value)


def cores(text: str) -> int:
    """How many cores are asked for; ends the program unless it is `all` or a number above 0."""
    if text == "all":
        return os.cpu_count() or 1
    if not text.isdecimal() or int(text) < 1:
        sys.exit(f"Error: CORES must be a whole number above 0, or all, got {text!r}.")
    return int(text)


def study(request: Request) -> str:
    """Name of the study that is asked for."""
    layers = written.layers([configs.DEFAULT], request.configfiles, request.config)
    return str([layer.values["study"] for layer in layers if "study" in layer.values][-1])
