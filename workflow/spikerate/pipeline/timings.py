"""How long each piece of work takes on the reference machine: the laws behind the costs.

Times are in seconds on one core of an Intel Xeon (2 cores, 24 GB) while the other core does the
same. Most constants were fitted to what `calibration.stepped` and `calibration.updated` measured
at 100 to 2000 neurons and 1 to 21 outputs, and to `make benchmark` at 2000 and 4000 neurons;
those for starts, files and figures come from the benchmarks of a laptop study. `calibration`
measures how many times as long another machine takes for each of the KINDS of work.
"""

from __future__ import annotations

from spikerate.model.rate import panel

KINDS = {  # of work, in words
    "python": "starting, reading, drawing",
    "spiking": "steps of spiking networks",
    "product": "steps of rate networks, one product for a batch",
    "rows": "steps of rate networks, each with its own product",
    "low_rank": "updates while they are few",
    "dense": "updates when they are many",
    "draw": "drawing reservoirs",
}
START = 1.3  # s, of a job: its process, its imports, reading and writing
DRAWING = 5.7  # s, of a figure, its start included
IMPORTING = 0.9  # s, of a process with its imports alone
SAMPLE = 0.7e-6  # s, of a sample of a task's signals
FILE = 0.02  # s, of reading one dataset among many
UPDATE = 100e-6  # s, of an update of a batch: the interpreter's share
CALL = 20e-6  # s, of a step of a batch of rate networks: the interpreter's share
REPETITION = 0.8e-3  # s, of aligning one repetition of one network
ALIGN = 2e-8  # s, of judging a sample of a readout
CACHE = 2e6  # bytes that stay near the core
SHARED_CACHE = 256e6  # bytes that stay in the processor
NUMPY = {"spiking": 12.0, "product": 1.7, "rows": 3.4, "low_rank": 1.4}  # without Numba, so many
# times as long


def spiking_step(neurons: int, signals: int) -> float:
    """Seconds of a step of dt of one spiking network with so many outputs and channels."""
    return 1e-9 * (180 + (0.5 + 0.14 * signals) * neurons + 6e-4 * neurons**2)


def rate_step(neurons: int, signals: int) -> float:
    """Seconds of a coarse step of one rate network, but for its recurrent product."""
    return 1e-9 * (10 + 0.8 * signals) * neurons


def product(neurons: int, single: bool, width: int) -> float:
    """Seconds of one network's share in a product with a reservoir that `width` of them share.

    The reservoir is read once a product, and copied first where it lies in one panel.
    """
    size, once = 1.0 if single else 2.0, 0.27 if panel(width, neurons) == neurons else 0.12
    return 1e-9 * size * (0.0105 + once / width) * neurons**2


def rows(neurons: int, single: bool, draws: int) -> float:
    """Seconds of the product of one network, with one of so many reservoirs: of active neurons."""
    size = (4 if single else 8) * neurons**2
    far = 0.11 if draws * size > SHARED_CACHE else 0.085
    return 1e-9 * (1.0 if single else 2.0) * neurons**2 * (far if size > CACHE else 0.025)


def low_rank_update(neurons: int, held: float) -> float:
    """Seconds of an update of one network, of which so many are held already."""
    return 1e-9 * 0.4 * neurons * held


def dense_update(neurons: int) -> float:
    """Seconds of an update of one network with the whole of P."""
    return 1e-9 * (20 * neurons + 0.18 * neurons**2)


def decoder_update(neurons: int, outputs: int) -> float:
    """Seconds of moving the decoder of one network."""
    return 1e-9 * (3000 + 2.0 * neurons * outputs)


def draw(neurons: int, alone: bool) -> float:
    """Seconds of drawing a reservoir and laying it out; one of many is copied besides."""
    return 1e-9 * (22 if alone else 50) * neurons**2


def decomposition(updates: float, neurons: int) -> float:
    """Seconds of the principal components of states (update, neuron)."""
    few, many = sorted((updates, neurons))
    return 1e-9 * 0.25 * many * few**2
