"""The constants of the neuron, and the time step that they need."""

from __future__ import annotations

from spikerate.study.checks.times import whole_steps
from spikerate.study.errors import ConfigError

STEPS_IN_FASTEST = 10  # time steps, the least that the fastest time constant may span
LEAST_CLIMB = 0.1  # mV from reset to threshold; less means that voltages were given in V


def check_neuron(config: dict) -> None:
    """The synapse rises faster than it decays; the neuron resets below its threshold."""
    neuron = config["neuron"]
    for key, decay in _decays(config).items():
        if not neuron["tau_rise"] < decay:
            raise ConfigError(
                f"neuron.tau_rise must be below {key} = {decay:g} s, got {neuron['tau_rise']:g} s"
            )
    reset, threshold = neuron["v_reset"], neuron["v_threshold"]
    if not reset < threshold:
        raise ConfigError(
            f"neuron.v_reset must be below neuron.v_threshold = {threshold:g} mV, got {reset:g} mV"
        )
    if threshold - reset < LEAST_CLIMB:
        raise ConfigError(
            f"neuron.v_threshold must be at least {LEAST_CLIMB:g} mV above neuron.v_reset ="
            f" {reset:g} mV, got {threshold:g} mV; voltages are in mV, not in V"
        )


def check_time_step(config: dict) -> None:
    """The fastest time constant spans enough steps, and tau_ref a whole number of them."""
    dt, neuron = config["dt"], config["neuron"]
    times = {f"neuron.{name}": neuron[name] for name in ("tau_m", "tau_rise")} | _decays(config)
    key = min(times, key=times.get)
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
