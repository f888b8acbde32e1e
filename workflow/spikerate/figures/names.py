"""What readers call the tasks, and their outputs where those have names."""

from __future__ import annotations

TASKS = {"ode_to_joy": "Ode to Joy", "fourier": "Fourier", "lorenz": "Lorenz attractor"}
OUTPUTS = {"ode_to_joy": ("pitch", "CDEFG"), "lorenz": ("output", "xyz")}


def name(task: str) -> str:
    """What readers call a task."""
    return TASKS.get(task, task.replace("_", " ").capitalize())


def plain(text: str) -> str:
    """Text with the names by which readers know the tasks."""
    for task, known in TASKS.items():
        text = text.replace(task, known)
    return text
