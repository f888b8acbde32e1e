"""The neuron models, by the names that they have in the config."""

from __future__ import annotations

from typing import Annotated

from spikerate.marks import ChosenBy
from spikerate.model.lif import LIF
from spikerate.model.neuron import Neuron

NEURONS: Annotated[dict[str, type[Neuron]], ChosenBy("neuron.model")] = {"lif": LIF}
