"""The learning rules, by the names that they have in the config."""

from __future__ import annotations

from typing import Annotated

from spikerate.learning.rls import rls
from spikerate.learning.rule import Rule
from spikerate.marks import ChosenBy

RULES: Annotated[dict[str, Rule], ChosenBy("learning.rule")] = {"rls": rls}
RLS = "rls"  # the rule of the paper, whose theory is that of a low-pass filter


def rule_of(rule: str | Rule) -> Rule:
    """Learning rule by its name; a rule is returned as it is.

    Raises
    ------
    ValueError
        if there is no rule of that name.
    """
    if not isinstance(rule, str):
        return rule
    if rule not in RULES:
        raise ValueError(f"learning rule must be one of {', '.join(RULES)}, got {rule!r}")
    return RULES[rule]
