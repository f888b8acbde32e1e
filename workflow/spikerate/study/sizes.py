"""Train and swap both networks of one size and draw, at the learning rates not done yet."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import xarray as xr

from spikerate.analysis.maps import ERRORS
from spikerate.analysis.transfer import measure, transfer
from spikerate.data import hashing
from spikerate.data.checkpoint import NO_CHECKPOINT, JobCheckpoint
from spikerate.model import networks
from spikerate.model.kinds import KINDS, OTHER
from spikerate.model.network import Network
from spikerate.model.networks import Settings
from spikerate.study.settings import Training
from spikerate.study.train import learn
from spikerate.tasks.registry import Task


def train_and_swap(
    task: Task,
    *,
    encoder_strength: float,
    reservoir_strength: float,
    learning_rates: dict[str, float],
    settings: Settings,
    training: Training,
    sample_every: float,
    progress: bool = False,
    checkpoint: JobCheckpoint = NO_CHECKPOINT,
) -> xr.Dataset:
    """Train both twins of one size and draw at all learning rates, and swap their decoders.

    Parameters
    ----------
    encoder_strength, reservoir_strength : Q in mV and G in mV s
    learning_rates : alpha by name
    settings : all learning rates share one reservoir
    sample_every : s
    checkpoint : saves what is done, in case the job is killed

    Returns
    -------
    Dataset with the errors, `status` (network, decoder, alpha), `training_nrmse` (network, alpha)
    and `decoder_correlation` (alpha), alpha slowest first; scalar coordinates neurons and draw. The
    attributes are `task`, Q, G, and `measure`, the error held against the cutoff.
    """
    speeds, alphas = zip(*sorted(learning_rates.items(), key=lambda item: item[1]), strict=True)
    q = np.full(len(alphas), encoder_strength)
    pair, trained = {}, {}
    for kind in KINDS:
        pair[kind], state = networks.for_task(task, kind, q, reservoir_strength, settings)
        name = f"{kind} twin, {settings.neurons} neurons"
        run = partial(
            learn, pair[kind], state, task, alphas, settings, training,
            progress=name if progress else "", checkpoint=checkpoint.training(name),
        )  # fmt: skip
        trained[kind] = checkpoint.part(name, run)
    sample_steps = settings.steps(sample_every)
    judged = [_swapped(kind, pair[kind], trained, task, sample_steps) for kind in KINDS]
    found = xr.concat(judged, xr.Variable("network", list(KINDS)), data_vars="all")
    found["decoder_correlation"] = found["decoder_correlation"].isel(network=0)
    coords = {"alpha": list(alphas), "speed": ("alpha", np.array(speeds, dtype=object))}
    found = found.drop_vars("point").rename(point="alpha").assign_coords(coords)
    attrs = {"task": task.name, "Q": encoder_strength, "G": reservoir_strength}
    attrs |= {"measure": measure(task)}
    found = found.assign_coords(neurons=settings.neurons, draw=settings.draw)
    return found.assign_attrs(attrs)


def compute_missing(
    done: xr.Dataset | None, learning_rates: dict[str, float], run: Callable[[dict], xr.Dataset]
) -> xr.Dataset:
    """Run those learning rates that are not done yet, and join them to those that are.

    Parameters
    ----------
    done : of `train_and_swap`, with the same settings, at any learning rates; or None
    learning_rates : alpha by name
    run : function of learning rates that is `train_and_swap` of them
    """
    held = {} if done is None else done["alpha"].swap_dims(alpha="speed").to_series().to_dict()
    missing = {n: alpha for n, alpha in learning_rates.items() if held.get(n) != alpha}
    parts = [run(missing)] if missing else []
    kept = [held[n] for n in learning_rates if n not in missing]
    if done is not None and kept:
        parts.append(hashing.bare(done).sel(alpha=kept))
    joined = xr.concat(parts, "alpha", data_vars="minimal", coords="minimal", compat="override")
    return joined.sortby("alpha")


def _swapped(
    kind: str, network: Network, trained: dict[str, xr.Dataset], task: Task, sample_steps: int
) -> xr.Dataset:
    """Errors of one twin with both decoders, without the traces."""
    swapped = transfer(
        network, trained[kind], trained[OTHER[kind]], task, sample_steps=sample_steps
    )
    swapped = swapped[[*ERRORS, "status", "decoder_correlation"]]
    return swapped.assign(training_nrmse=trained[kind]["training_nrmse"])
