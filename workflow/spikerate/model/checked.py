"""Arguments of the library, checked once at the door; each error names the argument."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def array(value: Any, name: str, dtype: Any = float) -> NDArray[Any]:
    """Array of numbers from anything that holds them, sparse matrices of SciPy too.

    Raises
    ------
    ValueError
        if it does not hold numbers in rows of one length.
    """
    value = value.toarray() if hasattr(value, "toarray") else value
    try:
        return np.asarray(value, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be an array of numbers, got {error}") from None


def whole(value: Any, name: str, least: int) -> int:
    """Whole number of at least so much.

    Raises
    ------
    ValueError
        if it is anything else.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{name} must be a whole number, {least} or more, got {value!r}")
    return int(value)
