"""What the register says of two source tracks, an MMSI and a BeiDou address."""

from __future__ import annotations

from typing import Final

import numpy as np

from models.fusion.filters import Int
from models.fusion.ground import Ground
from models.fusion.sources import Sources

#: What the register says: nothing that speaks against it; that they are one; that they are not.
OPEN: Final = 0
SAME: Final = 1
APART: Final = 2


def relation(sources: Sources, ais: Int, beidou: Int, ground: Ground) -> Int:
    """`OPEN`, `SAME` or `APART` for tracks of AIS with tracks of BeiDou, shape (n,).

    A boat may send another's MMSI, so what the register says is not the last word: see `linking`.
    """
    target, partner = sources.text["target"], ground.partner
    said = []
    for a, b in zip(target[ais].tolist(), target[beidou].tolist(), strict=True):
        known, other = partner.get(a), partner.get(b)
        open_ = known in (None, "") and other in (None, "", a)
        said.append(SAME if known == b and other in (None, "", a) else OPEN if open_ else APART)
    return np.array(said, np.int64)
