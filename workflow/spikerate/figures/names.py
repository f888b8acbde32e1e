"""Names of the tasks for readers, and of their outputs where those have names."""

from __future__ import annotations

TASKS = {"ode_to_joy": "Ode to Joy", "fourier": "Fourier", "lorenz": "Lorenz attractor"}
OUTPUTS = {"ode_to_joy": ("pitch", "CDEFG"), "lorenz": ("output", "xyz")}


def name(task: str) -> str:
    """Name of a task for readers."""
    return TASKS.get(task, task.replace("_", " ").capitalize())


def readable(text: str) -> str:
    """Text in which each task has its name for readers."""
    for task, known in TASKS.items():
        text = text.replace(task, known)
    return text
