"""What is known of a landing: facts of the land side at piers, typed links, and the landing itself.

Facts are rows of one frame, so that they can be kept, cut and joined; a landing is an object, of
which there are hundreds a night. Times are microseconds since 1970 (UTC) where a name ends in
`_us`, arrival seconds where it ends in `_s`; a pier is the row of the site's pier table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

#: A dock camera's boat sightings at its pier, merged into an interval; detail: n, score.
CAMERA_BOAT: Final = "camera_boat"
#: The same for goods vehicles at the quay.
CAMERA_TRUCK: Final = "camera_truck"
#: A goods vehicle with a terminal that stands by a pier's access (methods 1.1).
TRUCK_WAIT: Final = "truck_wait"
#: A goods vehicle read by a road camera near a pier's access; detail: read, matched.
TRUCK_PASS: Final = "truck_pass"
#: A height-limit bar of the pier raised or damaged, until it is lowered.
BARRIER: Final = "barrier"
#: A sensor (object: camera, vehicles, anpr) looked at the pier.
COVERAGE: Final = "coverage"

FACT_KINDS: Final = (CAMERA_BOAT, CAMERA_TRUCK, TRUCK_WAIT, TRUCK_PASS, BARRIER, COVERAGE)

#: What the land side knows at a pier. A later row of the same key replaces the earlier one.
FACT: Final = pl.Schema(
    {
        "pier": pl.Int64(),  # row of the site's pier table
        "kind": pl.String(),
        "object": pl.String(),
        "target": pl.String(),  # plate or terminal as observed or registered; null: nobody's name
        "from_us": pl.Int64(),
        "to_us": pl.Int64(),  # null: going on
        "clock_s": pl.Int64(),  # the tick at which this version is known
        "probability": pl.Float64(),
        "sensor": pl.String(),
        "source": pl.String(),
        "detail": pl.String(),  # a JSON object, its keys sorted
    }
)
FACT_KEY: Final = ("pier", "kind", "object", "from_us")


@dataclass(frozen=True)
class Link:
    """A typed edge of the chain: what belongs to a visit, how probably, and to whom else it may."""

    kind: str  # "berthed_at", "seen_by", "met_by", "left_with", "barred_by" (barrier raised)
    object: str
    target: str | None
    from_us: int
    to_us: int | None
    probability: float
    lag_s: int  # begin minus berthing (or minus first sight)
    alternatives: tuple[str, ...]  # other visits or piers that it may belong to
    sensor: str
    source: str | None
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class Landing:
    """What is known of one visit of a pier at a tick. (pier, from_us, subject) never changes."""

    pier: int
    from_us: int
    clock_s: int
    subject: str  # the track that it was first known by, or "land:<object>"
    calls: tuple[Mapping[str, Any], ...]  # latest CALL row of each member track, best witness first
    vessel: str | None  # fusion's name; identity, also from before it went dark
    targets: tuple[str, ...]  # sorted names afloat, also of the time before it went dark
    berth_from_us: int | None  # None: inferred only (trucks wait, nobody seen): from_us stands
    berth_to_us: int | None  # of one that was lost, once it is over: its last sign
    stage: str  # "approach", "berthed", "left", "withdrawn"
    links: tuple[Link, ...]
    coverage: frozenset[str]  # the sensors that looked at the pier
    over: bool
    lost: bool
