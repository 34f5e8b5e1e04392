"""One boat that comes from the sea, goes dark and lies at a pier, among neighbours at sea."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from made_tracks import Fix, every, rows
from nasty_scenes import observations

SHIP = "mmsi:412000001"
NIGHT_S = 3600  # 01:00 on the coast
END_S = NIGHT_S + 40 * 3600


def landing(
    begin_s: int, *, east_m: float = 10.0, dark_min: int = 50, lie_min: int = 80
) -> list[Fix]:
    """Comes from the sea, goes dark on the way (0 min: never), lies at the pier, leaves."""
    seen = 40 if dark_min else 90
    coming: list[Fix] = [(begin_s + 30 * i, east_m, -9000.0 + 100.0 * i, 6.5) for i in range(seen)]
    at = begin_s + 30 * seen + 60 * dark_min
    berth: list[Fix] = [(at + 60 * i, east_m, -20.0, 0.0) for i in range(lie_min)]
    gone = at + 60 * lie_min
    going: list[Fix] = [(gone + 30 * i, east_m, -100.0 - 100.0 * i, 6.5) for i in range(30)]
    return [*coming, *berth, *going]


def coast(boats: dict[str, Sequence[Fix]]) -> pl.DataFrame:
    """The boats, and twenty neighbours that are heard all day: the reception is learned."""
    frames = [rows(list(fixes), name) for name, fixes in boats.items()]
    for i in range(20):
        heard = every(180, 700, begin_s=-36_000 + 7 * i)
        moored: list[Fix] = [(t, 200.0 * i, -9000.0 + 450.0 * i, v) for t, _, _, v in heard]
        frames.append(rows(moored, f"mmsi:4130000{i:02}"))
    frame = pl.concat(frames).with_columns(pl.col("clock_s").alias("arrived_s"))
    return observations(frame.with_columns(pl.lit(18, pl.Int16).alias("ais_type")))
