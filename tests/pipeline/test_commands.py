"""What a command line asks for: one sentence that says what to write instead."""

import importlib
import os
import sys

import pytest

from spikerate.pipeline import commands, run
from spikerate.study.config import ConfigError

WRONG = [
    ("network.neurons=500", "write 'network={neurons: 500}'"),
    ("sweep.chunk.train.rate=4", "write 'sweep={chunk: {train: {rate: 4}}}'"),
    ("neuron.tau_m", "write neuron.tau_m=VALUE"),
    ("N=5", "N=5 is no KEY=VALUE: write 'network={neurons: 5}'"),
    ("p=0.1", "write 'network={sparsity: 0.1}'"),
    ("x=5", "x=5 is no KEY=VALUE|'x' is no key of config.yaml"),
    ("=5", "'' is no key of config.yaml|=5 is no KEY=VALUE"),
    ("tiny", "'tiny' is a study and no KEY=VALUE: write STUDY=tiny"),
    ("study", "CONFIG takes KEY=VALUE, got 'study': write study=VALUE"),
    ("seed", "CONFIG takes KEY=VALUE, got 'seed': write seed=VALUE"),
    ("500}", "needs quotes of its own, CONFIG=\"'network={neurons: 500}'\""),
    ("network={neurons:", "the value of network, {neurons:, has a bracket or a quote that is not"),
    ("network={neurons: 500", "a bracket or a quote that is not closed"),
    ("network={neurons: '500}", "a bracket or a quote that is not closed"),
    ("sweep={tasks: {sine: [slow}}", "a bracket or a quote that is not closed"),
    ("network={neurons:500}", "a blank is missing: write neurons: 500"),
]


@pytest.mark.parametrize(("word", "sentence"), WRONG)
def test_what_is_no_key_and_value_ends_in_a_sentence_that_says_what_is(word, sentence):
    with pytest.raises(ConfigError) as caught:
        commands.check([word])
    said = str(caught.value)
    assert any(part in said for part in sentence.split("|")), said
    assert "\n" not in said


@pytest.mark.parametrize(
    "words",
    [
        ["study=tiny", "seed=2", "network={neurons: 500}"],
        ["sweep={tasks: {sine: [slow, fast], fourier: []}}", "product_width=8"],
        ["draws="],  # the schema's matter
    ],
)
def test_what_is_right_passes(words):
    commands.check(words)


def test_a_study_is_that_of_the_words_or_of_the_file_or_the_default(tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text("study: tiny\n")

    def study(words=(), files=()):
        return commands.study(commands.Request(commands.SNAKEFILE, tuple(words), tuple(files)))

    assert study() == "laptop"
    assert study(files=[own]) == study(["study=tiny"]) == "tiny"


# Every command alike.

COMMANDS = ("run", "resume", "plan", "status", "accept", "verify")


@pytest.fixture
def said(monkeypatch, tmp_path):
    """What a command says when it ends before it does anything: said(command, *words)."""

    def ask(command, *words):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", [command, *words])
        with pytest.raises(SystemExit) as caught:
            importlib.import_module(f"spikerate.pipeline.{command}").main()
        assert list(tmp_path.iterdir()) == []
        return str(caught.value)

    return ask


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_the_same_of_a_wrong_word(command, said):
    assert said(command, "network.neurons=500") == (
        "Error in the config: network.neurons=500 is no KEY=VALUE: write 'network={neurons: 500}'."
    )


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--configfile", "own.yaml"], "own.yaml must be a readable text file"),
        (["--threads", "3"], "--threads is no KEY=VALUE"),
    ],
)
def test_every_command_takes_a_file_and_no_option_it_does_not_know(command, words, sentence, said):
    assert sentence in said(command, *words)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--cores", "two"], "CORES must be a whole number above 0, or all, got 'two'."),
        (["--", "--config", "seed=2"], "--config in ARGS would replace what make sets: write CON"),
        (["--", "--configfile=a"], "--configfile in ARGS would replace what make sets"),
        (["--", "-c", "1"], "-c in ARGS would replace what make sets: write CORES=..."),
    ],
)
def test_a_run_refuses_what_would_be_lost(arguments, sentence, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["run", "study=tiny", *arguments])
    monkeypatch.setattr(os, "execv", lambda *_: pytest.fail("it runs"))
    with pytest.raises(SystemExit) as caught:
        run.main()
    assert sentence in str(caught.value)


def test_a_plan_by_what_there_is_not_ends_in_a_sentence(said):
    wrong = said("plan", "--by", "rule", "study=tiny")
    assert wrong == "Error: BY must be stage or figure, got 'rule'."


@pytest.mark.parametrize(
    ("rest", "end"),
    [
        ([], ["--config", "study=tiny"]),
        (["--dry-run"], ["--config", "study=tiny", "--dry-run"]),
        (["--", "a.nc"], ["--config", "study=tiny", "--", "a.nc"]),
        (["a.nc", "--force"], ["a.nc", "--force", "--config", "study=tiny"]),
    ],
)
def test_arguments_for_snakemake_stand_where_they_are_understood(rest, end, monkeypatch, tmp_path):
    ran = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["run", "study=tiny", "--", *rest])
    monkeypatch.setattr(os, "execv", lambda _, words: ran.extend(words))
    run.main()
    assert ran[-len(end) :] == end
    assert ran[1:5] == ["-m", "snakemake", "--cores", "all"]
