"""Positions: the integers of a message become degrees, knots and times; sentinels become null."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.schema import RECEPTION, empty
from ingest import frames
from ingest.ais.details import Details
from ingest.ais.fields import BASE, BITS, CARRIES_POSITION, POSITIONS, Layout
from ingest.ais.messages import Messages
from ingest.ais.payloads import Payloads
from ingest.nmea import times
from ingest.nmea.text import NONE, Bools, Ints

Floats = NDArray[np.float64]

#: One standard deviation by the accuracy bit. Set: better than 10 m (DGNSS), as the standard
#: says. Clear: "worse than 10 m", which is plain GNSS, some 10 m, and the antenna's place aboard,
#: which position reports leave out, a ship's length at most: 30 m.
SIGMA_FINE_M: Final = 10.0
SIGMA_PLAIN_M: Final = 30.0
#: Types 17 and 27 give tenths of a minute: 185 m, evenly spread, so 185/√12 more.
SIGMA_COARSE_STEP_M: Final = 1852 / 10 / math.sqrt(12)

_NUMBERS: Final = ("lon", "lat", "sigma_m", "speed_kn", "course_deg", "heading_deg")
#: Each layout once, with the types that have it.
_LAYOUTS: Final = [
    (POSITIONS[kinds[0]], kinds)
    for kinds in ((1, 2, 3), (4, 11), (9,), (17,), (18,), (19,), (21,), (27,))
]
_NUMBER: Final = np.full(64, len(_LAYOUTS), np.uint8)  # of its layout, by type
for _place_in_list, (_, _kinds) in enumerate(_LAYOUTS):
    _NUMBER[list(_kinds)] = _place_in_list
_CALENDAR: Final = ("year", "month", "day", "hour", "minute", "utc_second")


@dataclass(frozen=True)
class Times:
    """When messages were observed, in microseconds; which were set right by a known skew, and how.

    `future` marks times that are too far after the receipt to be believed.
    """

    observed: Ints
    skew_s: Ints
    future: Bools

    def take(self, rows: Bools) -> Times:
        """Some of the messages."""
        return Times(self.observed[rows], self.skew_s[rows], self.future[rows])


def own_times(
    messages: Messages,
    kind: Ints,
    payloads: Payloads,
    skew_s: Mapping[str, int],
    default: str | None,
) -> Times:
    """The full times that types 4 and 11 carry; NONE for others and where it is not available."""
    observed = np.full(messages.count, NONE)
    skew = np.zeros(messages.count, np.int64)
    rows = np.flatnonzero((kind == 4) | (kind == 11))
    if len(rows):
        got = payloads.take(rows, BITS[4][1])
        time = times.from_calendar(*(got.get(BASE[name]) for name in _CALENDAR))
        names = [*messages.sources, default]
        offsets = np.array([skew_s.get(name or "", 0) for name in names], np.int64)
        skew[rows] = np.where(time >= 0, offsets[messages.source[rows]], 0)
        observed[rows] = np.where(time >= 0, time - skew[rows] * times.SECOND, NONE)
    late = (messages.received >= 0) & (observed > messages.received + times.FUTURE)
    return Times(observed, skew, late)


def positions(
    messages: Messages,
    kind: Ints,
    mmsi: Ints,
    payloads: Payloads,
    own: Times,
    keys: NDArray[np.uint8],
    details: Details,
    default: str | None,
) -> tuple[pl.DataFrame, Ints]:
    """Observations of the messages that carry a position.

    Parameters
    ----------
    messages, kind, mmsi, payloads, own, keys
        One row a message.
    default
        The source of messages that name none.

    Returns
    -------
    Frame of `arriving(OBSERVATION)` in the order of the messages; the rows of the messages.
    """
    rows = np.flatnonzero(CARRIES_POSITION[kind])
    chosen, kind = messages.take(rows), kind[rows]
    column = {name: np.full(len(rows), np.nan) for name in _NUMBERS}
    second = np.full(len(rows), NONE)
    code = np.zeros(len(rows), np.int64)
    number = _NUMBER[kind]
    for place, (layout, kinds) in enumerate(_LAYOUTS):
        mine = np.flatnonzero(number == place)
        if not len(mine):
            continue
        got = payloads.take(rows[mine], BITS[kinds[0]][1])
        for name, values in _numbers(layout, got).items():
            column[name][mine] = values
        if "second" in layout:
            second[mine] = got.get(layout["second"])
        code[mine] = details.codes(kind[mine], got, layout)
    observed = own.observed[rows]
    observed = np.where(observed < 0, times.observed(chosen.received, second), observed)
    frame = pl.DataFrame(
        {
            "key": frames.fixed_binary(keys[rows]),
            "sensor": pl.Series(["ais"]).new_from_index(0, len(rows)),
            "source": frames.chosen([*messages.sources, default], chosen.source),
            "target": frames.mmsi_targets(mmsi[rows]),
            "observed_at": frames.times(observed),
            "received_at": frames.times(chosen.received),
            **{name: frames.floats(column[name]) for name in _NUMBERS},
            "detail": _with_skew(details.texts(code), own.skew_s[rows]),
            "arrived_at": frames.times(chosen.arrival),
            "line": pl.Series(chosen.line),
        }
    )
    return frame, rows


def again(
    messages: Messages, kind: Ints, mmsi: Ints, payloads: Payloads, default: str | None
) -> pl.DataFrame:
    """Messages that another station heard before, one row each, as `core.schema.RECEPTION`.

    Parameters
    ----------
    messages, kind, mmsi, payloads
        One row a message.
    default
        The source of messages that name none.
    """
    if not messages.count:
        return empty(RECEPTION)
    lon, lat = np.full(messages.count, np.nan), np.full(messages.count, np.nan)
    number = _NUMBER[kind]
    for place, (layout, kinds) in enumerate(_LAYOUTS):
        mine = np.flatnonzero(number == place)
        if len(mine):
            lon[mine], lat[mine] = _place(layout, payloads.take(mine, BITS[kinds[0]][1]))
    return pl.DataFrame(
        {
            "source": frames.chosen([*messages.sources, default], messages.source),
            "target": frames.mmsi_targets(mmsi),
            "received_at": frames.times(messages.received),
            "lon": frames.floats(lon),
            "lat": frames.floats(lat),
            "arrived_at": frames.times(messages.arrival),
            "line": pl.Series(messages.line),
        }
    )


def _place(layout: Layout, payloads: Payloads) -> tuple[Floats, Floats]:
    """Degrees of one layout; NaN where there is no place."""
    lon, lat = payloads.get(layout["lon"]), payloads.get(layout["lat"])
    unit = 600 if layout["lon"].width == 18 else 600_000
    there = (np.abs(lon) <= 180 * unit) & (np.abs(lat) <= 90 * unit)
    return np.where(there, lon / unit, np.nan), np.where(there, lat / unit, np.nan)


def _numbers(layout: Layout, payloads: Payloads) -> dict[str, Floats]:
    """Degrees, knots and metres of one layout; NaN where not reported or out of range."""
    raw = {
        name: payloads.get(layout[name])
        for name in ("speed", "course", "heading", "accuracy")
        if name in layout
    }
    coarse = layout["lon"].width == 18
    lon, lat = _place(layout, payloads)
    got, there = {"lon": lon, "lat": lat}, ~np.isnan(lon)
    fine = raw["accuracy"] if "accuracy" in raw else np.zeros(len(there), np.int64)
    sigma = np.where(fine == 1, SIGMA_FINE_M, SIGMA_PLAIN_M)
    sigma = np.sqrt(sigma * sigma + SIGMA_COARSE_STEP_M**2) if coarse else sigma
    got["sigma_m"] = np.where(there, sigma, np.nan)
    if "speed" in raw:
        knots = 1 if "altitude" in layout or layout["speed"].width == 6 else 10
        sentinel = (1 << layout["speed"].width) - 1
        got["speed_kn"] = np.where(raw["speed"] == sentinel, np.nan, raw["speed"] / knots)
    if "course" in raw:
        degrees = 10 if layout["course"].width == 12 else 1
        turned = raw["course"] >= 360 * degrees
        got["course_deg"] = np.where(turned, np.nan, raw["course"] / degrees)
    if "heading" in raw:
        got["heading_deg"] = np.where(raw["heading"] >= 360, np.nan, raw["heading"])
    return got


def _with_skew(detail: pl.Series, skew_s: Ints) -> pl.Series:
    """Say in `detail` where a time was set right."""
    rows = np.flatnonzero(skew_s)
    if not len(rows):
        return detail
    said = [
        f'{text[:-1]},"skew_s":{skew}}}'
        for text, skew in zip(detail.gather(rows), skew_s[rows].tolist(), strict=True)
    ]
    return detail.scatter(rows, said)
