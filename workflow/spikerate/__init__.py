"""FORCE-trained spiking networks and their parameter-matched rate twins.

What a user of the library needs is here: `spikerate.draw`, `spikerate.train` and the other names of
`__all__`. They are imported when they are first asked for: a job needs only some of them.
"""

__version__ = "0.1.0"
__all__ = [
    "LIF", "NEURONS", "RULES", "TASKS", "DoubleExponential", "Neuron", "Weights", "build", "draw",
    "l2_error", "make_task", "nrmse", "run", "state_of", "train", "transfer",
]  # fmt: skip


def __getattr__(name: str) -> object:
    """Public name, imported when it is first asked for."""
    if name in __all__:
        from spikerate.public import named

        return named(name)
    raise AttributeError(f"module 'spikerate' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Public names too, for completion and help."""
    return sorted({*globals(), *__all__})
