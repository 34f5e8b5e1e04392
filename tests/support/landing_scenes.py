"""Made-up rows for landings: calls of tracks, links of fusion, land facts, and how they are run."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import polars as pl
from engine_scenes import START_S, place
from event_runs import saved

from geo.piers import Piers
from models.events.pier_calls import CALL
from models.fusion.schema import HAPPENING, LINK
from models.landings.fold import State, advance
from models.landings.schema import FACT, Landing

#: 23:00 on the coast. Piers: 0 idle, 1 active (1.2 km east), 2 unknown (145 m east of 0).
T0 = START_S
US = 1_000_000
IDLE, ACTIVE, UNKNOWN = 0, 1, 2
Row = dict[str, Any]


@cache
def piers() -> Piers:
    """Those of the scene."""
    return place().site.piers


def minute(at: float) -> int:
    """A tick so many minutes after 23:00."""
    return T0 + round(at * 60)


def us(at: float) -> int:
    """The same in microseconds."""
    return minute(at) * US


def call(
    track: str, pier: int, begun: float, why: str = "berthed", at: float | None = None, **more: Any
) -> Row:
    """A row of `CALL`: within reach at `begun`, lying three minutes later unless told otherwise."""
    at = begun + 3 if at is None else at
    row: Row = {
        "track": track,
        "target": track.partition("#")[0],
        "pier": pier,
        "from_us": us(begun - 1),
        "t_us": us(at),
        "lon": 121.9,
        "lat": 29.2,
        "clock_s": minute(at),
        "why": why,
        "entry_seen": True,
        "exit_seen": why == "left",
        "passed": True,
        "berth_from_us": us(begun),
        "berth_to_us": us(at),
        "dark_from_us": None,
        "quiet_from_us": None,
        "quiet_to_us": None,
    }
    return row | more


def link(track: str, vessel: str, at: float, phase: str = "joined", **more: Any) -> Row:
    """A row of `LINK`."""
    target = track.partition("#")[0]
    sensor = {"mmsi": "ais", "beidou": "beidou", "radar": "radar"}[target.partition(":")[0]]
    row: Row = {
        "vessel": vessel,
        "track": track,
        "target": target,
        "sensor": sensor,
        "source": None,
        "clock_s": minute(at),
        "phase": phase,
        "since_s": minute(at),
        "probability": 1.0,
        "margin": None,
        "instants": 3,
        "reason": "own",
    }
    return row | more


def fact(
    kind: str, name: str, pier: int, begin: float, end: float | None = None, **more: Any
) -> Row:
    """A row of `FACT`, known five minutes after it began, or a minute after its end."""
    sensor = {"truck_wait": "vehicle", "barrier": "barrier"}.get(kind, "camera")
    row: Row = {
        "pier": pier,
        "kind": kind,
        "object": name,
        "target": name if kind in ("truck_wait", "truck_pass") else None,
        "from_us": us(begin),
        "to_us": None if end is None else us(end),
        "clock_s": minute(begin + 5 if end is None else end + 1),
        "probability": 0.9,
        "sensor": sensor,
        "source": None,
        "detail": json.dumps({}),
    }
    return row | more


def truck(name: str, pier: int, begin: float, end: float, **more: Any) -> list[Row]:
    """A goods vehicle that waits: known after five minutes, over at its end."""
    went = fact("truck_wait", name, pier, begin, end, **more)
    return [fact("truck_wait", name, pier, begin, **more), went]


def approach(
    track: str, pier: int | None, begin: float, phase: str = "began", at: float = 0
) -> Row:
    """A row of `HAPPENING`."""
    detail = {"piers": [["P", 0.8]], "dark": True}
    ends = phase == "ended"
    return {
        "kind": "approach", "matter": track, "clock_s": minute(begin + at), "phase": phase,
        "targets": [track], "track": track, "from_us": us(begin),
        "to_us": us(begin + at) if ends else None, "lon": 121.9, "lat": 29.2, "pier": pier,
        "level": None, "nats": 0.0, "detail": json.dumps(detail), "sources": ["radar"],
    }  # fmt: skip


def told(
    calls: list[Row],
    links: list[Row],
    facts: list[Row],
    ahead: list[Row] = [],  # noqa: B006
    ticks: list[int] | None = None,
    until: float = 24 * 60,
) -> tuple[list[Landing], State]:
    """What is told of landings in batches that end at the ticks, saved and loaded at each."""
    ends = [minute(until)] if ticks is None else ticks
    frames = [
        pl.DataFrame(rows, schema=schema)
        for rows, schema in ((calls, CALL), (links, LINK), (facts, FACT), (ahead, HAPPENING))
    ]
    state, said = State.initial(), []
    for tick in ends:
        state = State.load(saved(state))
        c, k, f, a = (
            frame.filter(pl.col("clock_s") > state.until_s, pl.col("clock_s") <= tick)
            for frame in frames
        )
        state, news = advance(state, c, k, f, tick, piers(), approaches=a)
        said += news
    return said, state


def last(said: list[Landing]) -> dict[tuple[int, str], Landing]:
    """The last word of each landing, by pier and subject."""
    return {(one.pier, one.subject): one for one in said}
