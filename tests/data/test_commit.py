"""The commit in the provenance is that of the checkout alone, with a mark where it was edited."""

import os
import subprocess

import pytest

from spikerate.data import commit as commits

KERNEL = "workflow/spikerate/model/neuron.py"


def git(folder, *arguments):
    environment = {n: v for n, v in os.environ.items() if not n.startswith("GIT_")}
    names = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", "-C", folder, *names, *arguments], env=environment, text=True, check=True,
        capture_output=True,
    )  # fmt: skip
    return done.stdout.strip()


def commit(folder):
    return commits.commit.__wrapped__(folder)


@pytest.fixture
def code(tmp_path):
    """Folder of a thesis, with a copy of the code in it, in no repository yet."""
    folder = tmp_path / "thesis" / "spike rate"
    for name in ("Snakefile", "README.md", KERNEL):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"# {name}\n")
    return folder


@pytest.fixture
def checkout(code):
    git(code, "init")
    git(code, "add", ".")
    git(code, "commit", "-m", "all")
    return code


def test_a_clean_checkout_has_its_commit(checkout):
    assert commit(checkout) == git(checkout, "rev-parse", "HEAD")


@pytest.mark.parametrize("edit", ["changed", "staged", "added", "deleted"])
def test_an_edited_checkout_is_marked_by_what_was_edited(checkout, edit):
    head, kernel = git(checkout, "rev-parse", "HEAD"), checkout / KERNEL
    if edit == "deleted":
        kernel.unlink()
    else:
        name = "own task.py" if edit == "added" else kernel.name
        kernel.with_name(name).write_text("rate = 1\n")
    if edit == "staged":
        git(checkout, "add", ".")
    found = commit(checkout)
    assert found.startswith(f"{head} changed ")
    assert commit(checkout) == found
    kernel.write_text("rate = 2\n")
    assert commit(checkout) not in (head, found)


def test_what_is_no_code_and_what_is_no_edit_is_not_marked(checkout):
    (checkout / "README.md").write_text("mine")
    (checkout / "results").mkdir()
    (checkout / KERNEL).touch()
    (checkout / KERNEL).chmod(0o755)
    assert commit(checkout) == git(checkout, "rev-parse", "HEAD")


def test_a_copy_inside_another_repository_has_no_commit_but_a_hash(code):
    thesis = code.parent
    git(thesis, "init")
    git(thesis, "commit", "--allow-empty", "-m", "thesis")
    found = commit(code)
    assert found.startswith("unknown, code ") and git(thesis, "rev-parse", "HEAD") not in found
    git(thesis, "add", ".")
    git(thesis, "commit", "-m", "with the code")
    assert commit(code) == found
    (code / KERNEL).write_text("rate = 1\n")
    assert commit(code).startswith("unknown, code ") and commit(code) != found


def test_a_repository_that_does_not_track_the_code_is_not_asked(code):
    git(code, "init")
    git(code, "commit", "--allow-empty", "-m", "something else")
    assert commit(code).startswith("unknown, code ")


def test_a_damaged_repository_is_not_replaced_by_the_one_around_it(checkout):
    git(checkout.parent, "init")
    git(checkout.parent, "commit", "--allow-empty", "-m", "thesis")
    (checkout / ".git" / "HEAD").write_text("nothing")
    assert commit(checkout).startswith("unknown, code ")


def test_the_environment_does_not_tell_git_where_to_look(checkout, tmp_path, monkeypatch):
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init")
    git(other, "commit", "--allow-empty", "-m", "other")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    assert commit(checkout) == git(checkout, "rev-parse", "HEAD")


def test_without_git_the_code_has_a_hash(checkout, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit(checkout).startswith("unknown, code ")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_the_checkout_of_another_user_has_its_commit(checkout):
    head = git(checkout, "rev-parse", "HEAD")
    for folder, folders, files in os.walk(checkout):
        for name in (".", *folders, *files):
            os.chown(os.path.join(folder, name), 65534, 65534)
    assert commit(checkout) == head


def test_a_commit_is_shortened_with_its_mark():
    long = "0123456789abcdef"
    assert commits.short(long) == "0123456"
    assert commits.short(f"{long} changed abc") == "0123456 changed abc"
    assert commits.short("unknown, code abc") == "unknown, code abc"
