"""What the register says of two source tracks, an MMSI and a BeiDou address."""

from __future__ import annotations

import numpy as np

from models.fusion.filters import Bool, Int
from models.fusion.ground import Ground
from models.fusion.sources import Sources


def may_be_one(sources: Sources, ais: Int, beidou: Int, ground: Ground) -> Bool:
    """Whether the register leaves it open that an MMSI and a BeiDou address are one vessel's.

    A boat may send another's MMSI, so what the register says is not the last word: see `linking`.
    """
    mine, theirs = sources.text["target"][ais], sources.text["target"][beidou]
    known = [ground.partner.get(a) for a in mine.tolist()]
    other = [ground.partner.get(b) for b in theirs.tolist()]
    rows = zip(known, other, mine.tolist(), theirs.tolist(), strict=True)
    return np.array([k in (None, "", b) and o in (None, "", a) for k, o, a, b in rows], np.bool_)


def registered(sources: Sources, one: Int, two: Int, ground: Ground) -> Bool:
    """Whether the register has them as one vessel."""
    mine, theirs = sources.text["target"][one].tolist(), sources.text["target"][two].tolist()
    both = zip(mine, theirs, strict=True)
    return np.array([ground.partner.get(a) == b for a, b in both], np.bool_)
