"""One run of the detectors over the rows that it may see: the fast one, or the settled one.

The *fast* pass takes rows at the tick of their arrival, leaving out a row older than the newest
used of its target. The *settled* pass takes every row in the order of observation, once the tick
clock has passed its time by the allowed lateness; so that not every second pays for it, it runs at
ticks that are multiples of `SETTLE_EVERY_S`, and speaks at these. The fast one speaks of pier calls
at every tick, of all else, the land side too, at those of its looks (`engine.looks`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from alerts.policy import Said
from core.schema import LATENESS_S, empty
from engine import detectors, happenings, looks
from engine.doubts import Doubts
from engine.landing_facts import Known, Silences
from engine.place import Place
from models.events import identity_claims, pier_calls
from models.fusion import fold as fusion
from models.fusion.schema import HAPPENING, FusionOutput
from models.landings import fold as landings
from models.landings import land_side
from models.landings.land_rows import LAND_ROW
from models.landings.schema import FACT, FACT_KEY, Landing
from models.tracks import claims
from models.tracks import fold as tracks
from models.tracks.positions import POSITION, SECOND_US
from models.tracks.silences import SILENCE

#: Sensors whose rows make tracks.
TRACKED: Final = ("ais", "beidou", "radar")
WAIT_S: Final = max(LATENESS_S[sensor] for sensor in TRACKED)
SETTLE_EVERY_S: Final = 15
_FRAMES: Final = ("presences", "berths", "claims", "said")
#: Silences are remembered so long though no call refers to them: of boats that radar sees come.
SILENCES_S: Final = 12 * 3600
_REFERS: Final = ("dark_from_us", "quiet_from_us")


def settled_until_s(tick_s: int) -> int:
    """The last tick whose rows have settled at a tick."""
    return tick_s // SETTLE_EVERY_S * SETTLE_EVERY_S - WAIT_S


def settles_s(clock_s: int) -> int:
    """The tick at which the settled pass speaks of what it saw at a tick of its own."""
    return -(-(clock_s + WAIT_S) // SETTLE_EVERY_S) * SETTLE_EVERY_S


#: How long after a fast word the settled pass has spoken of the same rows.
HOLD_S: Final = WAIT_S + SETTLE_EVERY_S - 1


@dataclass(frozen=True)
class PassState:
    """One run of the detectors: tracks, the pier presences that are open, their silences."""

    tracks: tracks.TrackState
    presences: pl.DataFrame
    silences: pl.DataFrame  # that open presences refer to, for as long as they do
    claims: pl.DataFrame  # the last length of each target
    said: pl.DataFrame  # identity_claims.CLAIM: the newest of each target, for an hour
    vessels: fusion.FusionState
    detectors: Mapping[str, detectors.Kept]
    unseen: looks.Unseen  # by the detectors
    doubts: Doubts
    land: land_side.LandState
    landings: landings.State

    @staticmethod
    def initial() -> PassState:
        """Nothing seen yet."""
        return PassState(
            tracks.TrackState.initial(),
            empty(pier_calls.PRESENCE),
            empty(SILENCE),
            empty(claims.CLAIM),
            empty(identity_claims.CLAIM),
            fusion.FusionState.initial(),
            detectors.initial(),
            looks.Unseen.initial(),
            Doubts(),
            land_side.LandState.initial(),
            landings.State.initial(),
        )

    def frames(self) -> dict[str, pl.DataFrame]:
        """By name, to be saved: the same bytes however the input was cut."""
        held = (self.presences, self.silences, self.claims, self.said)
        return {
            **self.tracks.frames(),
            **dict(zip(_FRAMES, held, strict=True)),
            **{f"vessels.{name}": frame for name, frame in self.vessels.frames().items()},
            **{f"events.{name}": f for name, f in detectors.frames(self.detectors).items()},
            **{f"unseen.{name}": frame for name, frame in self.unseen.frames().items()},
            "doubts": self.doubts.rows,
            **{f"land.{name}": frame for name, frame in self.land.frames().items()},
            **{f"landings.{name}": frame for name, frame in self.landings.frames().items()},
        }

    @staticmethod
    def load(frames: Mapping[str, pl.DataFrame]) -> PassState:
        """From what `frames` gave."""
        parts = (frames[name] for name in ("tracks", "silences", "cells", "bins"))
        presences, berths, claimed, said = (frames[name] for name in _FRAMES)
        return PassState(
            tracks.TrackState(*parts),
            presences,
            berths,
            claimed,
            said,
            fusion.FusionState.load(detectors.of(frames, "vessels")),
            detectors.load(detectors.of(frames, "events")),
            looks.Unseen.load(detectors.of(frames, "unseen")),
            Doubts(frames["doubts"]),
            land_side.LandState.load(detectors.of(frames, "land")),
            landings.State.load(detectors.of(frames, "landings")),
        )


@dataclass(frozen=True)
class PassOutput:
    """What a batch led to in one pass; its clocks are the pass's own."""

    until_s: int
    said: list[Said]
    calls: pl.DataFrame
    tracks: tracks.TrackOutput
    vessels: FusionOutput
    happened: pl.DataFrame  # HAPPENING
    landings: list[Landing]
    known: Known  # of what these landings are judged by
    ashore: pl.DataFrame  # FACT
    land: pl.DataFrame  # LAND_ROW, as they came


@dataclass(frozen=True)
class Given:
    """What a pass may see of a batch, with the tick of its own clock at which each is visible.

    `models.tracks.positions.POSITION`, `models.events.identity_claims.CLAIM` and
    `models.landings.land_rows.LAND_ROW`.
    """

    rows: pl.DataFrame
    claims: pl.DataFrame
    land: pl.DataFrame


def advance(
    state: PassState,
    given: Given,
    was_s: int,
    until_s: int,
    place: Place,
    *,
    settled: bool,
) -> tuple[PassState, PassOutput]:
    """Take what became visible after `was_s` and by `until_s`, ticks of the pass's own clock."""
    settings = place.settings
    after, output = tracks.advance(
        state.tracks, given.rows.select(POSITION.names()), until_s, settings.tracks
    )
    presences, calls = pier_calls.advance(
        state.presences, output, until_s, place.site.piers, settings.calls, settings.tracks
    )
    lengths = given.claims.filter(pl.col("length_m").is_not_null())
    last_claims, calls = claims.as_of(state.claims, lengths, calls, until_s)
    known = state.silences
    if len(output.silences):  # the newer one has the end
        both = pl.concat([known, output.silences])
        known = both.unique(["track", "from_us"], keep="last", maintain_order=True)
    vessels, fused = fusion.advance(
        state.vessels, output.linked, until_s, place.site, settings.fusion
    )
    newest, fresh = identity_claims.newest_only(state.said, given.claims)
    every_s = 1 if settled else looks.every_s(settings.fusion.step_s)
    unseen = state.unseen.add(output, fresh, given.land.select(LAND_ROW.names()))
    look_s = until_s // every_s * every_s
    watching, happened = state.detectors, empty(HAPPENING)
    land, facts = state.land, empty(FACT)
    if look_s > was_s:
        unseen, moved, told, ashore = unseen.until(look_s, output)
        seen = detectors.Seen(moved, fused, look_s, told, place)
        watching, happened = detectors.advance(state.detectors, seen)
        land, facts = land_side.advance(state.land, ashore, look_s, place.site, settings.land)
        happened, facts = _at_looks(happened, every_s), _at_looks(facts, every_s)
        if len(facts):
            facts = facts.unique(["clock_s", *FACT_KEY], keep="last", maintain_order=True)
    chain, news = landings.advance(
        state.landings, calls, fused.links, facts, until_s, place.site.piers, approaches=happened
    )
    tick = settles_s if settled else int
    said = happenings.words(happened, place, settled=settled, tick=tick)
    silences = Silences(
        {(r["track"], r["from_us"]): r for r in known.iter_rows(named=True)} if news else {}
    )
    doubts = state.doubts.take(happened)
    kept = _remembered(known, until_s, presences, chain)
    claimed = identity_claims.forget(newest, until_s)
    state = PassState(
        after, presences, kept, last_claims, claimed, vessels, watching, unseen,
        doubts.forget(until_s), land, chain,
    )  # fmt: skip
    return state, PassOutput(
        until_s, said, calls, output, fused, happened, news, Known(silences, doubts, output.cells),
        facts, given.land,
    )  # fmt: skip


def _at_looks(found: pl.DataFrame, every_s: int) -> pl.DataFrame:
    """What a look finds is known at the tick of the look."""
    if every_s == 1 or found.is_empty():
        return found
    return found.with_columns(-(-pl.col("clock_s") // every_s) * every_s)


def _remembered(
    known: pl.DataFrame, until_s: int, presences: pl.DataFrame, chain: landings.State
) -> pl.DataFrame:
    """The silences of the last hours, and older ones that something refers to."""
    recent = known["from_us"] > (until_s - SILENCES_S) * SECOND_US
    kept = known.filter(recent)
    if not recent.all():
        refers = _refers(presences, chain)
        old = known.filter(~recent).join(refers, on=["track", "from_us"], how="semi")
        kept = pl.concat([kept, old])
    return kept.sort("track", "from_us")


def _refers(presences: pl.DataFrame, chain: landings.State) -> pl.DataFrame:
    """The silences that presences, and the calls of landings, refer to: track and beginning."""
    rows = [
        (call.row["track"], call.row[name])
        for pier in chain.piers.values()
        for call in pier.calls.values()
        for name in _REFERS
    ]
    schema = {"track": pl.String(), "from_us": pl.Int64()}
    parts = [presences.select("track", pl.col(name).alias("from_us")) for name in _REFERS]
    return pl.concat([*parts, pl.DataFrame(rows, schema=schema, orient="row")]).drop_nulls()
