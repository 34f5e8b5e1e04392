"""Dock cameras: sightings of boats, and of goods vehicles at the quay, merged into intervals.

A camera's event goes on from its start to its end, or to two hours after its last message where no
end is heard. Events less than ten minutes apart are one interval, for boats and lorries each. Of
the messages of one event the newest stands; the many that say nothing new are left out by columns,
one in ten minutes being enough.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import polars as pl

from core.settings import LandSettings
from models.landings.goods import Goods
from models.landings.land_rows import BOAT, PLATE, TRUCK
from models.landings.schema import CAMERA_BOAT, CAMERA_TRUCK
from models.tracks.positions import SECOND_US

#: The newest message of each event that was let through; `bucket` says what was new of it.
TOLD: Final = pl.Schema(
    {
        "source": pl.String(),
        "what": pl.String(),
        "event": pl.String(),
        "bucket": pl.Int64(),
        "t_us": pl.Int64(),
    }
)
_EVENT: Final = ["source", "what", "event"]
_BUCKET_US: Final = 600 * SECOND_US
_MEMORY_S: Final = 36 * 3600
#: Messages may come this much behind the newest of their camera; what is older is known.
_BEHIND_US: Final = 900 * SECOND_US
_UNSCORED: Final = 0.5
_KIND: Final[Mapping[str, str]] = {BOAT: CAMERA_BOAT, TRUCK: CAMERA_TRUCK}
_MOST_EVENTS: Final = 200  # open at one camera; a flood must not grow the state
_MOST_PLATES: Final = 20


@dataclass(frozen=True)
class _Event:
    from_us: int
    last_us: int
    over: bool


@dataclass
class Interval:
    """What one camera sees of one kind; `from_us` is -1 while it sees nothing."""

    newest_us: int = -1
    from_us: int = -1
    clock_s: int = 0
    n: int = 0
    score: float | None = None
    seconds: int = 0  # the longest event
    plates: list[str] = field(default_factory=list)
    events: dict[str, _Event] = field(default_factory=dict)
    ended_us: int = -1  # of events that are over

    def reach_us(self, lasts_s: int) -> int:
        """Until when it is seen, as far as is known."""
        going = [e.last_us + lasts_s * SECOND_US for e in self.events.values() if not e.over]
        return max([self.ended_us, *going])


#: By camera and kind.
Intervals = dict[tuple[str, str], Interval]


def thinned(told: pl.DataFrame, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Messages that say something new of their event: that it began, goes on, ended, has a plate.

    Returns
    -------
    The newest told, and the rows by (clock, time, key).
    """
    bucket = (
        pl.col("t_us") // _BUCKET_US * 4
        + pl.col("over").fill_null(False).cast(pl.Int64) * 2
        + pl.col("plate").is_not_null().cast(pl.Int64)
    )
    before = told.select(*_EVENT, pl.col("bucket").alias("was"))
    rows = rows.sort("clock_s", "t_us", "key").with_columns(bucket.alias("bucket"))
    rows = rows.join(before, on=_EVENT, how="left", maintain_order="left")
    was = pl.coalesce(pl.col("bucket").shift(1).over(_EVENT), "was")
    new = rows.filter(was.is_null() | (pl.col("bucket") != was))
    both = pl.concat([told, new.select(TOLD.names())])
    return both.unique(_EVENT, keep="last", maintain_order=True).sort(_EVENT), new


def forget(told: pl.DataFrame, intervals: Intervals, mark_s: int) -> tuple[pl.DataFrame, Intervals]:
    """Without events of long ago, and cameras that have seen nothing since."""
    old_us = (mark_s - _MEMORY_S) * SECOND_US
    kept = {k: i for k, i in intervals.items() if i.from_us >= 0 or i.newest_us > old_us}
    return told.filter(pl.col("t_us") > old_us), kept


def advance(
    intervals: Intervals,
    rows: pl.DataFrame,
    until_s: int,
    docks: Mapping[str, int],
    goods: Goods,
    settings: LandSettings,
) -> tuple[Intervals, list[dict[str, Any]]]:
    """Take the messages that `thinned` gave, of dock cameras.

    Returns
    -------
    The intervals, and rows of FACT.
    """
    watch = _Watch(intervals, docks, settings)
    columns = ("source", "what", "event", "start_us", "t_us", "clock_s", "over", "score", "plate")
    for row in rows.select(columns).iter_rows(named=True):
        what = row["what"]
        if row["plate"] in goods.others:
            continue  # whatever the reader says
        if what == PLATE:
            watch.plate(row)
        elif what in (BOAT, TRUCK) or row["plate"] in goods.classes:
            watch.take(row, BOAT if what == BOAT else TRUCK)
    for key in sorted(watch.intervals):
        watch.expire(key, until_s)
    return watch.intervals, watch.said


class _Watch:
    """Takes one message after the other."""

    def __init__(
        self, intervals: Intervals, docks: Mapping[str, int], settings: LandSettings
    ) -> None:
        self.intervals, self._docks, self._settings = dict(intervals), docks, settings
        self._own: set[tuple[str, str]] = set()
        self.said: list[dict[str, Any]] = []

    def _held(self, key: tuple[str, str]) -> Interval:
        """That of a camera and kind, to be changed: the state before stays as it is."""
        if key not in self._own:
            before = self.intervals.get(key, Interval())
            self.intervals[key] = replace(
                before, plates=list(before.plates), events=dict(before.events)
            )
            self._own.add(key)
        return self.intervals[key]

    def plate(self, row: Mapping[str, Any]) -> None:
        """A later reading of a lorry's plate; of anything else it is left alone."""
        key = (row["source"], TRUCK)
        if key not in self.intervals:
            return
        self.expire(key, row["clock_s"] - 1)
        held = self._held(key)
        if row["event"] in held.events and _first_plate(held, row["plate"]):
            self._say(key, held, row["clock_s"], None)

    def take(self, row: Mapping[str, Any], what: str) -> None:
        """A message of a boat or a lorry."""
        key, t_us, clock_s = (row["source"], what), row["t_us"], row["clock_s"]
        self.expire(key, clock_s - 1)
        held = self._held(key)
        event = held.events.get(row["event"])
        if t_us <= held.newest_us and (held.from_us < 0 or t_us <= held.newest_us - _BEHIND_US):
            return
        if event is not None and t_us <= event.last_us:
            return
        if event is None and len(held.events) >= _MOST_EVENTS:
            return
        held.newest_us = max(held.newest_us, t_us)
        begins = held.from_us < 0
        if begins:
            start_us = max(row["start_us"], t_us - self._settings.camera_lasts_s * SECOND_US)
            held.from_us, held.n, held.score, held.seconds = start_us, 0, None, 0
            held.plates, held.ended_us = [], start_us
        held.n += event is None
        begun_us = row["start_us"] if event is None else event.from_us
        held.events[row["event"]] = _Event(begun_us, t_us, bool(row["over"]))
        if row["over"]:
            held.ended_us = max(held.ended_us, t_us)
        was_s = held.seconds
        held.seconds = max(was_s, (t_us - begun_us) // SECOND_US)
        if row["score"] is not None:
            held.score = max(held.score or 0.0, row["score"])
        named = what == TRUCK and _first_plate(held, row["plate"])
        held.clock_s = clock_s
        least_s = self._settings.camera_min_s
        if begins or named or was_s < least_s <= held.seconds:
            self._say(key, held, clock_s, None)
        old = held.newest_us - _BEHIND_US - _BUCKET_US
        held.events = {n: e for n, e in held.events.items() if not e.over or e.last_us > old}

    def expire(self, key: tuple[str, str], tick_s: int) -> None:
        """End the interval where nothing was seen for long enough."""
        held = self.intervals.get(key)
        if held is None or held.from_us < 0:
            return
        reach_us = held.reach_us(self._settings.camera_lasts_s)
        due_s = max(-(-reach_us // SECOND_US) + self._settings.camera_gap_s, held.clock_s + 1)
        if due_s > tick_s:
            return
        lasts = [e.last_us for e in held.events.values()]
        self._say(key, held, due_s, max([held.ended_us, *lasts]))
        held = self._held(key)
        held.from_us, held.events = -1, {}

    def _say(self, key: tuple[str, str], held: Interval, clock_s: int, to_us: int | None) -> None:
        camera, what = key
        score = _UNSCORED if held.score is None else held.score
        brief = held.seconds < self._settings.camera_min_s and held.n < 2
        detail = {"n": held.n, "plates": held.plates, "score": held.score, "seconds": held.seconds}
        self.said.append(
            {
                "pier": self._docks[camera],
                "kind": _KIND[what],
                "object": f"camera:{camera}:{held.from_us}",
                "target": f"plate:{held.plates[0]}" if held.plates else None,
                "from_us": held.from_us,
                "to_us": to_us,
                "clock_s": clock_s,
                "probability": round(score / 2 if brief else score, 4),
                "sensor": "camera",
                "source": camera,
                "detail": json.dumps(detail, sort_keys=True, ensure_ascii=False),
            }
        )


def _first_plate(held: Interval, plate: str | None) -> bool:
    """Note a plate; whether it is the first."""
    if plate is None or plate in held.plates or len(held.plates) >= _MOST_PLATES:
        return False
    held.plates.append(plate)
    return len(held.plates) == 1


def dumped(intervals: Intervals) -> pl.DataFrame:
    """One row each: camera, kind and the rest as JSON."""
    rows = [
        (camera, what, json.dumps(held, default=vars, sort_keys=True, ensure_ascii=False))
        for (camera, what), held in sorted(intervals.items())
    ]
    return pl.DataFrame(rows, schema=INTERVAL, orient="row")


def loaded(frame: pl.DataFrame) -> Intervals:
    """As `dumped` gave them."""
    out: Intervals = {}
    for camera, what, text in frame.iter_rows():
        held = json.loads(text)
        events = {name: _Event(**event) for name, event in held.pop("events").items()}
        out[camera, what] = Interval(**held, events=events)
    return out


#: The intervals as a frame.
INTERVAL: Final = pl.Schema({"source": pl.String(), "what": pl.String(), "held": pl.String()})
