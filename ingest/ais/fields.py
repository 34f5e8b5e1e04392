"""The wire standard of AIS (ITU-R M.1371-5) as a table: one row a field.

`ingest.ais.payloads` reads these fields of all messages at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np


@dataclass(frozen=True)
class Field:
    """One field: first bit, width, whether it is signed."""

    start: int
    width: int
    signed: bool = False


Layout = dict[str, Field]


def _dimensions(start: int) -> Layout:
    widths = {"to_bow": 9, "to_stern": 9, "to_port": 6, "to_starboard": 6}
    layout = {}
    for name, width in widths.items():
        layout[name] = Field(start, width)
        start += width
    return layout


HEADER: Final[Layout] = {"type": Field(0, 6), "repeat": Field(6, 2), "mmsi": Field(8, 30)}

CLASS_A: Final[Layout] = {
    "status": Field(38, 4),
    "rot": Field(42, 8, signed=True),
    "speed": Field(50, 10),
    "accuracy": Field(60, 1),
    "lon": Field(61, 28, signed=True),
    "lat": Field(89, 27, signed=True),
    "course": Field(116, 12),
    "heading": Field(128, 9),
    "second": Field(137, 6),
    "maneuver": Field(143, 2),
    "raim": Field(148, 1),
}
BASE: Final[Layout] = {
    "year": Field(38, 14),
    "month": Field(52, 4),
    "day": Field(56, 5),
    "hour": Field(61, 5),
    "minute": Field(66, 6),
    "utc_second": Field(72, 6),
    "accuracy": Field(78, 1),
    "lon": Field(79, 28, signed=True),
    "lat": Field(107, 27, signed=True),
    "epfd": Field(134, 4),
    "raim": Field(148, 1),
}
AIRCRAFT: Final[Layout] = {
    "altitude": Field(38, 12),
    "speed": Field(50, 10),
    "accuracy": Field(60, 1),
    "lon": Field(61, 28, signed=True),
    "lat": Field(89, 27, signed=True),
    "course": Field(116, 12),
    "second": Field(128, 6),
    "raim": Field(147, 1),
}
DIFFERENTIAL: Final[Layout] = {"lon": Field(40, 18, signed=True), "lat": Field(58, 17, signed=True)}
CLASS_B: Final[Layout] = {
    "speed": Field(46, 10),
    "accuracy": Field(56, 1),
    "lon": Field(57, 28, signed=True),
    "lat": Field(85, 27, signed=True),
    "course": Field(112, 12),
    "heading": Field(124, 9),
    "second": Field(133, 6),
    "cs": Field(141, 1),
    "raim": Field(147, 1),
}
CLASS_B_EXTENDED: Final[Layout] = {
    **{name: CLASS_B[name] for name in CLASS_B if name not in ("cs", "raim")},
    "name": Field(143, 120),
    "ship_type": Field(263, 8),
    **_dimensions(271),
    "epfd": Field(301, 4),
    "raim": Field(305, 1),
}
AID: Final[Layout] = {
    "aid_type": Field(38, 5),
    "name": Field(43, 120),
    "accuracy": Field(163, 1),
    "lon": Field(164, 28, signed=True),
    "lat": Field(192, 27, signed=True),
    **_dimensions(219),
    "epfd": Field(249, 4),
    "second": Field(253, 6),
    "off_position": Field(259, 1),
    "raim": Field(268, 1),
    "virtual": Field(269, 1),
    "name_extension": Field(272, 84),
}
LONG_RANGE: Final[Layout] = {
    "accuracy": Field(38, 1),
    "raim": Field(39, 1),
    "status": Field(40, 4),
    "lon": Field(44, 18, signed=True),
    "lat": Field(62, 17, signed=True),
    "speed": Field(79, 6),
    "course": Field(85, 9),
    "gnss": Field(94, 1),
}
STATIC_A: Final[Layout] = {
    "imo": Field(40, 30),
    "call_sign": Field(70, 42),
    "name": Field(112, 120),
    "ship_type": Field(232, 8),
    **_dimensions(240),
    "draught": Field(294, 8),
    "destination": Field(302, 120),
}
PART_A: Final[Layout] = {"name": Field(40, 120)}
PART_B: Final[Layout] = {
    "ship_type": Field(40, 8),
    "call_sign": Field(90, 42),
    **_dimensions(132),
}

#: Which layouts hold positions and claims. Type 24 is told apart by its part number.
POSITIONS: Final[dict[int, Layout]] = {
    **dict.fromkeys((1, 2, 3), CLASS_A),
    **dict.fromkeys((4, 11), BASE),
    9: AIRCRAFT,
    17: DIFFERENTIAL,
    18: CLASS_B,
    19: CLASS_B_EXTENDED,
    21: AID,
    27: LONG_RANGE,
}
CLAIMS: Final[dict[int, Layout]] = {5: STATIC_A, 19: CLASS_B_EXTENDED, 21: AID}
PART_NUMBER: Final = Field(38, 2)
#: By type number, which a six-bit field may put up to 63.
CARRIES_POSITION: Final = np.array([kind in POSITIONS for kind in range(64)])
CARRIES_CLAIM: Final = np.array([kind in CLAIMS or kind == 24 for kind in range(64)])

#: Fewest and most bits of a message of each type; what is outside is refused. Exact where the
#: standard is exact and positions are at stake, but for what real transmitters are seen to add:
#: two spare bits to type 5, zeros behind the name extension of type 21 (360 in the standard), a
#: whole slot for type 27 (96).
BITS: Final[dict[int, tuple[int, int]]] = {
    **dict.fromkeys((1, 2, 3, 4, 9, 11, 18), (168, 168)),
    5: (422, 426),
    17: (80, 816),
    19: (312, 312),
    21: (272, 372),
    24: (160, 168),
    27: (96, 168),
}
_OTHERS: Final = (40, 1064)  # counted only
LEAST_BITS: Final = np.array([BITS.get(t, _OTHERS)[0] for t in range(64)])
MOST_BITS: Final = np.array([BITS.get(t, _OTHERS)[1] for t in range(64)])
