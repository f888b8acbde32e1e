"""What a user's shell, home, files and folders hold changes no number and no pixel."""

import subprocess

import pytest

import wild
from spikerate.data import datasets

REMADE = ["tasks/lorenz.nc", "simulate/neuron.nc", "train/sine/rate/slow/draw0/chunk0.nc"]
DRAWN = ["figures/fig1.png", "figures/fig1.pdf", "figures/fig2.png"]
STYLE = """
axes.facecolor: black
lines.linestyle: --
lines.linewidth: 5
text.usetex: True
savefig.dpi: 30
backend: nowhere
"""
SHELLS = {
    "place and style": {"LC_ALL": "tr_TR.ISO-8859-9", "LANG": "C", "PYTHONUTF8": "0",
                        "TZ": "Asia/Kolkata", "MPLBACKEND": "module://nowhere",
                        "MATPLOTLIBRC": "{style}"},
    "Python and its packages": {"PYTHONHASHSEED": "7", "PYTHONOPTIMIZE": "2",
                                "PYTHONHOME": "/nowhere", "PYTHONPATH": "{modules}"},
    "Numba and BLAS": {"NUMBA_DISABLE_JIT": "1", "NUMBA_OPT": "0",
                       "OPENBLAS_CORETYPE": "Prescott", "OMP_NUM_THREADS": "3",
                       "OPENBLAS_NUM_THREADS": "2", "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3"},
}  # fmt: skip


@pytest.fixture
def here(original, tmp_path):
    """A copy of the study, whose path has a blank, without the results that are to be remade."""
    folder = tmp_path / "my study"
    subprocess.run(["cp", "-a", original, folder], check=True)
    return folder


def same(folder, original, names):
    """Whether results are those of another folder, by content."""
    ends = [path / wild.HERE / name for name in names for path in (folder, original)]
    found = [
        datasets.load(p).attrs["content"] if p.suffix == ".nc" else p.read_bytes() for p in ends
    ]
    return found[::2] == found[1::2]


def remade(folder, names, **variables):
    for name in names:
        (folder / wild.HERE / name).unlink()
    return wild.make(folder, wild.target(*names), **variables)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_changes_nothing(original, here, tmp_path, shell):
    (tmp_path / "modules" / "scipy").mkdir(parents=True)
    (tmp_path / "modules" / "scipy" / "__init__.py").write_text("raise ImportError('poison')\n")
    (tmp_path / "matplotlibrc").write_text(STYLE)
    paths = {"modules": tmp_path / "modules", "style": tmp_path / "matplotlibrc"}
    variables = {name: value.format(**paths) for name, value in SHELLS[shell].items()}
    wild.gist(remade(here, [*REMADE, *DRAWN], **variables))
    assert same(here, original, [*REMADE, *DRAWN])


def test_a_style_in_the_folder_itself_changes_nothing(original, here):
    (here / "matplotlibrc").write_text(STYLE)
    wild.gist(remade(here, DRAWN))
    assert same(here, original, DRAWN)


@pytest.mark.parametrize("home", [None, "/proc/nowhere"])
def test_no_home_is_needed(original, here, home):
    wild.gist(remade(here, [*REMADE, *DRAWN], HOME=home, XDG_CACHE_HOME=None, user=wild.bound()))
    assert same(here, original, [*REMADE, *DRAWN])


def test_a_repository_around_the_folder_is_none_of_ours(original, tmp_path):
    commit = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-m", "a"]
    (tmp_path / "thesis.tex").write_text("A thesis.\n")
    for command in (["git", "init", "--quiet"], ["git", "add", "thesis.tex"], commit):
        subprocess.run(command, cwd=tmp_path, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=tmp_path, text=True, check=True,
                          capture_output=True).stdout.strip()  # fmt: skip
    folder = tmp_path / "spikerate-main"
    subprocess.run(["cp", "-a", original, folder], check=True)
    wild.gist(remade(folder, REMADE[:1], GIT_DIR=str(tmp_path / ".git")))
    commit = datasets.load(folder / wild.HERE / REMADE[0]).attrs["commit"]
    assert commit.startswith("unknown") and head not in commit
    assert "Nothing is stale" in wild.gist(wild.make(folder, "status"))
