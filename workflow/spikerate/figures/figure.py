"""What a figure is: its texts, its inputs, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class About:
    """What is known about a figure before it is drawn; editing this does not redraw the figure.

    The functions take the config of a study.
    """

    title: str
    contents: str  # what it shows, as one line of a list
    alt: str  # what it shows, for readers who cannot see it
    caption: str  # reStructuredText
    inputs: Callable[[dict], dict[str, str | list[str]]]  # paths below results/<study>, by name
    params: Callable[[dict], dict[str, Any]]  # of its rule
    scale: Callable[[dict], dict[str, object]]  # what sets its scale, by a name for readers


@dataclass(frozen=True)
class Figure:
    """A figure of the study."""

    about: About
    draw: Callable  # from a `pipeline.job.Job` to a `drawing.sheet.Sheet`
