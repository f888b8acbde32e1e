"""Bad input: one sentence on what is wrong, at which key, what is allowed, before any job."""

import subprocess
import sys
from pathlib import Path

import pytest

from spikerate.study import config as configs
from spikerate.study.config import ConfigError

ROOT = Path(__file__).parents[2]
NAN, INF = float("nan"), float("inf")


def grid(first, last, points):
    return {"grid": {"encoder_strength": {"first": first, "last": last, "points": points}}}


def task(**changes):
    return {"tasks": {"sine": changes}}


def neuron(**changes):
    return {"neuron": changes}


def refusal(changes):
    """The sentence with which a change to the default config is refused."""
    with pytest.raises(ConfigError) as caught:
        configs.load(changes=changes)
    return str(caught.value)


# changes to the default config; the key at fault; what the sentence says is allowed
CASES = [
    # Unknown keys, with the nearest known one.
    ({"neurn": {"tau_m": 1}}, "neurn", "nearest known one is neuron"),
    (neuron(tau_q=0.1), "neuron.tau_q", "nearest known one is neuron.tau_m"),
    (neuron(tau_d=0.1), "neuron.tau_d", "nearest known one is neuron.tau_decay"),
    (neuron(v_thresh=-40), "neuron.v_thresh", "nearest known one is neuron.v_threshold"),
    ({"neurons": 500}, "neurons", "nearest known one is network.neurons"),
    ({"N": 500}, "N", "nearest known one is network.neurons"),
    ({"network": {"p": 0.1}}, "network.p", "nearest known one is network.sparsity"),
    (task(update_evry=0.01), "tasks.sine.update_evry", "is tasks.sine.update_every"),
    (task(alpha=1), "tasks.sine.alpha", "is tasks.sine.learning_rates"),
    (
        {"grid": {"encoder_strength": {"step": 1, "ponts": 3}}},
        "grid.encoder_strength.step",
        "is simulate.neuron.step",
    ),
    ({"demonstrations": {"sine": {"during": 3}}}, "demonstrations.sine.during", "sine.learning"),
    # Wrong types.
    (neuron(tau_m="10 ms"), "neuron.tau_m", "a time in seconds"),
    (neuron(tau_m=None), "neuron.tau_m", "a time in seconds, above 0 and at most 1, got nothing"),
    (neuron(tau_m=[0.01]), "neuron.tau_m", "a time in seconds"),
    (neuron(tau_m=NAN), "neuron.tau_m", "above 0"),
    (neuron(bias=INF), "neuron.bias", "between -1000 and 1000"),
    (neuron(v_reset="-inf"), "neuron.v_reset", "a voltage in mV"),
    (neuron(v_reset=True), "neuron.v_reset", "a voltage in mV"),
    ({"draws": True}, "draws", "a whole number, 1 or more"),
    ({"draws": 1.5}, "draws", "a whole number, 1 or more"),
    ({"draws": [0, 1]}, "draws", "a whole number, 1 or more"),
    ({"seed": -1}, "seed", "a whole number, 0 or more"),
    ({"seed": "random"}, "seed", "a whole number, 0 or more"),
    ({"numerics": "euler"}, "numerics", "exact or published"),
    ({"engine": "cython"}, "engine", "auto, numpy or numba"),
    ({"product_precision": 32}, "product_precision", "double or single"),
    ({"reservoir_draws": False}, "reservoir_draws", "shared or per_point"),
    ({"neuron": None}, "neuron", "a section with the keys tau_m, tau_ref"),
    ({"network": 1000}, "network", "a section with the keys neurons, sparsity"),
    ({"tasks": {"sine": None}}, "tasks.sine", "a section with the keys update_every"),
    ({"sweep": {"tasks": "sine"}}, "sweep.tasks", "a section of tasks, each with a list"),
    ({"sweep": {"tasks": {"sine": "slow"}}}, "sweep.tasks.sine", "a list of names of learning"),
    ({"sweep": {"tasks": {"sine": [5e-6]}}}, "sweep.tasks.sine[0]", "name of a learning rate"),
    ({"figures": {"slow": 5e-6}}, "figures.slow", "the name of a learning rate"),
    ({"demonstrations": {"fourier": {"neurons": 9}}}, "demonstrations.fourier.encoder_strength",
     "must be a strength"),
    # Names are words.
    (task(learning_rates={"5e-6": 5e-6}), "tasks.sine.learning_rates", "a word of small letters"),
    (task(learning_rates={"Slow": 5e-6}), "tasks.sine.learning_rates", "a word of small letters"),
    (task(learning_rates={False: 5e-6}), "tasks.sine.learning_rates", "got False"),
    # Milliseconds for seconds, volts for millivolts, steps for seconds, percent for a share.
    (neuron(tau_m=10, tau_decay=20, tau_rise=2, tau_ref=2), "neuron.tau_decay", "1, got 20"),
    (neuron(v_reset=-0.065, v_threshold=-0.04), "neuron.v_threshold", "in mV, not in V"),
    (task(update_every=100), "tasks.sine.update_every", "a time in seconds"),
    ({"network": {"sparsity": 40}}, "network.sparsity", "above 0 and at most 1"),
    # Constants of the neuron and the time step.
    (neuron(tau_m=0), "neuron.tau_m", "above 0"),
    (neuron(tau_ref="-1"), "neuron.tau_ref", "above 0"),
    (neuron(tau_rise=0.02), "neuron.tau_rise", "below neuron.tau_decay = 0.02 s"),
    (task(tau_decay=0.001), "neuron.tau_rise", "below tasks.sine.tau_decay = 0.001 s"),
    (neuron(v_reset=-40), "neuron.v_reset", "below v_threshold = -40 mV"),
    (neuron(v_reset=-30), "neuron.v_reset", "below v_threshold = -40 mV"),
    ({"dt": 0}, "dt", "above 0"),
    ({"dt": 0.05}, "dt", "at most 0.0002 s, a tenth of the fastest"),
    ({"dt": 2.5e-4}, "dt", "time constant neuron.tau_rise = 0.002 s"),
    (neuron(tau_ref=1e-5), "neuron.tau_ref", "a multiple of dt = 5e-05 s"),
    (neuron(tau_ref=1e-15), "neuron.tau_ref", "at least dt"),
    ({"network": {"sparsity": 0}}, "network.sparsity", "above 0 and at most 1"),
    (task(sparsity=1.01), "tasks.sine.sparsity", "above 0 and at most 1"),
    ({"network": {"neurons": 0}}, "network.neurons", "1 or more"),
    # Intervals and periods.
    ({"dt": 3e-5, "neuron": {"tau_ref": 3e-3}, "recording": {"sample_every": 3e-4},
      "simulate": {"neuron": {"duration": 0.3}, "untrained": {"duration": 0.3}},
      "tasks": {"sine": {"warm_up": 0}}}, "dt", "divide the period of the task sine, 0.2 s"),
    (task(update_every=0.00512), "tasks.sine.update_every", "a multiple of dt"),
    (task(update_every=0.2), "tasks.sine.update_every", "below the period"),
    (task(warm_up=0.10001), "tasks.sine.warm_up", "a multiple of dt"),
    (task(warm_up=2000), "tasks.sine.warm_up", "from 0 to 60"),
    ({"recording": {"sample_every": 1.2e-4}}, "recording.sample_every", "a multiple of dt"),
    ({"recording": {"sample_every": 1e-3}}, "recording.sample_every",
     "divide demonstrations.sine.update_every, 0.0025 s"),
    ({"recording": {"sample_every": 1.5e-4}, "demonstrations": {"sine": {"update_every": 3e-3}}},
     "recording.sample_every", "divide the period of the task sine"),
    ({"simulate": {"neuron": {"duration": 0.40001}}}, "simulate.neuron.duration", "multiple of dt"),
    # The grid.
    (grid(2, 30, 0), "grid.encoder_strength.points", "1 or more"),
    (grid(30, 2, 8), "grid.encoder_strength.last", "above grid.encoder_strength.first = 30"),
    (grid(5, 5, 8), "grid.encoder_strength.last", "above grid.encoder_strength.first = 5"),
    (grid(2, 30, 1), "grid.encoder_strength.last", "equal grid.encoder_strength.first = 2"),
    (grid(-1, 30, 8), "grid.encoder_strength.first", "0 or more"),
    # Tasks and learning rates.
    ({"sweep": {"tasks": {"sine": ["slow", "slow"]}}}, "sweep.tasks.sine", "each once"),
    ({"sweep": {"tasks": {"sin": ["slow"]}}}, "the key sweep.tasks.sin", "the nearest is sine"),
    ({"sweep": {"tasks": {"lorenz": ["slow"]}}}, "sweep.tasks.lorenz", "not judged point by"),
    ({"sweep": {"tasks": {"sine": []}}}, "trials.tasks[0]", "one of the tasks swept, fourier"),
    ({"trials": {"tasks": []}}, "trials.tasks", "at least one and each once"),
    ({"trials": {"tasks": ["lorenz"]}}, "trials.tasks[0]", "one of the tasks swept"),
    ({"trials": {"repetitions": 0}}, "trials.repetitions", "1 or more"),
    ({"figures": {"maps": ["oscillator"]}}, "figures.maps[0]", "one of the tasks swept"),
    ({"sizes": {"task": "oscillator"}}, "sizes.task", "one of the tasks swept"),
    ({"sizes": {"neurons": []}}, "sizes.neurons", "at least one and each once"),
    ({"sizes": {"neurons": [100, 0]}}, "sizes.neurons[1]", "1 or more"),
    (task(options={"pulses": 3}), "the key tasks.sine.options.pulses", "has no options"),
    ({"tasks": {"pitchfork": {"options": {"pulse": 3}}}}, "the key tasks.pitchfork.options.pulse",
     "one of pulses"),
    ({"tasks": {"ode_to_joy": {"grid": {"encoder_strength": {"first": 40.0}}}}},
     "tasks.ode_to_joy.grid.encoder_strength.last", "above tasks.ode_to_joy.grid"),
    ({"tasks": {"sines": configs.load()["tasks"]["sine"]}}, "the key tasks.sines", "name one of"),
    ({"sweep": {"chunk": {"train": {"rate": 0}}}}, "sweep.chunk.train.rate", "1 or more"),
    ({"sweep": {"chunk": {"trial": {"rate": 4}}}}, "sweep.chunk.trial", "sweep.chunk.trials"),
    ({"sweep": {"chunk": 4}}, "sweep.chunk", "train, transfer, trials"),
    (task(train_repetitions=0), "tasks.sine.train_repetitions", "1 or more"),
    (task(learning_rates={"slow": 0}), "tasks.sine.learning_rates.slow", "above 0"),
    (task(learning_rates={"slow": -5e-6}), "tasks.sine.learning_rates.slow", "above 0"),
    ({"sweep": {"tasks": {"sine": ["slow", "quick", "fast"]}}}, "sweep.tasks.sine[1]",
     "one of slowest, slow, medium, fast, the keys of tasks.sine.learning_rates"),
    ({"figures": {"fast": "quick"}}, "figures.fast", "one of slowest, slow, medium, fast"),
    (task(learning_rates={"medium": 5e-6}), "tasks.sine.learning_rates.medium", "differ from"),
    (task(learning_rates={"slow": 2.0}), "figures.slow", "a small alpha learns slowly"),
    ({"demonstrations": {"sine": {"after": 0}}}, "demonstrations.sine.after", "1 or more"),
    ({"demonstrations": {"sine": {"learning_rate": 0}}}, "demonstrations.sine.learning_rate",
     "above 0"),
    # The analysis.
    ({"spectra": {"tasks": {"sine": 65}}}, "spectra.tasks.sine", "at most 64, the number of"),
    ({"spectra": {"tasks": {"lorenz": 1}}}, "the key spectra.tasks.lorenz", "the tasks swept"),
    ({"figures": {"demonstrations": ["fourier"]}}, "demonstrations.fourier", "a section"),
    ({"tasks": {"lorenz": {"options": {"test_duration": 0.00012}}}},
     "tasks.lorenz.options.test_duration", "a multiple of dt"),
    ({"network": {"neurons": 50}}, "spectra.components", "at most 50, the neurons of"),
    ({"errors": {"l2_cutoff": 0}}, "errors.l2_cutoff", "above 0"),
    ({"claims": {"criteria": {"low_pass": {"distance": {"above": 0.1}}}}},
     "claims.criteria.low_pass.distance", "`above` or `below`, one of them"),
    ({"claims": {"least": 1}}, "claims.least", "a whole number, 2 or more"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "key", "allowed"), CASES)
def test_bad_input_is_one_sentence(changes, key, allowed):
    sentence = refusal(changes)
    assert sentence.startswith((f"{key} ", f"each key in {key} "))
    assert allowed in sentence
    assert "\n" not in sentence
    assert ". " not in sentence
    assert len(sentence) < 300


def test_a_missing_key_is_named_with_what_it_must_be():
    config = configs.load()
    del config["neuron"]["bias"]
    with pytest.raises(ConfigError, match=r"^neuron\.bias is missing, and must be a voltage in mV"):
        configs.validate(config)


def test_a_task_swept_needs_settings():
    config = configs.load()
    del config["tasks"]["sine"]
    with pytest.raises(ConfigError, match=r"^tasks\.sine is missing"):
        configs.validate(config)


def test_a_config_must_be_a_mapping():
    with pytest.raises(ConfigError, match=r"^the config must be a section with the keys study"):
        configs.validate(["study"])


@pytest.mark.parametrize("study", ["tinny", None, 7, "../studies/tiny", ["tiny"]])
def test_an_unknown_study_is_refused_with_those_known(study):
    with pytest.raises(ConfigError, match=r"^study must be one of laptop, paper, tiny"):
        configs.study_file({"study": study})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "must hold keys and values, and it holds nothing"),
        ("- tiny\n", "must hold keys and values"),
        ("a: [1,\nb: 2\n", "must be valid YAML.* breaks off at line 3"),
        ("a:\n\tb: 1\n", "not by tabs"),
        ("study: tiny\n", "study in .* must be mine, as the file, got 'tiny'"),
    ],
)
def test_a_broken_study_is_named(tmp_path, text, sentence):
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(ConfigError, match=sentence) as caught:
        configs.study_file({"study": "mine"}, tmp_path)
    assert str(tmp_path / "mine.yaml") in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"gone\.yaml must be a readable text file"):
        configs.read(tmp_path / "gone.yaml")


# On the command line.


def snakemake(directory, *arguments):
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--dry-run",
               "--cores", "1", "--directory", directory, *arguments]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (["study=nope"], "study must be one of laptop, paper, tiny"),
        (["neurn=1"], "neurn is an unknown key, and the nearest known one is neuron"),
        (["neuron={tau_m: -1}"], "neuron.tau_m must be a time in seconds, above 0 and at most 1"),
        (["draws="], "draws must be a whole number, 1 or more, got nothing"),
        (
            ["study=tiny", "sweep={tasks: {sinus: [slow]}}"],
            "the key sweep.tasks.sinus must name one of the tasks sine",
        ),
    ],
)
def test_the_pipeline_ends_with_the_sentence(tmp_path, settings, sentence):
    run = snakemake(tmp_path, "--config", *settings)
    assert run.returncode == 1
    (line,) = [line for line in run.stderr.splitlines() if "Error" in line]
    assert line.startswith(f"Error in the config: {sentence}")
    assert "Traceback" not in run.stderr + run.stdout
    assert "File " not in run.stderr
    assert not (tmp_path / "results").exists()


def test_a_config_file_of_ones_own_is_checked_too(tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text("study: tiny\nnetwork: {neurons: 200}\ngird: {}\n")
    run = snakemake(tmp_path, "--configfile", own)
    assert run.returncode == 1
    assert "gird is an unknown key, and the nearest known one is grid" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_missing_profile_is_named_with_those_there_are():
    command = ["make", "--no-print-directory", "PROFILE=slrm"]  # as in `make test`, too
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and not done.stdout
    sentence, _ = done.stderr.splitlines()
    assert sentence.startswith("make: PROFILE must be one of default slurm, got slrm")
