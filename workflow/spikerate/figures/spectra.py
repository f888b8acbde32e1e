"""Figure 8: slow learning as a low-pass filter on the principal components."""

from __future__ import annotations

import numpy as np
import seaborn as sns
import xarray as xr
from matplotlib.figure import Figure

from spikerate.figures import style

TWINS = ("spiking", "rate")


def draw(tasks: dict[str, list[xr.Dataset]], scale: str) -> Figure:
    """Draw Figure 8, one block of panels a task.

    Parameters
    ----------
    tasks : of `chunks.spectra`, one dataset a draw, by task
    scale : one line for the foot
    """
    figure = style.sheet(12.5 * len(tasks), scale)
    blocks = figure.subfigures(len(tasks), 1, squeeze=False)[:, 0]
    letters = iter("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    for block, (task, draws) in zip(blocks, tasks.items(), strict=True):
        spectra = xr.concat(draws, "draw", data_vars="all", coords="different", compat="equals")
        points = spectra.sizes["point"] * spectra.sizes["draw"]
        block.suptitle(f"{task}, median and range of {points} best-learned points", fontsize=8)
        panels = block.subplots(2, 4)
        _spectra(panels[0, 0], spectra)
        for axes, name in zip(panels[0, 1:3], TWINS, strict=True):
            _gains(axes, spectra.sel(network=name), name)
        _collapse(panels[0, 3], spectra)
        mesh = [_alignment(panels[1, 0], spectra, 0), _alignment(panels[1, 1], spectra, -1)][0]
        block.colorbar(mesh, ax=panels[1, :2], shrink=0.8, pad=0.01).set_label("|cosine|")
        _kept(panels[1, 2], spectra)
        _correlations(panels[1, 3], spectra)
        for axes in panels.flat:
            style.letter(axes, next(letters))
    return figure


def _rates(spectra) -> list:
    """One colour a learning rate, light for slow, dark for fast."""
    return sns.color_palette("flare", spectra.sizes["alpha"])


def _table(values: xr.DataArray, name: str):
    return values.rename(name).to_dataframe().reset_index().dropna(subset=[name])


def _spectra(axes, spectra) -> None:
    """Eigenvalues of both twins at the slowest rate, and where each learning rate cuts."""
    for name in TWINS:
        slowest = spectra["eigenvalue"].sel(network=name).isel(alpha=0)
        sns.lineplot(
            _table(slowest, "value"), x="component", y="value", estimator="median",
            errorbar=("pi", 100), color=style.PALETTE[name], label=name, ax=axes,
        )  # fmt: skip
    for alpha, color in zip(spectra["alpha"].values, _rates(spectra), strict=True):
        axes.axhline(1 / alpha, color=color, lw=0.8, ls="--")
        axes.annotate(f"1/{alpha:g}", (0.99, 1 / alpha), xycoords=("axes fraction", "data"),
                      ha="right", va="bottom", color=color, fontsize=5.5)  # fmt: skip
    axes.set(yscale="log", xlabel="principal component", ylabel="eigenvalue (1/s$^2$)")
    axes.set_title("spectra, slowest learning")
    axes.legend(loc="lower left")


def _gains(axes, spectra, name: str) -> None:
    """Gain on the components of the states visited: measured against predicted."""
    medians = spectra[["predicted_gain", "measured_gain"]].median(["point", "draw"])
    labels = spectra["learning_rate"]
    for k, color in enumerate(_rates(spectra)):
        one = medians.isel(alpha=k)
        axes.semilogy(one["component"], one["predicted_gain"], color=color, lw=0.9)
        axes.semilogy(one["component"], one["measured_gain"].where(one["measured_gain"] > 0), "o",
                      ms=1.8, color=color, mew=0, label=str(labels.values.ravel()[k]))  # fmt: skip
    axes.set(xlabel="principal component", ylabel="gain", ylim=(1e-6, 3))
    axes.set_title(f"{name} twin, gain", color=style.PALETTE[name])
    axes.legend(title="dots: measured\nlines: predicted", loc="lower left", title_fontsize=6,
                fontsize=6, labelspacing=0.2)  # fmt: skip


def _collapse(axes, spectra) -> None:
    """Gain on the components of the slowest learning, against alpha lambda of those."""
    slowest = spectra["eigenvalue"].isel(alpha=0, drop=True)
    drive = (slowest * spectra["alpha"]).transpose(*spectra["reference_gain"].dims)
    for name in TWINS:
        x, y = (a.sel(network=name).values.ravel() for a in (drive, spectra["reference_gain"]))
        axes.plot(x, y, ".", ms=1.5, color=style.PALETTE[name], alpha=0.35, mew=0, label=name)
    x = np.geomspace(1e-6, 1e6, 200)
    axes.plot(x, x / (1 + x), color="k", lw=0.9, label="filter")
    axes.set(xscale="log", xlim=(1e-4, 1e6), ylim=(-1, 3), xlabel="alpha x eigenvalue")
    axes.set(ylabel="gain", title="gain, slowest components")
    axes.legend(loc="upper left", markerscale=4)


def _alignment(axes, spectra, index: int):
    """Overlap of the leading components of the two twins."""
    values = spectra["alignment"].isel(alpha=index).median(["point", "draw"])
    values = values.transpose("component_spiking", "component_rate")
    ends = np.arange(1, len(values) + 1)
    mesh = axes.pcolormesh(ends, ends, values, vmin=0, vmax=1, cmap="Greys", shading="nearest")
    word = spectra["learning_rate"].values.ravel()[index]
    axes.set(aspect="equal", title=f"components, {word}")
    axes.set_xlabel("rate twin", color=style.PALETTE["rate"])
    axes.set_ylabel("spiking twin", color=style.PALETTE["spiking"])
    return mesh


def _kept(axes, spectra) -> None:
    """Decoder correlation on the leading components only."""
    for k, color in enumerate(_rates(spectra)):
        sns.lineplot(
            _table(spectra["correlation_kept"].isel(alpha=k), "value"), x="kept", y="value",
            estimator="median", errorbar=("pi", 100), color=color, ax=axes,
            label=str(spectra["learning_rate"].values.ravel()[k]),
        )  # fmt: skip
    axes.set(xlabel="components kept", ylabel="decoder correlation", ylim=(None, 1))
    axes.set_title("correlation kept")
    axes.legend(loc="best", fontsize=6, labelspacing=0.2)


def _correlations(axes, spectra) -> None:
    """Correlation of the trained decoders, and what the filter alone predicts."""
    looks = {"measured": ("o-", "k"), "filter": ("s--", "0.5")}
    for name, (marker, color) in looks.items():
        table = spectra[f"correlation_{name}"].stack(run=("point", "draw"))
        middle, low, high = (table.quantile(q, "run").values for q in (0.5, 0, 1))
        label = "measured" if name == "measured" else "filter alone"
        axes.errorbar(spectra["alpha"], middle, [middle - low, high - middle], fmt=marker, ms=3,
                      color=color, capsize=2, elinewidth=0.7, label=label)  # fmt: skip
    axes.set(xscale="log", xlabel="learning rate alpha", ylabel="decoder correlation")
    axes.set_title("measured and predicted")
    axes.legend(loc="best")
