"""Train both networks again at the best-learned points of a draw, and analyse their spectra."""

from __future__ import annotations

import numpy as np
import xarray as xr

from spikerate.analysis.spectra import analyse
from spikerate.data.checkpoint import NO_CHECKPOINT, JobCheckpoint
from spikerate.model.kinds import KINDS
from spikerate.model.networks import Settings
from spikerate.study.points import joined
from spikerate.study.settings import Training
from spikerate.study.train import train_batch
from spikerate.tasks.registry import Task


def retrain_best(
    task: Task,
    maps: xr.Dataset,
    learning_rates: dict[str, float],
    *,
    points: int,
    components: int,
    settings: Settings,
    training: Training,
    progress: bool = False,
    checkpoint: JobCheckpoint = NO_CHECKPOINT,
) -> xr.Dataset:
    """Train both twins again at the best-learned points of a draw, and analyse their spectra.

    Parameters
    ----------
    maps : of `maps.gather`, one draw
    learning_rates : alpha by name
    points : how many grid points
    components : leading principal components to keep
    checkpoint : saves what is done, in case the job is killed

    Returns
    -------
    Dataset of `spectra.analyse`, with point_Q and point_G along `point`.
    """
    speeds, alphas = zip(*sorted(learning_rates.items(), key=lambda item: item[1]), strict=True)
    best = best_learned(maps, points)
    wanted = task.train.tiled()[0][:: settings.steps(training.update_every)]
    parts = []
    for number, point in enumerate(zip(*best, strict=True), start=1):  # all at once: much memory
        name = f"point {number} of {len(best[0])}"

        def analysed(point: tuple = point, name: str = name) -> xr.Dataset:
            trained = {}
            for kind in KINDS:
                # All learning rates of a point run side by side: they share the point's weights.
                label = f"{name}, {kind} twin"
                q, g = (np.full(len(alphas), value) for value in point)
                batch = train_batch(
                    task, kind, q, g, alphas, settings, training, states=True,
                    progress=label if progress else "", checkpoint=checkpoint.training(label),
                )  # fmt: skip
                trained[kind] = [
                    batch.isel(point=[k]).assign_coords(alpha=alpha)
                    for k, alpha in enumerate(alphas)
                ]
            return analyse(trained, wanted, components)

        parts.append(checkpoint.part(name, analysed))
    return joined(parts, data_vars="all").assign_coords(
        point_Q=("point", best[0]), point_G=("point", best[1]),
        speed=("alpha", np.array(speeds, dtype=object)),
    )  # fmt: skip


def best_learned(maps: xr.Dataset, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Q and G of the points where, at the slowest learning, the worse twin errs least."""
    own = maps[maps.attrs["measure"]].sel(decoder="own").isel(alpha=0)
    worst = own.max("network", skipna=False).to_series().fillna(np.inf).sort_values(kind="stable")
    best = worst.index[:count].to_frame(index=False)
    return best["Q"].to_numpy(), best["G"].to_numpy()
