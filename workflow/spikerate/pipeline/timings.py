"""How long each piece of work takes on the reference machine: the formulas behind the costs.

Times are in seconds on one core of an Intel Xeon (2 cores, 24 GB) while the other core does the
same work. Most constants were fitted to measurements by `calibration.time_step` and
`calibration.time_update` at 100 to 2000 neurons and 1 to 21 outputs, and to `make benchmark` at
2000 and 4000 neurons; those for starts, files and figures come from the benchmarks of a laptop
study. For another machine, `calibration` measures a factor for each piece of work.
"""

from __future__ import annotations

from spikerate.model.rate import panel

PIECES = {  # of work, with their descriptions
    "python": "starting, reading, drawing",
    "spiking": "steps of spiking networks",
    "product": "steps of rate networks, one product for a batch",
    "rows": "steps of rate networks, each with its own product",
    "low_rank": "updates of short trainings",
    "dense": "updates of long trainings",
    "draw": "drawing reservoirs",
}
START = 1.3  # s, to start a job and import the library, and to read and write its files
DRAWING = 5.7  # s, to draw a figure, including the start of the job
IMPORTING = 0.9  # s, to start a process and import the library
SAMPLE = 0.7e-6  # s, to make one sample of a task's signals
FILE = 0.02  # s, to read one dataset of many
UPDATE = 100e-6  # s, that the interpreter takes in one update of a batch
CALL = 20e-6  # s, that the interpreter takes in one step of a batch of rate networks
REPETITION = 0.8e-3  # s, to align one repetition of one network
ALIGN = 2e-8  # s, to align and compare one sample of a readout
CACHE = 2e6  # bytes of the cache of a core
SHARED_CACHE = 256e6  # bytes of the cache that cores share
# How many times as long as Numba the NumPy engine takes.
NUMPY = {"spiking": 12.0, "product": 1.7, "rows": 3.4, "low_rank": 1.4}


def spiking_step(neurons: int, signals: int) -> float:
    """Seconds of a step of dt of one spiking network; `signals` counts outputs and channels."""
    return 1e-9 * (180 + (0.5 + 0.14 * signals) * neurons + 6e-4 * neurons**2)


def rate_step(neurons: int, signals: int) -> float:
    """Seconds of a coarse step of one rate network, without its recurrent product."""
    return 1e-9 * (10 + 0.8 * signals) * neurons


def product(neurons: int, single: bool, width: int) -> float:
    """Seconds for each network of a product of a reservoir with the rates of `width` networks.

    The reservoir is read once for each product, and copied first if it is in one panel.
    """
    size, once = 1.0 if single else 2.0, 0.27 if panel(width, neurons) == neurons else 0.12
    return 1e-9 * size * (0.0105 + once / width) * neurons**2


def rows(neurons: int, single: bool, draws: int) -> float:
    """Seconds of the product of one network with its own reservoir, one of `draws` reservoirs."""
    size = (4 if single else 8) * neurons**2
    far = 0.11 if draws * size > SHARED_CACHE else 0.085
    return 1e-9 * (1.0 if single else 2.0) * neurons**2 * (far if size > CACHE else 0.025)


def low_rank_update(neurons: int, held: float) -> float:
    """Seconds of an update of one network after `held` updates, while P has low rank."""
    return 1e-9 * 0.4 * neurons * held


def dense_update(neurons: int) -> float:
    """Seconds of an update of one network with the whole matrix P."""
    return 1e-9 * (20 * neurons + 0.18 * neurons**2)


def decoder_update(neurons: int, outputs: int) -> float:
    """Seconds of one change of the decoder of one network."""
    return 1e-9 * (3000 + 2.0 * neurons * outputs)


def draw(neurons: int, alone: bool) -> float:
    """Seconds to draw a reservoir and lay it out in memory; one of several is also copied."""
    return 1e-9 * (22 if alone else 50) * neurons**2


def decomposition(updates: float, neurons: int) -> float:
    """Seconds of the principal components of states (update, neuron)."""
    few, many = sorted((updates, neurons))
    return 1e-9 * 0.25 * many * few**2
