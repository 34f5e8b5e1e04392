"""How gangs behave ashore: wide ranges, from which each gang draws its own.

Two sets that differ, as in `simulate.priors`: a seed has that of its priors. No detector may know
any number of this file. Both ends are included; shares are per cent.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from simulate.dice import Dice
from simulate.priors import Range, priors_of


@dataclass(frozen=True)
class Manner:
    """One gang's way with its trucks.

    Attributes
    ----------
    wait_m, ahead_min
        How far before the quay the trucks wait, along its road, and from how long before berthing.
    late
        Trucks that come straight to the quay.
    known, with_terminal, unplugged
        Trucks in the site's register; strangers that have a terminal; terminals that go silent.
    raised, damaged
        Bars that are opened, or broken; the rest stay as they are.
    """

    wait_m: int
    ahead_min: int
    late: int
    known: int
    with_terminal: int
    unplugged: int
    raised: int
    damaged: int


_TUNING: dict[str, Range] = {
    "wait_m": (500, 2_000), "ahead_min": (15, 45), "late": (10, 25), "known": (30, 50),
    "with_terminal": (25, 45), "unplugged": (35, 60), "raised": (45, 65), "damaged": (8, 18),
}  # fmt: skip
_TEST: dict[str, Range] = {
    "wait_m": (300, 2_600), "ahead_min": (10, 60), "late": (5, 40), "known": (20, 60),
    "with_terminal": (15, 55), "unplugged": (25, 75), "raised": (35, 75), "damaged": (4, 22),
}  # fmt: skip


def manner_of(seed: int, dice: Dice) -> Manner:
    """A gang's manner, from the ranges of its seed; `dice` is a stream of the gang's own.

    >>> manner_of(7, Dice(7, "gang")) == manner_of(7, Dice(7, "gang"))
    True
    """
    ranges = _TEST if priors_of(seed).name == "test" else _TUNING
    throw = dice.child("manner")
    return Manner(**{each.name: throw.between(*ranges[each.name]) for each in fields(Manner)})
