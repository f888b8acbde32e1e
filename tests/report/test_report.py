"""The report: what it says, that it needs nothing else, and how a browser shows it."""

import base64
import io
import re
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from PIL import Image

from browser import browser, found
from spikerate.figures.registry import FIGURES
from spikerate.figures.texts import figure_texts
from spikerate.report import costs, media, verdicts
from spikerate.study import claims_table
from spikerate.study import config as configs

VOID = {"meta", "link", "img", "br", "hr", "input", "source", "rect", "line", "ellipse", "wbr"}
SCREENS = {"desktop": (1280, 900), "phone": (390, 800)}


class Page(HTMLParser):
    """Elements of a page; an element that is not closed, or closed twice, is an error."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.texts = [], [], []
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute twice: {tag} {names}"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, f"{tag} closed, but nothing is open"
        assert self.open.pop() == tag, f"{tag} closed out of turn"

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.texts.append(data)

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(scope="module")
def source(study):
    return (study / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(source):
    return Page(source)


@pytest.fixture(scope="module")
def table(study):
    return pd.read_csv(study / "claims.csv")


# What the study leaves


def test_the_claims_of_a_study_are_a_table_of_twelve(table):
    assert table.columns.tolist() == claims_table.COLUMNS
    assert table["claim"].tolist() == list(range(1, 13))
    assert set(table["verdict"]) <= {"reproduced", "not reproduced", "undecided"}
    known = table.dropna(subset=["low"])
    assert (known["low"] <= known["high"]).all()
    assert (table["verdict"].eq("undecided") | table["low"].notna()).all()


def test_the_page_says_of_each_claim_what_was_found(page, table):
    for row in table.itertuples():
        words, why = claims_table.words_and_why(row.words)
        assert words.split(" alpha")[0] in page.text
        assert why in page.text
        assert f"claim-{row.claim}" in {attrs.get("id") for attrs in page.all("tr")}
    badges = [attrs["class"] for attrs in page.all("span") if "badge" in attrs.get("class", "")]
    shown = [verdict.replace(" ", "-") for verdict in table["verdict"]]
    assert [words.split()[1] for words in badges[:12]] == shown


def test_the_page_needs_nothing_else(page, source):
    for tag, attrs in page.elements:
        for name in ("src", "href", "srcset", "poster", "data", "action"):
            if name in attrs:
                assert attrs[name].startswith(("#", "data:")), f"{tag} {name}={attrs[name][:60]}"
    assert not re.search(r"@import|url\(", source)
    assert "http" not in re.sub(r'="data:[^"]*"|http-equiv', "", source)
    assert len(source) < 20e6


def test_every_link_leads_to_a_place_and_every_place_is_there_once(page):
    places = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(places) == len(set(places))
    for attrs in page.all("a"):
        assert attrs["href"][1:] in places


def test_every_figure_is_there_with_its_caption_and_words_for_those_who_cannot_see_it(page):
    images = page.all("img")
    assert len(images) == len(page.all("figcaption")) == 8
    for number, attrs in enumerate(images, start=1):
        assert attrs["alt"].startswith(f"Figure {number}: ")
        content = base64.b64decode(attrs["src"].removeprefix("data:image/png;base64,"))
        with Image.open(io.BytesIO(content)) as image:
            assert image.size == (int(attrs["width"]), int(attrs["height"]))
            assert 1000 <= image.width <= media.WIDTH
        assert f"Figure {number}. {FIGURES[number].about.title}." in page.text
    assert "Slow learning over the (Q, G) grid, one column for each task." in page.text


def test_the_sounds_play_from_the_page(page, study):
    for attrs, voice in zip(page.all("audio"), media.VOICES, strict=True):
        content = base64.b64decode(attrs["src"].removeprefix("data:audio/wav;base64,"))
        assert content == (study / f"figures/ode_to_joy_{voice}.wav").read_bytes()


def test_the_page_is_built_as_a_document(page, source):
    assert source.startswith("<!doctype html>")
    assert page.all("html") == [{"lang": "en"}]
    names = [tag for tag, _ in page.elements]
    assert names.count("h1") == names.count("main") == names.count("title") == 1
    levels = [int(tag[1]) for tag in names if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all("scope" in attrs for attrs in page.all("th"))


@pytest.mark.parametrize(
    "words", ["root seed 1", "Commit", "Packages", "numpy", "Study tiny", "N = 100", "train",
              "processor time", "Differences from the released code", "9 outputs"],
)  # fmt: skip
def test_the_page_says_where_it_comes_from_and_what_it_took(page, words):
    assert words in page.text


# Its parts


def test_numbers_are_short_and_have_a_real_minus():
    shown = [verdicts.number(value) for value in (0.5, -0.25, 0.0, 0.004, -0.001, 12.345, -1e-12)]
    assert shown == ["0.50", "−0.25", "0.00", "4.0e−3", "−1.0e−3", "12.35", "−1.0e−12"]  # noqa: RUF001


def row(**changes):
    found = {"claim": 1, "words": "it holds", "statistic": "s", "value": 0.7, "low": 0.6,
             "high": 0.8, "criterion": "above 0.5", "verdict": "reproduced"}  # fmt: skip
    return found | changes


def test_a_row_shows_its_interval_and_where_the_criterion_lies():
    (shown,) = verdicts.judged(pd.DataFrame([row()]))
    assert shown["found"] == "0.70 [0.60, 0.80]"
    places = shown["gauge"]
    assert 0 < places["limit"] < places["low"] < places["value"] < places["high"] < 100
    assert places["side"] == [places["limit"], round(100 - places["limit"], 2)]
    (below,) = verdicts.judged(pd.DataFrame([row(criterion="below 0.5")]))
    assert below["gauge"]["side"] == [0, places["limit"]]


def test_a_row_without_an_interval_shows_none_and_says_why():
    undecided = row(words="it holds (undecided: fewer than 6 points; more could)", value=np.nan,
                    low=np.nan, high=np.nan, verdict="undecided")  # fmt: skip
    (shown,) = verdicts.judged(pd.DataFrame([undecided]))
    assert (shown["found"], shown["gauge"]) == ("none", None)
    assert (shown["words"], shown["why"]) == ("it holds", "fewer than 6 points; more could")


def test_an_interval_without_width_can_be_drawn():
    (shown,) = verdicts.judged(pd.DataFrame([row(value=0.5, low=0.5, high=0.5)]))
    assert 0 <= shown["gauge"]["value"] <= 100


def test_tasks_whose_cutoff_silence_meets_are_named():
    def maps(untrained):
        return xr.Dataset(attrs={"untrained": untrained, "l2_cutoff": 5e-6})

    assert verdicts.silent({"sine": maps(3e-5)}) == ""
    found = {"sine": maps(3e-5), "ode_to_joy": maps(2e-6)}
    assert verdicts.silent(found) == "Ode to Joy"
    found |= {"pitchfork": maps(4e-6), "fourier": maps(1e-6)}
    assert verdicts.silent(found) == "Ode to Joy, pitchfork and Fourier"


def test_verdicts_are_counted_in_one_order():
    table = pd.DataFrame({"verdict": ["undecided", "reproduced", "undecided"]})
    counted = verdicts.tally(table)
    assert counted == {"reproduced": 1, "not reproduced": 0, "undecided": 2}
    assert list(counted) == ["reproduced", "not reproduced", "undecided"]


def test_a_figure_is_made_as_wide_as_the_page_and_a_narrow_one_left(tmp_path):
    for width, wanted in ((3200, media.WIDTH), (800, 800)):
        Image.new("RGBA", (width, width // 2), "white").save(tmp_path / "fig1.png")
        uri, size = media.picture(tmp_path / "fig1.png")
        assert size == (wanted, wanted // 2)
        assert uri.startswith("data:image/png;base64,")


def test_sounds_that_are_too_large_are_only_named(tmp_path, monkeypatch):
    for voice in media.VOICES:
        (tmp_path / f"ode_to_joy_{voice}.wav").write_bytes(b"RIFF" * 10)
    paths = [tmp_path / f"ode_to_joy_{voice}.wav" for voice in media.VOICES]
    assert all(sound["audio"] for sound in media.sounds(paths))
    monkeypatch.setattr(media, "SOUNDS", 100)
    assert [sound["audio"] for sound in media.sounds(paths)] == [None] * 3


def test_the_scale_names_what_differs_from_the_full_one():
    laptop, paper = configs.load("laptop"), configs.load("paper")
    found = {n: of["scale"] for n, of in figure_texts(laptop, paper).items()}
    assert set(found) == set(FIGURES)
    assert "sine N = 1000 on 8 × 8 points (N = 2000 on 40 × 40 points)" in found[4]  # noqa: RUF001
    assert "draws of each size 6 (21)" in found[6]
    assert "repetitions 20 (100)" in found[7]
    same = {of["scale"] for of in figure_texts(paper, paper).values()}
    assert same == {"Scale: as in the study paper."}


def test_a_caption_is_turned_into_html_and_its_signs_are_safe():
    assert media.as_html("One *word*, a < b.\n\nTwo.") == (
        "<p>One <em>word</em>, a &lt; b.</p>\n<p>Two.</p>"
    )


def test_the_cost_is_summed_by_stage_in_the_order_of_the_data(tmp_path):
    head = "s\th:m:s\tmax_rss\tmean_load\tcpu_time\n"
    for name, line in {
        "transfer/a/maps": "2.5\t0:00:02\t150.0\t50\t2.0", "tasks/a": "1.0\t0:00:01\t-\t-\t-",
        "transfer/b": "100\t0:01:40\t900.4\t99\t99.0",
    }.items():  # fmt: skip
        path = tmp_path / f"{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{head}{line}\n")
    found = costs.used(tmp_path)
    assert (found["jobs"], found["cpu"], found["memory"]) == (3, "101 seconds", "900 MB")
    assert found["stages"] == [
        {"stage": "tasks", "jobs": 1, "cpu": 0, "wall": 1, "memory": 0},
        {"stage": "transfer", "jobs": 2, "cpu": 101, "wall": 102, "memory": 900},
    ]


@pytest.mark.parametrize(
    ("seconds", "words"), [(30, "30 seconds"), (600, "10.0 minutes"), (9000, "2.5 hours")]
)
def test_durations_are_in_the_unit_that_suits_them(seconds, words):
    assert costs.duration(seconds) == words


# In a browser

needs_browser = pytest.mark.skipif(
    found() is None, reason="Chromium is missing (Debian: apt-get install chromium)"
)


@pytest.fixture(scope="module")
def chromium():
    with browser() as started:
        yield started


def colours(content):
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB")).reshape(-1, 3)


@needs_browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_a_browser_shows_the_page(study, chromium, screen, dark):
    width, height = SCREENS[screen]
    chromium.open(study / "report.html", width, height, dark)
    assert chromium.requests() == [(study / "report.html").resolve().as_uri()]
    assert chromium.complaints() == []
    assert chromium.value("document.documentElement.scrollWidth") <= width, "it scrolls sideways"
    images = chromium.value("[...document.images].map(i => [i.naturalWidth, i.clientWidth])")
    assert len(images) == 8
    assert all(own >= 1000 and 0.85 * min(width, 992) <= seen <= width for own, seen in images)
    smallest = chromium.value(
        "Math.min(...[...document.querySelectorAll('#claims-table th, #claims-table td')]"
        ".filter(e => e.clientWidth > 1).map(e => parseFloat(getComputedStyle(e).fontSize)))"
    )
    assert smallest >= 12
    picture = colours(chromium.screenshot())
    assert len(np.unique(picture, axis=0)) > 50
    paper = np.median(picture, axis=0).mean()
    assert (paper < 60) if dark else (paper > 200)


@needs_browser
@pytest.mark.parametrize("screen", SCREENS)
def test_each_figure_can_be_enlarged_and_made_small_again(study, chromium, screen):
    chromium.open(study / "report.html", *SCREENS[screen], False)
    box = "(() => {{ const b = document.querySelector('#figure-{}-large img')" \
          ".getBoundingClientRect(); return [b.width, b.height]; }})()"  # fmt: skip
    for number in range(1, 9):
        before = chromium.value(box.format(number))
        chromium.value(f"document.querySelector('#figure-{number} .open').click()")
        after = chromium.value(box.format(number))
        assert after[0] > 1.5 * before[0]
        seen = chromium.value(
            f"document.elementFromPoint({SCREENS[screen][0] // 2}, 300)"
            f".closest('#figure-{number}-large') !== null"
        )
        assert seen
        if number % 2:
            chromium.value(f"document.querySelector('#figure-{number} .close').click()")
        else:
            chromium.value("dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}))")
        assert chromium.value(box.format(number)) == before
    assert chromium.complaints() == []


@needs_browser
def test_each_picture_is_drawn(study, chromium):
    chromium.open(study / "report.html", *SCREENS["desktop"], False)
    for number in range(1, 9):
        chromium.value(
            "document.documentElement.style.scrollBehavior = 'auto';"
            f"document.querySelector('#figure-{number} img').scrollIntoView()"
        )
        assert len(np.unique(colours(chromium.screenshot()), axis=0)) > 100
