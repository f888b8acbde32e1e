"""Kernels compiled by Numba and kept on disk, by what they are compiled from.

A kernel is a function in which some names stand for equations that the model passes. It is compiled
together with these and with all functions that they use. The name of its folder on disk is a hash
of all of them, so that a kernel is compiled again after an edit of any, whatever file it is in.
"""

from __future__ import annotations

import builtins
import contextlib
import dis
import hashlib
import math
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

# no fast-math: sums are evaluated as written
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
MODULES = (np, math)  # whose functions Numba knows
NUMBERS = (bool, int, float, str, tuple)


@cache
def compiled(kernel: FunctionType, **equations: FunctionType) -> Callable[..., Any]:
    """Kernel with its equations, compiled at its first call or loaded from disk.

    Raises
    ------
    TypeError
        if it uses anything but functions, numbers, and the modules numpy and math.
    """
    from numba import njit  # only in functions: the reference works without Numba

    function, text = _bound(kernel, equations)
    folder = _folder(f"{kernel.__name__}-{_digest(text)}")
    with _kept_in(folder):
        dispatcher: Callable[..., Any] = njit(cache=folder is not None, **OPTIONS)(function)
    return dispatcher


def _bound(function: FunctionType, equations: dict[str, FunctionType]) -> tuple[FunctionType, str]:
    """Copy of a function whose globals are only what it uses, and a text of all of it.

    A closure is refused: Numba identifies closures by numbers that differ in each process.
    """
    if function.__closure__:
        raise TypeError(f"{function.__qualname__} must not use variables of a function around it")
    used: dict[str, Any] = {}
    texts = [_code(function.__code__), repr(function.__defaults__)]
    for name in sorted(_globals(function.__code__)):
        if name in equations or name in function.__globals__:
            value = equations.get(name, function.__globals__.get(name))
            used[name], text = _used(function, name, value, equations)
            texts.append(f"{name} = {text}")
        elif not hasattr(builtins, name):
            raise TypeError(f"{function.__qualname__} uses {name}, which stands for nothing")
    names = {"__builtins__": builtins, "__name__": function.__module__}
    copy = FunctionType(function.__code__, names | used, function.__name__, function.__defaults__)
    return copy, "\n".join(texts)


def _used(
    function: FunctionType, name: str, value: object, equations: dict[str, FunctionType]
) -> tuple[object, str]:
    """Value that a name has in a compiled function, and a text of it."""
    from numba import njit

    if isinstance(value, FunctionType):
        inner, text = _bound(value, equations)
        return njit(**OPTIONS)(inner), _digest(text)
    if isinstance(value, NUMBERS):
        return value, repr(value)
    if isinstance(value, ModuleType) and value in MODULES:
        return value, value.__name__
    if isinstance(value, np.ufunc | BuiltinFunctionType):
        return value, value.__name__
    raise TypeError(
        f"{function.__qualname__} uses {name}: it may use functions and numbers by their names, and"
        " the modules numpy and math"
    )


def _globals(code: CodeType) -> set[str]:
    """Names of its module that a function, and the functions inside it, use."""
    found = {i.argval for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL"}
    return found.union(*(_globals(part) for part in code.co_consts if isinstance(part, CodeType)))


def _code(code: CodeType) -> str:
    """Text of what a function does, without its place in the file and its docstring."""
    constants = [
        _code(part) if isinstance(part, CodeType) else repr(part)
        for part in code.co_consts
        if part != code.co_consts[0] or not isinstance(part, str)  # the docstring
    ]
    parts = (code.co_code.hex(), code.co_names, code.co_varnames, constants)
    return repr((*parts, code.co_argcount, code.co_flags, code.co_exceptiontable.hex()))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _folder(name: str) -> Path | None:
    """Folder of a compiled kernel, beside the code or in the user's cache; None if neither works.

    No shared folder is used: anyone who can write to it could have us run their code.
    """
    for parent in _parents():
        with contextlib.suppress(OSError):
            folder = parent / "kernels" / name
            folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                return folder
    return None


def _parents() -> Iterator[Path]:
    yield Path(__file__).parents[1] / "__pycache__"
    with contextlib.suppress(RuntimeError):  # there is no home directory
        yield Path(os.getenv("XDG_CACHE_HOME") or Path.home() / ".cache") / "spikerate"


@contextlib.contextmanager
def _kept_in(folder: Path | None) -> Iterator[None]:
    """Have Numba keep the kernels made in this block in a folder."""
    from numba import config

    settings: Any = config  # Numba sets its names when it is imported
    before = settings.CACHE_DIR
    settings.CACHE_DIR = str(folder or before)
    try:
        yield
    finally:
        settings.CACHE_DIR = before
