"""Compare two finished studies, number by number, to the last bit.

    python benchmarks/same_numbers.py OLD NEW [--renamed OLD_NAME=NEW_NAME ...]

OLD and NEW are folders such as results/tiny. Attributes are not compared, nor are the hashes of
what a point is made from, since a hash may come to be computed in another way. The exit status is 1
if anything differs.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import xarray as xr

HASHES = {"origin", "source_hash"}  # of the trained points that a point is made from


def same(old: xr.Variable, new: xr.Variable, renamed: dict[str, str]) -> bool:
    """Whether two variables hold the same values, bit for bit where they are numbers."""
    if tuple(renamed.get(str(d), d) for d in old.dims) != new.dims or old.shape != new.shape:
        return False
    a, b = np.ascontiguousarray(old.values), np.ascontiguousarray(new.values)
    if a.dtype.kind in "OSTU":
        return a.astype(str).tolist() == b.astype(str).tolist()
    return a.dtype == b.dtype and a.tobytes() == b.tobytes()


def differences(old: Path, new: Path, renamed: dict[str, str]) -> tuple[int, list[str]]:
    """Number of variables compared in two datasets, and the names of those that differ."""
    with xr.open_dataset(old) as first, xr.open_dataset(new) as second:
        before = {renamed.get(str(n), str(n)): v for n, v in first.variables.items()}
        after = {str(n): v for n, v in second.variables.items()}
        names = sorted((before.keys() | after.keys()) - HASHES)
        found = [
            name
            for name in names
            if not {name} <= before.keys() & after.keys()
            or not same(before[name], after[name], renamed)
        ]
    return len(names), found


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--renamed", nargs="*", default=[], metavar="OLD_NAME=NEW_NAME")
    args = parser.parse_args()
    renamed = dict(pair.split("=", 1) for pair in args.renamed)
    trees = [{p.relative_to(t) for p in t.rglob("[!.]*.nc")} for t in (args.old, args.new)]
    for path in sorted(trees[0] ^ trees[1]):
        print(f"{path}: only in {args.old if path in trees[0] else args.new}")
    compared, differ = 0, 0
    for path in sorted(trees[0] & trees[1]):
        count, found = differences(args.old / path, args.new / path, renamed)
        compared, differ = compared + count, differ + len(found)
        for name in found:
            print(f"{path}: {name} differs")
    datasets = len(trees[0] & trees[1])
    equal = f"{compared - differ} of {compared} variables in {datasets} datasets"
    print(f"{equal} are the same to the last bit")
    return int(bool(differ or trees[0] ^ trees[1]))


if __name__ == "__main__":
    sys.exit(main())
