"""What a script uses to read its inputs, write its outputs and keep its log."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import os
import sys
import traceback
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd
import xarray as xr
from threadpoolctl import threadpool_limits

from spikerate.data import checkpoint, datasets, provenance
from spikerate.data.checkpoint import JobCheckpoint
from spikerate.data.datasets import DataError
from spikerate.data.files import WriteError, replacing

if TYPE_CHECKING:
    from spikerate.figures.drawing.sheet import Sheet

LABELS = ("task", "kind", "speed", "draw")  # wildcards that say what a dataset is about


class Snakemake(Protocol):
    """What a job uses of the object `snakemake` that Snakemake gives to a script."""

    rule: str
    input: Mapping[str, Any]  # paths and lists of paths, by name
    output: Mapping[str, str]
    log: list[str]
    wildcards: Mapping[str, str]
    params: Mapping[str, Any]
    config: dict[str, Any]
    threads: int


class Job:
    """One job of the pipeline."""

    def __init__(self, snakemake: Snakemake):
        self.input, self.output = snakemake.input, snakemake.output
        self.wildcards = snakemake.wildcards
        self.params = dict(snakemake.params.items())
        code = self.params.pop("provenance", {}).get("code", {})
        self._all_params = copy.deepcopy(self.params)  # scripts may pop entries of `params`
        self._rule = {"rule": snakemake.rule, "code": json.dumps(code)}
        self._study = snakemake.config["study"]
        self._read: dict[str, str] = {}  # hash of each input read so far, by path
        self._earlier: str | None = None  # hash of the dataset that `earlier` returned
        self.saved = checkpoint.NO_CHECKPOINT  # what an interrupted job leaves for the next one

    def _load(self, path: str) -> xr.Dataset:
        dataset = datasets.load(path)
        self._read[str(path)] = dataset.attrs["content"]
        return dataset

    def each(self, name: str) -> Iterator[xr.Dataset]:
        """Datasets of a named list of inputs, one at a time."""
        for path in self.input[name]:
            yield self._load(path)

    def load(self, name: str) -> xr.Dataset:
        """Dataset of a named input."""
        return self._load(self.input[name])

    def pick(self, name: str, **where: str | float) -> xr.Dataset:
        """One point of a named list of inputs, chosen as in `datasets.pick`."""
        point = datasets.pick(self.input[name], **where)
        self._read[os.path.relpath(point.encoding["source"])] = point.attrs["content"]
        return point

    def earlier(
        self, ignore_param: str = "", ignore_inputs: Collection[str] = (), name: str = "data"
    ) -> xr.Dataset | None:
        """Output of this job's last run; None if its code, params or inputs were different.

        Call it after reading the inputs: only those read so far are compared. A damaged output is
        not used. The output must have the flag `update`, or Snakemake deletes it before the job.

        Parameters
        ----------
        ignore_param : param that may differ
        ignore_inputs : named lists of inputs that may differ; the caller must compare them itself
        """
        path = Path(self.output[name])
        try:
            found = datasets.load(path) if path.exists() else None
        except DataError as error:
            print(f"not used: {error}")
            return None
        if found is None or not {"code", "inputs"} <= set(found.attrs):
            return None
        params = json.loads(json.dumps(self._all_params)) | {ignore_param: None}
        ignored = {str(path) for inputs in ignore_inputs for path in self.input[inputs]}
        old, new = (
            {path: hashed for path, hashed in read.items() if path not in ignored}
            for read in (provenance.inputs(found), self._read)
        )
        same = (
            params == provenance.params(found) | {ignore_param: None}
            and found.attrs["code"] == self._rule["code"]
            and old == new
        )
        self._earlier = found.attrs["content"] if same else None
        return found if same else None

    def checkpoint(self, name: str = "data") -> JobCheckpoint:
        """Checkpoint of the job, from which the next run of the same job continues.

        The next run is the same if its code, its params, the inputs read so far and the result of
        `earlier` are the same.
        """
        path = Path(self.output[name])
        folder = path.with_name(f".{path.stem}.kept")
        depends_on = {
            **self._rule,
            "config": self._all_params,
            "inputs": self._read,
            "earlier": self._earlier,
        }
        self.saved = JobCheckpoint(folder, depends_on, checkpoint.every())
        return self.saved

    def by_task(self, name: str, tasks: list[str] | None = None) -> dict[str, list[xr.Dataset]]:
        """Datasets of a named list of inputs, by task; each task has equally many.

        Parameters
        ----------
        tasks : in the order of the inputs; None takes the param `tasks`
        """
        tasks = self.params["tasks"] if tasks is None else tasks
        loaded = [self._load(path) for path in self.input.get(name, [])]
        share = len(loaded) // max(len(tasks), 1)
        return {t: loaded[k * share : (k + 1) * share] for k, t in enumerate(tasks)}

    def save(self, dataset: xr.Dataset, name: str = "data") -> None:
        """Write a dataset to a named output, with provenance."""
        read = {"inputs": json.dumps(self._read, sort_keys=True)}
        made_by = provenance.provenance(self._all_params) | self._rule | read
        datasets.save(self._labelled(dataset), self.output[name], made_by)

    def _labelled(self, dataset: xr.Dataset) -> xr.Dataset:
        """Dataset with its study as an attribute, and its task, kind, speed and draw if it has one.

        These labels come from the wildcards. Labels that were copied from an input are dropped, but
        for the task, which a job without this wildcard sets itself.
        """
        words = dict(self.wildcards.items())
        labels: dict[str, str | int] = {name: words[name] for name in LABELS if name in words}
        if "draw" in labels:
            labels["draw"] = int(labels["draw"])
        others = {n: v for n, v in dataset.attrs.items() if n not in LABELS or n == "task"}
        return dataset.drop_attrs(deep=False).assign_attrs(others, study=self._study, **labels)

    def tabulate(self, table: pd.DataFrame, name: str) -> None:
        """Write a table to a named output, as CSV."""
        with replacing(Path(self.output[name])) as path:
            table.to_csv(path, index=False)

    def draw(self, sheet: Sheet) -> None:
        """Write a figure to the outputs `png` and `pdf`."""
        with replacing(Path(self.output["png"])) as png, replacing(Path(self.output["pdf"])) as pdf:
            sheet.savefig(png)
            sheet.savefig(pdf)


class _Log(io.TextIOWrapper):
    """Log of a job; if the disk is full, the rest of the log is lost and the job continues."""

    def __init__(self, path: str):
        super().__init__(io.FileIO(path, "w"), encoding="utf-8", write_through=True)

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            super().write(text)
        return len(text)


@contextlib.contextmanager
def run_job(snakemake: Snakemake) -> Iterator[Job]:
    """Run the body of a script as a job.

    What it prints goes to the log, it uses as many threads as its rule says, and an error ends the
    process with one sentence.
    """
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
            failure = f"{error}; {work.saved.summary}"
            print(failure)
        except (DataError, WriteError) as error:
            print(f"error: {error}")
            failure = str(error)
        except Exception as error:
            traceback.print_exc()
            failure = f"{type(error).__name__}: {error}"
        else:
            work.saved.clear()
            return
    sys.exit(f"rule {snakemake.rule}: {failure} (log: {snakemake.log[0]})")
