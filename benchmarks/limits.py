"""The limits of one core of this machine, and what each task demands of it."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from scipy.linalg.blas import daxpy

LARGE = 2**29  # bytes of an array that no cache holds
REPEATS = 5
WORD = 8  # bytes of a double
PLACES = ("memory", "cache", "near")
COARSE = 10  # steps of dt between two products of the rate twin


def best(work: Callable[[], object], bytes_or_flops: float) -> float:
    """Highest speed that some repetitions reached, in bytes or flops a second."""
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return bytes_or_flops / min(seconds)


def machine(neurons: int, large: int = LARGE) -> dict[str, float]:
    """Limits of one core: bytes a second read and in a triad, and flops a second.

    `memory` is for arrays that no cache holds, `cache` for one as large as a reservoir, and `near`
    for one as large as the state of a spiking network.
    """
    limits = {}
    sizes = {"memory": large, "cache": WORD * neurons**2, "near": 8 * WORD * neurons}
    for where, size in sizes.items():
        x, y = np.ones(size // WORD), np.ones(size // WORD)
        limits[f"{where}_read"] = best(lambda x=x: x @ x, size)
        limits[f"{where}_triad"] = best(lambda x=x, y=y: daxpy(x, y, a=1e-9), 3 * size)
    for precision in ("double", "single"):
        a = np.ones((neurons, neurons), precision)
        limits[f"{precision}_flops"] = best(lambda a=a: a @ a, 2 * neurons**3)
    return limits


def demand(
    what: str, neurons: int, activity: dict[str, float], few: int, flushed: int
) -> tuple[str, float]:
    """What a task must move (bytes) or compute (flops), a step and network or an update.

    Parameters
    ----------
    activity : `spikes` in a step of the spiking twin, and the share of the rate twin's neurons
        that are `active`, whose weights alone are read where a network runs alone
    few : updates of a short training; the mean update comes after half of them
    flushed : updates after which a long training's P is written
    """
    row = WORD * neurons
    # Read and written: v, s and its rise; read: eta and who is held; then a row for each spike.
    spiking = row * (8 + activity["spikes"])
    lowrank, dense = row * few / 2, row * neurons / 2 * (1 + 2 / flushed)
    product = 2 * neurons**2 / COARSE
    return {
        "spiking_free_run": ("bytes", spiking),
        "spiking_training": ("bytes", spiking + lowrank / 100),
        "rate_free_run_single": ("bytes", activity["active"] * row * neurons / COARSE),
        "rate_free_run_batch": ("flops", product),
        "rate_training_batch": ("flops", product),
        "rls_update_few": ("bytes", lowrank),
        "rls_update_many": ("bytes", dense),
    }[what]


def share(kind: str, amount: float, microseconds: float, machine: dict[str, float]) -> str:
    """Sentence that says how near to its limit a task runs."""
    rate = amount / (microseconds * 1e-6)
    if kind == "flops":
        part = rate / machine["double_flops"]
        return f"{rate / 1e9:.3g} Gflop/s, {part:.0%} of a large product's"
    parts = [f"{rate / machine[f'{where}_read']:.0%} of {where}'s" for where in PLACES]
    return f"{rate / 1e9:.3g} GB/s, {', '.join(parts)}"


def text(machine: dict[str, float], neurons: int) -> str:
    """Sentences that say what the limits of the machine are."""
    gb = {name: f"{value / 1e9:.3g}" for name, value in machine.items()}
    return (
        f"One core reads {gb['memory_read']} GB/s from memory (triad {gb['memory_triad']});"
        f" {gb['cache_read']} GB/s (triad {gb['cache_triad']}) from an array as large as a"
        f" reservoir of {neurons} neurons, which a cache may hold; and {gb['near_read']} GB/s"
        f" (triad {gb['near_triad']}) near the core, from one as large as a spiking network's"
        f" state. It multiplies matrices of {neurons} rows at {gb['double_flops']} Gflop/s, in"
        f" single precision at {gb['single_flops']} Gflop/s."
    )
