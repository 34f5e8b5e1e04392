"""Seeded throws in whole numbers: the same seed gives the same night on every machine."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


class Dice:
    """A stream of throws that depends on a seed and on the names of what it is thrown for.

    Streams with different names are independent: a scene that throws once more leaves the others
    as they were.

    >>> Dice(7, "ferries").between(1, 6) == Dice(7, "ferries").between(1, 6)
    True
    """

    def __init__(self, seed: int, *names: str) -> None:
        self._seed, self._names = seed, names
        words = [seed & 0xFFFFFFFF, seed >> 32, *(zlib.crc32(name.encode()) for name in names)]
        self._generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))

    @property
    def seed(self) -> int:
        """What it grew from."""
        return self._seed

    def child(self, name: object) -> Dice:
        """A stream of its own for a part of what this one is for."""
        return Dice(self._seed, *self._names, str(name))

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return int(self._generator.integers(low, high + 1))

    def chance(self, percent: int) -> bool:
        """True this many times in a hundred."""
        return bool(self._generator.integers(100) < percent)

    def pick(self, from_: Sequence[T]) -> T:
        """One of them."""
        return from_[int(self._generator.integers(len(from_)))]

    def shuffled(self, them: Sequence[T]) -> list[T]:
        """All of them, in a random order."""
        return [them[i] for i in self._generator.permutation(len(them))]

    def many(self, low: int, high: int, count: int) -> NDArray[np.int64]:
        """Shape (count,): whole numbers from `low` to `high`, both included."""
        return self._generator.integers(low, high + 1, size=count)

    def bell(self, sigma: float, count: int) -> NDArray[np.float64]:
        """Shape (count,): bell-shaped around 0 (six dice added up), exact on every machine."""
        total = self._generator.integers(-500, 501, size=(count, 6)).sum(axis=1)
        return np.asarray(
            total * (sigma / 707.8), np.float64
        )  # sd of the sum: sqrt(6 * (1001**2 - 1) / 12)
