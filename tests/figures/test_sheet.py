"""A figure is the same whoever draws it, wherever and whenever."""

import os
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np

from spikerate.figures.drawing import sheet

HERE = Path(__file__).parent
LIBRARY = HERE.parents[1] / "workflow"
HOSTILE = """
backend: qtagg
figure.facecolor: black
axes.facecolor: black
text.color: white
lines.linestyle: --
lines.linewidth: 5
font.family: serif
text.usetex: True
axes.formatter.use_locale: True
savefig.dpi: 20
savefig.bbox: tight
savefig.transparent: True
pdf.compression: 0
no.such.key: 1
"""
DRAW = """
import sys
from spikerate.figures.drawing import learning
from test_figures import SCALE, maps_and_starred
figure = learning.draw({"sine": maps_and_starred()}, "slow", SCALE)
for kind in ("png", "pdf"):
    figure.savefig(f"{sys.argv[1]}.{kind}", dpi=60)
"""


def drawn(folder, **environment):
    """Bytes of a figure that another process draws in a folder, as PNG and as PDF."""
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(map(str, (LIBRARY, HERE)))}
    done = subprocess.run([sys.executable, "-c", DRAW, "drawn"], cwd=folder, env=kept | environment,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [(folder / f"drawn.{kind}").read_bytes() for kind in ("png", "pdf")]


def test_a_hostile_environment_changes_no_byte_of_a_figure(tmp_path):
    plain, hostile = tmp_path / "plain", tmp_path / "hostile"
    for folder in (plain, hostile):
        folder.mkdir()
    (hostile / "matplotlibrc").write_text(HOSTILE)
    (hostile / "file").write_text("")
    found = drawn(
        hostile, MPLBACKEND="module://matplotlib_inline.backend_inline", HOME="/nowhere",
        MPLCONFIGDIR=str(hostile / "file"), LC_ALL="de_DE.UTF-8", TZ="Asia/Kathmandu",
        SOURCE_DATE_EPOCH="0", PYTHONHASHSEED="7",
    )  # fmt: skip
    assert found == drawn(plain, HOME=str(plain), PYTHONHASHSEED="8")


def test_drawing_leaves_the_users_settings_alone(tmp_path):
    with mpl.rc_context({"lines.linewidth": 5.0}):
        figure = sheet.sheet(5.0, "scale")
        figure.savefig(tmp_path / "a.png", dpi=30)
        with sheet.own_style():
            assert mpl.rcParams["lines.linewidth"] == sheet.RULES["lines.linewidth"]
        assert mpl.rcParams["lines.linewidth"] == 5.0


def test_places_on_the_page_are_rounded():
    figure = sheet.sheet(5.0, "scale")
    left, _ = figure.subfigures(1, 2, width_ratios=(1, 2**0.5))
    axes = left.subplots(2, 2)
    figure.draw_without_rendering()
    for box in (left.bbox_relative, axes[0, 1].get_position()):
        points = box.get_points()
        np.testing.assert_array_equal(points, np.round(points, sheet.DIGITS))


def test_the_foot_calls_tasks_by_their_names():
    figure = sheet.sheet(5.0, "study tiny: ode_to_joy N = 100, sine N = 200")
    assert figure.get_supxlabel() == "study tiny: Ode to Joy N = 100, sine N = 200"
