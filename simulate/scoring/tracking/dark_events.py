"""Whether the events `dark_vessel` were vessels that were dark, and which were missed.

A true *spell*: an object that a radar sees where AIS is heard too, that has sent nothing for ten
minutes, under way for five at least. Events stand in `events.jsonl` when they are over, so a spell
that lasts to the end of the night is not asked for.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from geo.plane import distance_m
from simulate.scoring.reading import Row, parse_json
from simulate.scoring.tracking.records import Truth

#: What an event says: its number, one of its targets, from when to when, and where it was last.
EVENT: Final = pl.Schema(
    {
        "event": pl.Int64(), "target": pl.String(), "from_s": pl.Int64(), "to_s": pl.Int64(),
        "lon": pl.Float64(), "lat": pl.Float64(),
    }
)  # fmt: skip
UNDER_WAY_KN: Final = 2.0
_SPELL: Final = 10  # instants
_PAUSE_S: Final = 600
_OPEN_S: Final = 1_200
_LAST_S: Final = 1_200  # a lost vessel's case ends some minutes after it was seen last
_NEAR_M: Final = 500.0
_MOSTLY: Final = 0.5


def dark_events(data: bytes, where: str = "events.jsonl") -> pl.DataFrame:
    """`EVENT` of the lines of `events.jsonl` that say `dark_vessel`.

    Raises
    ------
    RecordingError
        Naming the line and the field.
    """
    rows: list[tuple[int, str, int, int, float, float]] = []
    for number, line in enumerate(data.splitlines(), 1):
        if b'"dark_vessel"' not in line:
            continue
        row = Row.of(parse_json(line, f"{where}, line {number}"), f"{where}, line {number}")
        if row.text("kind") == "dark_vessel":
            from_s, to_s = row.time_us("from") // 1_000_000, row.time_us("to") // 1_000_000
            place = row.number("lon", -180, 180), row.number("lat", -90, 90)
            rows += [(number, target, from_s, to_s, *place) for target in row.texts("targets")]
    return pl.DataFrame(rows, EVENT, orient="row")


def event_sums(
    events: pl.DataFrame, truth: Truth, known: pl.DataFrame
) -> dict[str, tuple[float, float]]:
    """Sums of the precision of a night's events, where two sensors cover and anywhere, and of
    their recall.

    An event is right where its object sent nothing for most of it, whoever could have heard it.

    Parameters
    ----------
    known
        The truth's rows with `two` (a radar sees it and AIS covers it) and `dark`.
    """
    first, last = truth.span_s
    events = events.filter((pl.col("from_s") <= last) & (pl.col("to_s") >= first))
    during = events.select("event", "from_s", "to_s").unique()
    during = during.join(_whose(events, truth, known), on="event", how="left")
    mute = pl.col("mmsi").is_null() & pl.col("beidou").is_null()
    judged = (
        during.drop_nulls("object")
        .join(known, on="object")
        .filter(pl.col("clock_s").is_between("from_s", "to_s"))
        .group_by("event", "object")
        .agg(pl.col("two").any(), (mute.mean() >= _MOSTLY).alias("right"))
    )
    nothing = len(during) - len(judged)
    right, placed = judged.filter("right"), judged.filter("two")
    spells = _spells(known, last)
    found = spells.join(during.join(right, on=["event", "object"]), on="object").filter(
        (pl.col("from_s") <= pl.col("ends_s") + _PAUSE_S) & (pl.col("to_s") >= pl.col("begins_s"))
    )
    caught = found.select("object", "begins_s").unique()
    return {
        "dark_event_precision": (len(placed.filter("right")), len(placed) + nothing),
        "dark_event_precision_anywhere": (len(right), len(judged) + nothing),
        "dark_event_recall": (len(caught), len(spells)),
    }


def _whose(events: pl.DataFrame, truth: Truth, known: pl.DataFrame) -> pl.DataFrame:
    """The object of each event: of those who had its radars' numbers, the one that was nearest to
    its last place in its last minutes; none where nobody was near."""
    part = pl.col("target").str.split(":")
    numbers = events.filter(pl.col("target").str.starts_with("radar:")).with_columns(
        part.list.get(1).alias("radar_id"),
        part.list.get(2).cast(pl.Int32, strict=False).alias("number"),
    )
    held = (
        numbers.join(truth.echoes.drop_nulls("object"), on=["radar_id", "number"])
        .filter(pl.col("from_ms") <= pl.col("to_s") * 1000)
        .filter(pl.col("to_ms") >= pl.col("from_s") * 1000)
        .select("event", "object", "from_s", "to_s", "lon", "lat")
        .unique()
    )
    places = known.select("object", "clock_s", pl.col("lon", "lat").name.suffix("_true"))
    rows = held.join(places, on="object").filter(
        pl.col("clock_s").is_between(pl.col("to_s") - _LAST_S, pl.col("to_s"))
    )
    columns = [rows[name].to_numpy() for name in ("lon", "lat", "lon_true", "lat_true")]
    return (
        rows.with_columns(pl.Series("away_m", distance_m(*columns), dtype=pl.Float64))
        .filter(pl.col("away_m") < _NEAR_M)
        .sort("event", "away_m", "object")
        .unique("event", keep="first", maintain_order=True)
        .select("event", "object")
    )


def _spells(known: pl.DataFrame, last_s: int) -> pl.DataFrame:
    """True spells: `object`, `begins_s`, `ends_s`."""
    moving = known.filter(
        pl.col("two") & pl.col("dark") & (pl.col("speed_kn") >= UNDER_WAY_KN)
    ).sort("object", "clock_s")
    new = (pl.col("clock_s").diff().over("object") > _PAUSE_S).fill_null(True)
    return (
        moving.with_columns(new.cum_sum().over("object").alias("spell"))
        .group_by("object", "spell")
        .agg(
            pl.col("clock_s").min().alias("begins_s"), pl.col("clock_s").max().alias("ends_s"),
            pl.len().alias("instants"),
        )
        .filter((pl.col("instants") >= _SPELL) & (pl.col("ends_s") < last_s - _OPEN_S))
        .select("object", "begins_s", "ends_s")
        .sort("object", "begins_s")
    )  # fmt: skip
