"""A neuron model in the config: its name, its constants, and the checks of its own class."""

from dataclasses import dataclass

import pytest

from spikerate.model import networks
from spikerate.model.lif import LIF
from spikerate.model.neuron import constant
from spikerate.model.registry import NEURONS
from spikerate.study import config as configs
from spikerate.study import schema, written
from spikerate.study.config import ConfigError


@dataclass(frozen=True, slots=True)
class Peaked(LIF):
    """A model with constants of its own."""

    v_peak: float = constant(30.0, "mV", "peak", "peak")
    tau_peak: float = constant(1e-3, "s", "time of the peak", "time")

    def check(self):
        """Refuse a peak below threshold."""
        if self.v_peak < self.v_threshold:
            raise self._wrong("v_peak", f"must be above v_threshold, got {self.v_peak:g} mV")


@pytest.fixture
def peaked(monkeypatch):
    monkeypatch.setitem(NEURONS, "peaked", Peaked)
    for cached in (schema.schema, schema._validator):
        cached.cache_clear()
    yield
    for cached in (schema.schema, schema._validator):
        cached.cache_clear()


def load(**neuron):
    return configs.load(changes={"neuron": neuron})["neuron"]


def refusal(**neuron):
    with pytest.raises(ConfigError) as caught:
        load(**neuron)
    return str(caught.value)


def test_the_model_of_the_studies_is_the_leaky_one():
    assert load()["model"] == "lif"
    assert refusal(model="hodgkin") == "neuron.model must be one of lif, got 'hodgkin'"


def test_the_constants_of_a_model_come_from_its_class(peaked):
    neuron = load(model="peaked", v_peak="20", tau_peak=2e-3)
    assert (neuron["v_peak"], neuron["tau_peak"]) == (20.0, 2e-3)
    model, synapse = networks.constants(neuron)
    assert (type(model), model.v_peak, synapse.tau_decay) == (Peaked, 20.0, 0.02)


@pytest.mark.parametrize(
    ("neuron", "sentence"),
    [
        ({"v_peak": -50}, "neuron.v_peak must be above v_threshold, got -50 mV"),
        ({"v_peak": "high"}, "neuron.v_peak must be a voltage in mV, between -1000 and 1000"),
        ({"tau_peak": 0}, "neuron.tau_peak must be a time in seconds, above 0 and at most 1"),
        ({"v_peek": 0}, "neuron.v_peek is an unknown key, and the nearest known one is"),
        ({"tau_peak": 1e-4}, "dt must be at most 1e-05 s, a tenth of the fastest time constant"),
    ],
)
def test_what_a_model_refuses_the_config_refuses(peaked, neuron, sentence):
    assert refusal(model="peaked", **neuron).startswith(sentence)


def test_constants_of_another_model_have_no_effect_and_that_is_said(peaked):
    assert "v_peak" not in load(v_peak=20)
    layers = written.layers(configs.config_files({}), [], ["neuron={v_peak: 20}"])
    config = configs.load(changes={"neuron": {"v_peak": 20}})
    assert written.notes(config, layers) == [
        "neuron.v_peak in --config neuron has no effect: the model lif has no such constant"
    ]
