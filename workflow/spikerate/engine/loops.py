"""The inner loops, each by the engine that runs it.

A network or a learning rule takes the loops that it needs, once, when it is made. What a loop takes
and returns is described in `interface` and, for those without a class there, in `reference`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from spikerate.engine import compiled, reference
from spikerate.engine.interface import (
    AdvanceSpiking,
    DriveSynapses,
    Engine,
    Equation,
    Floats,
    SingleOrDouble,
)

# Loop over the steps of spiking networks, from the change of v, its reset and the synapse's decay.
SPIKING: Mapping[Engine, Callable[[Equation, Equation, Equation], AdvanceSpiking]] = {
    "numpy": reference.Spiking,
    "numba": compiled.spiking,
}
# Step of the synapses of rate networks, from the equation of a driven synapse.
SYNAPSES: Mapping[Engine, Callable[[Equation], DriveSynapses]] = {
    "numpy": reference.synapses,
    "numba": compiled.synapses,
}
READOUT: Mapping[Engine, Callable[[Floats, Floats], Floats]] = {
    "numpy": reference.readout,
    "numba": compiled.readout,
}
CURRENTS: Mapping[Engine, Callable[[Floats, Floats, Floats, float], Floats]] = {
    "numpy": reference.currents,
    "numba": compiled.currents,
}
WEIGHTED_ROWS: Mapping[Engine, Callable[[SingleOrDouble, SingleOrDouble], SingleOrDouble]] = {
    "numpy": reference.weighted_rows,
    "numba": compiled.weighted_rows,
}
LOW_RANK_GAIN: Mapping[Engine, Callable[[Floats, int, Floats, Floats], Floats]] = {
    "numpy": reference.low_rank_gain,
    "numba": compiled.low_rank_gain,
}
