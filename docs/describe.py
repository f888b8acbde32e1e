"""List what the datasets of a study hold: `python docs/describe.py results/laptop`.

Writes the tables in docs/datasets.md.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import marked

from spikerate.data import datasets
from spikerate.data.descriptions import DESCRIPTIONS

Description = tuple[tuple[str, ...], str, str]  # dimensions, unit and meaning of a variable

HERE = Path(__file__).parent
CHUNK = "<task>/<kind>/<speed>/draw<n>/chunk<n>.nc"
KINDS = {  # a sentence on each kind of dataset, by the shape of its path
    "tasks/<task>.nc": "Training and test signals of a task, one repetition of each.",
    "simulate/neuron.nc": "One neuron and its rate twin under a step of current; f-I curve.",
    "simulate/untrained.nc": "Both networks before learning.",
    f"train/{CHUNK}": "Decoders and final states of the points of a chunk of the grid.",
    "train/demonstrations/<task>.nc": "One pair of twins before, during and after learning.",
    "train/sizes/neurons<n>/draw<n>.nc": "Both twins of one size and draw, at all learning rates.",
    f"transfer/{CHUNK}": "Free runs of a chunk, with the own and with the other twin's decoder.",
    "transfer/<task>/maps.nc": "Errors and decoder correlation over the grid.",
    "transfer/<task>/starred.nc": "The best-correlated point under the cutoff of each rate.",
    "transfer/sizes.nc": "Errors and decoder correlation against network size.",
    f"trials/{CHUNK}": "Bias and variance over repetitions, of the points of a chunk.",
    "trials/<task>/maps.nc": "Bias and variance over the grid.",
    "trials/<task>/shown.nc": "The starred points, repetition by repetition; spikes along `spike`.",
    "spectra/<task>/draw<n>.nc": "Low-pass analysis of the best-learned points of a draw.",
}


def kind(path: str) -> str:
    """The entry of KINDS that the path of a dataset fits."""
    for shape in KINDS:
        pattern = re.sub(r"<\w+>", r"[^/]+", shape.replace("<n>", r"\d+"))
        if re.fullmatch(pattern, path):
            return shape
    raise ValueError(f"{path} fits no kind of dataset in KINDS")


def variables(study: Path) -> dict[str, dict[str, Description]]:
    """Dimensions, unit and meaning of each variable of each kind of dataset of a study."""
    found: dict[str, dict[str, Description]] = {shape: {} for shape in KINDS}
    for path in sorted(Path(study).rglob("*.nc")):
        own = found[kind(path.relative_to(study).as_posix())]
        with datasets.opened(path) as dataset:
            for name in [*dataset.coords, *dataset.data_vars]:
                attrs = dataset[name].attrs
                dims = tuple(map(str, dataset[name].dims))
                own[str(name)] = dims, attrs["units"], attrs["long_name"]
    return found


def dimensions(found: dict[str, dict[str, Description]]) -> list[tuple[str, str]]:
    """Dimensions of all that `variables` found, and what each of them counts.

    The description is that of the coordinate, if there is one.
    """
    words = {name: long_name for name, (_, long_name) in DESCRIPTIONS.items()}
    words |= {"spike": "number of the spike"}
    for own in found.values():
        words |= {name: text for name, (dims, _, text) in own.items() if dims == (name,)}
    dims = {dim for own in found.values() for dims, *_ in own.values() for dim in dims}
    return [(f"`{dim}`", words[dim]) for dim in sorted(dims)]


def tables(study: Path) -> str:
    """Dimensions and variables of a study, a table in Markdown for each kind of dataset."""
    found = variables(study)
    parts = [f"### Dimensions\n\n{marked.table(('Dimension', 'What it is'), dimensions(found))}"]
    for shape, own in found.items():
        rows = [
            (f"`{name}`", ", ".join(dims) or "none", unit, meaning)
            for name, (dims, unit, meaning) in sorted(own.items())
        ]
        head = ("Variable", "Dimensions", "Unit", "What it is")
        parts.append(f"### `{shape}`\n\n{KINDS[shape]}\n\n{marked.table(head, rows)}")
    return "\n\n".join(parts)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path, help="folder of its results")
    marked.write(HERE / "datasets.md", "tables", tables(parser.parse_args().study))
