"""Run a study: check the command line, then start Snakemake.

python -m spikerate.pipeline.run [--profile NAME] [--cores N] [--configfile FILE]
[KEY=VALUE ...] [-- ARGUMENTS OF SNAKEMAKE]
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from pathlib import Path

from spikerate.data import files
from spikerate.pipeline import adapter, commands
from spikerate.pipeline.adapter import Request

PROFILES = commands.SNAKEFILE.parent / "profiles"
SET_BY_MAKE = {  # arguments of Snakemake, and the variables of make that set them
    "--config": "CONFIG",
    "-C": "CONFIG",
    "--configfile": "CONFIGFILE",
    "--configfiles": "CONFIGFILE",
    "--cores": "CORES",
    "-c": "CORES",
    "--profile": "PROFILE",
}


def check_arguments(words: list[str]) -> None:
    """End the program with a sentence if an argument would silently replace one set by make."""
    for word in words:
        name = word.partition("=")[0]
        if name in SET_BY_MAKE:
            variable = SET_BY_MAKE[name]
            sys.exit(f"Error: {name} in ARGS would replace what make sets: write {variable}=...")


def command(options: Namespace, request: Request, rest: list[str]) -> list[str]:
    """Command line of Snakemake."""
    words = [sys.executable, "-m", "snakemake", "--cores", options.cores]
    if options.profile != "default":  # which Snakemake reads by itself, besides any other
        words += ["--profile", str(PROFILES / options.profile)]
    if "slurm" in options.profile:
        words += ["--slurm-jobname-prefix", commands.study(request)]
    if request.configfiles:
        words += ["--configfile", *map(str, request.configfiles)]
    config = ["--config", *request.config] * bool(request.config)
    # --config takes all words that follow, up to the next option.
    return words + (config + rest if rest[:1] and rest[0].startswith("-") else rest + config)


def main() -> None:
    """Run the command line."""
    words = sys.argv[1:]
    place = words.index("--") if "--" in words else len(words)
    words, rest = words[:place], words[place + 1 :]
    parser = commands.Parser("run", "Run a study.")
    parser.add_argument("--profile", default="default")
    parser.add_argument("--cores", default="all")
    options, request = parser.read(words)
    commands.cores(options.cores)
    check_arguments(rest)
    study = commands.study(request)
    files.check(adapter.SNAKEMAKE, Path("results", study), Path("logs", study))
    snakemake = command(options, request, rest)
    os.execv(snakemake[0], snakemake)


if __name__ == "__main__":
    main()
