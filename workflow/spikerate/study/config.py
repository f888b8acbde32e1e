"""The config of a study: what is read, what is merged over what, and the checks of it all.

A bad config ends in one sentence: what is wrong, at which key, what is allowed.
"""

from __future__ import annotations

from pathlib import Path

from spikerate.data.checkout import CHECKOUT
from spikerate.study.checks import CHECKS
from spikerate.study.checks.neuron import of_model
from spikerate.study.errors import ConfigError, listed, nearest_of, plain_errors, shown
from spikerate.study.reading import merged, read
from spikerate.study.schema import checked

__all__ = ["ConfigError", "load", "merged", "plain_errors", "read", "studies", "study_file",
           "validate"]  # fmt: skip

DEFAULT = CHECKOUT / "config.yaml"
STUDIES = CHECKOUT / "workflow" / "studies"


def studies(folder: Path | str = STUDIES) -> list[str]:
    """Names of the studies that there are."""
    return sorted(path.stem for path in Path(folder).glob("*.yaml"))


def study_file(config: dict, folder: Path | str = STUDIES) -> Path:
    """Path of the overlay of the study that a config names.

    Raises
    ------
    ConfigError
        if there is no such study, or its file cannot be read or names another study.
    """
    study, known = config.get("study"), studies(folder)
    if study not in known:
        raise ConfigError(
            f"study must be one of {listed(known)}, or a file of your own in workflow/studies,"
            f" got {shown(study)}{nearest_of(study, known)}"
        )
    path = Path(folder) / f"{study}.yaml"
    named = read(path).get("study", study)
    if named != study:
        raise ConfigError(f"study in {path} must be {study}, as the file, got {shown(named)}")
    return path


def load(study: str = "laptop", changes: dict | None = None) -> dict:
    """Config of a study, as Snakemake puts it together: defaults, study, changes.

    Raises
    ------
    ConfigError
        as `read`, `study_file` and `validate`.
    """
    return validate(combined({"study": study} | (changes or {})))


def combined(changes: dict) -> dict:
    """Defaults, study and changes as one config that is not checked yet.

    Raises
    ------
    ConfigError
        as `read` and `study_file`.
    """
    config: dict = {}
    for path in config_files(changes):
        config = merged(config, read(path))
    return merged(config, changes)


def known(values: dict) -> dict:
    """Those values of a command line that the config has keys for; it may set others' too."""
    default = read(DEFAULT)
    return {key: value for key, value in values.items() if key in default}


def config_files(changes: dict) -> tuple[Path, Path]:
    """Paths of the default config and of the study's overlay, which is merged over it.

    Parameters
    ----------
    changes : to the default config, as the command line gives them; a study may be among them

    Raises
    ------
    ConfigError
        as `read` and `study_file`.
    """
    return DEFAULT, study_file(merged(read(DEFAULT), changes))


def validate(config: dict) -> dict:
    """Check a whole config.

    Parameters
    ----------
    config : as read from YAML or from the command line, where numbers may still be text

    Returns
    -------
    A copy with every number of the type that the schema asks for.

    Raises
    ------
    ConfigError
        on the first thing that is wrong.
    """
    config = checked(config)
    config["neuron"] = of_model(config["neuron"])
    for check in CHECKS:
        check(config)
    return config
