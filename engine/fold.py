"""The fold: `advance(state, batch) -> (state, output)`, the one function behind live and replay.

The same detectors run twice (`engine.passes`): fast issues; settled confirms, updates or cancels,
and makes the events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, NamedTuple

import polars as pl

from alerts import issuing, policy
from core.schema import LATENESS_S, empty
from engine import (
    events,
    feeds,
    labels,
    night_reports,
    normal,
    outlooks,
    passes,
    permits,
    regimes,
)
from engine.batch import Batch, Output
from engine.feed_state import FeedState
from engine.judged import Judged
from engine.judging import judge
from engine.normal import Closed, Nights, Normal
from engine.passes import (
    HOLD_S,
    SETTLE_EVERY_S,
    TRACKED,
    WAIT_S,
    PassState,
    settled_until_s,
    settles_s,
)
from engine.place import Place
from models.events import identity_claims
from models.landings.land_rows import LAND_ROW, land_rows
from models.landings.schema import Landing
from models.tracks.positions import POSITION, ceil_s, is_vessel

__all__ = [
    "SETTLE_EVERY_S", "WAIT_S", "Batch", "EngineState", "Output", "PassState", "advance",
    "positions",
]  # fmt: skip

PENDING = pl.Schema({**POSITION, "arrived_s": pl.Int64()})
LAND = pl.Schema({**LAND_ROW, "arrived_s": pl.Int64()})


#: What a settled pass came to, once it is asked.
Settled = Callable[[], tuple[PassState, passes.PassOutput]]
#: Begins a settled pass: its state, what it may see, the ticks that it goes from and to.
Settle = Callable[[PassState, passes.Given, int, int, Place], Settled]


def at_once(
    state: PassState, given: passes.Given, was_s: int, until_s: int, place: Place
) -> Settled:
    """The settled pass worked out here and now; a `Settle` may do it meanwhile, elsewhere."""
    done = passes.advance(state, given, was_s, until_s, place, settled=True)
    return lambda: done


class Waiting(NamedTuple):
    """What has not settled; the clock of each row is that of its observation."""

    rows: pl.DataFrame  # PENDING
    claims: pl.DataFrame  # identity_claims.ARRIVED
    land: pl.DataFrame  # LAND


class Told(NamedTuple):
    """What officers decided, by the tick at which it came."""

    permits: permits.Permits
    labels: labels.Labels


@dataclass(frozen=True)
class EngineState:
    """Everything the engine knows. It can be saved and loaded at any tick."""

    tick_s: int
    late: int
    waiting: Waiting
    fast: PassState
    settled: PassState
    book: issuing.Book
    feeds: FeedState
    permits: pl.DataFrame  # that officers gave while it ran
    labels: pl.DataFrame  # labels.LABEL: what they found out
    nights: Nights
    regimes: pl.DataFrame  # regimes.REGIME: what they declared while it ran

    @staticmethod
    def initial() -> EngineState:
        """Before the first tick."""
        begun = PassState.initial()
        waiting = Waiting(empty(PENDING), empty(identity_claims.ARRIVED), empty(LAND))
        given, found, book = empty(permits.PERMIT), empty(labels.LABEL), issuing.Book()
        return EngineState(
            0, 0, waiting, begun, begun, book, FeedState(), given, found, Nights(),
            empty(regimes.REGIME),
        )  # fmt: skip

    def save(self) -> dict[str, bytes]:
        """The state as files: Arrow frames and one JSON book, the same however it was cut."""
        frames = {
            "pending": self.waiting.rows.sort("t_us", "key", "target", "arrived_s"),
            "claims": self.waiting.claims.sort("t_us", *identity_claims.ARRIVED.names()),
            "land": self.waiting.land.sort("t_us", *LAND.names()),
            "permits": self.permits,
            "labels": self.labels,
            "regimes": self.regimes,
            **{f"nights.{name}": frame for name, frame in self.nights.frames().items()},
        }
        for name, state in (("fast", self.fast), ("settled", self.settled)):
            frames |= {f"{name}.{k}": v for k, v in state.frames().items()}
        frames |= {f"feeds.{name}": frame for name, frame in self.feeds.frames().items()}
        books = {f"feeds.{name}.json": data for name, data in self.feeds.books().items()}
        clock = f"{self.tick_s} {self.late}".encode()
        saved = {f"{name}.arrow": _ipc(frame) for name, frame in frames.items()}
        return {**saved, **books, "book.json": self.book.dump(), "clock": clock}

    @staticmethod
    def load(files: Mapping[str, bytes]) -> EngineState:
        """The state from the files that `save` gave."""
        frames = {n[:-6]: pl.read_ipc(BytesIO(b)) for n, b in files.items() if n.endswith(".arrow")}
        tick_s, late = (int(part) for part in files["clock"].split())

        def of(name: str) -> dict[str, pl.DataFrame]:
            return {n.removeprefix(name): f for n, f in frames.items() if n.startswith(name)}

        book = issuing.Book.load(files["book.json"])
        halves = (PassState.load(of("fast.")), PassState.load(of("settled.")))
        waiting = Waiting(frames["pending"], frames["claims"], frames["land"])
        books = {n[6:-5]: files[n] for n in files if n.startswith("feeds.") and n.endswith(".json")}
        heard = FeedState.load(of("feeds."), books)
        nights = Nights.load(of("nights."))
        told = (frames["permits"], frames["labels"])
        return EngineState(
            tick_s, late, waiting, *halves, book, heard, *told, nights, frames["regimes"]
        )


def advance(
    state: EngineState, batch: Batch, place: Place, settle: Settle = at_once
) -> tuple[EngineState, Output]:
    """Take a batch; the settled pass does not need the fast one, and `settle` may use that.

    Raises
    ------
    ValueError
        A batch that does not begin where the last one ended.
    """
    if batch.until_s < state.tick_s:
        raise ValueError(f"batch until tick {batch.until_s}, but tick {state.tick_s} has passed")
    declared = regimes.take(state.regimes, batch.decisions)
    place = place.declaring(regimes.spells(declared))
    heard, fed = feeds.advance(state.feeds, batch, state.tick_s, place)
    given, no_room = permits.take(state.permits, batch.decisions)
    found = labels.take(state.labels, batch.decisions)
    told = Told(permits.Permits(given), labels.Labels(found))
    arrived = _arrived(fed.observations, batch)
    sensors = (pl.col("sensor"), pl.lit("ais"), pl.col("sensor"))
    in_time = Waiting(*(f.filter(~_late(s)) for f, s in zip(arrived, sensors, strict=True)))
    at_once = pl.col("arrived_s").alias("clock_s")
    seen = passes.Given(*(frame.with_columns(at_once) for frame in in_time))
    until_s = batch.until_s
    waiting = Waiting(*(pl.concat(both) for both in zip(state.waiting, in_time, strict=True)))
    left, settling = _settling(state, waiting, until_s, place, settle)
    fast, soon = passes.advance(state.fast, seen, state.tick_s, until_s, place, settled=False)
    settled, later = settling() if settling else (state.settled, None)
    nights, said, begun, over = _judge(state, soon, later, until_s, place, told)
    book, revisions, ended = night_reports.through(
        state.book, said, over, until_s, place, hold_s=HOLD_S
    )
    open_ = (fast.presences, settled.presences)
    given = permits.drop(given, until_s, open_, place.pier_rows)
    late = state.late + len(arrived.rows) - len(in_time.rows)
    found = labels.drop(found, until_s)
    after = EngineState(
        until_s, late, left, fast, settled, book, heard, given, found, nights,
        regimes.drop(declared, until_s),
    )  # fmt: skip
    output = Output(
        sorted([*fed.revisions, *revisions], key=lambda alert: str(alert["issued_at"])),
        observations=feeds.for_store(fed.observations),
        refusals=pl.concat([fed.refusals, no_room]),
        doubts=fed.doubts,
        receptions=fed.receptions,
        fast=soon.vessels,
        outlooks=begun,
        night_reports=ended,
    )
    if later is None:
        return after, output
    happened = events.settled(later, settled_until_s(state.tick_s), place)
    rows = later.tracks.linked
    return after, replace(output, events=happened, rows=rows, vessels=later.vessels)


def _arrived(observations: pl.DataFrame, batch: Batch) -> Waiting:
    """What the passes take of a batch; the clock is each row's own."""
    came = feeds.for_tracks(observations)
    claimed = identity_claims.claims(batch.identities).with_columns(
        ceil_s(pl.col("t_us")).alias("clock_s")
    )
    return Waiting(positions(came), claimed, _land(came, batch.alive))


def _land(observations: pl.DataFrame, alive: pl.DataFrame) -> pl.DataFrame:
    """Rows of the land side, as `LAND`."""
    own = observations.with_columns(ceil_s(pl.col("observed_at").dt.epoch("us")).alias("clock_s"))
    rows = land_rows(own, alive)
    came = observations.select(
        "key", ceil_s(pl.col("arrived_at").dt.epoch("us")).alias("arrived_s")
    )
    both = rows.join(came.unique("key", keep="first"), on="key", how="left", maintain_order="left")
    return both.with_columns(pl.coalesce("arrived_s", "clock_s")).select(LAND.names()).cast(LAND)


def _judge(
    state: EngineState,
    soon: passes.PassOutput,
    later: passes.PassOutput | None,
    until_s: int,
    place: Place,
    decided: Told,
) -> tuple[Nights, list[policy.Said], list[dict[str, Any]], list[Closed]]:
    """The words of both passes, outlooks on the nights that began, and the nights that ended; the
    settled one's landings are what the night is learned from."""

    def judged(out: passes.PassOutput, landing: Landing, tick_s: int, now: Normal) -> Judged:
        settled = out is later
        return judge(
            landing, out.known, place, decided.permits, now,
            labels=decided.labels, tick_s=tick_s, settled=settled,
        )  # fmt: skip

    news = [(settles_s(each.clock_s), each) for each in later.landings] if later else []
    held = state.nights
    if later is not None:
        held = held.hear(later.tracks.linked, later.land, later.ashore)
    nights, told, versions, over = normal.advance(
        held,
        news,
        until_s,
        place,
        lambda each, tick_s, now: judged(later or soon, each, tick_s, now),
        decided.labels,
    )
    words = [each.word for each in told]
    for each in soon.landings:
        now = normal.at(versions, each.clock_s)
        words.append(judged(soon, each, each.clock_s, now).word)
    begun = outlooks.begun(held, nights, versions, place)
    return nights, [*soon.said, *(later.said if later else ()), *words], begun, over


def _settling(
    state: EngineState, waiting: Waiting, until_s: int, place: Place, settle: Settle
) -> tuple[Waiting, Settled | None]:
    """Begin the settled pass over what has settled by a tick; what goes on waiting. None: nothing
    has."""
    was_s, settle_s = settled_until_s(state.tick_s), settled_until_s(until_s)
    if settle_s <= was_s:
        return waiting, None
    ripe = pl.col("clock_s") <= settle_s
    mine = passes.Given(*(frame.filter(ripe) for frame in waiting))
    left = Waiting(*(frame.filter(~ripe) for frame in waiting))
    return left, settle(state.settled, mine, was_s, settle_s, place)


def _late(sensor: pl.Expr) -> pl.Expr:
    """Rows that came later than their sensor's limit allows."""
    limit_s = sensor.replace_strict(LATENESS_S, return_dtype=pl.Int64)
    return pl.col("arrived_s") > ceil_s(pl.col("t_us")) + limit_s


def positions(observations: pl.DataFrame) -> pl.DataFrame:
    """Positions of vessels among the observations, as `PENDING`; the clock is their own.

    What a radar says of a target that it has just lost (status L) is its guess, and no position.
    """
    kind = pl.col("detail").str.extract(r'"type":\s*(\d+)').cast(pl.Int16)
    lost = (pl.col("sensor") == "radar") & pl.col("detail").str.contains(r'"status":\s*"L"')
    t_us = pl.col("observed_at").dt.epoch("us")
    return observations.filter(
        pl.col("sensor").is_in(TRACKED),
        is_vessel(pl.col("target")),
        pl.all_horizontal(pl.col("lon", "lat").is_finite()),
        pl.all_horizontal(pl.col("observed_at", "received_at").is_not_null()),
        ~lost,
    ).select(
        "target",
        "key",
        "sensor",
        "source",
        t_us.alias("t_us"),
        ceil_s(t_us).alias("clock_s"),
        "lon",
        "lat",
        "sigma_m",
        "speed_kn",
        "course_deg",
        pl.when(pl.col("sensor") == "ais").then(kind).alias("ais_type"),
        ceil_s(pl.col("arrived_at").dt.epoch("us")).alias("arrived_s"),
    )


def _ipc(frame: pl.DataFrame) -> bytes:
    buffer = BytesIO()
    frame.write_ipc(buffer, compression="zstd")
    return buffer.getvalue()
