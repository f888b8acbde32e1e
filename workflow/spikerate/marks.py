"""What a name's annotation tells the fingerprint of code; at run time it does nothing.

TASKS: Annotated[dict[str, Recipe], ChosenBy("task")] = {}
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ChosenBy:
    """A registry, of which a job uses one entry.

    Parameters
    ----------
    key : wildcard or param of a rule, such as `task`, or the path of a key of the config, such as
        `neuron.model`, whose value is the entry's name; where a job has none, all entries count
    """

    key: str


class Words:
    """Descriptions for readers: what they say changes no number, and so does not count."""
