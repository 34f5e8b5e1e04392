"""TTM and TLL as a table, and their fields as columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from geo.plane import NAUTICAL_MILE_M
from ingest.nmea.fields import Fields, Floats
from ingest.nmea.sentences import Sentences
from ingest.nmea.tagblocks import names
from ingest.nmea.text import NONE, Bools, Ints

#: Which field of a sentence says what (NMEA 0183 4.11).
LAYOUTS: Final[dict[str, dict[str, int]]] = {
    "TTM": {
        "number": 1, "range": 2, "bearing": 3, "speed": 5, "course": 6, "unit": 10, "name": 11,
        "status": 12, "reference": 13, "time": 14, "acquisition": 15,
    },
    "TLL": {"number": 1, "lat": 2, "lon": 4, "name": 6, "time": 7, "status": 8, "reference": 9},
}  # fmt: skip

STATUTE_MILE_M: Final = 1609.344
#: Metres of one unit of range by TTM's unit field; the same unit an hour is the speed's.
UNITS_M: Final = {"K": 1000.0, "N": NAUTICAL_MILE_M, "S": STATUTE_MILE_M}
SPEED_MOST_KN: Final = 102.2  # what AIS can say; a faster target is no vessel
NUMBER_MOST: Final = 99_999  # NMEA has two digits, newer radars more
LOST: Final = ord("L")


def wanted(sentences: Sentences) -> Bools:
    """TTM and TLL of any talker."""
    return sentences.formatter_is("$", *LAYOUTS)


@dataclass(frozen=True)
class Reports:
    """What some TTM and TLL say; arrays of one length, NaN and NONE for nothing.

    TTM has `range_m`, `bearing_deg` and where it counts from (`relative`: the radar's own zero),
    TLL `lon` and `lat`. `place` tells whether the sentence says where the target is. `detail`
    holds what else is said: letters as numbers, `name` as an index of `called`.
    """

    polar: Bools
    number: Ints
    time: Ints
    range_m: Floats
    bearing_deg: Floats
    relative: Bools
    lon: Floats
    lat: Floats
    speed_kn: Floats
    course_deg: Floats
    course_relative: Bools
    place: Bools
    lost: Bools
    malformed: Bools
    detail: dict[str, Ints]
    called: list[str]


def reports(sentences: Sentences) -> Reports:
    """Read whole TTM and TLL."""
    n = sentences.count
    polar = sentences.formatter_is("$", "TTM")
    number, time = np.full(n, NONE), np.full(n, NONE)
    column = {
        name: np.full(n, np.nan)
        for name in ("range_m", "bearing_deg", "lon", "lat", "speed_kn", "course_deg")
    }
    flag = {
        name: np.zeros(n, np.bool_)
        for name in ("relative", "course_relative", "place", "malformed")
    }
    detail = {name: np.zeros(n, np.int64) for name in ("status", "reference", "acquisition")}
    name_at = (np.full(n, NONE), np.full(n, NONE))
    for layout, rows in (
        (LAYOUTS["TTM"], np.flatnonzero(polar)),
        (LAYOUTS["TLL"], np.flatnonzero(~polar)),
    ):
        if not len(rows):
            continue
        fields = Fields(sentences.take(rows))
        number[rows], time[rows] = (
            fields.digits(layout["number"]),
            fields.time_of_day(layout["time"]),
        )
        name_at[0][rows], name_at[1][rows] = fields.span(layout["name"])
        for key in detail:
            if key in layout:
                detail[key][rows] = fields.letter(layout[key])
        if "range" in layout:
            place, wrong = _polar(fields, layout, column, flag, rows)
        else:
            place, wrong = _plain(fields, layout, column, rows)
        wrong |= (number[rows] < 0) | (number[rows] > NUMBER_MOST)
        wrong |= fields.given(layout["time"]) & (time[rows] < 0)
        flag["place"][rows], flag["malformed"][rows] = place, wrong
    lost = detail["status"] == LOST
    code, called = names(sentences.text, *name_at)
    return Reports(
        polar=polar, number=number, time=time,
        range_m=column["range_m"], bearing_deg=column["bearing_deg"], relative=flag["relative"],
        lon=column["lon"], lat=column["lat"], speed_kn=column["speed_kn"],
        course_deg=column["course_deg"], course_relative=flag["course_relative"],
        place=flag["place"], lost=lost, malformed=flag["malformed"],
        detail={**detail, "name": code}, called=called,
    )  # fmt: skip


def _polar(
    fields: Fields, layout: dict[str, int], column: dict[str, Floats], flag: dict[str, Bools],
    rows: Ints,
) -> tuple[Bools, Bools]:  # fmt: skip
    """Range, bearing, speed and course of TTM; whether there is a place, what is malformed."""
    unit_letter = fields.letter(layout["unit"])
    unit = np.full(len(rows), np.nan)
    for letter, metres in UNITS_M.items():
        unit[unit_letter == ord(letter)] = metres
    distance, bearing = fields.number(layout["range"]), fields.number(layout["bearing"])
    from_zero = fields.letter(layout["bearing"] + 1)
    there = fields.given(layout["range"]) & fields.given(layout["bearing"]) & ~(distance == 0)
    good = (distance > 0) & ~np.isnan(unit) & (bearing >= 0) & (bearing <= 360)
    good &= (from_zero == ord("T")) | (from_zero == ord("R"))
    column["range_m"][rows] = np.where(there & good, distance * unit, np.nan)
    column["bearing_deg"][rows] = bearing
    flag["relative"][rows] = from_zero == ord("R")
    speed = fields.number(layout["speed"]) * unit / NAUTICAL_MILE_M
    column["speed_kn"][rows] = np.where((speed >= 0) & (speed <= SPEED_MOST_KN), speed, np.nan)
    course, course_from = fields.number(layout["course"]), fields.letter(layout["course"] + 1)
    said = (course >= 0) & (course < 360) & np.isin(course_from, list(b"TR"))
    column["course_deg"][rows] = np.where(said, course, np.nan)
    flag["course_relative"][rows] = course_from == ord("R")
    return there & good, there & ~good


def _plain(
    fields: Fields, layout: dict[str, int], column: dict[str, Floats], rows: Ints
) -> tuple[Bools, Bools]:
    """Latitude and longitude of TLL; whether there is a place, what is malformed."""
    lat = fields.degrees(layout["lat"], "N", "S", 90)
    lon = fields.degrees(layout["lon"], "E", "W", 180)
    column["lat"][rows], column["lon"][rows] = lat, lon
    there = fields.given(layout["lat"]) | fields.given(layout["lon"])
    good = ~(np.isnan(lat) | np.isnan(lon))
    return there & good, there & ~good
