"""Checks of arguments; each error names the argument."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def array(value: Any, name: str, dtype: Any = float) -> NDArray[Any]:
    """Array of numbers from an array, a list, a number or a sparse matrix of SciPy.

    Raises
    ------
    ValueError
        if it does not hold numbers, or its rows differ in length.
    """
    value = value.toarray() if hasattr(value, "toarray") else value
    try:
        return np.asarray(value, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be an array of numbers, got {error}") from None


def whole(value: Any, name: str, least: int) -> int:
    """Whole number that is at least `least`.

    Raises
    ------
    ValueError
        if the value is anything else.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{name} must be a whole number, {least} or more, got {value!r}")
    return int(value)
