"""One run of the detectors over the rows that it may see: the fast one, or the settled one.

The *fast* pass takes rows at the tick of their arrival, leaving out a row older than the newest
used of its target. The *settled* pass takes every row in the order of observation, once the tick
clock has passed its time by the allowed lateness; so that not every second pays for it, it runs at
ticks that are multiples of `SETTLE_EVERY_S`, and speaks at these. The fast one speaks of pier calls
at every tick, of all else at those of its looks (`engine.looks`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from alerts.policy import Said
from core.schema import LATENESS_S, empty
from engine import detectors, happenings, looks
from engine.judging import Silences, say
from engine.permits import Permits
from engine.place import Place
from models.events import identity_claims, pier_calls
from models.fusion import fold as fusion
from models.fusion.schema import HAPPENING, FusionOutput
from models.tracks import claims
from models.tracks import fold as tracks
from models.tracks.positions import POSITION
from models.tracks.silences import SILENCE

#: Sensors whose rows make tracks.
TRACKED: Final = ("ais", "beidou", "radar")
WAIT_S: Final = max(LATENESS_S[sensor] for sensor in TRACKED)
SETTLE_EVERY_S: Final = 15
_FRAMES: Final = ("presences", "berths", "claims", "said")


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


def advance(
    state: PassState,
    rows: pl.DataFrame,
    claimed: pl.DataFrame,
    was_s: int,
    until_s: int,
    place: Place,
    permits: Permits,
    *,
    settled: bool,
) -> tuple[PassState, PassOutput]:
    """Take the rows visible after `was_s` and by `until_s`, ticks of the pass's own clock.

    Parameters
    ----------
    rows, claimed
        `models.tracks.positions.POSITION` and `models.events.identity_claims.CLAIM`, with the
        tick of the pass's clock at which each is visible.
    """
    settings = place.settings
    after, output = tracks.advance(
        state.tracks, rows.select(POSITION.names()), until_s, settings.tracks
    )
    presences, calls = pier_calls.advance(
        state.presences, output, until_s, place.site.piers, settings.calls, settings.tracks
    )
    lengths = claimed.filter(pl.col("length_m").is_not_null())
    last_claims, calls = claims.as_of(state.claims, lengths, calls, until_s)
    known = pl.concat([state.silences, output.silences]).unique(
        ["track", "from_us"], keep="last", maintain_order=True
    )  # the newer one has the end
    silences = Silences(
        {(r["track"], r["from_us"]): r for r in _referred(known, calls).iter_rows(named=True)}
    )
    vessels, fused = fusion.advance(
        state.vessels, output.linked, until_s, place.site, settings.fusion
    )
    newest, fresh = identity_claims.newest_only(state.said, claimed)
    every_s = 1 if settled else looks.every_s(settings.fusion.step_s)
    unseen = state.unseen.add(output, fresh)
    look_s = until_s // every_s * every_s
    watching, happened = state.detectors, empty(HAPPENING)
    if look_s > was_s:
        unseen, moved, told = unseen.until(look_s, output)
        seen = detectors.Seen(moved, fused, look_s, told, place)
        watching, happened = detectors.advance(state.detectors, seen)
    tick = settles_s if settled else int
    said = happenings.words(
        happened, place, settled=settled, tick=lambda s: tick(-(-s // every_s) * every_s)
    )
    for call in calls.iter_rows(named=True):
        tick_s = tick(call["clock_s"])
        word = say(call, silences, place, permits, tick_s=tick_s, settled=settled)
        if word is not None:
            said.append(word)
    referred = _referred(known, presences)
    kept = identity_claims.forget(newest, until_s)
    state = PassState(after, presences, referred, last_claims, kept, vessels, watching, unseen)
    return state, PassOutput(until_s, said, calls, output, fused, happened)


def _referred(silences: pl.DataFrame, calls: pl.DataFrame) -> pl.DataFrame:
    """The silences that calls or presences refer to."""
    names = ("dark_from_us", "quiet_from_us")
    refs = pl.concat([calls.select("track", pl.col(c).alias("from_us")) for c in names])
    found = silences.join(refs.drop_nulls(), on=["track", "from_us"], how="semi")
    return found.sort("track", "from_us")
