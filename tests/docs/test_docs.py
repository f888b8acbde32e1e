"""The scripts of docs/: what they write into the documents is what stands there."""

import re
import sys

import pandas as pd
import pytest
from matplotlib.image import imread

from documents import ROOT
from spikerate.data.descriptions import DESCRIPTIONS
from spikerate.study import config, verdicts

sys.path.append(str(ROOT / "docs"))
import convergence
import describe
import differences
import gallery
import marked

DOCS = ROOT / "docs"
LARGEST = 800_000  # bytes of a committed picture, which keeps all its colours
CLAIMS = [claim["words"] for claim in config.load("laptop")["claims"]["criteria"].values()]
PICTURES = sorted((DOCS / "figures").glob("*.png"))


def test_the_measured_differences_are_those_of_the_document():
    assert differences.table() == marked.read(DOCS / "differences.md", "measured")


def test_the_tables_of_the_datasets_are_those_of_a_study(study):
    assert describe.tables(study) == marked.read(DOCS / "datasets.md", "tables")


def test_every_name_that_a_dataset_may_hold_is_in_the_tables():
    text = marked.read(DOCS / "datasets.md", "tables")
    assert set(re.findall(r"^\| `(\w+)` ", text, re.M)) >= set(DESCRIPTIONS)


def test_a_dataset_of_no_known_kind_is_refused():
    with pytest.raises(ValueError, match="fits no kind of dataset"):
        describe.kind("train/sine/rate.nc")
    assert describe.kind("spectra/sine/draw12.nc") == "spectra/<task>/draw<n>.nc"


@pytest.fixture(scope="module")
def converged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("convergence")
    convergence.main(["--neurons", "40", "--output", str(folder)])
    return folder


def test_the_convergence_figure_and_its_table_are_made(converged):
    assert (converged / "convergence.png").stat().st_size > 10_000
    made = (converged / "convergence.md").read_text().splitlines()
    written = marked.read(DOCS / "method.md", "convergence").splitlines()
    assert [row.split("|")[1:4] for row in made] == [row.split("|")[1:4] for row in written]


def test_far_above_rheobase_the_orders_are_one_and_two(converged):
    rows = (converged / "convergence.md").read_text().splitlines()[2:]
    orders = {tuple(p.strip() for p in r.split("|")[1:3]): float(r.split("|")[5]) for r in rows}
    smooth = "far above rheobase"
    assert orders[smooth, "`published`"] == pytest.approx(1, abs=0.15)
    assert orders[smooth, "`exact`"] == pytest.approx(2, abs=0.15)


def test_the_gallery_is_made_of_a_study(study, tmp_path):
    text = gallery.gallery(study, tmp_path)
    made = sorted(tmp_path.glob("*.png"))
    assert [path.name for path in made] == [f"fig{number}.png" for number in range(1, 9)]
    for path in made:
        assert path.stat().st_size < LARGEST
        assert imread(path).shape[1] == gallery.WIDTH
        assert f"(figures/{path.name})" in text
    assert text.startswith("Study `tiny` at commit ")


def test_the_claims_of_a_study_are_shown_with_their_verdicts(study):
    head, rows = claims_of(gallery.claims(study))
    assert re.fullmatch("Study `tiny` at commit .+:", head)
    assert [claim for claim, _ in rows] == CLAIMS
    assert [verdict for _, verdict in rows] == pd.read_csv(study / "claims.csv")["verdict"].tolist()


def test_the_readme_shows_the_claims_of_the_config():
    head, rows = claims_of(marked.read(ROOT / "README.md", "claims"))
    assert [claim for claim, _ in rows] == CLAIMS
    found = {verdict for _, verdict in rows}
    if re.fullmatch("Study `laptop` at commits? [0-9a-f]{7}(, [0-9a-f]{7})*:", head):
        assert found <= {verdicts.REPRODUCED, verdicts.FAILED, verdicts.UNDECIDED}
    else:
        assert head.startswith("The laptop study has not been run")
        assert found == {""}


def claims_of(text):
    """First line, and rows (claim, verdict), of what `gallery.claims` writes."""
    head, _, *table = text.splitlines()
    return head, [tuple(cell.strip() for cell in row.split("|")[1:3]) for row in table[2:]]


def test_the_gallery_is_shown_with_its_origin():
    text = marked.read(DOCS / "gallery.md", "gallery")
    assert re.match(r"Study `laptop` at commits? [0-9a-f]{7}", text)
    shown = re.findall(r"!\[Figure \d\]\(figures/(fig\d\.png)\)", text)
    assert shown == [f"fig{number}.png" for number in range(1, 9)]


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_committed_pictures_are_small(path):
    assert path.stat().st_size < LARGEST


def test_a_marked_part_is_replaced_and_nothing_else(tmp_path):
    path = tmp_path / "text.md"
    path.write_text("a\n<!-- x -->\nold\n<!-- /x -->\nb <!-- y --><!-- /y -->\n")
    marked.write(path, "x", r"new \1 line")
    assert marked.read(path, "x") == r"new \1 line"
    assert path.read_text().startswith("a\n<!-- x -->\n\nnew")
    assert path.read_text().endswith("<!-- /x -->\nb <!-- y --><!-- /y -->\n")
    with pytest.raises(ValueError, match="no part marked z"):
        marked.read(path, "z")
