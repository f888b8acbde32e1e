"""The constants of the neuron, and the time step that they need."""

from __future__ import annotations

from dataclasses import fields

from spikerate.model import networks
from spikerate.model.neuron import ConstantError
from spikerate.model.registry import NEURONS
from spikerate.study.checks.times import whole_steps
from spikerate.study.errors import ConfigError

STEPS_IN_FASTEST = 10  # time steps, the least that the fastest time constant may span


def check_neuron(config: dict) -> None:
    """The synapse rises faster than it decays; the model takes its constants."""
    neuron = config["neuron"]
    for key, decay in _decays(config).items():
        if not neuron["tau_rise"] < decay:
            raise ConfigError(
                f"neuron.tau_rise must be below {key} = {decay:g} s, got {neuron['tau_rise']:g} s"
            )
    try:
        networks.constants(neuron)
    except ConstantError as error:
        raise ConfigError(f"neuron.{error.name} {error.text}") from None


def of_model(neuron: dict) -> dict:
    """Section `neuron` of a config without the constants of other models than its own."""
    known = _constants(neuron)
    others = {part.name for model in NEURONS.values() for part in fields(model)} - known.keys()
    return {name: value for name, value in neuron.items() if name not in others}


def _constants(neuron: dict) -> dict[str, str]:
    """Unit of each constant of the model of a neuron."""
    model = NEURONS[neuron.get("model", "lif")]
    return {part.name: part.metadata["unit"] for part in fields(model)}


def check_time_step(config: dict) -> None:
    """The fastest time constant spans enough steps, and tau_ref a whole number of them."""
    dt, neuron = config["dt"], config["neuron"]
    slow = [name for name, unit in _constants(neuron).items() if unit == "s" and name != "tau_ref"]
    times = {f"neuron.{name}": neuron[name] for name in (*slow, "tau_rise") if name in neuron}
    times |= _decays(config)
    key = min(times, key=lambda name: times[name])
    largest = times[key] / STEPS_IN_FASTEST
    if dt > largest * (1 + 1e-9):
        raise ConfigError(
            f"dt must be at most {largest:g} s, a tenth of the fastest time constant"
            f" {key} = {times[key]:g} s, got {dt:g} s"
        )
    whole_steps(neuron["tau_ref"], dt, "neuron.tau_ref")


def _decays(config: dict) -> dict[str, float]:
    """Decay times of the synapses (s) by key: the neuron's, and those that tasks set."""
    own = {f"tasks.{name}.tau_decay": task.get("tau_decay")
           for name, task in config["tasks"].items()}  # fmt: skip
    return {"neuron.tau_decay": config["neuron"]["tau_decay"]} | {
        key: decay for key, decay in own.items() if decay is not None
    }
