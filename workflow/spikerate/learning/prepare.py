"""Compile the kernels of a study before its jobs start, so that no job waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spikerate.engine.selection import resolve
from spikerate.learning import force
from spikerate.learning.registry import RLS
from spikerate.model import networks
from spikerate.model.kinds import KINDS


def compile_kernels(engine: str, neuron: Mapping[str, Any] | None = None, rule: str = RLS) -> None:
    """Compile every kernel that is not on disk yet; do nothing if the engine compiles none.

    Parameters
    ----------
    neuron : of the config, whose equations are compiled; the default neuron from None
    rule : a name in `registry.RULES`
    """
    if resolve(engine) == "numpy":
        return
    for kind in KINDS:
        for draws in ("shared", "per_point"):
            network, state = networks.draw(
                kind,
                [1.0, 1.0],
                0.1,
                neurons=4,
                neuron=neuron,
                reservoir_draws=draws,
                engine=engine,
            )
            force.train(network, state, [0.0, 1.0], 1.0, update_steps=1, rule=rule)
