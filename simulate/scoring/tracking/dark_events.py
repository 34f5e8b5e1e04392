"""Whether the events `dark_vessel` were vessels that were dark, and which were missed.

A true *spell*: an object that a radar sees where AIS is heard too, that has sent nothing for ten
minutes, under way for five at least. Events stand in `events.jsonl` when they are over, and in
`open_events.jsonl` while they go on at the end.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from simulate.scoring.reading import Row, parse_json
from simulate.scoring.tracking.owners import STEP_S

#: What an event says: its number, one of its targets, from when to when.
EVENT: Final = pl.Schema(
    {"event": pl.Int64(), "target": pl.String(), "from_s": pl.Int64(), "to_s": pl.Int64()}
)
UNDER_WAY_KN: Final = 2.0
_SPELL: Final = 10  # instants
_PAUSE_S: Final = 600
_MOSTLY: Final = 0.5
#: Sends nothing that anybody could hear.
_MUTE: Final = pl.col("mmsi").is_null() & pl.col("beidou").is_null()
OPEN_END_S: Final = 2**40  # the end of an event that goes on


def dark_events(data: bytes, where: str = "events.jsonl", *, number: int = 0) -> pl.DataFrame:
    """`EVENT` of the lines of `events.jsonl` that say `dark_vessel`, numbered after `number`.

    Raises
    ------
    RecordingError
        Naming the line and the field.
    """
    rows: list[tuple[int, str, int, int]] = []
    for nth, line in enumerate(data.splitlines(), 1):
        if b'"dark_vessel"' not in line:
            continue
        row = Row.of(parse_json(line, f"{where}, line {nth}"), f"{where}, line {nth}")
        if row.text("kind") == "dark_vessel":
            to_us = row.time_us_or_none("to")
            to_s = OPEN_END_S if to_us is None else to_us // 1_000_000
            from_s = row.time_us("from") // 1_000_000
            rows += [(number + nth, target, from_s, to_s) for target in row.texts("targets")]
    return pl.DataFrame(rows, EVENT, orient="row")


def event_sums(
    events: pl.DataFrame,
    span_s: tuple[int, int],
    known: pl.DataFrame,
    members: pl.DataFrame,
    fixes: pl.DataFrame,
) -> dict[str, tuple[float, float]]:
    """Sums of the precision of a night's events, where two sensors cover and anywhere, and of
    their recall; and of both by object-time.

    An event is right where its object sent nothing for most of it, whoever could have heard it.
    By object-time each instant counts in which two sensors cover a boat under way: of an event it
    is right where she sends nothing then, of a spell it is found where a right event lasts. An
    event of nobody is wrong for as long as it lasts.

    Parameters
    ----------
    span_s
        The first and the last instant.
    known
        The truth's rows with `two` (a radar sees it and AIS covers it) and `dark`.
    members, fixes
        What `live` and `followed` of `simulate.scoring.tracking.owners` gave.
    """
    first, last = span_s
    events = events.filter((pl.col("from_s") <= last) & (pl.col("to_s") >= first))
    events = events.with_columns(pl.min_horizontal("to_s", pl.lit(last)).alias("to_s"))
    during = events.select("event", "from_s", "to_s").unique()
    during = during.join(_whose(events, known, members, fixes), on="event", how="left")
    within = (
        during.drop_nulls("object")
        .join(known, on="object")
        .filter(pl.col("clock_s").is_between("from_s", "to_s"))
    )
    judged = within.group_by("event", "object").agg(
        pl.col("two").any(), (_MUTE.mean() >= _MOSTLY).alias("right")
    )
    nobodys = during.join(judged, on="event", how="anti")
    nothing = len(nobodys)
    right, placed = judged.filter("right"), judged.filter("two")
    spells = _spells(known)
    found = spells.join(during.join(right, on=["event", "object"]), on="object").filter(
        (pl.col("from_s") <= pl.col("ends_s") + _PAUSE_S) & (pl.col("to_s") >= pl.col("begins_s"))
    )
    caught = found.select("object", "begins_s").unique()
    return {
        "dark_event_precision": (len(placed.filter("right")), len(placed) + nothing),
        "dark_event_precision_anywhere": (len(right), len(judged) + nothing),
        "dark_event_recall": (len(caught), len(spells)),
        **_by_time(within, right, nobodys, known, spells),
    }


def _by_time(
    within: pl.DataFrame, right: pl.DataFrame, nobodys: pl.DataFrame, known: pl.DataFrame,
    spells: pl.DataFrame,
) -> dict[str, tuple[float, float]]:  # fmt: skip
    """Sums by object-time, from the truth's rows within events (`within`), the events that are
    right, those of nobody, and the true spells."""
    way = pl.col("two") & (pl.col("speed_kn") >= UNDER_WAY_KN)
    told = within.filter(way).unique(["object", "clock_s"])
    false_s = float((nobodys["to_s"] - nobodys["from_s"]).sum())
    asked = spells.join(known.filter(way & pl.col("dark")), on="object").filter(
        pl.col("clock_s").is_between("begins_s", "ends_s")
    )
    covered = within.join(right, on=["event", "object"], how="semi")
    met = asked.join(covered, on=["object", "clock_s"], how="semi")
    return {
        "dark_event_time_precision": (len(told.filter(_MUTE)), len(told) + false_s / STEP_S),
        "dark_event_time_recall": (len(met), len(asked)),
    }


def _whose(
    events: pl.DataFrame, known: pl.DataFrame, members: pl.DataFrame, fixes: pl.DataFrame
) -> pl.DataFrame:
    """The object of each event: the one that its vessel followed under way for longest.

    It is a boat under way that is told; where she lay at a raft before and after, a radar may have
    mixed up its echoes. The vessel is the one that had the event's targets for longest; there may
    be none, or nobody's.
    """
    way = pl.col("speed_kn") >= UNDER_WAY_KN
    moving = known.select("clock_s", "object", way.alias("moving"))
    followed = fixes.select("vessel", "clock_s", "object").join(moving, on=["clock_s", "object"])
    vessels = _mostly(events.join(members, on="target"), "vessel", pl.len())
    own = _mostly(vessels.join(followed, on="vessel"), "object", pl.col("moving").sum(), pl.len())
    return own.select("event", "object")


def _mostly(rows: pl.DataFrame, column: str, *most: pl.Expr) -> pl.DataFrame:
    """Of each event the value that has most of what counts while the event lasts."""
    within = rows.filter(pl.col("clock_s").is_between("from_s", "to_s"))
    names = [f"most_{i}" for i in range(len(most))]
    count = within.group_by("event", "from_s", "to_s", column).agg(
        *(one.alias(name) for one, name in zip(most, names, strict=True))
    )
    down = [False, *(True for _ in names), False]
    return count.sort("event", *names, column, descending=down).unique(
        "event", keep="first", maintain_order=True
    )


def _spells(known: pl.DataFrame) -> pl.DataFrame:
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
        .filter(pl.col("instants") >= _SPELL)
        .select("object", "begins_s", "ends_s")
        .sort("object", "begins_s")
    )  # fmt: skip
