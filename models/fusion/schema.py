"""The frames between fusion and the detectors of events.

A *source track* is what one sensor calls one thing (`mmsi:412345678`, `radar:R1:17`); a *vessel* is
the boat behind one or several of them. Times are integers as in `models.tracks.positions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from core.schema import empty

#: Who spoke, as bits: a vessel may be heard by several sensors in one instant.
AIS, BEIDOU, RADAR = 1, 2, 4
BITS: Final = {"ais": AIS, "beidou": BEIDOU, "radar": RADAR}

#: Where a vessel is at an instant: one row a vessel and instant while it lives, predicted through
#: silence. By (clock_s, vessel).
FIX: Final = pl.Schema(
    {
        "vessel": pl.String(),
        "clock_s": pl.Int64(),  # the instant, a tick
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "sigma_m": pl.Float64(),  # the larger axis of the 1-sigma ellipse
        "speed_kn": pl.Float64(),
        "course_deg": pl.Float64(),  # null where it hardly moves
        "age_s": pl.Int64(),  # since the newest row that it rests on
        "heard": pl.UInt8(),  # BITS of the sensors with a row since the last instant
        "members": pl.UInt8(),  # BITS of the sensors with a live source track in the vessel
        "target": pl.String(),  # who speaks for it: MMSI, else BeiDou, else radar target
        "coasting": pl.Boolean(),  # nothing was heard for longer than its sources' intervals
        # Of a vessel that radar alone sees now: it is ambiguous, and not to be called dark, where
        # its echo may as well be that of a vessel with a transponder; else null.
        "rival": pl.String(),  # who speaks for the likeliest of these
        "rival_probability": pl.Float64(),  # that it is one of these
    }
)

#: A source track in a vessel, said when it joins, when its standing changes, when it leaves.
LINK: Final = pl.Schema(
    {
        "vessel": pl.String(),
        "track": pl.String(),
        "target": pl.String(),
        "sensor": pl.String(),
        "source": pl.String(),
        "clock_s": pl.Int64(),  # the instant at which it is said
        "phase": pl.String(),  # "joined", "held", "left"
        "since_s": pl.Int64(),  # the instant at which it joined
        "probability": pl.Float64(),  # that the track is of this vessel
        "margin": pl.Float64(),  # of the score to that of the second best; null: there is none
        "instants": pl.Int32(),  # common instants that the link rests on
        "reason": pl.String(),  # "own" (founded it), "motion", "register", "motion_and_register"
    }
)

#: How a radar is registered, at an instant at which that changed.
REGISTRATION: Final = pl.Schema(
    {
        "radar_id": pl.String(),
        "clock_s": pl.Int64(),
        "range_m": pl.Float64(),  # what the radar measures too much
        "range_sigma_m": pl.Float64(),
        "bearing_deg": pl.Float64(),
        "bearing_sigma_deg": pl.Float64(),
        "clock_offset_s": pl.Float64(),
        "clock_sigma_s": pl.Float64(),
        "pairs": pl.Int32(),  # vessels it rests on
        "state": pl.String(),  # "registered", "learning", "impossible"
    }
)

#: What a detector says at a tick. `matter` tells happenings of one kind apart and is made only of
#: what does not depend on delays: targets and settled times.
HAPPENING: Final = pl.Schema(
    {
        "kind": pl.String(),
        "matter": pl.String(),
        "clock_s": pl.Int64(),
        "phase": pl.String(),  # "began", "changed", "ended", "withdrawn"
        "targets": pl.List(pl.String()),  # sorted
        "track": pl.String(),  # a source track of the lowest target
        "from_us": pl.Int64(),
        "to_us": pl.Int64(),  # null while it goes on
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "pier": pl.Int64(),  # row of the site's pier table; null where no pier is meant
        "level": pl.String(),  # "watch" where people are to be told; null: an event only
        "nats": pl.Float64(),  # of evidence, for kinds with a level; the engine caps and weighs
        "detail": pl.String(),  # JSON object with sorted keys: codes and parameters
        "sources": pl.List(pl.String()),  # who saw it: "radar:R1", "ais"
    }
)


@dataclass(frozen=True)
class FusionOutput:
    """What the instants of a batch led to."""

    fixes: pl.DataFrame
    links: pl.DataFrame
    registrations: pl.DataFrame

    @staticmethod
    def nothing() -> FusionOutput:
        """No instant passed."""
        return FusionOutput(*(empty(frame) for frame in (FIX, LINK, REGISTRATION)))
