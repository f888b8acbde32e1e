"""Settings of the config as objects: how a task is learned, how it is demonstrated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spikerate.learning.registry import RLS
from spikerate.model.networks import Settings


@dataclass(frozen=True, kw_only=True)
class Training:
    """How the networks of a task learn."""

    update_every: float  # s
    warm_up: float = 0.0  # s, before the first update
    rule: str = RLS  # a name in `learning.registry.RULES`

    def in_steps(self, settings: Settings) -> dict[str, Any]:
        """Arguments of `force.train`."""
        return {
            "update_steps": settings.steps(self.update_every),
            "warm_up_steps": settings.steps(self.warm_up),
            "rule": self.rule,
        }


@dataclass(frozen=True, kw_only=True)
class Course:
    """A demonstration: where in the grid, how fast it learns, and how long."""

    encoder_strength: float  # Q, mV
    reservoir_strength: float  # G, mV s
    alpha: float
    before: int  # repetitions of the training signal before learning
    learning: int  # repetitions during learning
    after: int  # repetitions of the test signal after learning


OBJECTS = {"settings": Settings, "training": Training, "course": Course}


def typed(params: Mapping[str, Any]) -> dict[str, Any]:
    """Params of a rule, those that are sections of the config as objects."""
    return {
        name: OBJECTS[name](**value) if name in OBJECTS else value for name, value in params.items()
    }
