"""What the tracks did since the detectors of events looked last.

Only pier calls are urgent to the second. Everything else is looked for at ticks that all instants
of fusion fall on, some seconds apart, so that a second costs no call of every detector. A detector
says the same of the same rows however they are cut, hence a row waits with its own clock, and only
the tick at which something is said is that of the look.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from math import gcd
from typing import Final

import polars as pl

from core.schema import empty
from models.events.dark_cases import CALLED
from models.events.identity_claims import CLAIM
from models.landings.land_rows import LAND_ROW
from models.tracks.fold import TrackOutput

#: No look is farther apart than this.
LONGEST_S: Final = 15
#: What the detectors read of `TrackOutput.linked`.
ROW: Final = pl.Schema(
    {
        "track": pl.String(),
        "target": pl.String(),
        "sensor": pl.String(),
        "source": pl.String(),
        "t_us": pl.Int64(),
        "clock_s": pl.Int64(),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "speed_kn": pl.Float64(),
        "ais_type": pl.Int16(),
        "dt_s": pl.Int64(),
        "was_t_us": pl.Int64(),
        "fresh": pl.Boolean(),
        "jump": pl.Boolean(),
    }
)
_ORDERS: Final = (
    ["track", "t_us"],
    ["called_s", "track", "from_us"],
    CLAIM.names(),
    [
        "clock_s",
        "t_us",
        "key",
        *(name for name in LAND_ROW if name not in ("clock_s", "t_us", "key")),
    ],
)
_CLOCKS: Final = ("clock_s", "called_s", "clock_s", "clock_s")


def every_s(step_s: int) -> int:
    """Seconds between looks where the instants of fusion are `step_s` apart."""
    return gcd(step_s, LONGEST_S)


@dataclass(frozen=True)
class Unseen:
    """What waits for the next look: no more than the rows of a few seconds."""

    rows: pl.DataFrame  # ROW
    called: pl.DataFrame  # `models.events.dark_cases.CALLED`
    claims: pl.DataFrame  # `models.events.identity_claims.CLAIM`
    land: pl.DataFrame  # `models.landings.land_rows.LAND_ROW`

    @staticmethod
    def initial() -> Unseen:
        """Nothing waits."""
        return Unseen(empty(ROW), empty(CALLED), empty(CLAIM), empty(LAND_ROW))

    def frames(self) -> dict[str, pl.DataFrame]:
        """By name, to be saved: the same bytes however the input was cut."""
        held = zip(fields(self), _ORDERS, strict=True)
        return {part.name: getattr(self, part.name).sort(order) for part, order in held}

    @staticmethod
    def load(frames: Mapping[str, pl.DataFrame]) -> Unseen:
        """From what `frames` gave."""
        return Unseen(*(frames[part.name] for part in fields(Unseen)))

    def add(self, output: TrackOutput, claims: pl.DataFrame, land: pl.DataFrame) -> Unseen:
        """With what the tracks did in a batch, and the claims and the land side's rows of it."""
        new = (output.linked, output.called, claims, land)
        held = (self.rows, self.called, self.claims, self.land)
        return Unseen(*(_behind(a, b) for a, b in zip(held, new, strict=True)))

    def until(
        self, tick_s: int, output: TrackOutput
    ) -> tuple[Unseen, TrackOutput, pl.DataFrame, pl.DataFrame]:
        """What goes on waiting after a look at a tick; what is looked at: of tracks, claims, and
        of the land side."""
        parts = [(frame, frame[clock] <= tick_s) for frame, clock in self._clocks()]
        rows, called, claims, land = (frame.filter(due) for frame, due in parts)
        seen = replace(output, linked=rows.sort(_ORDERS[0]), called=called)
        return Unseen(*(frame.filter(~due) for frame, due in parts)), seen, claims, land

    def _clocks(self) -> tuple[tuple[pl.DataFrame, str], ...]:
        held = (self.rows, self.called, self.claims, self.land)
        return tuple(zip(held, _CLOCKS, strict=True))


def _behind(held: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([held, new.select(held.columns)]) if len(new) else held
