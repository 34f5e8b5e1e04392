"""The fold: `advance(state, batch) -> (state, output)`, the one function behind live and replay.

The same detectors run twice (`engine.passes`): fast issues; settled confirms, updates or cancels,
and makes the events.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from io import BytesIO

import polars as pl

from alerts import policy
from core.schema import LATENESS_S, empty
from engine import events, feeds, passes, permits
from engine.batch import Batch, Output
from engine.feed_state import FeedState
from engine.passes import HOLD_S, SETTLE_EVERY_S, TRACKED, WAIT_S, PassState, settled_until_s
from engine.place import Place
from models.events import identity_claims
from models.tracks.positions import POSITION, ceil_s, is_vessel

__all__ = [
    "SETTLE_EVERY_S", "WAIT_S", "Batch", "EngineState", "Output", "PassState", "advance",
    "positions",
]  # fmt: skip

PENDING = pl.Schema({**POSITION, "arrived_s": pl.Int64()})


@dataclass(frozen=True)
class EngineState:
    """Everything the engine knows. It can be saved and loaded at any tick."""

    tick_s: int
    late: int
    pending: pl.DataFrame  # that have not settled; their clock is that of observation
    claims: pl.DataFrame
    fast: PassState
    settled: PassState
    book: policy.Book
    feeds: FeedState
    permits: pl.DataFrame  # that officers gave while it ran

    @staticmethod
    def initial() -> EngineState:
        """Before the first tick."""
        begun = PassState.initial()
        waiting = (empty(PENDING), empty(identity_claims.ARRIVED))
        given = empty(permits.PERMIT)
        return EngineState(0, 0, *waiting, begun, begun, policy.Book(), FeedState(), given)

    def save(self) -> dict[str, bytes]:
        """The state as files: Arrow frames and one JSON book, the same however it was cut."""
        frames = {
            "pending": self.pending.sort("t_us", "key", "target", "arrived_s"),
            "claims": self.claims.sort("t_us", *identity_claims.ARRIVED.names()),
            "permits": self.permits,
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

        book = policy.Book.load(files["book.json"])
        halves = (PassState.load(of("fast.")), PassState.load(of("settled.")))
        waiting = (frames["pending"], frames["claims"])
        books = {n[6:-5]: files[n] for n in files if n.startswith("feeds.") and n.endswith(".json")}
        heard = FeedState.load(of("feeds."), books)
        return EngineState(tick_s, late, *waiting, *halves, book, heard, frames["permits"])


def advance(state: EngineState, batch: Batch, place: Place) -> tuple[EngineState, Output]:
    """Take a batch.

    Raises
    ------
    ValueError
        A batch that does not begin where the last one ended.
    """
    if batch.until_s < state.tick_s:
        raise ValueError(f"batch until tick {batch.until_s}, but tick {state.tick_s} has passed")
    heard, fed = feeds.advance(state.feeds, batch, state.tick_s, place)
    given, no_room = permits.take(state.permits, batch.decisions)
    announced = permits.Permits(given)
    arrived = positions(feeds.for_tracks(fed.observations))
    in_time = arrived.filter(~_late(pl.col("sensor")))
    claimed = identity_claims.claims(batch.identities).with_columns(
        ceil_s(pl.col("t_us")).alias("clock_s")
    )
    claimed = claimed.filter(~_late(pl.lit("ais")))
    at_once = pl.col("arrived_s").alias("clock_s")
    fast, soon = passes.advance(
        state.fast,
        in_time.with_columns(at_once),
        claimed.with_columns(at_once),
        state.tick_s,
        batch.until_s,
        place,
        announced,
        settled=False,
    )
    waiting = (pl.concat([state.pending, in_time]), pl.concat([state.claims, claimed]))
    settled, left, later = _settle(state, waiting, batch.until_s, place, announced)
    said = [*soon.said, *(later.said if later else ())]
    book, revisions = policy.advance(
        state.book, said, batch.until_s, site=place.site.name, hold_s=HOLD_S
    )
    open_ = (fast.presences, settled.presences)
    given = permits.drop(given, batch.until_s, open_, place.pier_rows)
    late = state.late + len(arrived) - len(in_time)
    after = EngineState(batch.until_s, late, *left, fast, settled, book, heard, given)
    output = Output(
        sorted([*fed.revisions, *revisions], key=lambda alert: str(alert["issued_at"])),
        observations=feeds.for_store(fed.observations),
        refusals=pl.concat([fed.refusals, no_room]),
        doubts=fed.doubts,
        receptions=fed.receptions,
        fast=soon.vessels,
    )
    if later is None:
        return after, output
    happened = events.settled(later, settled_until_s(state.tick_s), place)
    rows = later.tracks.linked
    return after, replace(output, events=happened, rows=rows, vessels=later.vessels)


Waiting = tuple[pl.DataFrame, pl.DataFrame]


def _settle(
    state: EngineState, waiting: Waiting, until_s: int, place: Place, announced: permits.Permits
) -> tuple[PassState, Waiting, passes.PassOutput | None]:
    """Let the settled pass take what has settled by a tick; what goes on waiting. None: nothing."""
    was_s, settle_s = settled_until_s(state.tick_s), settled_until_s(until_s)
    if settle_s <= was_s:
        return state.settled, waiting, None
    ripe = pl.col("clock_s") <= settle_s
    mine, claimed = (frame.filter(ripe) for frame in waiting)
    after, output = passes.advance(
        state.settled, mine, claimed, was_s, settle_s, place, announced, settled=True
    )
    rows, unsettled = (frame.filter(~ripe) for frame in waiting)
    return after, (rows, unsettled), output


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
