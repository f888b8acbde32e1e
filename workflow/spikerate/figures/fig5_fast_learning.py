"""Figure 5: fast learning over the grid, a column a task."""

from __future__ import annotations

from typing import Annotated, Any

from spikerate.figures import learning
from spikerate.figures.figure import About, Config, Figure
from spikerate.marks import Words


def _params(config: Config) -> dict[str, Any]:
    return learning.params(config, "fast")


ABOUT: Annotated[About, Words] = About(
    title="Fast learning",
    contents="Fast learning over the (Q, G) grid",
    alt="maps of error and decoder correlation at fast learning, and runs at the starred points",
    caption="""\
Fast learning over the (Q, G) grid, with the panels and map scales of Figure 4. Look for: whether,
from slow to fast learning, the error of the rate twin falls where that of the spiking twin does
not, and whether the correlation of their decoders falls.
""",
    inputs=learning.inputs,
    params=_params,
    scale=learning.scale_of,
)
FIGURE = Figure(ABOUT, learning.draw)
