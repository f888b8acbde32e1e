"""A job of the pipeline, as its script sees it: inputs, outputs, params, log."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import os
import sys
import traceback
from pathlib import Path

import pandas as pd
import xarray as xr
from threadpoolctl import threadpool_limits

from spikerate.data import checkpoint, datasets, provenance
from spikerate.data.checkpoint import JobCheckpoint
from spikerate.data.datasets import DataError
from spikerate.data.files import WriteError, replacing

LABELS = ("task", "kind", "speed", "draw")  # wildcards that say what a dataset is of


class Job:
    """One job of the pipeline, as its script sees it."""

    def __init__(self, snakemake):
        self.input, self.output = snakemake.input, snakemake.output
        self.wildcards = snakemake.wildcards
        self.params = dict(snakemake.params.items())
        code = self.params.pop("made_from", {}).get("code", {})
        self._given = copy.deepcopy(self.params)  # scripts take out the params that they need
        self._rule = {"rule": snakemake.rule, "code": json.dumps(code)}
        self._study = snakemake.config["study"]
        self._read = {}  # content of the inputs read so far, by path
        self._earlier = None  # content of what `earlier` returned
        self.kept = checkpoint.NO_CHECKPOINT  # what it has done, in case it is killed

    def _load(self, path) -> xr.Dataset:
        dataset = datasets.load(path)
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
        point = datasets.pick(self.input[name], **where)
        self._read[os.path.relpath(point.encoding["source"])] = point.attrs["content"]
        return point

    def earlier(self, but: str = "", apart=(), name: str = "data") -> xr.Dataset | None:
        """What this job made when it last ran, if it was made from the same.

        It compares the inputs that were read so far. A damaged or changed output is not used. Only
        outputs with the flag `update` survive the start of their job.

        Parameters
        ----------
        but : parameter that may differ
        apart : named lists of inputs that may differ; the caller compares them point by point
        """
        path = Path(self.output[name])
        try:
            found = datasets.load(path) if path.exists() else None
        except DataError as error:
            print(f"not used: {error}")
            return None
        if found is None or not {"code", "inputs"} <= set(found.attrs):
            return None
        new = json.loads(json.dumps(self._given))
        same = provenance.params(found) | {but: None} == new | {but: None}
        same &= found.attrs["code"] == self._rule["code"]
        left_out = {str(path) for name in apart for path in self.input[name]}
        inputs = (provenance.inputs(found), self._read)
        old, new = ({n: v for n, v in read.items() if n not in left_out} for read in inputs)
        same &= old == new
        self._earlier = found.attrs["content"] if same else None
        return found if same else None

    def checkpoint(self, name: str = "data") -> JobCheckpoint:
        """Checkpoint of what the job has done, for the next one that is made from the same.

        "The same" means the inputs read so far, the result of `earlier`, the code and the params.
        """
        path = Path(self.output[name])
        made_from = self._rule | {"config": self._given}
        made_from |= {"inputs": self._read, "earlier": self._earlier}
        self.kept = JobCheckpoint(
            path.with_name(f".{path.stem}.kept"), made_from, checkpoint.every()
        )
        return self.kept

    def by_task(self, name: str, tasks: list[str] | None = None) -> dict[str, list[xr.Dataset]]:
        """Datasets of a named list of inputs, for each task in turn.

        Parameters
        ----------
        tasks : None takes those of the parameter `tasks`
        """
        tasks = self.params["tasks"] if tasks is None else tasks
        loaded = [self._load(path) for path in self.input.get(name, [])]
        share = len(loaded) // max(len(tasks), 1)
        return {t: loaded[k * share : (k + 1) * share] for k, t in enumerate(tasks)}

    def save(self, dataset: xr.Dataset, name: str = "data") -> None:
        """Write a dataset to a named output, with provenance."""
        read = {"inputs": json.dumps(self._read, sort_keys=True)}
        made_by = provenance.provenance(self._given) | self._rule | read
        datasets.save(self._labelled(dataset), self.output[name], made_by)

    def _labelled(self, dataset: xr.Dataset) -> xr.Dataset:
        """Dataset that says what it is of: study, and task, kind, speed and draw if it is of one.

        What an input was of is dropped; a job without a wildcard for the task names it itself.
        """
        words = dict(self.wildcards.items())
        own = {name: words[name] for name in LABELS if name in words}
        kept = {n: v for n, v in dataset.attrs.items() if n not in LABELS or n == "task"}
        own |= {"draw": int(own["draw"])} if "draw" in own else {}
        return dataset.drop_attrs(deep=False).assign_attrs(kept, study=self._study, **own)

    def tabulate(self, table: pd.DataFrame, name: str) -> None:
        """Write a table to a named output, as CSV."""
        with replacing(Path(self.output[name])) as path:
            table.to_csv(path, index=False)

    def draw(self, sheet) -> None:
        """Write a figure, a `figures.drawing.sheet.Sheet`, to the outputs `png` and `pdf`."""
        with replacing(Path(self.output.png)) as png, replacing(Path(self.output.pdf)) as pdf:
            sheet.savefig(png)
            sheet.savefig(pdf)


class _Log(io.TextIOWrapper):
    """Log of a job; if the disk is full, the log is cut and the job goes on."""

    def __init__(self, path):
        super().__init__(io.FileIO(path, "w"), encoding="utf-8", write_through=True)

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            super().write(text)
        return len(text)


@contextlib.contextmanager
def run_job(snakemake):
    """Run a script's body: output to the log, threads as the rule says, errors in words."""
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
