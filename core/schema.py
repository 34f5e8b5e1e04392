"""The columns that everything in the house is made of.

An observation says what one sensor saw, where, when and how well; never what we concluded. The
same columns make the Polars frame, the Arrow batch between processes and the PostGIS table.
Units: degrees (WGS 84, longitude first), metres, knots, degrees true; times are UTC.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import polars as pl

UTC_TIME: Final = pl.Datetime("us", "UTC")

#: What a sensor may be. `camera` and `barrier` yield sightings, the others positions.
SENSORS: Final = ("ais", "beidou", "radar", "vehicle", "camera", "barrier")
SIGHTING_SENSORS: Final = ("camera", "barrier")

#: What a target's name begins with where it is afloat: these may be named and followed on screens
#: and in notebooks, road vehicles never (design, decision 6).
AFLOAT: Final = ("mmsi:", "beidou:", "radar:")

#: Allowed lateness by sensor in seconds (design, decision 4).
LATENESS_S: Final = {
    "ais": 120,
    "radar": 120,
    "beidou": 900,
    "vehicle": 300,
    "camera": 300,
    "barrier": 300,
}

OBSERVATION: Final = pl.Schema(
    {
        "key": pl.Binary(),  # 16 bytes, see core.keys
        "sensor": pl.String(),
        "source": pl.String(),  # station, radar, camera: who heard it; null where unknown
        "target": pl.String(),  # what it claims to be: "mmsi:412345678"; null where unknown
        "observed_at": UTC_TIME,
        "received_at": UTC_TIME,
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "sigma_m": pl.Float64(),
        "speed_kn": pl.Float64(),
        "course_deg": pl.Float64(),
        "heading_deg": pl.Float64(),
        "detail": pl.String(),  # a JSON object
    }
)

IDENTITY: Final = pl.Schema(
    {
        "key": pl.Binary(),
        "source": pl.String(),
        "target": pl.String(),
        "received_at": UTC_TIME,
        "name": pl.String(),
        "call_sign": pl.String(),
        "imo": pl.Int64(),
        "ship_type": pl.Int64(),
        "length_m": pl.Float64(),
        "beam_m": pl.Float64(),
        "draught_m": pl.Float64(),
        "destination": pl.String(),
    }
)

#: Columns that a frame carries beside its schema on its way from the wire to the engine.
#: `arrived_at` is the order of the world (contract: "a frame's arrival"); `line` names the line
#: that completed it.
TRANSPORT: Final = pl.Schema({"arrived_at": UTC_TIME, "line": pl.Int64()})

REFUSAL: Final = pl.Schema(
    {
        "line": pl.Int64(),
        "reason": pl.String(),  # a word: "bad_checksum", "no_time", "future", ...
        "detail": pl.String(),  # a sample of what came, at most 120 characters
        "arrived_at": UTC_TIME,
    }
)

#: A transmission that another station heard too; its observation is kept once (contract).
RECEPTION: Final = pl.Schema(
    {
        "source": pl.String(),  # the station that heard it again
        "target": pl.String(),
        "received_at": UTC_TIME,
        "lon": pl.Float64(),  # where the vessel said it was; null in identity claims
        "lat": pl.Float64(),
        **TRANSPORT,
    }
)

#: A source showed that it lives, without an observation: a heartbeat, a keep-alive, a location
#: without a fix.
ALIVE: Final = pl.Schema({"source": pl.String(), "arrived_at": UTC_TIME})

#: How much was heard of whom at a tick, refused frames among it. `feed` is the row of the
#: configuration, or the file of a recording; `source` is null where a frame names nobody.
HEARD: Final = pl.Schema(
    {
        "feed": pl.String(),
        "sensor": pl.String(),  # the contract's folder: ais, beidou, radar, vehicles, cameras
        "source": pl.String(),
        "tick_s": pl.Int64(),
        "frames": pl.Int64(),
    }
)

#: What the service knows of itself at a tick, recorded in the clock feed so that a replay knows it.
FACT: Final = pl.Schema(
    {
        "tick_s": pl.Int64(),
        "name": pl.String(),  # "silent_after_s" of a feed, "disk_used_share", "lost" of a feed
        "subject": pl.String(),
        "value": pl.Float64(),
    }
)

#: What officers decided, at the tick of its arrival (`core.decisions`).
DECISION: Final = pl.Schema(
    {
        "tick_s": pl.Int64(),
        "decision_id": pl.Int64(),  # the store's; null in a recording from elsewhere
        "kind": pl.String(),
        "content": pl.String(),  # a JSON object
    }
)

#: What a radar that is registered measures too much, and how well that is known (one sigma).
BIAS: Final = (
    "range_m", "range_sigma_m", "bearing_deg", "bearing_sigma_deg", "clock_offset_s",
    "clock_sigma_s",
)  # fmt: skip

#: How a source does, as the engine sees it at a tick.
FEED_HEALTH: Final = pl.Schema(
    {
        "feed": pl.String(),
        "source": pl.String(),
        "sensor": pl.String(),
        "state": pl.String(),  # "heard", "silent", "quarantine"
        "first_at": UTC_TIME,
        "last_at": UTC_TIME,  # arrival of its last frame
        "frames": pl.Int64(),
        "per_min": pl.Float64(),
        "lag_s": pl.Float64(),  # median of received minus observed
        "skew_s": pl.Float64(),  # by how much its clock is ahead; null: not judged
        "skew_sigma_s": pl.Float64(),
        "waiting": pl.Int64(),  # rows held in quarantine
        "suspects": pl.String(),  # codes, comma-separated: "clock_8h", "gcj02", ...
        **dict.fromkeys(BIAS, pl.Float64()),
    }
)

#: Observations that are kept but hard to believe, each with one reason.
DOUBT: Final = pl.Schema(
    {
        "sensor": pl.String(),
        "source": pl.String(),
        "target": pl.String(),
        "key": pl.Binary(),
        "tick_s": pl.Int64(),
        "reason": pl.String(),  # "speed", "jump", "on_land", "duplicate", "too_old"
        "detail": pl.String(),
    }
)


def arriving(schema: pl.Schema) -> pl.Schema:
    """The schema with the transport columns behind it.

    >>> list(arriving(IDENTITY))[-2:]
    ['arrived_at', 'line']
    """
    return pl.Schema({**schema, **TRANSPORT})


def empty(schema: pl.Schema) -> pl.DataFrame:
    """An empty frame of the schema.

    >>> empty(REFUSAL).shape
    (0, 4)
    """
    return _empty(tuple(schema.items())).clone()


@cache
def _empty(columns: tuple[tuple[str, pl.DataType], ...]) -> pl.DataFrame:
    """Made once of each schema: a live second asks for some dozen."""
    return pl.DataFrame(schema=dict(columns))
