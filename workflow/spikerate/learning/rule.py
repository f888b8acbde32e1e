"""What a learning rule is: a function that makes a learner for a batch of networks.

At each update the decoder moves by -e g^T, where e is the error of the readout and g the gain that
the learner returns. To add a rule, write one function in a file of its own and add one entry to
`registry.RULES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from numpy.typing import NDArray

from spikerate.engine.interface import Engine
from spikerate.model.neuron import Floats


class Learner(Protocol):
    """Memory of a rule for a batch of networks."""

    def gain(self, regressor: Floats) -> Floats:
        """Gain (point, neuron) of an update at the states R (point, neuron)."""

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """Arrays that the learner remembers, by name, without copying them."""

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Continue from what `arrays` returned."""


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
