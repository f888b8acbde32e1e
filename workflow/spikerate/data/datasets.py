"""The datasets of a study on disk: units and names, provenance, safe writing, checked reading.

A file is written under a temporary name and renamed, so that what bears a result's name is whole.
Every variable carries a checksum, and the dataset the hash of its content, so that a damaged file,
and one that was changed after it was made, is noticed when it is read.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import platform
import subprocess
import sys
import traceback
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr
from threadpoolctl import threadpool_limits

from spikerate.data import checkpoint, netcdf
from spikerate.data import hashing as content
from spikerate.data.files import WriteError, replacing
from spikerate.marks import Words

FORMAT = "spikerate 2"  # of the files; a reader refuses any other
PACKAGES = ("numpy", "scipy", "xarray", "netCDF4")  # whose versions may move a number

# units and long name of every variable and coordinate that a dataset may hold
DESCRIPTIONS: Annotated[dict[str, tuple[str, str]], Words] = {
    "G": ("mV s", "reservoir strength G"),
    "Q": ("mV", "encoder strength Q"),
    "alignment": ("1", "absolute cosine between principal components of the twins"),
    "aligned_l2_error": ("s^0.5", "l2 error after alignment in phase"),
    "aligned_nrmse": ("1", "nrmse after alignment in phase"),
    "alpha": ("1", "learning rate"),
    "bias_squared": ("1", "squared distance of the mean over repetitions to the target"),
    "channel": ("1", "input channel"),
    "component": ("1", "number of the principal component"),
    "component_rate": ("1", "number of the rate twin's principal component"),
    "component_spiking": ("1", "number of the spiking twin's principal component"),
    "correlation_filter": ("1", "decoder correlation that the low-pass filter alone predicts"),
    "correlation_kept": ("1", "decoder correlation on the leading principal components"),
    "correlation_measured": ("1", "decoder correlation of the trained twins"),
    "current": ("mV", "input current"),
    "decoder": ("s", "decoder phi"),
    "decoder_change": ("s", "norm of the decoder's update"),
    "decoder_correlation": ("1", "correlation of the twins' decoders"),
    "decoder_weights": ("s", "decoder weights of the recorded neurons"),
    "draw": ("1", "number of the draw"),
    "drive": ("mV", "input current"),
    "eigenvalue": ("s^-2", "eigenvalue of the summed outer products of the filtered states"),
    "failed_share": ("1", "share of the repetitions that are flat or not finite"),
    "filtered": ("s^-1", "filtered spike train or rate R"),
    "instantaneous_rate": ("Hz", "instantaneous rate f(I)"),
    "kept": ("1", "number of leading principal components kept"),
    "l2_error": ("s^0.5", "error sqrt(sum e^2 dt)/steps at dt = 5e-5 s, mean over outputs"),
    "learning_rate": ("1", "name of the learning rate"),
    "mean_rate": ("Hz", "mean rate over the second half of the run"),
    "measured_gain": ("1", "decoder coefficient over the least-squares one, own components"),
    "network": ("1", "which twin"),
    "neuron": ("1", "number of the neuron"),
    "neurons": ("1", "number of neurons N in each twin"),
    "nrmse": ("1", "rms error over the target's standard deviation"),
    "origin": ("1", "hash of the trained point, or of the two, that a point is made from"),
    "output": ("1", "number of the output"),
    "point": ("1", "number of the grid point"),
    "predicted_gain": ("1", "alpha lambda / (1 + alpha lambda)"),
    "rate": ("Hz", "steady firing rate, closed form"),
    "readout": ("1", "readout of the network"),
    "recorded": ("1", "number of the recorded neuron"),
    "reference_gain": ("1", "decoder coefficient over the least-squares one, slowest components"),
    "repetition": ("1", "number of the repetition"),
    "separation": ("s^-1", "rms distance of R between two runs that start a hair apart"),
    "shift": ("s", "delay that brings a repetition into the phase of the target"),
    "spike_alpha": ("1", "learning rate of the network that fired a spike"),
    "spike_neuron": ("1", "number of the neuron that fired a spike"),
    "spike_rate": ("Hz", "spikes counted per second"),
    "spike_repetition": ("1", "number of the repetition in which a spike was fired"),
    "spike_time": ("s", "time of a spike"),
    "starred_G": ("mV s", "reservoir strength of the starred point"),
    "starred_Q": ("mV", "encoder strength of the starred point"),
    "starred_draw": ("1", "draw of the starred point"),
    "state_filtered": ("s^-1", "final filtered spike train or rate R"),
    "state_filtered_rise": ("s^-2", "final rise variable of R"),
    "state_refractory": ("1", "steps for which the voltage is still held"),
    "state_synaptic": ("mV", "final synaptic current"),
    "state_synaptic_rise": ("mV s^-1", "final rise variable of the synaptic current"),
    "state_v": ("mV", "final voltage"),
    "status": ("1", "ok, flat (too flat to align) or diverged"),
    "target": ("1", "target of the readout"),
    "test_input": ("1", "input of the test"),
    "test_target": ("1", "target of the test, one repetition"),
    "test_time": ("s", "time from the start of a repetition"),
    "time": ("s", "time"),
    "train_input": ("1", "input of the training"),
    "train_target": ("1", "target of the training, one repetition"),
    "train_time": ("s", "time from the start of a repetition"),
    "training_nrmse": ("1", "nrmse of the last training repetition, at the updates"),
    "under_cutoff": ("1", "1 if the starred point is under the error cutoff in both twins"),
    "update": ("1", "number of the update"),
    "update_time": ("s", "time of the update"),
    "variance": ("1", "variance over repetitions, mean over time and outputs"),
    "variance_share": ("1", "variance over the sum of variance and squared bias"),
    "voltage": ("mV", "membrane voltage"),
    "weights": ("s", "decoder weights"),
    "point_G": ("mV s", "reservoir strength of the point"),
    "point_Q": ("mV", "encoder strength of the point"),
}
AXES = {"decoder": ("1", "whose decoder is used")}  # coordinates that share a variable's name


class DataError(Exception):
    """A file that is not the dataset it should be; the message is for the user."""


def save(dataset: xr.Dataset, path, attrs: dict | None = None) -> None:
    """Write a dataset as netCDF-4 with units, long names and attributes, whole or not at all.

    Raises
    ------
    KeyError
        if a variable has no entry in DESCRIPTIONS.
    WriteError
        if the disk does not take the file.
    """
    path = Path(path)
    dataset = dataset.copy()
    for name in dataset.variables:
        axis = AXES.get(name) if dataset[name].dims == (name,) else None
        units, long_name = axis or DESCRIPTIONS[name]
        described = {"units": units, "long_name": long_name} | dataset[name].attrs
        dataset[name].attrs = described
    netcdf.write(dataset.assign_attrs({"format": FORMAT} | (attrs or {})), path)


@contextlib.contextmanager
def opened(path):
    """Open a dataset; values are read when they are asked for, and not checked.

    Raises
    ------
    DataError
        if the file is missing, truncated, damaged or not one of ours; it names the file and the
        rule that makes it.
    """
    try:
        with xr.open_dataset(path, engine="netcdf4") as dataset:
            found = dataset.attrs.get("format")
            if found != FORMAT:
                older = f"is of another version ({found!r})" if found else "is no result of ours"
                raise DataError(
                    _unreadable(path, f"{older}: not a dataset of the format {FORMAT!r}")
                )
            yield dataset
    except (OSError, RuntimeError) as error:
        raise DataError(_unreadable(path, "is missing, truncated or damaged")) from error


def load(path) -> xr.Dataset:
    """Read a dataset whole; errors as those of `opened`, and if its content was changed."""
    with opened(path) as dataset:
        loaded = netcdf.whole_texts(dataset.load())
    if content.digest(loaded) != loaded.attrs.get("content"):
        raise DataError(_unreadable(path, "was changed after it was made"))
    return loaded


def pick(paths, **where) -> xr.Dataset:
    """Read one point of the chunks in several files, as a chunk of its own.

    Parameters
    ----------
    where : values of scalar coordinates, and of coordinates along `point`
    """
    for path in paths:
        with opened(path) as chunk:
            match = np.ones(chunk.sizes["point"], dtype=bool)
            for name, value in where.items():
                match &= chunk[name].values == value
        if match.any():
            return load(path).isel(point=[int(match.argmax())])
    raise DataError(f"no point {where} in any of {len(paths)} files")


def _unreadable(path, what: str) -> str:
    """Sentence on a file that cannot be used; results/<study>/<stage>/ says which rule makes it."""
    parts = Path(path).parts
    stage = parts[parts.index("results") + 2] if "results" in parts[:-3] else "its stage"
    return f"{path} {what}; delete it and run again, and a rule of stage `{stage}` remakes it"


def at_rate(dataset: xr.Dataset, name: str) -> xr.Dataset:
    """Part of a dataset at one learning rate, by its name."""
    names = dataset["learning_rate"].values.tolist()
    if name not in names:
        raise DataError(f"no learning rate {name!r} in this dataset, only {', '.join(names)}")
    return dataset.isel(alpha=names.index(name))


def provenance(config: dict) -> dict[str, str]:
    """Attributes that say where a dataset comes from: config, versions, CPU, commit."""
    return {
        "spikerate": _version("spikerate"),
        "python": platform.python_version(),
        "packages": json.dumps({name: _version(name) for name in PACKAGES}),
        "cpu": _cpu(),
        "commit": _commit(),
        "config": json.dumps(config, sort_keys=True),
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "source"


def _cpu() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _commit() -> str:
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


class Job:
    """One job of the pipeline, as its script sees it."""

    def __init__(self, snakemake):
        self.input, self.output = snakemake.input, snakemake.output
        self.wildcards = snakemake.wildcards
        self.params = dict(snakemake.params.items())
        code = self.params.pop("made_from", {}).get("code", {})
        self._made_by = provenance(self.params) | {"rule": snakemake.rule, "code": json.dumps(code)}
        self._read = {}  # content of the inputs read so far, by path
        self._earlier = None  # content of what `earlier` gave
        self.kept = checkpoint.NOTHING  # what it has done, should it be killed

    def _load(self, path) -> xr.Dataset:
        dataset = load(path)
        self._read[str(path)] = dataset.attrs["content"]
        return dataset

    def each(self, name: str):
        """Datasets of a named list of inputs, one at a time."""
        for path in self.input[name]:
            yield self._load(path)

    def load(self, name: str) -> xr.Dataset:
        """Dataset of a named input."""
        return self._load(self.input[name])

    def pick(self, name: str, **where) -> xr.Dataset:
        """Point of a named list of inputs, as `pick` finds it."""
        point = pick(self.input[name], **where)
        self._read[os.path.relpath(point.encoding["source"])] = point.attrs["content"]
        return point

    def earlier(self, but: str = "", apart=(), name: str = "data") -> xr.Dataset | None:
        """What this job made when it last ran, if from all the same.

        The inputs compared are those that were read so far. An output that was damaged or changed
        is not used; only outputs with the flag `update` outlive the start of their job.

        Parameters
        ----------
        but : parameter that may differ
        apart : named lists of inputs that may differ: whoever asks compares them by their points
        """
        path = Path(self.output[name])
        try:
            found = load(path) if path.exists() else None
        except DataError as error:
            print(f"not used: {error}")
            return None
        if found is None or not {"code", "inputs"} <= set(found.attrs):
            return None
        old, new = (json.loads(attrs["config"]) for attrs in (found.attrs, self._made_by))
        same = old | {but: None} == new | {but: None}
        same &= found.attrs["code"] == self._made_by["code"]
        left_out = {str(path) for name in apart for path in self.input[name]}
        inputs = (json.loads(found.attrs["inputs"]), self._read)
        old, new = ({n: v for n, v in read.items() if n not in left_out} for read in inputs)
        same &= old == new
        self._earlier = found.attrs["content"] if same else None
        return found if same else None

    def keeper(self, name: str = "data") -> checkpoint.Keeper:
        """Keeper of what the job has done, for the next one that is made from the same.

        That are the inputs read so far, what `earlier` gave, the code and the params.
        """
        path = Path(self.output[name])
        made_from = {key: self._made_by[key] for key in ("rule", "code", "config")}
        made_from |= {"inputs": self._read, "earlier": self._earlier}
        self.kept = checkpoint.Keeper(
            path.with_name(f".{path.stem}.kept"), made_from, checkpoint.every()
        )
        return self.kept

    def by_task(self, name: str, tasks: list[str] | None = None) -> dict[str, list[xr.Dataset]]:
        """Datasets of a named list of inputs, of each task in turn.

        Parameters
        ----------
        tasks : those of the parameter `tasks` from None
        """
        tasks = self.params["tasks"] if tasks is None else tasks
        loaded = [self._load(path) for path in self.input.get(name, [])]
        share = len(loaded) // max(len(tasks), 1)
        return {t: loaded[k * share : (k + 1) * share] for k, t in enumerate(tasks)}

    def save(self, dataset: xr.Dataset, name: str = "data") -> None:
        """Write a dataset to a named output, with provenance."""
        read = {"inputs": json.dumps(self._read, sort_keys=True)}
        save(dataset, self.output[name], self._made_by | read)

    def tabulate(self, table: pd.DataFrame, name: str) -> None:
        """Write a table to a named output, as CSV."""
        with replacing(Path(self.output[name])) as path:
            table.to_csv(path, index=False)

    def draw(self, sheet) -> None:
        """Write a figure, a `figures.sheet.Sheet`, to the outputs `png` and `pdf`."""
        with replacing(Path(self.output.png)) as png, replacing(Path(self.output.pdf)) as pdf:
            sheet.savefig(png)
            sheet.savefig(pdf)


class _Log(io.TextIOWrapper):
    """Log of a job; what a full disk does not take of it is lost, and the job goes on."""

    def __init__(self, path):
        super().__init__(io.FileIO(path, "w"), encoding="utf-8", write_through=True)

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            super().write(text)
        return len(text)


@contextlib.contextmanager
def job(snakemake):
    """Run a script's body: output to the job's log, threads as its rule asked, errors in words."""
    with (
        _Log(snakemake.log[0]) as log,
        contextlib.redirect_stdout(log),
        contextlib.redirect_stderr(log),
    ):
        work = Job(snakemake)
        try:
            with threadpool_limits(snakemake.threads), checkpoint.stoppable():
                yield work
        except checkpoint.Stopped as error:
            failure = f"{error}; {work.kept.words}"
            print(failure)
        except (DataError, WriteError) as error:
            print(f"error: {error}")
            failure = str(error)
        except Exception as error:
            traceback.print_exc()
            failure = f"{type(error).__name__}: {error}"
        else:
            work.kept.clear()
            return
    sys.exit(f"rule {snakemake.rule}: {failure} (log: {snakemake.log[0]})")
