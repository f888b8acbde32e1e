"""A bad config, and the sentences that refuse it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher


class ConfigError(ValueError):
    """A bad config; the message is one sentence for the user."""


@contextlib.contextmanager
def plain_errors() -> Iterator[None]:
    """End the program with a ConfigError's sentence on stderr, and no traceback."""
    try:
        yield
    except ConfigError as error:
        sys.exit(f"Error in the config: {error}.")


def shown(value: object) -> str:
    """Value as a sentence shows it."""
    if value is None:
        return "nothing"
    return f"{value:g}" if isinstance(value, float) else repr(value)


def listed(words: Iterable[str]) -> str:
    """Words separated by commas."""
    return ", ".join(words)


def dotted(path: Iterable) -> str:
    """Join a path: neuron.tau_m, sweep.tasks[0]."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")


def likeness(one: str, other: str) -> float:
    """Similarity of two words, between 0 and 1."""
    return SequenceMatcher(None, one.lower(), other.lower()).ratio()


def nearest_of(word: object, known: Iterable[str]) -> str:
    """End of a sentence: the known word most similar to another; empty if none is known."""
    nearest = max(known, key=lambda name: likeness(str(word), name), default=None)
    return f"; the nearest is {nearest}" if nearest else ""
