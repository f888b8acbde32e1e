"""Figure 4: slow learning over the grid, a column a task."""

from __future__ import annotations

from typing import Annotated, Any

from spikerate.figures import learning
from spikerate.figures.figure import About, Config, Figure
from spikerate.marks import Words


def _params(config: Config) -> dict[str, Any]:
    return learning.params(config, "slow")


ABOUT: Annotated[About, Words] = About(
    title="Slow learning",
    contents="Slow learning over the (Q, G) grid",
    alt="maps of error and decoder correlation at slow learning, and runs at the starred points",
    caption="""\
Slow learning over the (Q, G) grid, one column for each task. From the top: the errors of the
spiking and of the rate twin on one scale, and the correlation of their decoders. Points under the
cutoff have a white outline, points where most draws diverged are hatched, and the star marks the
point under the cutoff whose decoders correlate best. Then, at the star: outputs over the dashed
target, neurons on one scale, outputs with swapped decoders (each twin in its own colour), and the
decoder weights of one twin against those of the other, neuron by neuron, with their linear fit
(solid) and the diagonal (dashed). Last, the errors of all points with own and with swapped
decoders (dotted: cutoff). The maps have the same scales as those of Figure 5. Look for: whether
each twin has a region under the cutoff, whether the two regions overlap, and whether the decoders
correlate there and can be swapped.
""",
    inputs=learning.inputs,
    params=_params,
    scale=learning.scale_of,
)
FIGURE = Figure(ABOUT, learning.draw)
