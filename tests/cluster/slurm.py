"""A SLURM of one node on the loopback interface: its own folder, key, ports and daemons."""

import contextlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import time
from pathlib import Path

# Commands, and the Debian package of each.
NEEDED = {"munged": "munge", "slurmctld": "slurm-wlm", "slurmd": "slurm-wlm", "sbatch": "slurm-wlm"}
PATH = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])
CORES = 3  # one more than are kept busy: a job that is stopped holds one
CONFIGURATION = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
# No control groups and no systemd, as in a container; memory is looked at every second.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
AccountingStorageType=accounting_storage/none
SchedulerParameters=sched_interval=2,batch_sched_delay=0
MinJobAge=3600
KillWait=5
MpiDefault=none
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory={memory} State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def missing():
    """Debian packages that must be installed first."""
    return sorted({package for command, package in NEEDED.items() if not where(command)})


def where(command):
    return shutil.which(command, path=PATH)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Cluster:
    """Daemons of munge and SLURM, started and stopped by hand; `environment` is that of a user."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.daemons = {}
        configuration = self.folder / "slurm.conf"
        path = f"{self.folder}/bin:{PATH}"
        self.environment = os.environ | {"PATH": path, "SLURM_CONF": str(configuration)}
        for name in ("state", "spool", "bin"):
            (self.folder / name).mkdir()
        # The plugin takes SLURM_CONF, like all SLURM_*, from the environment in which srun runs.
        srun = self.folder / "bin" / "srun"
        srun.write_text(f'#!/bin/sh\nSLURM_CONF={configuration} exec {where("srun")} "$@"\n')
        srun.chmod(0o755)
        self.folder.chmod(0o711)  # munge wants others to reach its socket
        key = self.folder / "munge.key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o600)
        configuration.write_text(CONFIGURATION.format(
            folder=self.folder, host=socket.gethostname().partition(".")[0],
            user=pwd.getpwuid(os.getuid()).pw_name, controller_port=free_port(),
            node_port=free_port(), cores=CORES, memory=8000,
        ))  # fmt: skip

    def start(self):
        """Start all daemons, and wait until the node takes jobs."""
        files = {"socket": "socket", "key-file": "key", "pid-file": "pid", "seed-file": "seed",
                 "log-file": "log"}  # fmt: skip
        options = [f"--{option}={self.folder}/munge.{end}" for option, end in files.items()]
        self._start("munged", "--foreground", "--force", *options)
        self.wait(lambda: (self.folder / "munge.socket").exists(), "munged")
        self.start_controller()
        self._start("slurmd", "-D", "-N", socket.gethostname().partition(".")[0])
        self.wait(lambda: self.ask("sinfo", "--noheader", "--format=%t") in ("idle", "mix"), "node")

    def start_controller(self):
        self._start("slurmctld", "-D")
        self.wait(lambda: "UP" in self.ask("scontrol", "ping"), "slurmctld")

    def _start(self, name, *arguments):
        with open(self.folder / f"{name}.out", "a") as out:
            self.daemons[name] = subprocess.Popen(
                [where(name), *arguments], env=self.environment, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip

    def stop(self, name, seconds=30):
        """Stop a daemon, by force where it does not leave by itself."""
        daemon = self.daemons.pop(name)
        daemon.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return daemon.wait(seconds)
        daemon.kill()
        return daemon.wait()

    def close(self):
        """Cancel what runs, and stop all daemons."""
        if "slurmctld" in self.daemons:
            self.ask("scancel", "--user", str(os.getuid()))
            with contextlib.suppress(TimeoutError):
                self.wait(lambda: not self.queue(), "queue", seconds=20)
        for name in ("slurmd", "slurmctld", "munged"):
            if name in self.daemons:
                self.stop(name)

    def ask(self, *command):
        """What a command of SLURM prints; nothing where it fails."""
        done = subprocess.run(
            command, env=self.environment, text=True, capture_output=True, check=False, timeout=60
        )
        return done.stdout.strip() if done.returncode == 0 else ""

    def queue(self, *, ended=False):
        """Jobs not yet ended, or all: rows of number, state, comment, memory and time limit."""
        states = "all" if ended else "PD,R,CG,CF"
        out = self.ask("squeue", "--noheader", f"--states={states}", "--format=%i|%T|%k|%m|%l")
        return [line.split("|") for line in out.splitlines()]

    @staticmethod
    def wait(condition, what, seconds=60):
        """Wait until a condition holds."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"{what}: not so after {seconds} s")
            time.sleep(0.2)
