"""Which column of a file says what, by its header."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Our names by theirs, without `#`, blanks and underscores, in lower case.
NAMES: Final[dict[str, str]] = {
    "timestamp": "time", "basedatetime": "time", "typeofmobile": "kind", "transceiverclass": "kind",
    "transceiver": "kind", "mmsi": "mmsi", "latitude": "lat", "lat": "lat", "longitude": "lon",
    "lon": "lon", "navigationalstatus": "status", "status": "status", "rot": "rot", "sog": "speed",
    "cog": "course", "heading": "heading", "imo": "imo", "callsign": "call_sign", "name": "name",
    "vesselname": "name", "shiptype": "ship_type", "vesseltype": "ship_type", "width": "beam",
    "length": "length", "draught": "draught", "draft": "draught", "destination": "destination",
}  # fmt: skip
NEEDED: Final = ("time", "mmsi", "lat", "lon")
MOST_COLUMNS: Final = 256
EXPECTED: Final = b"expected a Danish Maritime Authority or MarineCadastre header, got: "


@dataclass(frozen=True)
class Header:
    """A file's columns: how many, where each of ours is; whether days come before months."""

    n: int
    at: dict[str, int]
    day_first: bool


def header_of(line: bytes) -> Header | None:
    """The header that a line is; None where it is none.

    >>> header_of(b"mmsi,base_date_time,longitude,latitude").at["lat"]
    3
    >>> header_of(b"219000000,2025-01-01 00:00:00,9.5,55.5") is None
    True
    """
    names = line.decode("utf-8-sig", "replace").split(",")
    if not len(NEEDED) <= len(names) <= MOST_COLUMNS:
        return None
    plain = [name.strip(" #\"'\r\n\t").replace(" ", "").replace("_", "").lower() for name in names]
    at: dict[str, int] = {}
    for place, name in enumerate(plain):
        if name in NAMES:
            at.setdefault(NAMES[name], place)
    if any(name not in at for name in NEEDED):
        return None
    return Header(len(names), at, plain[at["time"]] == "timestamp")
