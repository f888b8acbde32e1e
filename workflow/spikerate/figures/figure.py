"""What a figure is: its texts, its inputs, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # not at run time, so that listing the figures is fast
    import xarray as xr

    from spikerate.figures.drawing.sheet import Sheet

Config = dict[str, Any]  # of a study


class Job(Protocol):
    """What a figure needs from the job that draws it."""

    params: dict[str, Any]

    def load(self, name: str) -> xr.Dataset:
        """Dataset of a named input."""

    def by_task(self, name: str) -> dict[str, list[xr.Dataset]]:
        """Datasets of a named list of inputs, by task."""


@dataclass(frozen=True)
class About:
    """Description of a figure; editing a text here does not redraw the figure.

    The functions take the config of a study.
    """

    title: str
    contents: str  # what it shows, as one line of a list
    alt: str  # what it shows, for readers who cannot see it
    caption: str  # reStructuredText
    inputs: Callable[[Config], dict[str, str | list[str]]]  # paths below results/<study>, by name
    params: Callable[[Config], dict[str, Any]]  # of its rule
    scale: Callable[[Config], dict[str, object]]  # what sets its scale, by a name for readers


@dataclass(frozen=True)
class Figure:
    """A figure of the study."""

    about: About
    draw: Callable[[Job], Sheet]
