"""What a user wrote: refused where a part of it would be lost, spoken of where it has no effect."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from spikerate.study import config as configs
from spikerate.study import reading, written
from spikerate.study.config import ConfigError

ROOT = Path(__file__).parents[2]


def refusal(call, *arguments):
    with pytest.raises(ConfigError) as caught:
        call(*arguments)
    sentence = str(caught.value)
    assert "\n" not in sentence and ". " not in sentence
    return sentence


@pytest.fixture
def own(tmp_path):
    """Write a file of a user's own; its path."""

    def write(text):
        (tmp_path / "own.yaml").write_text(text)
        return tmp_path / "own.yaml"

    return write


# What would be lost.

TWICE = [
    ("neuron: {tau_m: 0.02}\nseed: 2\nneuron: {bias: -39}\n", "neuron", "1 and 3"),
    ("tasks:\n  sine: {warm_up: 0.2}\n  sine: {warm_up: 0.3}\n", "tasks.sine", "2 and 3"),
    ("network: {neurons: 50,\n  neurons: 60}\n", "network.neurons", "1 and 2"),
    ("tasks:\n  a: &a {x: 1}\n  b:\n    <<: *a\n    <<: *a\n", "tasks.b.<<", "4 and 5"),
    ('{"seed": 1,\n\t"draws": 2,\n\t"seed": 3}', "seed", "1 and 3"),
    ("seed: 2\n'seed': 3\n", "seed", "1 and 2"),
    ("a: [{b: 1,\n b: 2}]\n", "a[0].b", "1 and 2"),
]


@pytest.mark.parametrize(("text", "key", "lines"), TWICE)
def test_a_key_that_stands_twice_is_refused_with_both_lines(own, text, key, lines):
    sentence = refusal(configs.read, own(text))
    assert sentence.startswith(f"{key} must stand once in ")
    assert f"own.yaml, and it stands twice, in lines {lines}: " in sentence


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("seed: 2\nneuron:\n", "neuron in .* must have a value, or be left out .line 2."),
        ("tasks: {sine: {options: ~}}\n", r"tasks\.sine\.options in .* must have a value"),
        ("figures:\n  maps:\n  - sine\n  -\n", r"figures\.maps\[1\] in .* must have a value"),
        ("seed: 010\n", "seed in .* must be a decimal number, got 010 .line 1., which is 8 in"),
        ("a:\n  seed: 1:30\n", r"a\.seed in .* got 1:30 .line 2., which is 90 in YAML"),
        ("seed: 0x1F\n", "seed in .* got 0x1F .line 1., which is 31 in YAML"),
        ("a: &a {b: *a}\n", r"a\.b in .* must not hold itself"),
        ("__use_yte__: true\nseed: 2\n", "__use_yte__ in .* must be left out .line 1.: no code"),
        ("seed: 1\n---\nseed: 2\n", "must be valid YAML.* breaks off at line 2"),
        ("network: {neurons: !!python/name:os.system }\n", "must be valid YAML"),
    ],
)
def test_what_yaml_would_read_otherwise_than_it_is_written_is_refused(own, text, words):
    with pytest.raises(ConfigError, match=f"^(.*own.yaml )?{words}"):
        configs.read(own(text))


def test_what_is_written_once_is_read_as_snakemake_reads_it(own):
    configfile = pytest.importorskip("snakemake.common.configfile")
    files = [configs.DEFAULT, *configs.STUDIES.glob("*.yaml")]
    files.append(own("a: &a {x: 1_000, y: -.5, z: 1.0e-3}\nb: {<<: *a, x: 2}\nc: [.inf, 0, on]\n"))
    for path in files:
        assert configs.read(path) == configfile.load_configfile(path)
    json = own('{"a":\t1,\n\t"b": [1e-3, "\\t"]}')
    assert configs.read(json)["b"][1] == configfile.load_configfile(json)["b"][1] == "\t"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["network={neurons: 500, neurons: 600}"], r"network\.neurons must stand once in --config"),
        (["seed=2", "draws=2", "seed=3"], r"seed must be given once in --config, got 2 and 3"),
        (["network={neurons: 5}", "network={neurons: 6}"], r"network\.neurons must be given once"),
        (["study=laptop", "study=tiny"], "study must be given once"),
        (["network={neurons: }"], r"network\.neurons in --config .* must have a value"),
    ],
)
def test_an_argument_that_would_be_lost_is_refused(arguments, words):
    with pytest.raises(ConfigError, match=f"^{words}"):
        written.layers([], [], arguments)


def test_arguments_that_add_to_each_other_are_kept():
    arguments = ["network={neurons: 500}", "network={sparsity: 0.3}", "seed=2", "seed=2"]
    assert [layer.values for layer in written.layers([], [], arguments)[:2]] == [
        {"network": {"neurons": 500}}, {"network": {"sparsity": 0.3}},
    ]  # fmt: skip


@pytest.mark.parametrize("value", ["{'neurons': 5}", "a: b: c", "", "%", "1e-3"])
def test_an_argument_that_is_no_yaml_is_left_to_the_schema(value):
    (layer,) = written.layers([], [], [f"network={value}"])
    assert list(layer.values) == ["network"]


@pytest.mark.parametrize(
    "words",
    [
        ["--config", "seed=2", "--config", "draws=2"],
        ["-C", "seed=2", "--config=draws=2"],
    ],
)
def test_a_second_option_would_replace_the_first(words):
    sentence = refusal(written.check_options, ["snakemake", *words])
    assert sentence.startswith("--config must stand once on the command line")
    sentence = refusal(written.check_options, ["--configfile", "a", "--configfiles", "b"])
    assert sentence.startswith("--configfile must stand once")
    written.check_options(["snakemake", "--config", "seed=2", "--configfile", "own.yaml"])


def test_those_who_name_a_study_name_the_same(own):
    path = own("study: tiny\nseed: 2\n")
    written.layers([configs.DEFAULT], [path], ["study=tiny"])
    sentence = refusal(written.layers, [configs.DEFAULT], [path], ["study=laptop"])
    assert sentence == (
        f"study must be the same everywhere, and it is 'tiny' in {path} and 'laptop' in"
        " --config study"
    )


# What has no effect.


def notes(text, study="laptop"):
    """Notes on an argument of the command line, over a study."""
    arguments = [f"{key}={yaml.safe_dump(v)}" for key, v in yaml.safe_load(text).items()]
    base = configs.config_files({"study": study})
    layers = written.layers(base, [], arguments)
    config = {}
    for layer in layers:
        config = reading.merged(config, layer.values)
    return written.notes(configs.validate(config), layers)


@pytest.mark.parametrize("study", sorted(path.stem for path in configs.STUDIES.glob("*.yaml")))
def test_nothing_in_the_studies_is_without_effect(study):
    assert notes("{}", study) == []


NOT_SWEPT = "has no effect: the task oscillator is not swept"


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("tasks: {oscillator: {neurons: 50}}",
         f"tasks.oscillator.neurons in --config tasks {NOT_SWEPT}"),
        ("tasks: {oscillator: {warm_up: 0.2, update_every: 0.01}}",
         "tasks.oscillator.update_every, tasks.oscillator.warm_up in --config tasks"
         f" {NOT_SWEPT}"),
        ("figures: {demonstrations: [sine]}\ntasks: {lorenz: {sparsity: 0.2}}",
         "tasks.lorenz.sparsity in --config tasks has no effect: no part of the study uses the"
         " task lorenz"),
        ("tasks: {sine: {learning_rates: {hasty: 0.5}}}",
         "tasks.sine.learning_rates.hasty in --config tasks has no effect: sweep.tasks.sine does"
         " not name it"),
        ("tasks: {fourier: {chunk: {trials: {rate: 4}}}}",
         "tasks.fourier.chunk.trials.rate in --config tasks has no effect: trials.tasks does not"
         " name fourier"),
        ("figures: {demonstrations: [sine]}\ndemonstrations: {lorenz: {neurons: 50}}",
         "demonstrations.lorenz.neurons in --config demonstrations has no effect:"
         " figures.demonstrations does not name lorenz"),
        ("tasks: {sine: {options: {}}}",
         "tasks.sine.options in --config tasks has no effect: an empty section changes nothing"),
        ("network: {neurons: 400}",
         "network.neurons in --config network has no effect on fourier, ode_to_joy, pitchfork,"
         " which set their own: tasks.fourier.neurons"),
        ("neuron: {tau_decay: 0.03}",
         "neuron.tau_decay in --config neuron has no effect on lorenz, which set their own:"
         " tasks.lorenz.tau_decay"),
        ("grid: {encoder_strength: {points: 4}}",
         "grid.encoder_strength.points in --config grid has no effect on fourier, ode_to_joy,"
         " pitchfork, which set their own: tasks.fourier.grid.encoder_strength.points"),
    ],
)  # fmt: skip
def test_what_has_no_effect_is_said_in_one_sentence(text, note):
    assert note in notes(text)


@pytest.mark.parametrize(
    "text",
    [
        "seed: 2",
        "network: {neurons: 500}\ntasks: {fourier: {neurons: 500}, ode_to_joy: {neurons: 500},"
        " pitchfork: {neurons: 500}}",
        "tasks: {oscillator: {sparsity: 0.2}, lorenz: {options: {test_duration: 40}}}",
        "demonstrations: {sine: {neurons: 500}}",
        "recording: {neurons: 3}",
    ],
)
def test_of_what_has_an_effect_nothing_is_said(text):
    assert notes(text) == []


# On the command line.


def snakemake(folder, *arguments):
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--dry-run",
               "--quiet", "all", "--cores", "1", "--directory", folder, *arguments]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


def test_the_pipeline_refuses_what_would_be_lost_in_a_file_of_ones_own(tmp_path, own):
    path = own("study: tiny\nneuron: {tau_m: 0.02}\nneuron: {bias: -39}\n")
    run = snakemake(tmp_path, "--configfile", path)
    assert run.returncode == 1
    assert f"Error in the config: neuron must stand once in {path}" in run.stderr
    assert "Traceback" not in run.stderr


def test_the_pipeline_refuses_what_would_be_lost_on_its_command_line(tmp_path):
    run = snakemake(tmp_path, "--config", "study=tiny", "network={neurons: 90, neurons: 80}")
    assert run.returncode == 1
    assert "Error in the config: network.neurons must stand once in --config" in run.stderr
    run = snakemake(tmp_path, "--config", "seed=2", "--config", "study=tiny")
    assert run.returncode == 1
    assert "Error in the config: --config must stand once on the command line" in run.stderr


def test_the_pipeline_says_what_has_no_effect_and_goes_on(tmp_path, own):
    path = own("study: tiny\ntasks: {oscillator: {neurons: 50}}\n")
    run = snakemake(tmp_path, "--configfile", path)
    assert run.returncode == 0, run.stderr
    note = f"Note on the config: tasks.oscillator.neurons in {path} {NOT_SWEPT}.\n"
    assert run.stderr.count(note) == 1
