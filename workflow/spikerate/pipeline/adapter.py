"""All that touches Snakemake's private side, and nothing else.

What Snakemake offers in public (its command line, its profiles, directives in the Snakefile) is
used elsewhere as it is. Six things it does not offer, and they stand here, so that a new version
of Snakemake is read against one file. `check_version` ends a run with a version that was not.

1. *A plan*. `plan` has Snakemake work out the jobs of a study, and gives them as plain data: `Job`,
   why it must run (`Why`), and what was recorded when its outputs were made (`Record`). Private
   are `workflow._workflow`, its `dag` and its `persistence`. A plan is made in a folder of links to
   the study: Snakemake writes to the folder in which it works, and a plan needs no right to write.
2. *Content decides*. Snakemake takes an input for changed if it is newer than an output and its
   bytes differ from those recorded. For the rules of this workflow `adopt` makes that: if its
   content differs. The content of a dataset is the hash it carries (a dataset that does not lie
   there as it was recorded is read, and hashed again); that of any other file is its bytes. No time
   of a file decides. Private are `_IOFile.checksum`, `is_checksum_eligible` and `is_newer`, and
   `DAG.check_output_mtime`.
3. *What a rule is made from*. `adopt` adds one param to each rule, with the code and the named
   params that its outputs come from. Private are `Rule.params` and `set_params`.
4. *Records*. Snakemake keeps one a file, in .snakemake/metadata, and a mark while the file is being
   made, in .snakemake/incomplete; both bear the path of the file, in base64. `adopt` has each hold
   the checksum of its own file too, among those of the inputs; `recorded` lists the files that have
   one.
   Private are `FilePersistence._write_record` and these names.
5. *A workflow that imports this one*. `rules_of` finds the rules of this one among those of the
   workflow, under the names that they have here, and `placed` where their files really lie;
   `precede` has their scripts, and no others, start after commands of the shell. Private are
   `workflow.modifier` with its `rules`, `rule_proxies` and `modify_path`, and
   `PythonScript._execute_cmd`.
6. *A run*. `follow` calls back when a job of a run has ended, through Snakemake's logger; `end_on`
   has a signal end a run as Ctrl-C does.
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
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from spikerate.data import datasets

LOWEST, BELOW = (9, 27), (9, 28)  # versions of Snakemake that this file was read against
KEPT = Path(".snakemake")  # where Snakemake keeps what it remembers
METADATA, UNFINISHED = "metadata", "incomplete"  # its folders of records, and of marks
CONTENT = "content:"  # before the checksum of a dataset; Snakemake's own begin with sha256:
UNREADABLE = CONTENT + "none"
SLACK = 0.05  # s, within which a file lies there as it was recorded
PROVENANCE = "provenance"  # name of the param that `adopt` adds


def check_version(found: str | None = None) -> None:
    """End the program, in a sentence, if this Snakemake is not one that was read."""
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
    """Which study, as a command line says it."""

    snakefile: Path
    config: tuple[str, ...] = ()  # KEY=VALUE, as for --config
    configfiles: tuple[Path, ...] = ()  # as for --configfile


@dataclass(frozen=True)
class Why:
    """Why a job must run; all empty where only what it reads will be remade."""

    missing: tuple[str, ...] = ()  # outputs that are not there
    unfinished: bool = False  # a run was killed over it
    params: bool = False  # the code or the params differ from those recorded
    inputs: bool = False  # it reads other files than those recorded
    changed: tuple[str, ...] = ()  # inputs of another content than that recorded
    environment: bool = False  # the conda environment differs


@dataclass(frozen=True)
class Record:
    """What was recorded when an output was made."""

    made: float  # s since the epoch, the time of the file
    inputs: tuple[str, ...]
    provenance: dict | None  # as `Job.provenance`; None of a version that did not record it
    checksum: str | None  # of the file itself; None of a version that did not record it


@dataclass(frozen=True, eq=False)
class Job:
    """A job of a study, with at least one output."""

    rule: str
    wildcards: dict[str, str]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    benchmark: str | None
    priority: int
    provenance: dict  # code and params
    stale: bool
    why: Why
    records: dict[str, Record | None]  # by output
    before: list[Job] = field(default_factory=list)  # whose outputs it reads
    script: str | None = None  # path below workflow/scripts

    @property
    def name(self) -> str:
        """Its first output."""
        return self.outputs[0]

    @property
    def present(self) -> bool:
        """Whether all its outputs are there."""
        return all(os.path.exists(path) for path in self.outputs)


@dataclass(frozen=True)
class Plan:
    """The jobs of a study, in the order of the data, and its whole config."""

    config: dict
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
    """Have Snakemake work out what of a study must run; nothing is written."""
    with _links() as folder, _planned(request, workdir=folder) as workflow:
        jobs: dict[Any, Job] = {}
        must_run = set(workflow.dag.needrun_jobs(exclude_finished=False))
        for level in workflow.dag.toposorted():
            for job in sorted((j for j in level if j.output), key=lambda j: str(j.output[0])):
                jobs[job] = _job(workflow, job, job in must_run)
                jobs[job].before.extend(jobs[other] for other in workflow.dag.dependencies[job])
        return Plan(workflow.globals["config"], list(jobs.values()))


def take(request: Request, outputs: Iterable[str]) -> None:
    """Have Snakemake record the outputs of jobs as fresh, as they lie there."""
    with _planned(request, targets=set(outputs), touch=True):
        pass


@contextlib.contextmanager
def _links() -> Iterator[Path]:
    """Folder that shows the working folder, in which Snakemake may write what it likes."""
    here = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="spikerate-") as name:
        folder = Path(name)
        (folder / KEPT).mkdir()
        shown = [path for path in here.iterdir() if path.name != str(KEPT)]
        for path in [*shown, *(here / KEPT / kind for kind in (METADATA, UNFINISHED))]:
            if path.exists():
                (folder / path.relative_to(here)).symlink_to(path)
        yield folder


@contextlib.contextmanager
def _planned(
    request: Request, workdir: Path | None = None, targets=frozenset(), touch: bool = False
):
    """Have Snakemake plan a study, or record targets as fresh, and yield its workflow."""
    from snakemake import api, cli
    from snakemake.settings import types

    check_version()
    arguments = ["--snakefile", str(request.snakefile), "--cores", "1"]
    _, args = cli.parse_args(arguments)  # with the flags of the profile
    quiet = types.OutputSettings(dryrun=not touch, log_level_override=logging.ERROR)
    shared = types.SharedFSUsage.all() - {types.SharedFSUsage.SOURCE_CACHE}  # it lies in the home
    config = list(request.config)
    with _signals_kept(), api.SnakemakeApi(quiet) as snakemake, looking():
        workflow = snakemake.workflow(
            resource_settings=types.ResourceSettings(cores=1),
            config_settings=types.ConfigSettings(
                config=cli.parse_config(config), config_args=config,
                configfiles=[path.absolute() for path in request.configfiles],
            ),
            storage_settings=types.StorageSettings(shared_fs_usage=shared),
            snakefile=Path(request.snakefile).absolute(), workdir=workdir,
        )  # fmt: skip
        planned = workflow.dag(
            types.DAGSettings(
                targets=set(targets), rerun_triggers=args.rerun_triggers, force_incomplete=True,
                forcetargets=touch,
            )
        )  # fmt: skip
        planned.execute_workflow(
            executor="touch" if touch else "dryrun",
            execution_settings=types.ExecutionSettings(lock=False),
        )
        yield workflow._workflow


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    """Give SIGTERM back what it did: Snakemake has it wait for jobs, and here are none."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


def _job(workflow, job, stale: bool) -> Job:
    """A job of Snakemake's as plain data."""
    rule = job.rule
    return Job(
        rule=rule.name, wildcards=dict(job.wildcards.items()),
        inputs=tuple(map(str, job.input)), outputs=tuple(map(str, job.output)),
        benchmark=str(job.benchmark) if job.benchmark else None,
        priority=rule.expand_priority(job.wildcards_dict, job.input, job.attempt),
        provenance=job.params.get(PROVENANCE), stale=stale, why=_why(workflow.dag.reason(job)),
        records={str(path): _record(workflow.persistence.metadata(path)) for path in job.output},
        script=rule.script.rpartition("scripts/")[2] if rule.script else None,
    )  # fmt: skip


def _why(reason) -> Why:
    return Why(
        missing=tuple(sorted(map(str, reason.missing_output))),
        unfinished=bool(reason.incomplete_output), params=bool(reason.params_changed),
        inputs=bool(reason.input_changed), changed=tuple(sorted(map(str, reason.updated_input))),
        environment=bool(reason.software_stack_changed),
    )  # fmt: skip


def _record(metadata) -> Record | None:
    if metadata is None:
        return None
    texts = (text for text in metadata.params or () if text.startswith("{'code': "))
    provenance = next(texts, None)
    return Record(
        made=metadata.endtime, inputs=tuple(metadata.input or ()),
        provenance=ast.literal_eval(provenance) if provenance else None,
        checksum=(metadata.input_checksums or {}).get(OWN),
    )  # fmt: skip


# 2. to 4. The rules of this workflow.

OWN = "."  # name under which a record holds the checksum of its own file; no path of an input
# rules of this workflow, by identity, as two are equal for Snakemake whose names are; those of a
# workflow that imports this one are left as they are
_ours: dict[int, Any] = {}
_changed = False  # whether Snakemake's functions have been changed in this process


def adopt(rules: Iterable[Any], provenance: Callable[[Any], Callable]) -> None:
    """Have content decide for some rules, and let each carry what it is made from.

    Parameters
    ----------
    rules : of Snakemake
    provenance : function of a rule that gives a function of wildcards: a dict with code and params
    """
    for rule in rules:
        if id(rule) not in _ours:
            rule.set_params(**{PROVENANCE: provenance(rule)})
            _ours[id(rule)] = rule
    _let_content_decide()


def _let_content_decide() -> None:
    """Change Snakemake's functions, once in a process."""
    global _changed
    if _changed:
        return
    _changed = True
    from snakemake.dag import DAG
    from snakemake.io import _IOFile
    from snakemake.persistence.file import FilePersistence

    checksum, eligible, newer = _IOFile.checksum, _IOFile.is_checksum_eligible, _IOFile.is_newer
    check_times, write = DAG.check_output_mtime, FilePersistence._write_record

    async def content(file, threshold=None, force=False, algorithm=None):
        if id(file.rule) not in _ours:
            return await checksum(file, threshold, force=force, algorithm=algorithm)
        if not os.path.exists(file):
            return None
        if str(file).endswith(".nc") and algorithm in (None, CONTENT.rstrip(":")):
            metadata = file.rule.workflow.persistence.metadata(file)
            return content_of(str(file), metadata.endtime if metadata else None)
        return await checksum(file, threshold, force=True, algorithm=algorithm)

    async def any_size(file, threshold):
        if id(file.rule) not in _ours:
            return await eligible(file, threshold)
        return os.path.isfile(file)

    async def may_differ(file, time):
        if id(file.rule) not in _ours:
            return await newer(file, time)
        return not file.is_ancient

    async def check_times_of_others(dag, job, outputs):
        if id(job.rule) not in _ours:
            await check_times(dag, job, outputs)

    def write_with_own(persistence, key, record):
        if record.rule in {rule.name for rule in _ours.values()} and os.path.exists(key):
            record.input_checksums = {**(record.input_checksums or {}), OWN: content_of(key)}
        write(persistence, key, record)

    _IOFile.checksum, _IOFile.is_checksum_eligible = content, any_size
    _IOFile.is_newer, DAG.check_output_mtime = may_differ, check_times_of_others
    FilePersistence._write_record = write_with_own


def content_of(path: str, made: float | None = None) -> str:
    """Checksum of the content of a file, in Snakemake's form.

    Parameters
    ----------
    made : s since the epoch, what was recorded as the time of the file. A dataset of another time
        is read whole, and hashed again; without it, the hash that it carries is believed
    """
    if not path.endswith(".nc"):
        with open(path, "rb") as file:
            return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    try:
        if made is not None and abs(os.path.getmtime(path) - made) > SLACK:
            return CONTENT + datasets.load(path).attrs["content"]
    except (OSError, datasets.DataError):
        return UNREADABLE
    stored = datasets.stored_hash(path)
    return CONTENT + stored if stored else UNREADABLE


def recorded(kept: Path = KEPT) -> set[str]:
    """Paths of the outputs that have a record, or were being made when a run was killed."""
    found = set()
    for folder in (kept / METADATA, kept / UNFINISHED):
        for path in (p for p in folder.rglob("*") if p.is_file()):
            # the path in base64; a long one in several parts, all but the last marked by an @
            parts = (part.removeprefix("@") for part in path.relative_to(folder).parts)
            found.add(urlsafe_b64decode("".join(parts)).decode())
    return found


# 5. A workflow that imports this one.

_before: dict[str, str] = {}  # commands of the shell before the script of a rule, by its name


def rules_of(workflow) -> dict[str, Any]:
    """Rules of the Snakefile that is being read and its includes, by the names they have there.

    A workflow that imports them may have other names for them, other rules, and fewer of these.
    """
    used = {id(rule) for rule in workflow.modifier.rules}
    named = {name: proxy.rule for name, proxy in workflow.modifier.rule_proxies._rules.items()}
    return {name: rule for name, rule in named.items() if id(rule) in used}


def placed(workflow, path: str) -> str:
    """Where a path of the Snakefile that is being read lies, below the prefix of its module."""
    return str(workflow.modifier.modify_path(path))


def precede(rules: Iterable[Any], commands: str) -> None:
    """Have the scripts of some rules start after commands of the shell.

    Parameters
    ----------
    commands : to be filled in by Snakemake, each ended by a semicolon
    """
    from snakemake.script import PythonScript

    if not _before:
        execute = PythonScript._execute_cmd

        def execute_after(script, cmd, **values):
            first = _before.get(script.rulename, "")
            if first and os.path.exists(values.get("py_exec", "")):
                values["py_exec"] = shlex.quote(values["py_exec"])  # its path may have a blank
            return execute(script, first + cmd, **values)

        PythonScript._execute_cmd = execute_after
    _before.update({rule.name: commands for rule in rules})


# 6. A run.

_looking = False  # whether this process only looks at a study, or takes it as it is


@contextlib.contextmanager
def looking() -> Iterator[None]:
    """Let the Snakefile be read whatever the state of the results, and who may write to them."""
    from snakemake.jobs import Job as SnakemakeJob

    async def check_nothing(job) -> None:
        """Snakemake plans no job whose output may not be written to; here, none will run."""

    global _looking
    before, _looking = _looking, True
    check, SnakemakeJob.check_protected_output = SnakemakeJob.check_protected_output, check_nothing
    try:
        yield
    finally:
        _looking = before
        SnakemakeJob.check_protected_output = check


def runs(workflow) -> bool:
    """Whether the Snakefile is read by a process that is to run jobs, and not to look at them."""
    return workflow.is_main_process and not _looking


class _Ended(logging.Handler):
    """Calls a function as each job ends; nothing that happens in it may end a run."""

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


def follow(workflow, call: Callable[[], None]) -> list[Running]:
    """Jobs of a run that begins; a function is called as each of them ends."""
    logging.getLogger("snakemake.logging").addHandler(_Ended(call))
    dag = workflow.dag
    return [
        Running(
            job.rule.name, dict(job.wildcards.items()),
            str(job.benchmark) if job.benchmark else None, lambda job=job: dag.finished(job),
        )
        for job in dag.needrun_jobs() if job.output
    ]  # fmt: skip


def tell(sentence: str) -> None:
    """Print a sentence among those of Snakemake."""
    logging.getLogger("snakemake.logging").info(sentence)


def workers(workflow) -> int:
    """How many jobs of one core a run has at work at once."""
    asked = workflow.resource_settings
    return asked.nodes or asked.cores or 1


def asked(workflow) -> dict[str, list[str]]:
    """What a run was asked for: KEY=VALUE and files, as they were given."""
    settings = workflow.config_settings
    return {
        "config": [str(word) for word in settings.config_args or ()],
        "configfiles": [str(path) for path in settings.configfiles],
    }


def end_on(number: int, first: Callable[[], None]) -> None:
    """Have a signal end a run as Ctrl-C does, after a call; one that nohup ignores stays ignored.

    Snakemake waits for the jobs at work, so whoever is called has to tell them.
    """
    if signal.getsignal(number) is signal.SIG_IGN:
        return

    def end(*_) -> None:
        signal.signal(number, signal.SIG_IGN)  # a terminal that closes may send it twice
        first()
        raise KeyboardInterrupt

    signal.signal(number, end)
