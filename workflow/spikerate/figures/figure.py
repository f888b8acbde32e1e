"""What a figure is: its words, what it needs, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class About:
    """What is known of a figure before it is drawn; an edit of it does not redraw the figure.

    The functions take the config of a study.
    """

    title: str
    contents: str  # what it shows, in a line of a list
    alt: str  # what it shows, for those who do not see it
    caption: str  # reStructuredText
    inputs: Callable[[dict], dict[str, str | list[str]]]  # paths below results/<study>, by name
    params: Callable[[dict], dict[str, Any]]  # of its rule
    scale: Callable[[dict], dict[str, object]]  # what sets its scale, by its name for a reader


@dataclass(frozen=True)
class Figure:
    """A figure of the study."""

    about: About
    draw: Callable  # from a `pipeline.job.Job` to a `drawing.sheet.Sheet`
