"""The fold: `advance(state, batch) -> (state, output)`, the one function behind live and replay.

The same detectors run twice. The *fast* pass takes rows at the tick of their arrival, leaving out
a row older than the newest used of its target. The *settled* pass takes every row in the order of
observation, once the tick clock has passed its time by the allowed lateness. Fast issues; settled
confirms, updates or cancels, and makes the events.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import polars as pl

from alerts import policy
from core.schema import LATENESS_S, empty
from engine import events, feeds, permits
from engine.batch import Batch, Output
from engine.feed_state import FeedState
from engine.judging import Silences, say
from engine.place import Place
from models.events import pier_calls
from models.tracks import claims
from models.tracks import fold as tracks
from models.tracks.positions import POSITION, ceil_s, is_vessel
from models.tracks.silences import SILENCE

__all__ = ["WAIT_S", "Batch", "EngineState", "Output", "PassState", "advance", "positions"]

WAIT_S = LATENESS_S["ais"]  # of the sensors that make tracks; more than one needs the longest
PENDING = pl.Schema({**POSITION, "arrived_s": pl.Int64()})
_LATE = pl.col("arrived_s") > ceil_s(pl.col("t_us")) + WAIT_S


@dataclass(frozen=True)
class PassState:
    """One run of the detectors: tracks, the pier presences that are open, their silences."""

    tracks: tracks.TrackState
    presences: pl.DataFrame
    silences: pl.DataFrame  # that open presences refer to, for as long as they do
    claims: pl.DataFrame  # the last of each target

    @staticmethod
    def initial() -> PassState:
        """Nothing seen yet."""
        begun = tracks.TrackState.initial()
        return PassState(begun, empty(pier_calls.PRESENCE), empty(SILENCE), empty(claims.CLAIM))


@dataclass(frozen=True)
class EngineState:
    """Everything the engine knows. It can be saved and loaded at any tick."""

    tick_s: int
    late: int
    pending: pl.DataFrame
    claims: pl.DataFrame  # that have not settled
    fast: PassState
    settled: PassState
    book: policy.Book
    feeds: FeedState
    permits: pl.DataFrame  # that officers gave while it ran

    @staticmethod
    def initial() -> EngineState:
        """Before the first tick."""
        begun = PassState.initial()
        waiting = (empty(PENDING), empty(claims.ARRIVED))
        given = empty(permits.PERMIT)
        return EngineState(0, 0, *waiting, begun, begun, policy.Book(), FeedState(), given)

    def save(self) -> dict[str, bytes]:
        """The state as files: Arrow frames and one JSON book, the same however it was cut."""
        frames = {
            "pending": self.pending.sort("t_us", "key", "target", "arrived_s"),
            "claims": self.claims.sort("t_us", "target", "length_m", "arrived_s"),
            "permits": self.permits,
        }
        for name, state in (("fast", self.fast), ("settled", self.settled)):
            frames |= {f"{name}.{k}": v for k, v in state.tracks.frames().items()}
            frames[f"{name}.presences"] = state.presences
            frames[f"{name}.berths"] = state.silences
            frames[f"{name}.claims"] = state.claims
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

        def load_pass(name: str) -> PassState:
            parts = (frames[f"{name}.{k}"] for k in ("tracks", "silences", "cells", "bins"))
            rest = (frames[f"{name}.{k}"] for k in ("presences", "berths", "claims"))
            return PassState(tracks.TrackState(*parts), *rest)

        book = policy.Book.load(files["book.json"])
        fast, settled = load_pass("fast"), load_pass("settled")
        waiting = (frames["pending"], frames["claims"])
        heard = FeedState.load(
            {n.removeprefix("feeds."): f for n, f in frames.items() if n.startswith("feeds.")},
            {n[6:-5]: files[n] for n in files if n.startswith("feeds.") and n.endswith(".json")},
        )
        given = frames["permits"]
        return EngineState(tick_s, late, *waiting, fast, settled, book, heard, given)


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
    stated = claims.claims(batch.identities)
    in_time, claimed = arrived.filter(~_LATE), stated.filter(~_LATE)
    at_once = pl.col("arrived_s").alias("clock_s")
    fast, said_fast, _, _ = _pass(
        state.fast,
        in_time.with_columns(at_once),
        claimed.with_columns(at_once),
        batch.until_s,
        place,
        announced,
        settled=False,
    )
    settle_s = batch.until_s - WAIT_S
    observed = ceil_s(pl.col("t_us")).alias("clock_s")
    waiting = pl.concat([state.pending, in_time]).with_columns(observed)
    unsettled = pl.concat([state.claims, claimed]).with_columns(observed)
    ripe = pl.col("clock_s") <= settle_s
    settled, said, calls, output = _pass(
        state.settled,
        waiting.filter(ripe),
        unsettled.filter(ripe),
        settle_s,
        place,
        announced,
        settled=True,
    )
    book, revisions = policy.advance(
        state.book, [*said_fast, *said], batch.until_s, site=place.site.name, hold_s=WAIT_S
    )
    late_rows = state.late + len(arrived) - len(in_time)
    left = (waiting.filter(~ripe), unsettled.filter(~ripe))
    open_ = (fast.presences, settled.presences)
    given = permits.drop(given, batch.until_s, open_, place.pier_rows)
    after = EngineState(batch.until_s, late_rows, *left, fast, settled, book, heard, given)
    happened = _events(output, calls, state.tick_s - WAIT_S, settle_s, place)
    issued = sorted([*fed.revisions, *revisions], key=lambda alert: str(alert["issued_at"]))
    return after, Output(
        issued,
        happened,
        output.linked,
        feeds.for_store(fed.observations),
        pl.concat([fed.refusals, no_room]),
        fed.doubts,
        fed.receptions,
    )


def _events(
    output: tracks.TrackOutput, calls: pl.DataFrame, after_s: int, until_s: int, place: Place
) -> list[dict[str, Any]]:
    """What settled after one settled tick and until another, in the order of settling."""
    happened = [
        *events.stop_events(output.stops, WAIT_S),
        *events.silence_events(output.silences, after_s, until_s, WAIT_S),
        *events.call_events(calls, place, WAIT_S),
    ]
    order = ("settled_at", "kind", "targets", "from", "event_id")
    return sorted(happened, key=lambda event: [event[name] for name in order])


def positions(observations: pl.DataFrame) -> pl.DataFrame:
    """Positions of vessels among the observations, as `PENDING`."""
    kind = pl.col("detail").str.extract(r'"type":\s*(\d+)').cast(pl.Int16)
    return observations.filter(
        pl.col("sensor") == "ais",
        is_vessel(pl.col("target")),
        pl.all_horizontal(pl.col("lon", "lat").is_finite()),
        pl.all_horizontal(pl.col("observed_at", "received_at").is_not_null()),
    ).select(
        "target",
        "key",
        pl.col("observed_at").dt.epoch("us").alias("t_us"),
        pl.lit(0, pl.Int64).alias("clock_s"),
        "lon",
        "lat",
        "speed_kn",
        "course_deg",
        kind.alias("ais_type"),
        ceil_s(pl.col("arrived_at").dt.epoch("us")).alias("arrived_s"),
    )


def _pass(
    state: PassState,
    rows: pl.DataFrame,
    claimed: pl.DataFrame,
    until_s: int,
    place: Place,
    announced: permits.Permits,
    *,
    settled: bool,
) -> tuple[PassState, list[policy.Said], pl.DataFrame, tracks.TrackOutput]:
    settings = place.settings
    after, output = tracks.advance(
        state.tracks, rows.select(POSITION.names()), until_s, settings.tracks
    )
    presences, calls = pier_calls.advance(
        state.presences, output, until_s, place.site.piers, settings.calls, settings.tracks
    )
    last_claims, calls = claims.as_of(state.claims, claimed, calls, until_s)
    known = pl.concat([state.silences, output.silences]).unique(
        ["track", "from_us"], keep="last", maintain_order=True
    )  # the newer one has the end
    silences = Silences(
        {(r["track"], r["from_us"]): r for r in _referred(known, calls).iter_rows(named=True)}
    )
    delay_s = WAIT_S if settled else 0
    said = [
        word
        for call in calls.iter_rows(named=True)
        if (
            word := say(
                call,
                silences,
                place,
                announced,
                tick_s=call["clock_s"] + delay_s,
                settled=settled,
            )
        )
    ]
    state = PassState(after, presences, _referred(known, presences), last_claims)
    return state, said, calls, output


def _referred(silences: pl.DataFrame, calls: pl.DataFrame) -> pl.DataFrame:
    """The silences that calls or presences refer to."""
    names = ("dark_from_us", "quiet_from_us")
    refs = pl.concat([calls.select("track", pl.col(c).alias("from_us")) for c in names])
    found = silences.join(refs.drop_nulls(), on=["track", "from_us"], how="semi")
    return found.sort("track", "from_us")


def _ipc(frame: pl.DataFrame) -> bytes:
    buffer = BytesIO()
    frame.write_ipc(buffer, compression="zstd")
    return buffer.getvalue()
