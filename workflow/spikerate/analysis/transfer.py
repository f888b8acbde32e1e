"""Decoder transfer: each twin runs with its own and with the other's decoder.

What a swap is worth is seen against a decoder that knows nothing of the neurons: the other's with
its weights shuffled over them, or one that stays zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import numpy as np
import xarray as xr

from spikerate.analysis import errors
from spikerate.learning import force
from spikerate.marks import ChosenBy
from spikerate.model.network import Network
from spikerate.tasks.signals import Task

DECODERS = ("own", "other", "shuffled")
# what is done to a readout
PHASES: Annotated[dict[str, Callable[..., Any]], ChosenBy("phase")] = {
    "drifting": errors.aligned,
    "locked": errors.unshifted,
}


def transfer(
    network: Network,
    trained: xr.Dataset,
    other: xr.Dataset,
    task: Task,
    *,
    sample_steps: int,
    recorded: Sequence[int] | np.ndarray = (),
    order: np.ndarray | None = None,
) -> xr.Dataset:
    """Run a trained batch with its own decoders and with those of another batch.

    Parameters
    ----------
    network : the networks that `trained` belongs to
    trained, other : datasets of `force.train` for the same points; the runs start from the state
        that `trained` ended with
    task : its test signal is run and judged
    sample_steps : steps of dt between samples
    recorded : neurons whose R is kept
    order : array (point, neuron), the neurons in a random order, to run the decoders of the other
        batch shuffled as well; None for no such run

    Returns
    -------
    Dataset with `readout`, `filtered`, the errors and `status` along a dimension `decoder` ("own",
    "other", "shuffled"), `decoder_correlation` (point), of a task with several outputs also
    `output_correlation` (point), and `target` (time, output).
    """
    state = force.state_of(network, trained)
    decoders = [trained["decoder"].values, other["decoder"].values]
    if order is not None:
        decoders.append(np.take_along_axis(decoders[1], order[:, None, :], axis=-1))
    runs = []
    for decoder in decoders:
        full, inputs = task.test.tiled()
        free = force.run(
            network,
            state,
            decoder,
            len(full),
            inputs=inputs,
            sample_steps=sample_steps,
            recorded=recorded,
        )
        # A decoder that diverged in training leaves NaN: such a run has no error to report.
        runs.append(
            _judged(
                free.drop_vars([n for n in free if str(n).startswith("state_")]), task, sample_steps
            )
        )
    names = {"units": "1", "long_name": "whose decoder is used"}
    result = xr.concat(runs, xr.Variable("decoder", list(DECODERS[: len(runs)]), names))
    result["decoder_correlation"] = ("point", errors.decoder_correlation(*decoders[:2]))
    if task.outputs > 1:
        result["output_correlation"] = ("point", errors.output_correlation(*decoders[:2]))
    result["target"] = (("time", "output"), task.test.tiled()[0][::sample_steps])
    return result


def drifts(task: Task) -> bool:
    """Whether the phase of a free run may drift, so that it is judged after alignment."""
    return task.autonomous and task.pointwise


def measure(task: Task) -> str:
    """Error of a task that is held against the cutoff."""
    return "aligned_l2_error" if drifts(task) else "l2_error"


def untrained_error(task: Task, sample_steps: int) -> float:
    """Error, of those of `measure`, of a decoder that stays zero; it has no phase to align.

    Parameters
    ----------
    sample_steps : steps of dt between samples
    """
    target = task.test.tiled()[0][::sample_steps]
    sample_every = task.dt * sample_steps
    return float(errors.l2_error(np.zeros_like(target), target, sample_every=sample_every))


def _judged(free: xr.Dataset, task: Task, sample_steps: int) -> xr.Dataset:
    """Add the errors of a free run, plain and aligned, and its status."""
    readout, (full, _) = free["readout"].values, task.test.tiled()
    target = full[::sample_steps]
    judged = free.assign(_measures(readout, target, task.dt * sample_steps))
    align = PHASES["drifting" if drifts(task) else "locked"]
    shifted, failed = align(readout, target, len(task.test.target) / sample_steps)
    for name, value in _measures(shifted, target, task.dt * sample_steps).items():
        judged[f"aligned_{name}"] = value
    flat = failed & (judged["status"].values == "ok")
    judged["status"] = ("point", np.where(flat, "flat", judged["status"].values).astype(object))
    return judged


def _measures(readout: np.ndarray, target: np.ndarray, sample_every: float) -> dict[str, Any]:
    return {
        "l2_error": ("point", errors.l2_error(readout, target, sample_every=sample_every)),
        "nrmse": ("point", errors.nrmse(readout, target)),
    }
