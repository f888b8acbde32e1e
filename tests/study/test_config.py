"""A good config: the studies we ship, how they merge, and numbers written as people write them."""

from itertools import product
from pathlib import Path

import pytest
import yaml

from spikerate.study import chunks, sweep
from spikerate.study import config as configs
from spikerate.tasks.registry import TASKS

STUDIES = sorted(path.stem for path in configs.STUDIES.glob("*.yaml"))


def leaves(tree, path=""):
    """Dotted keys and values of a config."""
    if not isinstance(tree, dict):
        yield path, tree
        return
    for name, below in tree.items():
        yield from leaves(below, f"{path}.{name}".removeprefix("."))


def as_text(tree):
    """A config as the command line gives it: every value is text."""
    if isinstance(tree, dict):
        return {key: as_text(value) for key, value in tree.items()}
    return [as_text(item) for item in tree] if isinstance(tree, list) else str(tree)


def test_the_studies_are_those_of_the_design():
    assert {"tiny", "laptop", "paper"} <= set(STUDIES)


@pytest.mark.parametrize("study", STUDIES)
def test_every_study_is_valid_and_knows_its_name(study):
    assert configs.load(study)["study"] == study


@pytest.mark.parametrize("study", STUDIES)
def test_a_study_changes_only_keys_of_the_default(study):
    default = dict(leaves(configs.read(configs.DEFAULT)))
    changed = dict(leaves(configs.read(configs.study_file({"study": study}))))
    parts = product(TASKS, chunks.STAGES, ("spiking", "rate"))
    optional = {f"tasks.{task}.chunk.{stage}.{network}" for task, stage, network in parts}
    assert set(changed) <= set(default) | optional


def test_the_default_study_changes_nothing():
    default = configs.read(configs.DEFAULT)
    assert default["study"] == "laptop"
    assert configs.load() == configs.validate(default)


def test_the_paper_study_has_the_size_of_the_paper():
    config = configs.load("paper")
    assert {part["neurons"] for part in config["demonstrations"].values()} == {2000}
    for task in sweep.swept(config):
        settings = sweep.task_settings(config, task)
        assert settings["neurons"] == 2000
        assert settings["grid"]["encoder_strength"] == {"first": 2, "last": 30, "points": 40}
        assert settings["grid"]["reservoir_strength"] == {"first": 0, "last": 0.2, "points": 40}
    assert (config["sizes"]["draws"], config["reservoir_draws"]) == (21, "per_point")
    assert config["trials"]["repetitions"] == 100
    assert config["tasks"]["ode_to_joy"]["train_repetitions"] == 20
    assert config["tasks"]["pitchfork"]["options"] == {"pulses": 400}
    options = {"train_duration": 200, "test_duration": 100}
    assert config["tasks"]["lorenz"]["options"] == options


def test_every_task_has_settings_and_may_be_swept():
    config = configs.load()
    assert set(config["tasks"]) == set(TASKS)
    for task in set(TASKS) - {"lorenz"}:
        rates = list(config["tasks"][task]["learning_rates"])
        configs.load(changes={"sweep": {"tasks": {task: rates}}})


def test_changes_merge_section_by_section_and_replace_lists():
    config = {"a": {"b": 1, "c": {"d": 2}}, "e": [1, 2]}
    result = configs.merged(config, {"a": {"c": {"f": 3}}, "e": [4], "g": {"h": 5}})
    assert result == {"a": {"b": 1, "c": {"d": 2, "f": 3}}, "e": [4], "g": {"h": 5}}
    assert config == {"a": {"b": 1, "c": {"d": 2}}, "e": [1, 2]}


def test_a_merge_is_that_of_snakemake():
    utils = pytest.importorskip("snakemake.utils")
    config = configs.read(configs.DEFAULT)
    changes = [configs.read(configs.STUDIES / "tiny.yaml"), {"neuron": None}, {"neuron": {"a": 1}}]
    for change in changes:
        expected = yaml.safe_load(yaml.safe_dump(config))
        utils.update_config(expected, change)
        assert configs.merged(config, change) == expected
        config = configs.merged(config, change)


def test_numbers_may_be_text():
    config = configs.load("tiny")
    assert configs.validate(as_text(config)) == config


@pytest.mark.parametrize(
    ("written", "number"),
    [("5e-6", 5e-6), ("1", 1.0), ("+2.5E-4", 2.5e-4), (1, 1.0), ("1_000e-9", 1e-6)],
)
def test_a_number_may_be_written_in_many_ways(written, number):
    cutoff = configs.load(changes={"errors": {"l2_cutoff": written}})["errors"]["l2_cutoff"]
    assert cutoff == number
    assert isinstance(cutoff, float)


@pytest.mark.parametrize(("written", "number"), [("7", 7), (7.0, 7), ("1e3", 1000), (2**70, 2**70)])
def test_a_whole_number_stays_whole(written, number):
    seed = configs.load(changes={"seed": written})["seed"]
    assert seed == number
    assert isinstance(seed, int)


def test_yaml_takes_some_numbers_for_text_and_the_config_does_not(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text("dt: 1e-4\ntasks: {sine: {learning_rates: {slow: 1e-6}}}\n")
    assert isinstance(configs.read(path)["dt"], str)
    config = configs.load(changes=configs.read(path))
    assert config["dt"] == 1e-4
    assert config["tasks"]["sine"]["learning_rates"]["slow"] == 1e-6


def test_validation_leaves_its_argument_alone():
    config = configs.load()
    config["seed"] = "3"
    configs.validate(config)
    assert config["seed"] == "3"


def test_a_study_of_ones_own_is_a_file(tmp_path):
    (tmp_path / "mine.yaml").write_text("draws: 2\n")
    assert configs.study_file({"study": "mine"}, tmp_path) == Path(tmp_path) / "mine.yaml"


@pytest.mark.parametrize("last", [4, 4.0])
def test_a_grid_of_one_value_is_allowed(last):
    axis = {"first": 4.0, "last": last, "points": 1}
    configs.load(changes={"grid": {"encoder_strength": axis}})


def test_a_new_learning_rate_is_config_not_code():
    changes = {
        "sweep": {"tasks": {"sine": ["slow", "fast", "hasty"]}},
        "tasks": {"sine": {"learning_rates": {"hasty": 0.5}}},
    }
    rates = sweep.learning_rates(configs.load(changes=changes), "sine")
    assert rates == {"slow": 5e-6, "fast": 5e-4, "hasty": 0.5}


def test_dt_may_be_a_tenth_of_the_fastest_time_constant():
    only_sine = {
        "sweep": {"tasks": {"fourier": [], "ode_to_joy": [], "pitchfork": []}},
        "spectra": {"tasks": {"fourier": 0}},
        "figures": {"demonstrations": ["sine"], "learning": ["sine"], "maps": ["sine"]},
    }
    times = {"dt": 2e-4, "recording": {"sample_every": 4e-4},
             "demonstrations": {"sine": {"update_every": 4e-3}}}  # fmt: skip
    configs.load(changes=only_sine | times)
    with pytest.raises(
        configs.ConfigError, match=r"^dt must divide 0\.0005 s, the lattice of the task pitchfork"
    ):
        configs.load(changes=only_sine | times | {"sweep": {"tasks": {"pitchfork": ["slow"]}}})
