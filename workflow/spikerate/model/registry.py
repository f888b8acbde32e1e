"""The neuron models by the names that the config gives them."""

from __future__ import annotations

from spikerate.model.lif import LIF
from spikerate.model.neuron import Neuron

NEURONS: dict[str, type[Neuron]] = {"lif": LIF}
