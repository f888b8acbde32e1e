"""The learning rules by the names that the config gives them."""

from __future__ import annotations

from spikerate.learning.rls import rls
from spikerate.learning.rule import Rule

RULES: dict[str, Rule] = {"rls": rls}


def rule_of(name: str) -> Rule:
    """Learning rule of a name.

    Raises
    ------
    ValueError
        if there is no such rule.
    """
    if name not in RULES:
        raise ValueError(f"learning rule must be one of {', '.join(RULES)}, got {name!r}")
    return RULES[name]
