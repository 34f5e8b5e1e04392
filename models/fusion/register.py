"""What the register says of two source tracks, an MMSI and a BeiDou address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from core.compiled import compiled
from models.fusion.filters import Int
from models.fusion.ground import AIS_KIND, BEIDOU_KIND, Ground

#: What the register says: nothing that speaks against it; that they are one; that they are not.
OPEN: Final = 0
SAME: Final = 1
APART: Final = 2
#: Numbers of what is not in the register, and of a partner where it knows of none.
UNKNOWN: Final = -2
NONE: Final = -1

#: Of each source track its kind, its own number and its partner's.
Registered = tuple[Int, Int, Int]


def numbers(targets: Sequence[str], ground: Ground) -> tuple[Int, Int]:
    """Of targets their numbers in the register, and those of their partners there, shapes (n,)."""
    number, partner = ground.number, ground.partner
    own = [number.get(target, UNKNOWN) for target in targets]
    other = [number[partner[target]] if target in partner else UNKNOWN for target in targets]
    return np.array(own, np.int64), np.array(other, np.int64)


@compiled
def relation(registered: Registered, a: int, b: int) -> int:
    """`OPEN`, `SAME` or `APART` for two tracks; `OPEN` where they are not AIS with BeiDou.

    A boat may send another's MMSI, so what the register says is not the last word: see `linking`.
    """
    kind, own, partner = registered
    if kind[a] != AIS_KIND or kind[b] != BEIDOU_KIND:
        return OPEN
    theirs_fits = partner[b] < 0 or partner[b] == own[a]
    if theirs_fits and partner[a] >= 0 and partner[a] == own[b]:
        return SAME
    return OPEN if theirs_fits and partner[a] < 0 else APART
