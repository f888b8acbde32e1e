"""Everything that relies on parts of Snakemake that are not public, and nothing else.

What Snakemake offers in public (its command line, profiles, and the names in a Snakefile) is used
elsewhere. Six things are not public. They are all in this file, so a new version of Snakemake has
to be checked against this file only. `check_version` refuses a version that was not checked.

1. *A plan*. `plan` lets Snakemake work out the jobs of a study and returns them as plain data: each
   `Job`, why it must run (`Why`), and what was recorded when its outputs were made (`Record`). Not
   public are `workflow._workflow`, its `dag` and its `persistence`. Snakemake writes to the folder
   in which it works, so it plans in a temporary folder of links to the files of the study.
2. *Staleness by content*. Snakemake compares the bytes of an input with the recorded ones, but only
   if the input is newer than an output. After `adopt`, it compares the content of every input of
   this workflow, whatever its time. The content of a dataset is the hash stored in it; a dataset
   whose time differs from the recorded one is read, and its hash computed again. The content of any
   other file is its bytes. Not public are `_IOFile.checksum`, `is_checksum_eligible` and
   `is_newer`, and `DAG.check_output_mtime`.
3. *Provenance*. `adopt` adds a param to each rule, which holds its code and its other params by
   name. Not public are `Rule.params` and `set_params`.
4. *Records*. Snakemake keeps a record of each output in .snakemake/metadata, and a mark in
   .snakemake/incomplete while the output is being made. The names of both are the output's path in
   base64. After `adopt`, each record also holds a checksum of its own output, among those of the
   inputs; `recorded` lists the outputs that have a record. Not public are
   `FilePersistence._write_record` and the names of these files.
5. *A workflow that imports this one*. `rules_of` finds the rules of this workflow, by the names
   that they have here, and `placed` the paths of its files there; `precede` runs shell commands
   before the scripts of these rules only. Not public are `workflow.modifier` with its `rules`,
   `rule_proxies` and `modify_path`, and `PythonScript._execute_cmd`.
6. *A run*. `follow` calls a function whenever a job of a run ends, which it learns from Snakemake's
   logger; `end_on` lets a signal end a run as Ctrl-C does.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import logging
import os
import shlex
import signal
import sys
import tempfile
import threading
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable, Iterable, Iterator, Set
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TypedDict

from spikerate.data import datasets
from spikerate.pipeline.fingerprint import Fingerprint

if TYPE_CHECKING:
    from snakemake.dag import DAG
    from snakemake.io import Wildcards, _IOFile
    from snakemake.jobs import Job as SnakemakeJob
    from snakemake.jobs import Reason
    from snakemake.persistence import MetadataRecord
    from snakemake.persistence.file import FilePersistence
    from snakemake.rules import Rule
    from snakemake.workflow import Workflow as Workflow  # also for progress.py

LOWEST, BELOW = (9, 27), (9, 28)  # versions of Snakemake against which this file was checked
SNAKEMAKE = Path(".snakemake")  # folder for Snakemake's own files
METADATA, UNFINISHED = "metadata", "incomplete"  # its folders of records and of marks
CONTENT = "content:"  # begins the checksum of a dataset; Snakemake's own begin with sha256:
UNREADABLE = CONTENT + "none"
TOLERANCE = 0.05  # s, by which the time of an unchanged file may differ from the recorded one
PROVENANCE = "provenance"  # name of the param that `adopt` adds


class Provenance(TypedDict):
    """What the outputs of a job are made from, besides its inputs."""

    code: Fingerprint
    params: dict[str, Any]


def check_version(found: str | None = None) -> None:
    """End the program with a sentence if this file was not checked against this Snakemake."""
    found = found or version("snakemake")
    numbers = tuple(int(part) for part in found.split(".")[:2])
    if not LOWEST <= numbers < BELOW:
        lowest, below = (".".join(map(str, bound)) for bound in (LOWEST, BELOW))
        sys.exit(
            f"Error: this workflow needs Snakemake {lowest} or newer, and older than {below}; this"
            f" is {found}. `make` installs the right one into .venv."
        )


# 1. A plan.


@dataclass(frozen=True)
class Request:
    """A study as it is named on a command line."""

    snakefile: Path
    config: tuple[str, ...] = ()  # KEY=VALUE, as for --config
    configfiles: tuple[Path, ...] = ()  # as for --configfile


@dataclass(frozen=True)
class Why:
    """Why a job must run; all fields are empty if only its inputs will be remade."""

    missing: tuple[str, ...] = ()  # outputs that do not exist
    unfinished: bool = False  # a run was killed while the job was running
    params: bool = False  # the code or the params differ from those recorded
    inputs: bool = False  # the list of inputs differs from the one recorded
    changed: tuple[str, ...] = ()  # inputs whose content differs from the one recorded
    environment: bool = False  # the conda environment differs from the one recorded


@dataclass(frozen=True)
class Record:
    """What was recorded when an output was made."""

    made: float  # s since the epoch, the time of the file
    inputs: tuple[str, ...]
    provenance: Provenance | None  # None if an older version made the record
    checksum: str | None  # of the output; None if an older version made the record


@dataclass(frozen=True, eq=False)
class Job:
    """A job of a study, with at least one output."""

    rule: str
    wildcards: dict[str, str]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    benchmark: str | None
    priority: int
    provenance: Provenance
    stale: bool  # whether it must run
    why: Why
    records: dict[str, Record | None]  # by output
    before: list[Job] = field(default_factory=list)  # jobs whose outputs it reads
    script: str | None = None  # path below workflow/scripts

    @property
    def name(self) -> str:
        """Its first output."""
        return self.outputs[0]

    @property
    def present(self) -> bool:
        """Whether all its outputs exist."""
        return all(os.path.exists(path) for path in self.outputs)


@dataclass(frozen=True)
class Plan:
    """The jobs of a study, in the order of the data, and its whole config."""

    config: dict[str, Any]
    jobs: list[Job]

    @property
    def stale(self) -> list[Job]:
        """Jobs that must run."""
        return [job for job in self.jobs if job.stale]

    @property
    def fresh(self) -> list[Job]:
        """Jobs that need not run."""
        return [job for job in self.jobs if not job.stale]


def plan(request: Request) -> Plan:
    """Let Snakemake work out which jobs of a study must run; nothing is written to the study."""
    with _links() as folder, _planned(request, workdir=folder) as workflow:
        jobs: dict[SnakemakeJob, Job] = {}
        must_run = set(workflow.dag.needrun_jobs(exclude_finished=False))
        for level in workflow.dag.toposorted():
            for job in sorted((j for j in level if j.output), key=lambda j: str(j.output[0])):
                jobs[job] = _job(workflow, job, job in must_run)
                jobs[job].before.extend(jobs[other] for other in workflow.dag.dependencies[job])
        return Plan(workflow.globals["config"], list(jobs.values()))


def record_as_fresh(request: Request, outputs: Iterable[str]) -> None:
    """Let Snakemake record existing outputs as fresh, without running their jobs."""
    with _planned(request, targets=set(outputs), touch=True):
        pass


@contextlib.contextmanager
def _links() -> Iterator[Path]:
    """Temporary folder of links to the working folder, in which Snakemake can write its files."""
    here = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="spikerate-") as name:
        folder = Path(name)
        (folder / SNAKEMAKE).mkdir()
        linked = [path for path in here.iterdir() if path.name != str(SNAKEMAKE)]
        for path in [*linked, *(here / SNAKEMAKE / kind for kind in (METADATA, UNFINISHED))]:
            if path.exists():
                (folder / path.relative_to(here)).symlink_to(path)
        yield folder


@contextlib.contextmanager
def _planned(
    request: Request,
    workdir: Path | None = None,
    targets: Set[str] = frozenset(),
    touch: bool = False,
) -> Iterator[Workflow]:
    """Let Snakemake plan a study, or record targets as fresh with `touch`; yield its workflow."""
    from snakemake import api, cli
    from snakemake.settings import types

    check_version()
    arguments = ["--snakefile", str(request.snakefile), "--cores", "1"]
    _, options = cli.parse_args(arguments)  # including those of the profile
    quiet = types.OutputSettings(dryrun=not touch, log_level_override=logging.ERROR)
    config = list(request.config)
    config_settings = types.ConfigSettings(
        config=cli.parse_config(config),
        config_args=config,
        configfiles=[path.absolute() for path in request.configfiles],
    )
    # The cache of sources is in the home folder, which need not be writable.
    shared = types.SharedFSUsage.all() - {types.SharedFSUsage.SOURCE_CACHE}
    dag_settings = types.DAGSettings(
        targets=set(targets),
        rerun_triggers=options.rerun_triggers,
        force_incomplete=True,
        forcetargets=touch,
    )
    with _sigterm_restored(), api.SnakemakeApi(quiet) as snakemake, inspecting():
        workflow = snakemake.workflow(
            resource_settings=types.ResourceSettings(cores=1),
            config_settings=config_settings,
            storage_settings=types.StorageSettings(shared_fs_usage=shared),
            snakefile=Path(request.snakefile).absolute(),
            workdir=workdir,
        )
        planned = workflow.dag(dag_settings)
        planned.execute_workflow(
            executor="touch" if touch else "dryrun",
            execution_settings=types.ExecutionSettings(lock=False),
        )
        yield workflow._workflow


@contextlib.contextmanager
def _sigterm_restored() -> Iterator[None]:
    """Restore the handler of SIGTERM, which Snakemake replaces by one that waits for jobs."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


def _job(workflow: Workflow, job: SnakemakeJob, stale: bool) -> Job:
    """A job of Snakemake as plain data."""
    rule = job.rule
    return Job(
        rule=rule.name,
        wildcards=dict(job.wildcards.items()),
        inputs=tuple(map(str, job.input)),
        outputs=tuple(map(str, job.output)),
        benchmark=_benchmark(job),
        priority=rule.expand_priority(job.wildcards_dict, job.input, job.attempt),
        provenance=job.params.get(PROVENANCE),
        stale=stale,
        why=_why(workflow.dag.reason(job)),
        records={str(path): _record(workflow.persistence.metadata(path)) for path in job.output},
        script=rule.script.rpartition("scripts/")[2] if rule.script else None,
    )


def _benchmark(job: SnakemakeJob) -> str | None:
    return str(job.benchmark) if job.benchmark else None


def _why(reason: Reason) -> Why:
    return Why(
        missing=tuple(sorted(map(str, reason.missing_output))),
        unfinished=bool(reason.incomplete_output),
        params=bool(reason.params_changed),
        inputs=bool(reason.input_changed),
        changed=tuple(sorted(map(str, reason.updated_input))),
        environment=bool(reason.software_stack_changed),
    )


def _record(metadata: MetadataRecord | None) -> Record | None:
    if metadata is None:
        return None
    # Snakemake records the values of params as texts, without their names.
    texts = (text for text in metadata.params or () if text.startswith("{'code': "))
    provenance = next(texts, None)
    return Record(
        made=metadata.endtime,
        inputs=tuple(metadata.input or ()),
        provenance=ast.literal_eval(provenance) if provenance else None,
        checksum=(metadata.input_checksums or {}).get(ITSELF),
    )


# 2. to 4. The rules of this workflow.

ITSELF = "."  # name of an output's own checksum in its record; no input has this path
# Rules of this workflow, by identity, because Snakemake compares rules by name. Rules of a workflow
# that imports this one are not changed.
_adopted: dict[int, Rule] = {}
_patched = False  # whether Snakemake's functions have been replaced in this process


def adopt(
    rules: Iterable[Rule], provenance: Callable[[Rule], Callable[[Wildcards], Provenance]]
) -> None:
    """Let the content of inputs decide whether rules are stale, and give each its provenance.

    Parameters
    ----------
    rules : of Snakemake
    provenance : from a rule to a function that returns the provenance of a job from its wildcards
    """
    for rule in rules:
        if id(rule) not in _adopted:
            rule.set_params(**{PROVENANCE: provenance(rule)})
            _adopted[id(rule)] = rule
    _patch()


def _patch() -> None:
    """Replace functions of Snakemake, once in a process."""
    global _patched
    if _patched:
        return
    _patched = True
    from snakemake.dag import DAG
    from snakemake.io import _IOFile
    from snakemake.persistence.file import FilePersistence

    checksum: Callable[..., Awaitable[str | None]] = _IOFile.checksum
    eligible: Callable[..., Awaitable[bool]] = _IOFile.is_checksum_eligible
    newer: Callable[..., Awaitable[bool]] = _IOFile.is_newer
    check_times, write = DAG.check_output_mtime, FilePersistence._write_record

    async def content(
        file: _IOFile,
        threshold: int | None = None,
        force: bool = False,
        algorithm: str | None = None,
    ) -> str | None:
        if id(file.rule) not in _adopted:
            return await checksum(file, threshold, force=force, algorithm=algorithm)
        if not os.path.exists(file):
            return None
        if str(file).endswith(".nc") and algorithm in (None, CONTENT.rstrip(":")):
            metadata = file.rule.workflow.persistence.metadata(file)
            return content_of(str(file), metadata.endtime if metadata else None)
        return await checksum(file, threshold, force=True, algorithm=algorithm)

    async def any_size(file: _IOFile, threshold: int) -> bool:
        if id(file.rule) not in _adopted:
            return await eligible(file, threshold)
        return os.path.isfile(file)

    async def at_any_time(file: _IOFile, time: float) -> bool:
        if id(file.rule) not in _adopted:
            return await newer(file, time)
        return not file.is_ancient

    async def check_times_of_others(
        dag: DAG, job: SnakemakeJob, outputs: Iterable[_IOFile]
    ) -> None:
        if id(job.rule) not in _adopted:
            await check_times(dag, job, outputs)

    def write_with_checksum(persistence: FilePersistence, key: str, record: MetadataRecord) -> None:
        if record.rule in {rule.name for rule in _adopted.values()} and os.path.exists(key):
            record.input_checksums = {**(record.input_checksums or {}), ITSELF: content_of(key)}
        write(persistence, key, record)

    _IOFile.checksum, _IOFile.is_checksum_eligible = content, any_size
    _IOFile.is_newer, DAG.check_output_mtime = at_any_time, check_times_of_others
    FilePersistence._write_record = write_with_checksum


def content_of(path: str, made: float | None = None) -> str:
    """Checksum of the content of a file, in Snakemake's form.

    Parameters
    ----------
    made : recorded time of the file, s since the epoch. A dataset with another time is read, and
        its hash computed again; otherwise, or if `made` is None, the hash stored in it is used
    """
    if not path.endswith(".nc"):
        with open(path, "rb") as file:
            return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    try:
        if made is not None and abs(os.path.getmtime(path) - made) > TOLERANCE:
            return f"{CONTENT}{datasets.load(path).attrs['content']}"
    except (OSError, datasets.DataError):
        return UNREADABLE
    stored = datasets.stored_hash(path)
    return CONTENT + stored if stored else UNREADABLE


def recorded(snakemake: Path = SNAKEMAKE) -> set[str]:
    """Paths of the outputs that have a record, or were being made when a run was killed."""
    found = set()
    for folder in (snakemake / METADATA, snakemake / UNFINISHED):
        for path in (p for p in folder.rglob("*") if p.is_file()):
            # The path in base64. A long one is split into several, all but the last with an @.
            parts = (part.removeprefix("@") for part in path.relative_to(folder).parts)
            found.add(urlsafe_b64decode("".join(parts)).decode())
    return found


# 5. A workflow that imports this one.

_before: dict[str, str] = {}  # shell commands before the script of a rule, by its name


def rules_of(workflow: Workflow) -> dict[str, Rule]:
    """Rules of the Snakefile that is being read, and of its includes, by their names there.

    A workflow that imports them may rename or leave out some of them, and has rules of its own.
    """
    used = {id(rule) for rule in workflow.modifier.rules}
    named = {name: proxy.rule for name, proxy in workflow.modifier.rule_proxies._rules.items()}
    return {name: rule for name, rule in named.items() if id(rule) in used}


def placed(workflow: Workflow, path: str) -> str:
    """Path of a file of the Snakefile that is being read, with the prefix of its module."""
    return str(workflow.modifier.modify_path(path))


def precede(rules: Iterable[Rule], commands: str) -> None:
    """Run shell commands before the scripts of some rules.

    Parameters
    ----------
    commands : each with a semicolon at its end; Snakemake formats them
    """
    from snakemake.script import PythonScript

    if not _before:
        execute = PythonScript._execute_cmd

        def execute_after(script: PythonScript, cmd: str, **values: Any) -> object:
            first = _before.get(script.rulename, "")
            if first and os.path.exists(values.get("py_exec", "")):
                values["py_exec"] = shlex.quote(values["py_exec"])  # its path may have a blank
            return execute(script, first + cmd, **values)

        PythonScript._execute_cmd = execute_after
    _before.update({rule.name: commands for rule in rules})


# 6. A run.

_inspecting = False  # whether this process only inspects a study, and runs no job


@contextlib.contextmanager
def inspecting() -> Iterator[None]:
    """Let the Snakefile be read even if results are damaged or must not be written to."""
    from snakemake.jobs import Job as SnakemakeJob

    async def check_nothing(job: SnakemakeJob) -> None:
        """Replace Snakemake's check that outputs can be written, as no job will run."""

    global _inspecting
    before, _inspecting = _inspecting, True
    check, SnakemakeJob.check_protected_output = SnakemakeJob.check_protected_output, check_nothing
    try:
        yield
    finally:
        _inspecting = before
        SnakemakeJob.check_protected_output = check


def will_run(workflow: Workflow) -> bool:
    """Whether the process that reads the Snakefile starts a run, and does not only inspect."""
    return workflow.is_main_process and not _inspecting


class _JobEnd(logging.Handler):
    """Calls a function whenever a job ends; an error in it does not end the run."""

    def __init__(self, call: Callable[[], None]):
        super().__init__()
        self.call = call

    def emit(self, record: logging.LogRecord) -> None:
        if getattr(getattr(record, "event", None), "value", None) == "progress":
            try:
                self.call()
            except Exception:
                self.handleError(record)


@dataclass(frozen=True, eq=False)
class Running:
    """A job of a run."""

    rule: str
    wildcards: dict[str, str]
    benchmark: str | None
    ended: Callable[[], bool]


def follow(workflow: Workflow, call: Callable[[], None]) -> list[Running]:
    """Jobs of a run that begins; `call` is called whenever one of them ends."""
    logging.getLogger("snakemake.logging").addHandler(_JobEnd(call))
    dag = workflow.dag
    return [
        Running(
            rule=job.rule.name,
            wildcards=dict(job.wildcards.items()),
            benchmark=_benchmark(job),
            ended=partial(dag.finished, job),
        )
        for job in dag.needrun_jobs()
        if job.output
    ]


def log(sentence: str) -> None:
    """Print a sentence through Snakemake's logger."""
    logging.getLogger("snakemake.logging").info(sentence)


def workers(workflow: Workflow) -> int:
    """How many jobs of one core a run works on at the same time."""
    resources = workflow.resource_settings
    return resources.nodes or resources.cores or 1


def requested(workflow: Workflow) -> dict[str, list[str]]:
    """Config of a run as on its command line: `config`, KEY=VALUE words, and `configfiles`."""
    settings = workflow.config_settings
    return {
        "config": [str(word) for word in settings.config_args or ()],
        "configfiles": [str(path) for path in settings.configfiles],
    }


def end_on(number: int, stop_jobs: Callable[[], None]) -> None:
    """Let a signal end a run as Ctrl-C does; a signal that is ignored, as by nohup, stays ignored.

    Parameters
    ----------
    number : of the signal
    stop_jobs : called first, because Snakemake waits until its running jobs have ended
    """
    if signal.getsignal(number) is signal.SIG_IGN:
        return

    def end(number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_IGN)  # a terminal that closes may send it twice
        stop_jobs()
        raise KeyboardInterrupt

    signal.signal(number, end)
