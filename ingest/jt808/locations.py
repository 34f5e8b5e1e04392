"""Bodies of 0x0200, alone or out of batches, become observations: all columns at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.keys import observation_digests
from geo.datums import bd09_to_wgs84, gcj02_to_wgs84
from ingest import frames
from ingest.digests import first_words, origins, payload_digest_keys
from ingest.jt808.bodies import FIXED_BYTES
from ingest.jt808.details import details
from ingest.jt808.items import items_of
from ingest.jt808.names import FIXED, SOS, SOUTH, WEST
from ingest.nmea import times
from ingest.nmea.text import NONE, Bools, Bytes, Ints, Text

#: Positioning error that JT/T 794 allows a terminal.
SIGMA_M: Final = 15.0
KMH_PER_KN: Final = 1.852
_FASTEST: Final = 3000  # tenths of km/h: faster is not a lorry but "not available"
_BEIJING: Final = 8 * 3600 * times.SECOND
_EARLIEST_YEAR: Final = 11  # the first edition of the standard is of 2011: older clocks are unset
_DATUMS: Final = {"gcj02": gcj02_to_wgs84, "bd09": bd09_to_wgs84}
_FIXED_AS: Final = np.dtype(
    [("alarm", ">u4"), ("status", ">u4"), ("lat", ">u4"), ("lon", ">u4"),
     ("altitude", ">u2"), ("speed", ">u2"), ("direction", ">u2"), ("time", "u1", 6)]
)  # fmt: skip
_WORDS_AT_ONCE: Final = 4  # payloads are padded to a multiple, so that few lengths are left
_LONGEST: Final = 1023  # bytes; longer payloads are hashed one by one


@dataclass(frozen=True)
class Bodies:
    """Bodies with who sent them and when; one row each, in the order of their lines.

    `ordinal` counts within a batch from 1 and is 0 for a body of its own; `head` is the beginning
    of `detail`; `serial` the message's.
    """

    text: Text
    begin: Ints
    end: Ints
    line: Ints
    received: Ints
    arrival: Ints
    terminal: pl.Series
    serial: Ints
    ordinal: Ints
    head: pl.Series

    def take(self, rows: Ints) -> Bodies:
        """Some of the bodies."""
        return Bodies(
            self.text, self.begin[rows], self.end[rows], self.line[rows], self.received[rows],
            self.arrival[rows], self.terminal.gather(rows), self.serial[rows],
            self.ordinal[rows], self.head.gather(rows),
        )  # fmt: skip


@dataclass(frozen=True)
class Located:
    """Observations with their payload digests, those ahead of their receipts on their own; what
    was refused, as rows of the bodies by reason; rows of lines that tell no place; counts."""

    observations: pl.DataFrame
    payloads: pl.Series
    ahead: pl.DataFrame
    refused: dict[str, Ints]
    unplaced: Ints
    counts: dict[str, int]


@dataclass(frozen=True)
class Place:
    """What the site says: plates by terminal, the datum of the coordinates, known clock errors.

    With `quarantine` what is ahead of its receipt is not refused but kept apart.
    """

    plates: Mapping[str, str]
    datum: str
    skew_s: Mapping[str, float]
    quarantine: bool = False


def locate(bodies: Bodies, place: Place) -> Located:
    """Read the bodies; a location that cannot be one is refused, one without a fix is counted.

    Only an SOS without a fix is an observation all the same, with no place.
    """
    n = len(bodies.begin)
    whole = bodies.end - bodies.begin >= FIXED_BYTES
    fixed = np.zeros(n, _FIXED_AS)
    fixed[whole] = bodies.text.windows(bodies.begin[whole], FIXED_BYTES).view(_FIXED_AS)[:, 0]
    lon, lat, possible, zero = _coordinates(fixed)
    observed = _device_times(fixed["time"])
    skew = _skews(bodies.terminal, place.skew_s)
    observed = np.where(observed < 0, observed, observed - np.round(skew * 1e6).astype(np.int64))
    sos = fixed["alarm"] & SOS != 0
    unfixed = fixed["status"] & FIXED == 0
    blind = sos & (unfixed | zero)  # a call for help counts without a place, too
    lon, lat = np.where(blind, np.nan, lon), np.where(blind, np.nan, lat)
    future = observed > bodies.received + times.FUTURE
    good, refused, counts = np.ones(n, np.bool_), {}, {}
    checks: dict[str, Bools] = {
        "bad_body": ~whole,
        "bad_position": ~possible & ~blind,
        "no_fix": unfixed,
        "zero_position": zero,
        "bad_time": observed < 0,
        "future": future & (not place.quarantine),
    }
    for reason, wrong in checks.items():
        rows = np.flatnonzero(wrong & good)
        if reason in ("no_fix", "zero_position"):
            counts[reason] = len(rows)
            good &= ~wrong | blind
        else:
            refused[reason] = rows
            good &= ~wrong
    unplaced = np.flatnonzero(~good & (unfixed | zero))
    unplaced = np.setdiff1d(unplaced, np.concatenate(list(refused.values())))
    rows = np.flatnonzero(good)
    unplaced = unplaced[~np.isin(bodies.line[unplaced], bodies.line[rows])]
    kept = bodies.take(rows)
    position = _in_wgs84(lon[rows], lat[rows], place.datum)
    keys = _keys(kept)
    frame = _frame(kept, fixed[rows], position, observed[rows], skew[rows], keys, place)
    counts["position"] = int((~blind & ~future)[rows].sum())
    counts["sos_without_position"] = int((blind & ~future)[rows].sum())
    counts["ahead"] = int(future[rows].sum())
    seen, payloads, ahead = frames.parted(frame, first_words(keys), future[rows])
    counts = {kind: k for kind, k in counts.items() if k}
    return Located(seen, payloads, ahead, refused, unplaced, counts)


def _frame(
    bodies: Bodies,
    fixed: NDArray[np.void],
    position: tuple[NDArray[np.float64], NDArray[np.float64]],
    observed: Ints,
    skew: NDArray[np.float64],
    keys: NDArray[np.uint8],
    place: Place,
) -> pl.DataFrame:
    n = len(observed)
    speed, direction = fixed["speed"].astype(np.float64), fixed["direction"].astype(np.float64)
    items = items_of(bodies.text, bodies.begin + FIXED_BYTES, bodies.end)
    state = fixed["alarm"].astype(np.int64) << 32 | fixed["status"]
    altitude = fixed["altitude"].astype(np.int64)
    text = details(bodies.head, state, altitude, items, _tail(skew, place.datum))
    nothing = np.full(n, np.nan)
    return pl.DataFrame(
        {
            "key": frames.fixed_binary(keys),
            "sensor": pl.Series(["vehicle"]).new_from_index(0, n),
            "source": bodies.terminal,
            "target": targets(bodies.terminal, place.plates),
            "observed_at": frames.times(observed),
            "received_at": frames.times(bodies.received),
            "lon": frames.floats(position[0]),
            "lat": frames.floats(position[1]),
            "sigma_m": frames.floats(np.where(np.isnan(position[0]), np.nan, SIGMA_M)),
            "speed_kn": frames.floats(np.where(speed > _FASTEST, np.nan, speed / 10 / KMH_PER_KN)),
            "course_deg": frames.floats(np.where(direction >= 360, np.nan, direction)),
            "heading_deg": frames.floats(nothing),
            "detail": text,
            "arrived_at": frames.times(bodies.arrival),
            "line": pl.Series(bodies.line),
        }
    )


def targets(terminals: pl.Series, plates: Mapping[str, str]) -> pl.Series:
    """`plate:` of the terminals that the register knows, `terminal:` of the others.

    >>> targets(pl.Series(["13900000001", "7"]), {"7": "浙B12345"}).to_list()
    ['terminal:13900000001', 'plate:浙B12345']
    """
    named = pl.DataFrame({"terminal": terminals}).select(
        pl.concat_str(pl.lit("terminal:"), "terminal")
    )
    heard = set(terminals.unique()) if plates else set()
    known = [key for key in plates if key in heard]
    if not known:
        return named.to_series()
    plate = terminals.replace_strict(
        known, [f"plate:{plates[key]}" for key in known], default=None, return_dtype=pl.String
    )
    return plate.fill_null(named.to_series())


def _coordinates(
    fixed: NDArray[np.void],
) -> tuple[NDArray[np.float64], NDArray[np.float64], Bools, Bools]:
    """Degrees; whether they are possible; whether both are zero."""
    lon, lat, status = fixed["lon"], fixed["lat"], fixed["status"]
    possible = (lon <= 180_000_000) & (lat <= 90_000_000)
    east = np.where(status & WEST, -1.0, 1.0) * lon / 1e6
    north = np.where(status & SOUTH, -1.0, 1.0) * lat / 1e6
    return east, north, possible, (lon == 0) & (lat == 0)


def _in_wgs84(
    lon: NDArray[np.float64], lat: NDArray[np.float64], datum: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return _DATUMS[datum](lon, lat) if datum in _DATUMS else (lon, lat)


def _device_times(bcd: Bytes) -> Ints:
    """Six bytes of BCD, Beijing time, as microseconds UTC; NONE where they are no time."""
    high, low = bcd >> 4, bcd & 15
    year, month, day, hour, minute, second = (
        (high.astype(np.int64) * 10 + low)[:, column] for column in range(6)
    )
    local = times.from_calendar(2000 + year, month, day, hour, minute, second)
    digits = ((high < 10) & (low < 10)).all(axis=1)
    good = (local >= 0) & digits & (year >= _EARLIEST_YEAR)
    return np.where(good, local - _BEIJING, NONE)


def _skews(terminals: pl.Series, skew_s: Mapping[str, float]) -> NDArray[np.float64]:
    """By how many seconds the terminals' clocks are known to be ahead."""
    if not skew_s:
        return np.zeros(len(terminals))
    return terminals.replace_strict(
        list(skew_s), list(skew_s.values()), default=0.0, return_dtype=pl.Float64
    ).to_numpy()


def _tail(skew: NDArray[np.float64], datum: str) -> pl.Series:
    """What was corrected."""
    moved = f',"datum":"{datum}"' if datum in _DATUMS else ""
    found, at = np.unique(skew, return_inverse=True)
    texts = [moved + (f',"skew_s":{value:g}' if value else "") for value in found.tolist()]
    return pl.Series(texts, dtype=pl.String).gather(at)


def _keys(bodies: Bodies) -> NDArray[np.uint8]:
    """Over terminal, receipt, serial, ordinal, length and the body's bytes."""
    length = bodies.end - bodies.begin
    keys = np.zeros((len(length), 16), np.uint8)
    origin = origins("vehicle", bodies.terminal)
    meta = (bodies.serial << 48 | bodies.ordinal << 32 | length).astype(np.uint64)
    step = 8 * _WORDS_AT_ONCE
    padded = -(-length // step) * _WORDS_AT_ONCE
    for n_words in np.unique(padded[length <= _LONGEST]).tolist():
        rows = np.flatnonzero((padded == n_words) & (length <= _LONGEST))
        words = bodies.text.words(bodies.begin[rows], length[rows], n_words)
        payload = np.concatenate([meta[rows, None], words], axis=1)
        keys[rows] = observation_digests(origin[rows], bodies.received[rows], payload)
    long = np.flatnonzero(length > _LONGEST)
    if len(long):
        payloads = [
            int(meta[row]).to_bytes(8, "big")
            + bodies.text.slice(int(bodies.begin[row]), int(bodies.end[row]))
            for row in long.tolist()
        ]
        keys[long] = payload_digest_keys(
            "vehicle", bodies.terminal.gather(long), bodies.received[long], payloads
        )
    return keys
