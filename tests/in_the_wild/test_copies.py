"""A finished study that was copied, moved or unpacked elsewhere is as fresh as it was."""

import os
import random
import shutil
import subprocess
import zipfile

import pytest

import wild


def plain_copy(source, target):
    subprocess.run(["cp", "-r", source, target], check=True)


def tar(source, target):
    target.mkdir()
    packed = subprocess.run(["tar", "cf", "-", "."], cwd=source, check=True, capture_output=True)
    subprocess.run(["tar", "xf", "-"], cwd=target, input=packed.stdout, check=True)


def zipped(source, target):
    """Neither links nor parts of two seconds are in it."""
    archive = target.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(source.rglob("*")):
            if path.is_file() and ".venv" not in path.relative_to(source).parts:
                packed.write(path, path.relative_to(source))
    zipfile.ZipFile(archive).extractall(target)
    wild.environment(target)


def moved(source, target):
    between = target.with_name("between")
    subprocess.run(["cp", "-a", source, between], check=True)
    shutil.move(between, target)


def at_any_time(source, target):
    """A copy over a network may bring the files in any order."""
    plain_copy(source, target)
    paths = [path for path in target.rglob("*") if path.is_file() and not path.is_symlink()]
    random.Random(1).shuffle(paths)
    for age, path in enumerate(paths):
        os.utime(path, (1.7e9 - age,) * 2)


@pytest.mark.parametrize("carry", [plain_copy, tar, zipped, moved, at_any_time])
def test_nothing_of_a_copy_is_stale(original, tmp_path, carry):
    copy = tmp_path / "another folder, für mich's"
    carry(original, copy)
    assert "Nothing is stale" in wild.gist(wild.make(copy, "status"))
    run = wild.gist(wild.make(copy, "ARGS=--dry-run"))
    assert "Nothing to be done" in run


def test_a_copy_may_be_accepted(original, tmp_path):
    copy = tmp_path / "copy"
    plain_copy(original, copy)
    wild.gist(wild.make(copy, "accept"))
