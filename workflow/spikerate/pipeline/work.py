"""The unit in which costs are counted: seconds on the reference machine, by piece of work."""

from __future__ import annotations


class Work(dict[str, float]):
    """Seconds on the reference machine, by piece of work, a key of `timings.PIECES`."""

    def __add__(self, other: Work) -> Work:
        return Work({piece: self.get(piece, 0.0) + other.get(piece, 0.0) for piece in self | other})

    def __mul__(self, count: float) -> Work:
        return Work({piece: seconds * count for piece, seconds in self.items()})
