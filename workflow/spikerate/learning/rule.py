"""What a learning rule is: a function that makes a learner for a batch of networks.

At each update the decoder moves by -e g^T, where e is the error of the readout and g the gain
that the learner returns. A rule is one function, in a file of its own, and one entry of
`registry.RULES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from spikerate.engine.interface import Engine

Floats = NDArray[np.float64]


class Learner(Protocol):
    """What a rule remembers about the states of a batch of networks."""

    def gain(self, regressor: Floats) -> Floats:
        """Gain (point, neuron) of an update at the states R (point, neuron)."""

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """What the learner remembers, by name; not copies."""

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go on from what `arrays` gave."""


class Rule(Protocol):
    """A learning rule."""

    def __call__(
        self, neurons: int, learning_rates: Floats, updates: int, engine: Engine
    ) -> Learner:
        """Learner for a training.

        Parameters
        ----------
        neurons : length of R
        learning_rates : array (point,), alpha of each network
        updates : how many will follow
        engine : of the inner loops, "numpy" or "numba"
        """
