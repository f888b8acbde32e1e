"""The page of a figure: its size, its fonts and lines, and how it is drawn and written.

A figure depends only on its data and on our code, not on the user's matplotlibrc or backend, the
time, or the addresses of objects in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure, SubFigure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.transforms import Bbox

from spikerate.figures import names

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

WIDTH = 19.0  # cm, a journal's full width
DPI = 300
SMALL = 6.0  # pt, the smallest text of a figure
METADATA = {"png": {"Software": None}, "pdf": {"CreationDate": None}}  # None leaves it out
DIGITS = 6  # decimals of a position on the page, as a share of its size
RULES: dict[RcKeyType, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 7.0,
    "axes.labelsize": 7.0,
    "axes.labelpad": 2.0,
    "axes.titlesize": 7.0,
    "axes.titlelocation": "left",
    "axes.titlepad": 4.0,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "legend.title_fontsize": 6.5,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "legend.labelspacing": 0.25,
    "legend.borderaxespad": 0.2,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "lines.linewidth": 1.0,
    "hatch.linewidth": 0.4,
    "pdf.fonttype": 42,  # TrueType: text in the PDF stays text
}


@contextmanager
def own_style() -> Iterator[None]:
    """Draw with matplotlib's defaults and RULES, then restore the user's settings."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(RULES)
        yield


class Sheet(Figure):
    """A figure that is drawn and written in our own style, whatever the caller's settings."""

    def draw(self, renderer: RendererBase) -> None:
        """Draw the figure."""
        with own_style():
            super().draw(renderer)

    def savefig(  # type: ignore[override]  # with fewer choices than matplotlib offers
        self, path: Path, dpi: float = DPI
    ) -> None:
        """Write the figure as PNG or PDF, by suffix; the same figure gives the same bytes."""
        kind = Path(path).suffix[1:]
        with own_style():
            super().savefig(path, dpi=dpi, format=kind, metadata=METADATA[kind])


class Layout(ConstrainedLayoutEngine):
    """Constrained layout with rounded positions.

    The solver sums in the order of its variables in memory, so the last digits of its result differ
    from one process to the next.
    """

    def execute(self, fig: Figure) -> None:
        """Place all parts of a figure."""
        super().execute(fig)
        for part in fig.findobj():
            if isinstance(part, SubFigure):
                part.bbox_relative.p0 = np.round(part.bbox_relative.p0, DIGITS)
                part.bbox_relative.p1 = np.round(part.bbox_relative.p1, DIGITS)
            elif isinstance(part, Axes):
                corners = part.get_position(original=True).get_points()
                part._set_position(  # type: ignore[attr-defined]  # `set_position` would end the layout
                    Bbox(np.round(corners, DIGITS))
                )


def sheet(height: float, scale: str) -> Sheet:
    """Empty figure, `height` cm high, with the scale of the study at its foot."""
    figure = Sheet(figsize=(WIDTH / 2.54, height / 2.54), layout=Layout())
    figure.supxlabel(names.readable(scale), fontsize=SMALL, x=0.01, ha="left", color="0.35")
    return figure
