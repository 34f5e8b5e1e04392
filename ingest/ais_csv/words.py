"""What the files say in words, as the numbers of AIS (ITU-R M.1371)."""

from __future__ import annotations

from typing import Final

#: AIS type of message by "Type of mobile" and by MarineCadastre's transceiver class. The files do
#: not tell 1, 2 and 3 apart.
KINDS: Final[dict[str, int]] = {
    "class a": 1, "a": 1, "class b": 18, "b": 18, "base station": 4, "aton": 21,
    "sar airborne": 9, "search and rescue transponder": 1, "sart": 1, "man overboard device": 1,
}  # fmt: skip
POSITION_REPORT: Final = 1  # where the file names none that we know
AIRCRAFT: Final = 9

STATUSES: Final[dict[str, int]] = {
    "under way using engine": 0, "at anchor": 1, "not under command": 2,
    "restricted maneuverability": 3, "restricted manoeuverability": 3,
    "restricted manoeuvrability": 3, "constrained by her draught": 4, "moored": 5, "aground": 6,
    "engaged in fishing": 7, "under way sailing": 8, "reserved for future amendment [hsc]": 9,
    "reserved for future amendment [wig]": 10, "power-driven vessel towing astern": 11,
    "power-driven vessel pushing ahead or towing alongside": 12, "ais-sart": 14,
    "ais-sart (active)": 14,
}  # fmt: skip

#: Types that stand for a range have its first number. "Reserved" and "Undefined" say nothing.
SHIP_TYPES: Final[dict[str, int]] = {
    "wig": 20, "wing in ground": 20, "fishing": 30, "towing": 31, "towing long/wide": 32,
    "dredging": 33, "diving": 34, "military": 35, "sailing": 36, "pleasure": 37, "hsc": 40,
    "pilot": 50, "sar": 51, "tug": 52, "port tender": 53, "anti-pollution": 54,
    "anti pollution": 54, "law enforcement": 55, "spare 1": 56, "spare 2": 57, "medical": 58,
    "not party to conflict": 59, "ships according to rr": 59, "passenger": 60, "cargo": 70,
    "tanker": 80, "other": 90,
}  # fmt: skip

#: What stands for nothing in a column of texts.
NOTHING: Final = frozenset({"", "unknown", "undefined", "unknown value", "null", "n/a"})
