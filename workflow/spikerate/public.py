"""The names that a user of the library needs, which the package offers."""

# ruff: noqa: F401

from spikerate.analysis.errors import l2_error, nrmse
from spikerate.analysis.transfer import transfer
from spikerate.learning.force import run, state_of, train
from spikerate.learning.registry import RULES
from spikerate.model.lif import LIF
from spikerate.model.networks import build, draw
from spikerate.model.neuron import Neuron
from spikerate.model.registry import NEURONS
from spikerate.model.synapse import DoubleExponential
from spikerate.model.weights import Weights
from spikerate.tasks.registry import TASKS
from spikerate.tasks.registry import make as make_task


def named(name: str) -> object:
    """Public name."""
    return globals()[name]
