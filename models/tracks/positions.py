"""What the track models take: positions of moving things, with the tick at which each is visible.

Times are integers inside the models: `t_us` (observed, microseconds since 1970 UTC) and `clock_s`
(the tick at which the row is visible, seconds since 1970 UTC). Integers add up the same in any
order, which floats and time objects do not promise.
"""

from __future__ import annotations

from typing import Final

import polars as pl

POSITION: Final = pl.Schema(
    {
        "target": pl.String(),
        "key": pl.Binary(),
        "sensor": pl.String(),  # "ais", "beidou", "radar"
        "source": pl.String(),  # the station, terminal or radar; null where unknown
        "t_us": pl.Int64(),
        "clock_s": pl.Int64(),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "sigma_m": pl.Float64(),
        "speed_kn": pl.Float64(),
        "course_deg": pl.Float64(),
        "ais_type": pl.Int16(),
    }
)

#: The last rows of each live track and what was decided there: what the next batch starts from.
TRACK: Final = pl.Schema(
    {
        "track": pl.String(),  # the target, with ":2" (radar: "#2") for a second ship under it
        "target": pl.String(),
        "sensor": pl.String(),
        "source": pl.String(),
        "instance": pl.Int32(),
        "t_us": pl.Int64(),
        "clock_s": pl.Int64(),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "speed_kn": pl.Float64(),  # reported, else implied by the last two positions
        "course_deg": pl.Float64(),
        "ais_type": pl.Int16(),
        "dt_s": pl.Int64(),  # since the row before; null where there is none
        "silent": pl.Boolean(),  # a silence after this row has been called
        "stopped": pl.Boolean(),
        "stop_from_us": pl.Int64(),
        "stop_lon": pl.Float64(),
        "stop_lat": pl.Float64(),
        "quiet_from_us": pl.Int64(),  # the last silence that ended
        "quiet_to_us": pl.Int64(),
    }
)
TAIL_ROWS: Final = 16  # kept of each track: fifteen intervals give its own median

SECOND_US: Final = 1_000_000
SEGMENT_BREAK_S: Final = 24 * 3600  # GFW pipe-segment: a longer gap begins a new segment
EXPIRY_S: Final = SEGMENT_BREAK_S + 3600  # by then a row that continues the segment has arrived
#: A radar drops a target and gives its number away: no gap of its tracks is bridged for longer
#: (methods 2.1: never interpolate through more than 10 min).
RADAR_BREAK_S: Final = 600
RADAR_EXPIRY_S: Final = RADAR_BREAK_S + 300


def expires_s() -> pl.Expr:
    """The tick at which a track is given up, if nothing more is heard of it."""
    return ceil_s(pl.col("t_us")) + of_radar(RADAR_EXPIRY_S, EXPIRY_S)


def break_us() -> pl.Expr:
    """A longer gap than this begins a new segment."""
    return of_radar(RADAR_BREAK_S * SECOND_US, SEGMENT_BREAK_S * SECOND_US)


def is_radar(target: str) -> bool:
    """Whether a target is what a radar calls it."""
    return target.startswith("radar:")


def of_radar(radars: float | str | None, others: float | str | pl.Expr) -> pl.Expr:
    """One value for the tracks of radars, another for those of all others, by `target`."""
    other = others if isinstance(others, pl.Expr) else pl.lit(others)
    return pl.when(pl.col("target").str.starts_with("radar:")).then(pl.lit(radars)).otherwise(other)


def ceil_s(t_us: pl.Expr) -> pl.Expr:
    """The first whole second that is not before the time."""
    return -((-t_us) // SECOND_US)


def is_vessel(target: pl.Expr) -> pl.Expr:
    """Targets that are ships, or what a radar sees: MMSI begin with 2 to 7 (ITU-R M.585).

    Base stations (00), aids to navigation (99), search aircraft (111), hand-held sets (8) and
    emergency beacons (97) are stored and shown, but they make no pier calls.
    """
    return target.str.contains(r"^(mmsi:[2-7]\d{8}$|beidou:|radar:)")
