"""The report of a study: one HTML page that holds all it shows, filled into a Jinja2 template."""

from __future__ import annotations

import base64
import io
import json
import os
import platform
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
import yaml
from docutils.core import publish_parts
from jinja2 import Environment, StrictUndefined
from PIL import Image

from spikerate.figures import style
from spikerate.pipeline.cost import Costs
from spikerate.pipeline.workload import MB
from spikerate.study import sweep
from spikerate.study.claims_table import words_and_why
from spikerate.study.verdicts import FAILED, REPRODUCED, UNDECIDED

WIDTH = 1600  # pixels, of a figure on the page
COLOURS = 256  # of a figure on the page: a quarter of the bytes, and no difference to the eye
SOUNDS = 6e6  # bytes of all sounds together, above which the page only names their files
MARGIN = 0.08  # of the width of the drawing of an interval, left and right
STAGES = (
    "tasks", "simulate", "train", "transfer", "trials", "spectra", "figures", "claims",
)  # fmt: skip
TITLES = {
    1: "A neuron and its rate twin",
    2: "The FORCE scheme",
    3: "Demonstrations",
    4: "Slow learning",
    5: "Fast learning",
    6: "Learning rate and network size",
    7: "Bias and variance",
    8: "Slow learning as a low-pass filter",
}
ALTS = {
    1: "traces and f-I curve of one neuron and its rate twin, and both networks before learning",
    2: "diagram of the FORCE scheme, and a table of the parameters",
    3: "outputs of both twins over their targets, one block for each task",
    4: "maps of error and decoder correlation at slow learning, and runs at the starred points",
    5: "maps of error and decoder correlation at fast learning, and runs at the starred points",
    6: "maps of error at each learning rate, and error and decoder correlation against size",
    7: "maps of bias and variance, and runs of both twins repetition by repetition",
    8: "spectra, gains and alignment of the principal components of both twins",
}
VOICES = {"target": "Target", "spiking": "Spiking twin", "rate": "Rate twin"}
GREEK = {"alpha": "\N{GREEK SMALL LETTER ALPHA}", "lambda": "\N{GREEK SMALL LETTER LAMDA}"}


def render(template: str, **parts) -> str:
    """Page from the text of a template and what it names."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"slug": _slug, "greek": _greek, "minus": _minus, "plain": plain,
                            "sentence": _sentence}  # fmt: skip
    return environment.from_string(template).render(**parts)


def plain(text: str) -> str:
    """Text with the names by which readers know the tasks."""
    for task, name in style.TASKS.items():
        text = text.replace(task, name)
    return text


def _sentence(text: str) -> str:
    return plain(text[:1].upper() + text[1:])


def _slug(words: str) -> str:
    return words.replace(" ", "-")


def _minus(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")


def _greek(text: str) -> str:
    for word, letter in GREEK.items():
        text = text.replace(f"{word} ", f"{letter} ").replace(f"{word}/", f"{letter}/")
        text = text.replace(f"{word})", f"{letter})").replace(f"{word}:", f"{letter}:")
    return text


# Claims.


def judged(table: pd.DataFrame) -> list[dict]:
    """Rows of a table of `claims.tables`, as the page shows them."""
    return [_judged(row) for row in table.to_dict("records")]


def _judged(row: dict) -> dict:
    words, why = words_and_why(row["words"])
    ends = f" [{number(row['low'])}, {number(row['high'])}]" if np.isfinite(row["low"]) else ""
    found = f"{number(row['value'])}{ends}" if np.isfinite(row["value"]) else "none"
    return row | {"words": words, "why": why, "found": found, "gauge": _gauge(row)}


def number(value: float) -> str:
    """Number with two decimals, or with two digits where that would show none; a real minus."""
    short = f"{value:.2f}" if abs(value) >= 0.01 or value == 0 else f"{value:.1e}"
    return _minus(short.replace("e-0", "e-").replace("-0.00", "0.00"))


def _gauge(row: dict) -> dict | None:
    """Places, in % of the width, of an interval, its value and its criterion."""
    if not np.isfinite([row["low"], row["high"]]).all():
        return None
    side, limit = row["criterion"].split()
    values = {name: float(row[name]) for name in ("low", "value", "high")} | {"limit": float(limit)}
    least, most = min(values.values()), max(values.values())
    room = (most - least) or 1.0
    left, width = least - MARGIN * room, room * (1 + 2 * MARGIN)
    found = {name: round(100 * (value - left) / width, 2) for name, value in values.items()}
    shaded = (found["limit"], 100 - found["limit"]) if side == "above" else (0, found["limit"])
    return found | {"side": [round(part, 2) for part in shaded]}


def silent(maps: dict[str, xr.Dataset]) -> str:
    """Tasks in whose test a readout that stays zero is under the cutoff, in words; "" for none.

    Parameters
    ----------
    maps : of `maps.gather`, by task
    """
    names = [plain(task) for task, found in maps.items()
             if found.attrs["untrained"] < found.attrs["l2_cutoff"]]  # fmt: skip
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def tally(table: pd.DataFrame) -> dict[str, int]:
    """How many claims have each verdict."""
    counts = table["verdict"].value_counts()
    return {word: int(counts.get(word, 0)) for word in (REPRODUCED, FAILED, UNDECIDED)}


# Figures and sounds.


def figures(images: Iterable, texts: dict[str, str], scales: dict[int, str]) -> list[dict]:
    """Figures of the page.

    Parameters
    ----------
    images : paths of fig<number>.png
    texts : captions by fig<number>.rst
    scales : of `scales`
    """
    shown = []
    for image in images:
        n = int(Path(image).stem.removeprefix("fig"))
        uri, size = picture(image)
        shown.append({
            "number": n, "title": TITLES[n], "alt": ALTS[n], "image": uri, "width": size[0],
            "height": size[1], "caption": as_html(texts[f"fig{n}.rst"]),
            "scale": scales[n],
        })  # fmt: skip
    return shown


def picture(path) -> tuple[str, tuple[int, int]]:
    """Data URI of a PNG at the width of the page, and its width and height in pixels."""
    with Image.open(path) as opened:
        image = opened.convert("RGB")
    if image.width > WIDTH:
        height = round(image.height * WIDTH / image.width)
        image = image.resize((WIDTH, height), Image.Resampling.LANCZOS)
    few = image.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    few.save(buffer, format="PNG", optimize=True)
    return data_uri(buffer.getvalue(), "image/png"), image.size


def data_uri(content: bytes, kind: str) -> str:
    """Content as the address of itself."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def as_html(text: str) -> str:
    """Paragraphs of reStructuredText as HTML."""
    settings = {"file_insertion_enabled": False, "raw_enabled": False, "halt_level": 3}
    parts = publish_parts(text, writer="html5", settings_overrides=settings)
    return parts["fragment"].strip()


def sounds(paths: Iterable) -> list[dict]:
    """Sounds of the page; without `audio` where they are too large for it."""
    contents = {Path(path): Path(path).read_bytes() for path in paths}
    small = sum(map(len, contents.values())) <= SOUNDS
    return [
        {
            "file": path.name,
            "title": VOICES[path.stem.rpartition("_")[2]],
            "audio": data_uri(content, "audio/wav") if small else None,
        }
        for path, content in contents.items()
    ]


# Scale.


def scales(config: dict, full: dict) -> dict[int, str]:
    """How the scale of each figure differs from that of the study at full size, in words.

    Parameters
    ----------
    config, full : of this study, and of the study `paper`
    """
    facts, wanted = _facts(config), _facts(full)
    return {n: _compared(facts[n], wanted[n]) for n in TITLES}


def _compared(facts: dict[str, object], wanted: dict[str, object]) -> str:
    if facts == wanted:
        return "Scale: that of the study paper."
    here = []
    for name, value in facts.items():
        full = wanted.get(name, value)
        here.append(f"{name} {value}" if full == value else f"{name} {value} ({full})")
    return f"Scale, and in brackets that of the study paper where it differs: {', '.join(here)}."


def _facts(config: dict) -> dict[int, dict[str, object]]:
    """What sets the scale of each figure."""
    shown, repeated, sizes = config["figures"], config["trials"], config["sizes"]
    draws = {"draws of the weights": config["draws"]}
    demonstrated = {t: _neurons(config["demonstrations"][t]) for t in shown["demonstrations"]}
    analysed = {
        f"points of {task}": points for task, points in config["spectra"]["tasks"].items() if points
    }
    learning = _swept(config, shown["learning"]) | draws
    return {
        1: {"untrained networks": _neurons(config["network"])},
        2: _swept(config, sweep.swept(config)),
        3: demonstrated,
        4: learning,
        5: learning,
        6: _swept(config, shown["maps"])
        | draws
        | {"sizes": " to ".join(str(f(sizes["neurons"])) for f in (min, max))}
        | {"draws of each size": sizes["draws"]},
        7: _swept(config, repeated["tasks"])
        | draws
        | {"repetitions": repeated["repetitions"], "shown": repeated["shown"]},
        8: {t: _neurons(sweep.task_settings(config, t)) for t in sweep.analysed(config)} | analysed,
    }


def _swept(config: dict, tasks: Iterable[str]) -> dict[str, str]:
    """Size of the networks and of the grid, by task."""
    return {task: _on_grid(sweep.task_settings(config, task)) for task in tasks}


def _on_grid(settings: dict) -> str:
    q, g = (settings["grid"][n]["points"] for n in ("encoder_strength", "reservoir_strength"))
    return f"{_neurons(settings)} on {q} \N{MULTIPLICATION SIGN} {g} points"


def _neurons(settings: dict) -> str:
    return f"N = {settings['neurons']}"


# Cost.


def cost(folder) -> dict:
    """Cost of a study from the benchmarks that Snakemake left: in all, and by stage.

    Parameters
    ----------
    folder : results/<study>/benchmarks
    """
    paths = sorted(Path(folder).rglob("*.tsv"))
    table = pd.concat([pd.read_csv(path, sep="\t", na_values=["-", "NA"]) for path in paths])
    table = table.assign(stage=[path.relative_to(folder).parts[0] for path in paths])
    table[USED] = table[USED].apply(pd.to_numeric, errors="coerce")
    summed = table.groupby("stage").agg(
        jobs=("s", "size"), cpu=("cpu_time", "sum"), wall=("s", "sum"), memory=("max_rss", "max")
    )
    summed = summed.reindex([stage for stage in STAGES if stage in summed.index]).reset_index()
    rounded = summed.round().fillna(0).astype(dict.fromkeys(("cpu", "wall", "memory"), int))
    return {
        "jobs": int(summed["jobs"].sum()),
        "cpu": duration(summed["cpu"].sum()),
        "wall": duration(summed["wall"].sum()),
        "memory": f"{summed['memory'].max():.0f} MB",
        "stages": rounded.to_dict("records"),
    }


def foreseen(folder, patterns: dict[str, str], costs: Costs) -> dict:
    """What the model of costs foresaw of the jobs that ran, and what they used.

    Parameters
    ----------
    folder : results/<study>/benchmarks; the plan made beforehand, if any, lies beside it
    patterns : benchmark of each rule, wildcards in braces

    Returns
    -------
    dict with `source`, what foresaw it, and `hours` and `memory` (MB), each (foreseen, used, ratio)
    """
    jobs = [(used, costs.of(*job)) for used, job in _known_jobs(folder, patterns)]
    used = {"hours": sum(u["s"] for u, _ in jobs) / 3600,
            "memory": max((u["max_rss"] for u, _ in jobs), default=np.nan)}  # fmt: skip
    expected = {"hours": sum(job.seconds() for _, job in jobs) / 3600,
                "memory": max((job.memory for _, job in jobs), default=np.nan) / MB}  # fmt: skip
    source, plan = "the reference machine of the model", Path(folder).with_name("plan.csv")
    if plan.exists():
        planned = pd.read_csv(plan, index_col="stage").drop(["total", "report"], errors="ignore")
        if planned["jobs"].sum() == len(jobs):
            source = "make plan, before the run"
            expected = {"hours": planned["core_hours"].sum(),
                        "memory": planned["peak_memory_mb"].max()}  # fmt: skip
    return {"source": source} | {n: (expected[n], u, expected[n] / u) for n, u in used.items()}


def _known_jobs(folder, patterns: dict[str, str]):
    """Yield the first row of each benchmark of a rule that is known, and its rule and wildcards.

    The report's own is left out: it is that of an earlier run.
    """
    rules = {rule: re.compile(re.sub(r"\\{(\w+).*?\\}", r"(?P<\1>[^/]+)", re.escape(pattern)))
             for rule, pattern in patterns.items() if rule != "report"}  # fmt: skip
    for path in sorted(Path(folder).rglob("*.tsv")):
        for rule, pattern in rules.items():
            if match := pattern.fullmatch(path.relative_to(folder).as_posix()):
                table = pd.read_csv(path, sep="\t", na_values=["-", "NA"])
                yield table.iloc[0], (rule, match.groupdict())


USED = ["s", "cpu_time", "max_rss"]  # columns of a benchmark


def duration(seconds: float) -> str:
    """Duration in the unit that suits it."""
    for unit, length in (("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} seconds"


# Provenance.


def provenance(datasets: Iterable[xr.Dataset], config: dict) -> dict[str, str]:
    """Where the datasets come from, in words; what they do not share is listed.

    Parameters
    ----------
    datasets : with the attributes of `data.provenance`; one is read at a time
    """
    found: dict[str, set] = {name: set() for name in ("commit", "cpu", "python", "packages")}
    version = set()
    for dataset in datasets:
        version.add(dataset.attrs["spikerate"])
        for name, values in found.items():
            values.add(dataset.attrs[name])
    packages = sorted({f"{name} {v}" for text in found["packages"]
                       for name, v in json.loads(text).items()})  # fmt: skip
    return {
        "Study": f"{config['study']}, {config['numerics']} numerics, engine {config['engine']}",
        "Seeds": f"root seed {config['seed']}, draws 0 to {config['draws'] - 1}; every array has a"
        " generator keyed by the root seed, its size, its draw and what it is for",
        "Commit": ", ".join(sorted(found["commit"])),
        "Packages": ", ".join(packages),
        "Python": ", ".join(sorted(found["python"])),
        "spikerate": ", ".join(sorted(version)),
        "Machine": f"{', '.join(sorted(found['cpu']))}; page made on {platform.system()}"
        f" with {os.cpu_count()} cores",
    }


def as_yaml(config: dict) -> str:
    """Config as a user would write it."""
    return yaml.safe_dump(config, sort_keys=False, default_flow_style=None, width=100)
