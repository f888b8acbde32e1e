"""Annotations that tell the fingerprint of code about a name; they do nothing at run time.

TASKS: Annotated[dict[str, Recipe], ChosenBy("task")] = {}
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ChosenBy:
    """A registry of which each job uses one entry.

    Parameters
    ----------
    key : wildcard or param of a rule, such as `task`, or the path of a key of the config, such as
        `neuron.model`, whose value is the entry's name; for a job that has none, all entries count
    """

    key: str


class Words:
    """Descriptions for readers; they change no number, so they do not count."""
