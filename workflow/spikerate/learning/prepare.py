"""Compile the kernels of a study before its jobs start, so that no job has to."""

from __future__ import annotations

from spikerate.engine.selection import resolve
from spikerate.learning import force
from spikerate.learning.registry import RLS
from spikerate.model import networks


def compile_kernels(engine: str, neuron: dict | None = None, rule: str = RLS) -> None:
    """Compile every kernel, or find it on disk; do nothing if the engine compiles none.

    Parameters
    ----------
    neuron : of the config, whose equations are compiled; the study's own from None
    rule : of `registry.RULES`
    """
    if resolve(engine) == "numpy":
        return
    for kind in networks.TWINS:
        for draws in ("shared", "per_point"):
            network, state = networks.draw(
                kind, [1.0, 1.0], 0.1, neurons=4, neuron=neuron, reservoir_draws=draws,
                engine=engine,
            )  # fmt: skip
            force.train(network, state, [0.0, 1.0], 1.0, update_every=1, rule=rule)
