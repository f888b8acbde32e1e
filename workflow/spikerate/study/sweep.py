"""What a study sweeps: tasks, learning rates, and the settings of each task and its networks."""

from __future__ import annotations

from collections.abc import Iterable

NETWORK_KEYS = (
    "seed", "dt", "numerics", "engine", "product_precision", "product_width", "reservoir_draws",
)  # fmt: skip
PAPER = "paper: N = 2000, 40 x 40 grid"


def swept(config: dict) -> list[str]:
    """Return the tasks that are swept."""
    return [task for task, words in config["sweep"]["tasks"].items() if words]


def analysed(config: dict) -> list[str]:
    """Return the tasks whose spectra are analysed."""
    return [task for task, points in config["spectra"]["tasks"].items() if points]


def learning_rates(config: dict, task: str) -> dict[str, float]:
    """Learning rates of a task that are swept, by name, slowest first."""
    rates = config["tasks"][task]["learning_rates"]
    words = {word: rates[word] for word in config["sweep"]["tasks"].get(task, [])}
    return dict(sorted(words.items(), key=lambda item: item[1]))


def task_settings(config: dict, task: str) -> dict:
    """Return the settings of a task: its own where it has them, else those of the study.

    Returns
    -------
    dict with the keys of `tasks.<task>` in the config, and `neuron` (its constants), `sparsity`,
    `neurons`, `grid` and `chunk`
    """
    own = dict(config["tasks"][task])
    neuron = config["neuron"] | {n: own.pop(n) for n in ("tau_decay",) if n in own}
    chunk = own.pop("chunk", {})
    chunk = {s: sizes | chunk.get(s, {}) for s, sizes in config["sweep"]["chunk"].items()}
    return {"grid": config["grid"], **config["network"], **own, "chunk": chunk, "neuron": neuron}


def grid_shape(settings: dict) -> tuple[int, int]:
    """Rows (Q) and columns (G) of the grid of a task, from its `task_settings`."""
    grid = settings["grid"]
    return grid["encoder_strength"]["points"], grid["reservoir_strength"]["points"]


def network_settings(
    config: dict,
    task: str | None = None,
    *,
    kind: str | None = None,
    draw: int = 0,
    neurons: int | None = None,
) -> dict:
    """Return the values of `networks.Settings`.

    Parameters
    ----------
    task : its own constants override those of the study; None takes the study's
    kind : of the networks; None is both. Spiking networks have no product, and take no precision.
    neurons : size of the network; None takes that of the task or the study
    """
    own = {"neuron": config["neuron"], **config["network"]}
    if task:
        own |= task_settings(config, task)
    if neurons:
        own["neurons"] = neurons
    names = [name for name in NETWORK_KEYS if (name, kind) != ("product_precision", "spiking")]
    study = {name: config[name] for name in names}
    return study | {"draw": draw} | {name: own[name] for name in ("neurons", "sparsity", "neuron")}


def training(config: dict, task: str) -> dict:
    """Return the values of `settings.Training`."""
    own = config["tasks"][task]
    return {name: own[name] for name in ("update_every", "warm_up")} | config["learning"]


def demonstration(config: dict, task: str) -> dict[str, dict]:
    """Return the values of the `settings`, `training` and `course` of a demonstration."""
    course = dict(config["demonstrations"][task])
    settings = network_settings(config, task, neurons=course.pop("neurons"))
    training = {"update_every": course.pop("update_every")} | config["learning"]
    course["alpha"] = course.pop("learning_rate")
    return {"settings": settings | {"product_width": 1}, "training": training, "course": course}


def scale_text(config: dict, tasks: Iterable[str]) -> str:
    """One line that gives the scale at which tasks were swept, for the foot of a figure."""
    scales: dict[str, list[str]] = {}
    for task in tasks:
        settings = task_settings(config, task)
        q, g = grid_shape(settings)
        scales.setdefault(f"N = {settings['neurons']}, {q} x {g} grid", []).append(task)
    parts = [scale if len(scales) == 1 else f"{', '.join(names)} {scale}"
             for scale, names in scales.items()]  # fmt: skip
    draws = "1 draw" if config["draws"] == 1 else f"{config['draws']} draws"
    return (
        f"study {config['study']}: {'; '.join(parts)}; {draws}, {config['numerics']} numerics"
        f" ({PAPER})"
    )
