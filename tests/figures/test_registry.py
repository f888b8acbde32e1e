"""The figures are listed once: all that reads the list follows, and one figure more is one file."""

import shutil
from pathlib import Path

import pytest
from matplotlib.image import imread

from spikerate.figures.registry import FIGURES
from spikerate.pipeline import fingerprint
from spikerate.pipeline.source import Source
from spikerate.study import config as configs

ROOT = Path(__file__).parents[2]
NINTH = '''
"""Figure 9: the number of neurons."""

from typing import Annotated

from spikerate.figures.figure import About, Figure
from spikerate.marks import Words


def _draw(job):
    from spikerate.figures.drawing import sheet

    with sheet.own_style():
        figure = sheet.sheet(5.0, job.params["scale"])
        figure.subplots().bar(["neurons"], job.params["neurons"])
    return figure


ABOUT: Annotated[About, Words] = About(
    title="Size",
    contents="The size of the networks",
    alt="one bar",
    caption="Neurons.",
    inputs=lambda config: {},
    params=lambda config: {"neurons": config["network"]["neurons"], "scale": "any"},
    scale=lambda config: {"networks": f"N = {config['network']['neurons']}"},
)
FIGURE = Figure(ABOUT, _draw)
'''


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the pipeline that has a ninth figure."""
    copy = tmp_path_factory.mktemp("tree")
    for name in ("Snakefile", "config.yaml", "pyproject.toml"):
        shutil.copy2(ROOT / name, copy)
    for name in ("workflow", "profiles", "envs"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    figures = copy / "workflow/spikerate/figures"
    (figures / "fig9_size.py").write_text(NINTH.lstrip())
    registry = figures / "registry.py"
    text = registry.read_text().replace(
        "    fig8_spectra,\n", "    fig8_spectra,\n    fig9_size,\n"
    )
    registry.write_text(
        text.replace(": fig8_spectra.FIGURE,", ": fig8_spectra.FIGURE,\n    9: fig9_size.FIGURE,")
    )
    return copy


def test_a_ninth_figure_is_one_file_and_one_entry(snakemake, tree, tmp_path):
    pictures = [f"results/tiny/figures/fig9.{kind}" for kind in ("png", "pdf")]
    planned = snakemake(tmp_path, "--config", "study=tiny", "--dry-run", tree=tree)
    assert planned.returncode == 0, planned.stdout
    assert planned.stdout.count(pictures[0]) >= 3  # its own rule, the report, all
    drawn = snakemake(tmp_path, *pictures, "--config", "study=tiny", tree=tree)
    assert drawn.returncode == 0, drawn.stdout
    assert imread(tmp_path / pictures[0]).std() > 0
    assert (tmp_path / pictures[1]).read_bytes().startswith(b"%PDF")


def test_a_ninth_figure_makes_no_other_stale(tree):
    def prints(root):
        source = Source(root / "workflow/spikerate", root / "workflow/scripts")
        made = fingerprint.Fingerprints(source)
        return [made.of("figures/figure.py", {"figure": number}) for number in FIGURES]

    assert prints(tree) == prints(ROOT)


def test_a_figure_counts_its_own_drawing_and_no_words():
    source = Source(fingerprint.LIBRARY, fingerprint.SCRIPTS)
    names = {n: fingerprint.Fingerprints(source).names("figures/figure.py", {"figure": n})
             for n in FIGURES}  # fmt: skip
    assert "figures.drawing.neuron.draw" in names[1]
    assert "figures.drawing.scheme.draw" not in names[1]
    for number, found in names.items():
        assert not [name for name in found if name.endswith(("_inputs", "_params", "_scale"))]
        others = {f"figures.fig{n}_" for n in FIGURES if n != number}
        assert not [name for name in found if name.startswith(tuple(others))]


def test_every_figure_has_words_and_says_what_sets_its_scale():
    config = configs.load("laptop")
    assert list(FIGURES) == list(range(1, len(FIGURES) + 1))
    for figure in FIGURES.values():
        about = figure.about
        assert all([about.title, about.contents, about.alt, about.caption, about.scale(config)])
        assert "scale" in about.params(config)
    assert len({figure.about.title for figure in FIGURES.values()}) == len(FIGURES)
