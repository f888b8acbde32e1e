"""A checkout that may only be read: looking works, and what must write says so."""

import subprocess

import pytest

import wild


@pytest.fixture(scope="module")
def locked(original, tmp_path_factory):
    folder = tmp_path_factory.mktemp("locked") / "spikerate"
    subprocess.run(["cp", "-a", original, folder], check=True)
    wild.frozen(folder)
    yield folder
    wild.frozen(folder, False)


@pytest.mark.parametrize("command", ["status", "plan"])
def test_looking_needs_no_right_to_write(locked, command):
    done = wild.make(locked, command, user=wild.bound())
    assert "Traceback" not in done.stdout, done.stdout
    assert done.returncode == 0 or "may not be written to" in done.stdout, done.stdout
    if command == "status":
        assert "Nothing is stale" in done.stdout


@pytest.mark.parametrize("command", [[], ["accept"], ["resume"]])
def test_what_needs_the_right_to_write_says_so(locked, command):
    done = wild.make(locked, *command, user=wild.bound())
    assert "Traceback" not in done.stdout, done.stdout
    assert done.returncode, done.stdout
    assert "may not be written to" in done.stdout


def test_an_environment_that_cannot_be_made_is_no_riddle(original, tmp_path):
    folder = tmp_path / "spikerate"
    subprocess.run(["cp", "-a", original, folder], check=True)
    (folder / ".venv" / "requirements.lock").unlink()
    wild.frozen(folder)
    done = wild.make(folder, "status", user=wild.bound())
    wild.frozen(folder, False)
    assert done.returncode and f"{folder} may not be written to" in done.stdout
