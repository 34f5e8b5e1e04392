"""Lots drawn from a seed by a hash: the same on every machine and in every version of NumPy."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Lots:
    """Draws by name from a seed. Who knows the seed knows them all: it is to be kept secret until
    the night is over."""

    seed: str

    def below(self, most: int, *name: object) -> int:
        """One of 0 … most − 1, each as likely (to one in 2⁴⁰ for any count met here)."""
        text = "\x1f".join([self.seed, *map(str, name)])
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) % most

    def order(self, count: int, *name: object) -> list[int]:
        """0 … count − 1 in an order drawn by lot."""
        return sorted(range(count), key=lambda i: (self.below(1 << 64, *name, i), i))
