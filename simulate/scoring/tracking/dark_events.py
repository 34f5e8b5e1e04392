"""Whether the events `dark_vessel` were vessels that were dark, and which were missed.

A true *spell*: an object that a radar sees where AIS is heard too, that has sent nothing for ten
minutes, under way for five at least. Events stand in `events.jsonl` when they are over, so a spell
that lasts to the end of the night is not asked for.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from simulate.scoring.reading import Row, parse_json
from simulate.scoring.tracking.records import Truth

#: What an event says: its number, one of its targets, and from when to when.
EVENT: Final = pl.Schema(
    {"event": pl.Int64(), "target": pl.String(), "from_s": pl.Int64(), "to_s": pl.Int64()}
)
UNDER_WAY_KN: Final = 2.0
_SPELL: Final = 10  # instants
_PAUSE_S: Final = 600
_OPEN_S: Final = 1_200


def dark_events(data: bytes, where: str = "events.jsonl") -> pl.DataFrame:
    """`EVENT` of the lines of `events.jsonl` that say `dark_vessel`.

    Raises
    ------
    RecordingError
        Naming the line and the field.
    """
    rows: list[tuple[int, str, int, int]] = []
    for number, line in enumerate(data.splitlines(), 1):
        if b'"dark_vessel"' not in line:
            continue
        row = Row.of(parse_json(line, f"{where}, line {number}"), f"{where}, line {number}")
        if row.text("kind") == "dark_vessel":
            from_s, to_s = row.time_us("from") // 1_000_000, row.time_us("to") // 1_000_000
            rows += [(number, target, from_s, to_s) for target in row.texts("targets")]
    return pl.DataFrame(rows, EVENT, orient="row")


def event_sums(
    events: pl.DataFrame, truth: Truth, known: pl.DataFrame
) -> dict[str, tuple[float, float]]:
    """Sums of `dark_event_precision` and `dark_event_recall` of one night.

    Parameters
    ----------
    known
        The truth's rows with `two` (a radar sees it and AIS covers it) and `dark`.
    """
    first, last = truth.span_s
    events = events.filter((pl.col("from_s") <= last) & (pl.col("to_s") >= first))
    whose = _whose(events, truth)
    during = events.select("event", "from_s", "to_s").unique().join(whose, on="event", how="left")
    rows = during.drop_nulls("object").join(known, on="object")
    rows = rows.filter(pl.col("clock_s").is_between("from_s", "to_s"))
    judged = rows.group_by("event", "object").agg(
        pl.col("two").any(), (pl.col("silent_s") > 0).mean().alias("share")
    )
    placed = judged.filter("two")
    right = placed.filter(pl.col("share") >= 0.5)
    nothing = during.filter(pl.col("object").is_null())
    spells = _spells(known, last)
    found = spells.join(during.join(right, on=["event", "object"]), on="object").filter(
        (pl.col("from_s") <= pl.col("ends_s") + _PAUSE_S) & (pl.col("to_s") >= pl.col("begins_s"))
    )
    caught = found.select("object", "begins_s").unique()
    return {
        "dark_event_precision": (len(right), len(placed) + len(nothing)),
        "dark_event_recall": (len(caught), len(spells)),
    }


def _whose(events: pl.DataFrame, truth: Truth) -> pl.DataFrame:
    """The object of each event: whose its radars' numbers were for most of its time."""
    part = pl.col("target").str.split(":")
    numbers = events.filter(pl.col("target").str.starts_with("radar:")).with_columns(
        part.list.get(1).alias("radar_id"),
        part.list.get(2).cast(pl.Int32, strict=False).alias("number"),
    )
    shared = pl.min_horizontal(pl.col("to_s"), pl.col("to_ms") // 1000) - pl.max_horizontal(
        pl.col("from_s"), pl.col("from_ms") // 1000
    )
    return (
        numbers.join(truth.echoes, on=["radar_id", "number"])
        .with_columns(shared.alias("shared_s"))
        .filter(pl.col("shared_s") >= 0)
        .group_by("event", "object")
        .agg(pl.col("shared_s").sum())
        .sort("event", "shared_s", "object", descending=[False, True, False], nulls_last=True)
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
