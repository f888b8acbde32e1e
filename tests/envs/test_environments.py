"""The conda environment, the pip locks, their sources and pyproject.toml say the same."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

import documents

ROOT = Path(__file__).parents[2]
ENVS = ROOT / "envs"
PIP_NAMES = {"matplotlib-base": "matplotlib", "snakemake-minimal": "snakemake"}  # by conda name
LOCKS = sorted(path.stem for path in ENVS.glob("*.lock"))


def name_of(requirement):
    return re.match(r"[A-Za-z0-9._-]+", requirement).group().lower().replace("_", "-")


def requirements(text):
    """Requirements of a .in file or of a part of one, without comments and markers."""
    lines = (re.split(r"[#;]", line)[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def entries(lock):
    """Entries of a lock, each with its hashes on one line."""
    lines = (ENVS / lock).read_text().replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def locked(lock, **python):
    """Versions of a lock by package; entries meant for other Pythons left out."""
    pins = [Requirement(entry.split(" --hash=")[0]) for entry in entries(lock)]
    kept = [p for p in pins if not python or p.marker is None or p.marker.evaluate(python)]
    return {pin.name: str(pin.specifier).removeprefix("==") for pin in kept}


@pytest.fixture
def conda():
    """Versions of the conda environment by their name in pip."""
    listed = yaml.safe_load((ENVS / "environment.yaml").read_text())["dependencies"]
    pins = dict(pin.split("=") for pin in listed)
    return {PIP_NAMES.get(name, name): version for name, version in pins.items()}


def test_conda_and_pip_have_the_same_versions(conda):
    python = conda.pop("python")
    lock = locked("requirements.lock", python_version=python, python_full_version=f"{python}.0")
    assert {name: lock.get(name) for name in conda} == conda


def test_conda_has_what_a_study_needs(conda):
    study, *_ = (ENVS / "requirements.in").read_text().split("\n\n")
    needed = {name_of(line) for line in requirements(study)}
    assert needed == set(conda) - {"python"}


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_hold_what_their_sources_name(lock):
    needed = {name_of(line) for line in requirements((ENVS / f"{lock}.in").read_text())}
    assert needed <= set(locked(f"{lock}.lock"))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_entry_of_a_lock_is_pinned_and_hashed(lock):
    for entry in entries(f"{lock}.lock"):
        assert re.match(r"[a-z0-9.-]+==\S+( ;.*?)?( +--hash=sha256:[0-9a-f]{64})+ *$", entry), entry


def test_no_tracked_file_names_a_package_index():
    hosts = [("py", "pi."), ("python", "hosted."), ("ana", "conda.org"), ("ana", "conda.com")]
    options = [("--index", "-url"), ("--extra-index", "-url"), ("--find", "-links")]
    parts = [f"-e{''.join(pair)}" for pair in hosts + options]  # in halves: this file is searched
    found = subprocess.run(
        ["git", "grep", "--ignore-case", "--fixed-strings", "--line-number", *parts],
        cwd=ROOT, text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert found.returncode == 1, found.stdout + found.stderr  # 1 says that nothing was found


# The image.

DOCKERFILE = (ENVS / "Dockerfile").read_text()


def test_the_image_has_the_python_of_conda_and_what_the_lock_holds(conda):
    assert f"FROM python:{conda['python']}-slim" in DOCKERFILE
    assert "--require-hashes --requirement /tmp/requirements.lock" in DOCKERFILE
    for source in re.findall(r"^COPY (\S+)", DOCKERFILE, flags=re.MULTILINE):
        assert (ROOT / source).exists(), source


def test_the_image_runs_the_snakefile_that_is_copied_into_it():
    (command,) = re.findall(r"^ENTRYPOINT (.*)$", DOCKERFILE, flags=re.MULTILINE)
    assert json.loads(command) == ["snakemake", "--snakefile", "/spikerate/Snakefile"]
    assert "\nCOPY . /spikerate\n" in DOCKERFILE


@pytest.mark.parametrize("tool", ["docker", "apptainer"])
def test_the_commands_for_images_are_a_shell_s(tool):
    """They are read, and not run: a test may not expect these tools, nor a registry of images."""
    script = documents.named("cluster.md", tool)
    parsed = subprocess.run(["sh", "-n"], input=script, text=True, capture_output=True, check=False)
    assert parsed.returncode == 0, parsed.stderr
    lines = [line.split() for line in script.splitlines()]
    assert {line[0] for line in lines} == {tool}
    given = [line[line.index("--file") + 1] for line in lines if "--file" in line]
    assert given == (["envs/Dockerfile"] if tool == "docker" else [])
