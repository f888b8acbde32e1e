"""Dry runs of Snakemake that take a second: each in a fork of a process that has imported it.

And a hollow study to run them on, made in seconds: every result is there and has its record, but
holds nothing.

Nothing of the library is imported before the fork: the code is that of the tree of the Snakefile.
"""

import json
import os
import subprocess
import sys
from pathlib import Path


class DryRuns:
    """A process that answers one dry run after the other."""

    def __init__(self):
        self._server = subprocess.Popen(
            [sys.executable, __file__], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        )  # fmt: skip

    def __call__(self, folder, *arguments, path=()):
        """Exit status and output of Snakemake in a folder; `path` goes before Python's own."""
        return self._ask("run", folder, path, ["--dry-run", *arguments])

    def graph(self, folder, snakefile, *config):
        """All jobs of a study in the order of the data, each a dictionary; see `graph`."""
        status, found = self._ask("graph", folder, [snakefile.parent / "workflow"],
                                  [snakefile, *config])  # fmt: skip
        assert status == 0, found
        return json.loads(found.splitlines()[-1])

    def hollow(self, folder, snakefile, *config):
        """Make the results of a study, hollow, in a folder."""
        status, found = self._ask("hollow", folder, [snakefile.parent / "workflow"],
                                  [snakefile, *config])  # fmt: skip
        assert status == 0, found

    def _ask(self, what, folder, path, arguments):
        log = folder / "dry-run.log"
        request = [what, str(folder), str(log), list(map(str, path)), list(map(str, arguments))]
        print(json.dumps(request), file=self._server.stdin, flush=True)
        status = int(self._server.stdout.readline())
        return status, log.read_text()

    def close(self):
        """End the process."""
        self._server.stdin.close()
        self._server.wait()


def answer():
    """Fork for every line of stdin: what to do, folder, log, path and arguments."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            what, folder, log, path, arguments = json.loads(line)
            os.chdir(folder)
            with open(log, "w") as file, open(os.devnull) as nothing:
                for number, own in ((0, nothing), (1, file), (2, file)):
                    os.dup2(own.fileno(), number)
            sys.path[:0] = path
            sys.exit({"run": cli.main, "graph": graph, "hollow": hollow}[what](arguments))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def graph(arguments):
    """Print the config of a study and its jobs: output, script, code, what it chooses by."""
    from spikerate.pipeline import adapter
    from spikerate.tasks import registry as tasks

    snakefile, *config = arguments
    plan = adapter.plan(adapter.Request(Path(snakefile), tuple(config)))
    found = [
        {
            "output": job.name,
            "script": job.script,
            "code": job.provenance["code"],
            "chooses_by": chooses_by(job, tasks),
            "before": [one.name for one in job.before],
        }
        for job in plan.jobs
    ]
    print(json.dumps({"config": plan.config, "jobs": found}), flush=True)


def chooses_by(job, tasks):
    """Params and wildcards of a job, and what follows from them."""
    params = {n: v for n, v in job.provenance["params"].items() if isinstance(v, str | int)}
    words = params | job.wildcards
    return words | ({"phase": tasks.phase(words["task"])} if "task" in job.wildcards else {})


def hollow(arguments):
    """Write files that hold nothing but their names, and have Snakemake take them for results."""
    import xarray as xr

    from spikerate.data import datasets
    from spikerate.pipeline import adapter

    snakefile, *config = arguments
    request = adapter.Request(Path(snakefile), tuple(config))
    outputs = [path for job in adapter.plan(request).jobs for path in job.outputs]
    for path in map(Path, outputs):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".nc":
            datasets.save(xr.Dataset(attrs={"name": str(path)}), path)
        else:
            path.write_text(path.name)
    adapter.record_as_fresh(request, outputs)


if __name__ == "__main__":
    import jsonschema  # noqa: F401
    import netCDF4  # noqa: F401
    import numpy  # noqa: F401
    import pandas  # noqa: F401
    import scipy.integrate  # noqa: F401
    import xarray  # noqa: F401
    from snakemake import cli, workflow  # noqa: F401

    answer()
