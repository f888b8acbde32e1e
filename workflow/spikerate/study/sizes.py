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
from spikerate.learning import force
from spikerate.learning.registry import RLS
from spikerate.model import networks
from spikerate.model.kinds import OTHER
from spikerate.tasks.registry import Task


def train_and_swap(
    task: Task,
    *,
    neurons: int,
    draw: int,
    encoder_strength: float,
    reservoir_strength: float,
    learning_rates: dict[str, float],
    settings: dict,
    update_every: float,
    warm_up: float,
    sample_every: float,
    rule: str = RLS,
    progress: bool = False,
    checkpoint: JobCheckpoint = NO_CHECKPOINT,
) -> xr.Dataset:
    """Train both twins of one size and draw at all learning rates, and swap their decoders.

    Parameters
    ----------
    neurons, draw : size of the networks and number of the draw, whatever the settings say
    encoder_strength, reservoir_strength : Q in mV and G in mV s
    learning_rates : alpha by name
    settings : of `networks.draw`; all learning rates share one reservoir
    update_every, warm_up, sample_every : s
    rule : a name in `learning.registry.RULES`
    checkpoint : saves what is done, in case the job is killed

    Returns
    -------
    Dataset with the errors, `status` (network, decoder, alpha), `training_nrmse` (network, alpha)
    and `decoder_correlation` (alpha), alpha slowest first; scalar coordinates neurons and draw. The
    attributes are `task`, Q, G, and `measure`, the error held against the cutoff.
    """
    names, alphas = zip(*sorted(learning_rates.items(), key=lambda item: item[1]), strict=True)
    own = {"neurons": neurons, "draw": draw, "reservoir_draws": "shared"}
    dt = settings["dt"]
    twins, trained = {}, {}
    for network in networks.TWINS:
        q = np.full(len(alphas), encoder_strength)
        twins[network], state = networks.for_task(
            task, network, q, reservoir_strength, settings | own
        )
        name = f"{network} twin, {neurons} neurons"
        trained[network] = checkpoint.part(name, partial(
            force.train, twins[network], state, task.train.target, alphas, inputs=task.train.input,
            update_every=round(update_every / dt), warm_up=round(warm_up / dt),
            repetitions=task.train.repetitions, rule=rule,
            progress=name if progress else "", keep=checkpoint.training(name),
        ))  # fmt: skip
    judged = [
        _swapped(network, twins[network], trained, task, every=round(sample_every / dt))
        for network in twins
    ]
    found = xr.concat(judged, xr.Variable("network", list(twins)), data_vars="all")
    found["decoder_correlation"] = found["decoder_correlation"].isel(network=0)
    coords = {"alpha": list(alphas), "learning_rate": ("alpha", np.array(names, dtype=object))}
    found = found.drop_vars("point").rename(point="alpha").assign_coords(coords)
    attrs = {"task": task.name, "Q": encoder_strength, "G": reservoir_strength}
    attrs |= {"measure": measure(task)}
    return found.assign_coords(neurons=neurons, draw=draw).assign_attrs(attrs)


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
    held = (
        {} if done is None else done["alpha"].swap_dims(alpha="learning_rate").to_series().to_dict()
    )
    missing = {n: alpha for n, alpha in learning_rates.items() if held.get(n) != alpha}
    parts = [run(missing)] if missing else []
    if kept := [held[n] for n in learning_rates if n not in missing]:
        parts.append(hashing.bare(done).sel(alpha=kept))
    joined = xr.concat(parts, "alpha", data_vars="minimal", coords="minimal", compat="override")
    return joined.sortby("alpha")


def _swapped(network: str, twin, trained: dict, task: Task, every: int) -> xr.Dataset:
    """Errors of one twin with both decoders, without the traces."""
    swapped = transfer(twin, trained[network], trained[OTHER[network]], task, every=every)
    swapped = swapped[[*ERRORS, "status", "decoder_correlation"]]
    return swapped.assign(training_nrmse=trained[network]["training_nrmse"])
