"""What the scorer of tracks reads: the truth of `simulate --tracks`, and what a replay said.

Columns are checked, and nothing else of a foreign file is believed.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

import polars as pl

from core.errors import RecordingError

#: A fusion that waits for late data has not said the end of a recording: BeiDou is late by 900 s
#: at most, and a minute is for instants.
UNSETTLED_S: Final = 960

#: Bits of FIX's `members`.
AIS, BEIDOU, RADAR = 1, 2, 4

TRUTH: Final = pl.Schema(
    {
        "object": pl.String(), "kind": pl.String(), "t_s": pl.Int64(), "lon": pl.Float64(),
        "lat": pl.Float64(), "speed_kn": pl.Float32(), "mmsi": pl.Int32(), "beidou": pl.String(),
        "radars_reach": pl.UInt16(), "radars_see": pl.UInt16(), "ais_reach": pl.UInt16(),
        "ais_sees": pl.UInt16(), "ais_sees_b": pl.Boolean(), "beidou_works": pl.Boolean(),
    }
)  # fmt: skip
ECHOES: Final = pl.Schema(
    {
        "radar_id": pl.String(), "number": pl.Int32(), "life": pl.Int32(), "from_ms": pl.Int64(),
        "to_ms": pl.Int64(), "object": pl.String(),
    }
)  # fmt: skip
FIXES: Final = pl.Schema(
    {
        "vessel": pl.String(), "clock_s": pl.Int64(), "lon": pl.Float64(), "lat": pl.Float64(),
        "age_s": pl.Int64(), "members": pl.UInt8(), "rival": pl.String(),
    }
)  # fmt: skip
LINKS: Final = pl.Schema(
    {
        "vessel": pl.String(), "track": pl.String(), "target": pl.String(), "sensor": pl.String(),
        "source": pl.String(), "clock_s": pl.Int64(), "phase": pl.String(),
    }
)  # fmt: skip


@dataclass(frozen=True)
class Truth:
    """One night: every object every half minute, and whose the radars' numbers were."""

    tracks: pl.DataFrame
    echoes: pl.DataFrame

    @property
    def span_s(self) -> tuple[int, int]:
        """Its first and its last instant."""
        t_s = self.tracks["t_s"]
        return int(t_s.min() or 0), int(t_s.max() or 0)  # type: ignore[arg-type]

    def until(self, last_s: int) -> Truth:
        """What was there up to an instant, but all of it save `UNSETTLED_S` in any case."""
        last_s = max(last_s, self.span_s[1] - UNSETTLED_S)
        return Truth(self.tracks.filter(pl.col("t_s") <= last_s), self.echoes)


@dataclass(frozen=True)
class Said:
    """What a fusion said: where vessels are at instants, and which tracks joined or left them."""

    fixes: pl.DataFrame
    links: pl.DataFrame
    events: pl.DataFrame | None = None  # `dark_events.EVENT`; None: there are none to be scored

    @property
    def last_s(self) -> int:
        """Its last word."""
        return int(self.fixes["clock_s"].max() or 0)  # type: ignore[arg-type]

    def within(self, span_s: tuple[int, int]) -> Said:
        """A night's fixes, with all the links that there were before its end."""
        first, last = span_s
        return Said(
            self.fixes.filter(pl.col("clock_s").is_between(first, last)),
            self.links.filter(pl.col("clock_s") <= last),
            self.events,
        )


def read(data: bytes, schema: pl.Schema, where: str) -> pl.DataFrame:
    """A Parquet file's columns of a schema.

    Raises
    ------
    RecordingError
        It is no Parquet, or a column is missing or of another type.
    """
    try:
        frame = pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise RecordingError(where, expected="a Parquet file", came=str(error)[:80]) from None
    for name, dtype in schema.items():
        if name not in frame.columns:
            raise RecordingError(f"{where}, {name}", expected=str(dtype), came="no such column")
        if frame.schema[name] != dtype:
            raise RecordingError(
                f"{where}, {name}", expected=str(dtype), came=str(frame.schema[name])
            )
    return frame.select(schema.names())
