"""The sentences of BeiDou terminals as a table, and their fields as columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from ingest.nmea.fields import Fields, Floats
from ingest.nmea.lines import MAX_LINE
from ingest.nmea.sentences import Lines, Sentences
from ingest.nmea.text import NONE, Bools, Ints, Words

TALKERS: Final = ("BD", "GB", "GN")
MESSAGES: Final = ("TXR", "TCI")

#: Which field of a sentence says what (NMEA 0183 4.11; DWR as in the recording contract).
LAYOUTS: Final[dict[str, dict[str, int]]] = {
    "RMC": {"time": 1, "status": 2, "lat": 3, "lon": 5, "speed": 7, "course": 8, "mode": 12},
    "GGA": {"time": 1, "lat": 2, "lon": 4, "quality": 6, "satellites": 7, "hdop": 8},
    "GNS": {"time": 1, "lat": 2, "lon": 4, "mode": 6, "satellites": 7, "hdop": 8},
    "VTG": {"course": 1, "speed": 5, "speed_kmh": 7, "mode": 9},
    "DWR": {
        "type": 1, "address": 2, "time": 3, "lat": 4, "lon": 6,
        "precision": 12, "sos": 13, "multiple": 14,
    },
}  # fmt: skip

#: One standard deviation of a range to a satellite, by how the fix was made (letters of the mode
#: field; GGA's quality after them): alone 5 m, which is what BeiDou and GPS promise at sea with
#: the receiver's own share; corrected 2 m; carrier phase, floating 1 m and fixed 0.5 m, for a mast
#: sways. Times HDOP it is the position's. Dead reckoning (E) has no known error.
RANGE_SIGMA_M: Final = {"R": 0.5, "F": 1.0, "P": 2.0, "D": 2.0, "A": 5.0, "E": np.nan}
QUALITY_MODES: Final = {1: "A", 2: "D", 3: "P", 4: "R", 5: "F", 6: "E", 9: "A"}
#: A report by the master station says whether its error is below 20 m or below 100 m.
PRECISION_SIGMA_M: Final = (20.0, 100.0)
HDOP_MOST: Final = 50.0  # 99.99 stands for "not available"
SPEED_MOST_KN: Final = 102.2  # what AIS can say; no vessel here is faster
KMH_PER_KN: Final = 1.852

_DAMAGED_MODES: Final = "NMS"  # no fix; typed in by hand; simulated


def wanted(sentences: Sentences) -> Bools:
    """Positions, velocities and reports of the talkers BD, GB and GN; short messages."""
    char, begin = sentences.text.bytes, sentences.begin
    ours = np.zeros(sentences.count, np.bool_)
    for first, second in TALKERS:
        ours |= (char[begin + 1] == ord(first)) & (char[begin + 2] == ord(second))
    return ours & sentences.formatter_is("$", *LAYOUTS, *MESSAGES)


def mended(sentences: Sentences, lines: Lines) -> Sentences:
    """A short message may hold `$`, `!`, `*`: one that is not whole is tried to its line's end."""
    rows = np.flatnonzero(sentences.formatter_is("$", *MESSAGES))
    rows = rows[wanted(sentences.take(rows)) & ~sentences.take(rows).whole] if len(rows) else rows
    if not len(rows):
        return sentences
    text = sentences.text
    end = lines.end[sentences.line[rows]]
    star = text.stars[np.maximum(np.searchsorted(text.stars, end - 2) - 1, 0)]
    there = (star > sentences.begin[rows]) & (star + 2 < end)
    longer = Sentences(
        text, sentences.line[rows], sentences.begin[rows], end, np.where(there, star, NONE)
    )
    good = longer.whole
    limit, stars = sentences.limit.copy(), sentences.star.copy()
    limit[rows[good]], stars[rows[good]] = end[good], star[good]
    # What begins inside a message is no sentence.
    reach = np.maximum.accumulate(np.concatenate([np.zeros(1, np.int64), limit[:-1]]))
    return Sentences(text, sentences.line, sentences.begin, limit, stars).take(
        sentences.begin >= reach
    )


def sample(content: bytes) -> bytes:
    """What may be kept of a refused line: of private correspondence, its kind and length only."""
    at = max(content.rfind(b"$"), 0)
    name = content[at + 1 : at + 6]
    if any(content[at + 3 : at + 7] == b"%s," % kind.encode() for kind in LAYOUTS):
        return content
    shown = b"$" + name if name.isalpha() and content[at : at + 1] == b"$" else b""
    size = b"%d" % len(content) if len(content) <= MAX_LINE else b"over %d" % MAX_LINE
    return shown + b"<" + size + b" bytes>"


@dataclass(frozen=True)
class Reports:
    """What some sentences of known layouts say; arrays of one length, NaN and NONE for nothing.

    `fix` tells whether the sentence claims a position (or calls for help without one),
    `malformed` whether a field is not what it should be.
    """

    time: Ints
    lon: Floats
    lat: Floats
    sigma_m: Floats
    speed_kn: Floats
    course_deg: Floats
    fix: Bools
    malformed: Bools
    address: Words  # of DWR; 0 for others
    velocity: Bools  # VTG
    detail: dict[str, Ints | Words] = field(default_factory=dict)


def reports(sentences: Sentences) -> Reports:
    """Read whole sentences of the layouts; others are left empty."""
    n = sentences.count
    nothing = [np.full(n, np.nan) for _ in range(5)]
    false = [np.zeros(n, np.bool_) for _ in range(3)]
    detail: dict[str, Ints | Words] = {
        "sentence": sentences.text.words(sentences.begin + 1, np.full(n, 5), 1)[:, 0],
        "mode": np.zeros(n, np.uint64),
        **{name: np.full(n, NONE) for name in ("quality", "satellites", "type", "precision")},
        **{name: np.zeros(n, np.int64) for name in ("sos", "multiple")},
    }
    lon, lat, sigma, speed, course = nothing
    fix, malformed, velocity = false
    time, address = np.full(n, NONE), np.zeros(n, np.uint64)
    for name, layout in LAYOUTS.items():
        rows = np.flatnonzero(sentences.formatter_is("$", name))
        if not len(rows):
            continue
        fields = Fields(sentences.take(rows))
        claimed, range_sigma = _fix(fields, layout)
        fix[rows], velocity[rows] = claimed, "lat" not in layout
        wrong = np.zeros(len(rows), np.bool_)
        if "time" in layout:
            time[rows] = fields.time_of_day(layout["time"])
            wrong |= fields.given(layout["time"]) & (time[rows] < 0)
        if "lat" in layout:
            lat[rows] = fields.degrees(layout["lat"], "N", "S", 90)
            lon[rows] = fields.degrees(layout["lon"], "E", "W", 180)
            there = fields.given(layout["lat"]) | fields.given(layout["lon"])
            half = np.isnan(lat[rows]) | np.isnan(lon[rows])
            lat[rows[half]] = lon[rows[half]] = np.nan
            wrong |= claimed & there & half
            fix[rows] &= there & ~((lat[rows] == 0) & (lon[rows] == 0))
        if "speed" in layout:
            speed[rows], course[rows] = _velocity(fields, layout, claimed)
        if "hdop" in layout:
            hdop = fields.number(layout["hdop"])
            sigma[rows] = np.where((hdop > 0) & (hdop < HDOP_MOST), hdop * range_sigma, np.nan)
        if name == "DWR":
            address[rows], sigma[rows], odd = _subordinate(fields, layout, detail, rows)
            sos = detail["sos"][rows] == 1  # a call for help counts without a place, too
            fix[rows] |= sos
            wrong = wrong & ~sos | odd
        if "mode" in layout:
            detail["mode"][rows] = fields.word(layout["mode"])
        for key in ("quality", "satellites"):
            if key in layout:
                detail[key][rows] = fields.digits(layout[key])
        malformed[rows] = wrong
    return Reports(time, lon, lat, sigma, speed, course, fix, malformed, address, velocity, detail)


def _fix(fields: Fields, layout: dict[str, int]) -> tuple[Bools, Floats]:
    """Whether a position is claimed, and the standard deviation of its ranges."""
    n = fields.sentences.count
    claimed, sigma = np.ones(n, np.bool_), np.full(n, np.nan)
    if "status" in layout:
        claimed &= fields.letter(layout["status"]) == ord("A")
    if "quality" in layout:
        quality = fields.digits(layout["quality"])
        claimed &= np.isin(quality, list(QUALITY_MODES))
        for number, mode in QUALITY_MODES.items():
            sigma[quality == number] = RANGE_SIGMA_M[mode]
    if "mode" in layout:
        letters = fields.word(layout["mode"]).view(np.uint8).reshape(n, 8)
        used = ~np.isin(letters, [0, *_DAMAGED_MODES.encode()])
        claimed &= used.any(axis=1) | (letters[:, 0] == 0)
        for mode in reversed(RANGE_SIGMA_M):
            sigma[(letters == ord(mode)).any(axis=1)] = RANGE_SIGMA_M[mode]
    return claimed, sigma


def _velocity(fields: Fields, layout: dict[str, int], valid: Bools) -> tuple[Floats, Floats]:
    speed, course = fields.number(layout["speed"]), fields.number(layout["course"])
    if "speed_kmh" in layout:
        kmh = fields.number(layout["speed_kmh"])
        speed = np.where(np.isnan(speed), kmh / KMH_PER_KN, speed)
    speed = np.where(valid & (speed >= 0) & (speed <= SPEED_MOST_KN), speed, np.nan)
    return speed, np.where(valid & (course >= 0) & (course < 360), course, np.nan)


def _subordinate(
    fields: Fields, layout: dict[str, int], detail: dict[str, Ints | Words], rows: Ints
) -> tuple[Words, Floats, Bools]:
    """Address, sigma and faults of reports on subordinate terminals; their flags into `detail`."""
    begin, end = fields.span(layout["address"])
    odd = (end - begin != 7) | (fields.digits(layout["address"]) < 0)
    for name in ("precision", "sos", "multiple"):
        flag = fields.letter(layout[name]).astype(np.int64) - ord("0")
        odd |= (flag != 0) & (flag != 1)
        detail[name][rows] = flag
    detail["type"][rows] = fields.digits(layout["type"])
    precise = np.clip(detail["precision"][rows].astype(np.int64), 0, 1)
    return fields.word(layout["address"]), np.array(PRECISION_SIGMA_M)[precise], odd
