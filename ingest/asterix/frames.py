"""Reports of tracks become observations of the house's schema."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from core.schema import OBSERVATION, arriving
from ingest import frames
from ingest.asterix.records import Report
from ingest.decoded import Decoded
from ingest.digests import first_words, payload_digest_keys
from ingest.nmea.fields import DAY, Floats, nearest_date
from ingest.nmea.refusals import Refusals
from ingest.nmea.text import NONE, Bools, Ints
from ingest.nmea.times import FUTURE, SECOND
from ingest.radar.instances import Instances, Sightings
from ingest.radar.places import BEYOND, Radars, sigma_m
from ingest.radar.sentences import SPEED_MOST_KN


@dataclass(frozen=True)
class Heard:
    """A report, its radar, and the line that brought it; `ordinal` counts within the line."""

    report: Report
    radar: str
    received: int
    arrival: int
    line: int
    ordinal: int

    def of(self, radar: str) -> Heard:
        """The same, of a radar."""
        return replace(self, radar=radar)


@dataclass(frozen=True)
class _Placed:
    lon: Floats
    lat: Floats
    sigma_m: Floats
    unknown_radar: Bools
    out_of_range: Bools


def observations(
    heard: list[Heard],
    radars: Radars,
    instances: Instances,
    skew_s: dict[str, float],
    refusals: Refusals,
    quarantine: bool,
) -> Decoded:
    """Place the reports, tell vessels under one number apart; what cannot be is refused."""
    if not heard:
        return Decoded()
    radar = radars.rows([each.radar for each in heard])
    placed = _placed(heard, radars, radar)
    received = np.array([each.received for each in heard], np.int64)
    skew = np.array([round(skew_s.get(each.radar, 0.0) * SECOND) for each in heard], np.int64)
    times = [NONE if each.report.time is None else each.report.time for each in heard]
    time_of_day = np.array(times, np.int64)
    right = np.where(time_of_day < 0, NONE, (time_of_day - skew) % DAY)
    observed = nearest_date(received, right)
    observed = np.where(observed < 0, received, observed)
    future = observed > received + FUTURE
    there = ~np.isnan(placed.lon)
    lost = np.array([each.report.lost for each in heard], np.bool_)
    good = np.ones(len(heard), np.bool_)

    def refuse(reason: str, wrong: Bools) -> None:
        for row in np.flatnonzero(wrong & good).tolist():
            each = heard[row]
            refusals.add(each.line, reason, each.report.raw.hex().encode(), each.arrival)
        good[wrong] = False

    refuse("unknown_radar", placed.unknown_radar)
    refuse("out_of_range", placed.out_of_range)
    refuse("future", future & (not quarantine))
    keys = [(each.radar, each.report.number or 0) for each in heard]
    counted = np.flatnonzero(good & (there | lost))
    crowded = np.zeros(len(heard), np.bool_)
    crowded[counted] = ~instances.room_for([keys[row] for row in counted.tolist()])
    refuse("too_many_targets", crowded)
    counted = counted[~crowded[counted]]
    instance = np.zeros(len(heard), np.int64)
    instance[counted] = instances.of(
        Sightings(
            [keys[row] for row in counted.tolist()],
            np.where(future, received, observed)[counted],  # one wrong clock is no silence
            placed.lon[counted], placed.lat[counted], placed.sigma_m[counted],
            radars.period_s[radar][counted], lost[counted],
        )
    )  # fmt: skip
    rows = np.flatnonzero(good & there)
    frame, payloads = _frame(heard, placed, observed, instance, skew, time_of_day >= 0, rows)
    seen, digests, ahead = frames.parted(frame, payloads, future[rows])
    silent = np.flatnonzero(good & ~there)
    counts = {"position": seen.height, "ahead": ahead.height, "no_position": len(silent)}
    quiet = pl.Series([heard[row].radar for row in silent.tolist()], dtype=pl.String)
    arrived = np.array([heard[row].arrival for row in silent.tolist()], np.int64)
    return Decoded(
        observations=seen, counts=counts, observation_payloads=digests, ahead=ahead,
        alive=frames.alive(quiet, arrived),
    )  # fmt: skip


def _placed(heard: list[Heard], radars: Radars, radar: Ints) -> _Placed:
    known = radars.known(radar)
    lon, lat, range_m, bearing, sigma = (
        np.array([getattr(each.report, name) for each in heard], np.float64)
        for name in ("lon", "lat", "range_m", "bearing_deg", "sigma_m")
    )
    wrong = (np.abs(lon) > 180) | (np.abs(lat) > 90)
    lon[wrong], lat[wrong] = np.nan, np.nan
    plain = ~np.isnan(lon)
    polar = ~plain & ~np.isnan(range_m)
    reach = BEYOND * radars.range_m[radar]
    own = np.flatnonzero(plain & known)
    range_m[plain] = np.nan
    range_m[own] = radars.ranges_m(radar[own], lon[own], lat[own])
    far = known & (range_m > reach)
    near = np.flatnonzero(polar & known & ~far)
    lon[near], lat[near] = radars.destinations(radar[near], range_m[near], bearing[near])
    lost = np.array([each.report.lost for each in heard], np.bool_)
    sigma = np.where(np.isnan(sigma), sigma_m(range_m), sigma)
    return _Placed(
        lon, lat, np.where(lost | np.isnan(lon), np.nan, sigma), polar & ~known, far
    )  # fmt: skip


def _frame(
    heard: list[Heard], placed: _Placed, observed: Ints, instance: Ints, skew: Ints,
    timed: Bools, rows: Ints,
) -> tuple[pl.DataFrame, pl.Series]:  # fmt: skip
    chosen = [heard[row] for row in rows.tolist()]
    sources = pl.Series([each.radar for each in chosen], dtype=pl.String)
    received = np.array([each.received for each in chosen], np.int64)
    payloads = [
        bytes([each.report.category]) + each.ordinal.to_bytes(2, "big") + each.report.raw
        for each in chosen
    ]
    keys = payload_digest_keys("radar", sources, received, payloads)
    said = [
        _say(each.report, int(skew[row]) if timed[row] else 0)
        for each, row in zip(chosen, rows.tolist(), strict=True)
    ]
    targets = [
        f"radar:{each.radar}:{each.report.number}" + (f":{again}" if again > 1 else "")
        for each, again in zip(chosen, instance[rows].tolist(), strict=True)
    ]
    speed = np.array([each.report.speed_kn for each in chosen], np.float64)
    course = np.array([each.report.course_deg for each in chosen], np.float64)
    frame = pl.DataFrame(
        {
            "key": frames.fixed_binary(keys),
            "sensor": pl.Series(["radar"]).new_from_index(0, len(chosen)),
            "source": sources,
            "target": pl.Series(targets, dtype=pl.String),
            "observed_at": frames.times(observed[rows]),
            "received_at": frames.times(received),
            "lon": pl.Series(placed.lon[rows]),
            "lat": pl.Series(placed.lat[rows]),
            "sigma_m": frames.floats(placed.sigma_m[rows]),
            "speed_kn": frames.floats(np.where(speed <= SPEED_MOST_KN, speed, np.nan)),
            "course_deg": frames.floats(course),
            "heading_deg": pl.Series([None], dtype=pl.Float64).new_from_index(0, len(chosen)),
            "detail": pl.Series(said, dtype=pl.String),
            "arrived_at": frames.times(np.array([each.arrival for each in chosen], np.int64)),
            "line": pl.Series([each.line for each in chosen], dtype=pl.Int64),
        },
        schema=arriving(OBSERVATION),
    )
    return frame, first_words(keys)


def _say(report: Report, skew: int) -> str:
    said: dict[str, Any] = {"category": report.category}
    if report.lost:
        said["status"] = "L"
    if report.simulated:
        said["simulated"] = True
    if skew:
        said["skew_s"] = round(skew / SECOND, 6)
    return json.dumps(said, separators=(",", ":"))
