"""Run a study: what was asked for is checked, and Snakemake takes over.

python -m spikerate.pipeline.run [--profile NAME] [--cores N] [--configfile FILE]
[KEY=VALUE ...] [-- ARGUMENTS OF SNAKEMAKE]
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from spikerate.data import files
from spikerate.pipeline import adapter, commands

PROFILES = commands.SNAKEFILE.parent / "profiles"
OURS = {  # arguments of Snakemake that say again what a variable of make says
    "--config": "CONFIG", "-C": "CONFIG", "--configfile": "CONFIGFILE",
    "--configfiles": "CONFIGFILE", "--cores": "CORES", "-c": "CORES", "--profile": "PROFILE",
}  # fmt: skip


def check_arguments(words: list[str]) -> None:
    """End the program, in a sentence, if an argument would silently replace what make was given."""
    for word in words:
        name = word.partition("=")[0]
        if name in OURS:
            sys.exit(f"Error: {name} in ARGS would replace what make gives: write {OURS[name]}=...")


def command(options, request, rest: list[str]) -> list[str]:
    """Command line of Snakemake."""
    words = [sys.executable, "-m", "snakemake", "--cores", options.cores]
    if options.profile != "default":  # which Snakemake finds by itself, and reads besides any other
        words += ["--profile", str(PROFILES / options.profile)]
    if "slurm" in options.profile:
        words += ["--slurm-jobname-prefix", commands.study(request)]
    if request.configfiles:
        words += ["--configfile", *map(str, request.configfiles)]
    config = ["--config", *request.config] * bool(request.config)  # takes all words that follow
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
    files.check(adapter.KEPT, Path("results", study), Path("logs", study))
    ran = command(options, request, rest)
    os.execv(ran[0], ran)


if __name__ == "__main__":
    main()
