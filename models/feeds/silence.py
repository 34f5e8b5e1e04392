"""When a feed, a station, a radar or a camera has fallen silent, and when it came back.

Who is judged: every feed of the configuration, the files of a recording by sensor together, every
AIS station and radar by itself, and cameras that send keep-alives. A vessel's or a lorry's
terminal that is switched off is no fault of the feed, so terminals, and cameras that speak only
when they see something, are judged as a whole feed only.

Limits, where the configuration gives none: five minutes for a station (a base station reports
every 10 s, a moored vessel every 3 min) and for a camera's keep-alive (GA/T 1400: every 90 s, lost
three times); a radar five of its turns, but a minute at least; the BeiDou feed 15 minutes (its
terminals report every 3 to 15), vehicles 10 (every 30 s under way, few at night), cameras an hour
(nothing moves). One that was always sparse is given three times its usual longest gap: the least
of the daily longest gaps of the last three days, at most twelve times the limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from core.schema import empty

DAY_S: Final = 86400
PROVED_S: Final = 600  # a name heard for less than this may be a misread one
SPARSE: Final = 3  # × the usual longest gap
MOST: Final = 12  # × the limit
MEMORY_S: Final = 30 * DAY_S
MOST_JUDGED: Final = 20_000
RADAR_TURNS: Final = 5
LEAST_RADAR_S: Final = 60

FEED_LIMIT_S: Final = {
    "ais": 300, "radar": 60, "beidou": 900, "vehicles": 600, "cameras": 3600,
}  # fmt: skip
ONE_LIMIT_S: Final = {"station": 300, "radar": LEAST_RADAR_S, "camera": 300}
_KIND_OF: Final = {"ais": "station", "radar": "radar", "cameras": "camera"}

#: Who is judged, and what is known of its gaps. `named_s` is the limit of the configuration.
JUDGED: Final = pl.Schema(
    {
        "name": pl.String(),  # "feed:coast", "station:S1", "radar:R1", "camera:C1"
        "sensor": pl.String(),
        "first_s": pl.Int64(),
        "last_s": pl.Int64(),
        "named_s": pl.Int64(),
        "silent": pl.Boolean(),
        "longest_s": pl.Int64(),  # gap of today, and of the three days before
        "one_s": pl.Int64(),
        "two_s": pl.Int64(),
        "three_s": pl.Int64(),
        "limit_s": pl.Int64(),
    }
)
#: Cameras that have been heard to send keep-alives, and since when.
ALIVE: Final = pl.Schema({"name": pl.String(), "from_s": pl.Int64()})

#: `tick_s` is when it fell silent or came back, `last_s` when it was heard last before.
TURN: Final = pl.Schema(
    {
        "tick_s": pl.Int64(),
        "silent": pl.Boolean(),
        "name": pl.String(),
        "sensor": pl.String(),
        "last_s": pl.Int64(),
        "limit_s": pl.Int64(),
    }
)
_DAYS: Final = ("one_s", "two_s", "three_s")


def heard_of(heard: pl.DataFrame, configured: frozenset[str], alive: pl.DataFrame) -> pl.DataFrame:
    """At which ticks whom that is judged was heard: `name`, `sensor`, `tick_s`.

    Parameters
    ----------
    heard
        `core.schema.HEARD`.
    configured
        Feeds that have a limit of their own.
    alive
        `ALIVE`: cameras that send keep-alives.
    """
    is_one = pl.col("source").is_not_null() & pl.col("sensor").is_in(list(_KIND_OF))
    feed = pl.when(pl.col("feed").is_in(list(configured))).then("feed").otherwise("sensor")
    feeds = heard.select(pl.concat_str(pl.lit("feed:"), feed).alias("name"), "sensor", "tick_s")
    kind = pl.lit("station")
    for sensor in ("radar", "cameras"):
        kind = pl.when(pl.col("sensor") == sensor).then(pl.lit(_KIND_OF[sensor])).otherwise(kind)
    ones = heard.filter(is_one).select(
        pl.concat_str(kind, pl.lit(":"), "source").alias("name"), "sensor", "tick_s"
    )
    mute = pl.col("sensor") == "cameras"
    cameras = ones.filter(mute)
    if len(cameras):
        cameras = cameras.join(alive, on="name").filter(pl.col("tick_s") >= pl.col("from_s"))
    both = pl.concat([feeds.unique(), ones.filter(~mute), cameras.select(ones.columns)])
    return both.unique().sort("name", "tick_s")


def limited(judged: pl.DataFrame, radars: Mapping[str, float]) -> pl.DataFrame:
    """With the seconds after which each is silent; `radars` are turns by `radar:<id>`."""
    kind = pl.col("name").str.extract(r"^([a-z]+):")
    usual = (
        pl.when(kind == "feed")
        .then(pl.col("sensor").replace_strict(FEED_LIMIT_S, default=600, return_dtype=pl.Int64))
        .otherwise(kind.replace_strict(ONE_LIMIT_S, default=300, return_dtype=pl.Int64))
    )
    turns = {name: int(max(RADAR_TURNS * turn, LEAST_RADAR_S)) for name, turn in radars.items()}
    if turns:
        own = pl.col("name").replace_strict(turns, default=None, return_dtype=pl.Int64)
        usual = own.fill_null(usual)
    sparse = (SPARSE * pl.min_horizontal(*_DAYS)).clip(None, MOST * usual)
    limit = pl.max_horizontal(usual, sparse)
    return judged.with_columns(pl.coalesce("named_s", limit).cast(pl.Int64).alias("limit_s"))


def turns(
    judged: pl.DataFrame,
    heard: pl.DataFrame,
    after_s: int,
    until_s: int,
    radars: Mapping[str, float],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Take what was heard after one tick and until another, within one day.

    Parameters
    ----------
    heard
        From `heard_of`.

    Returns
    -------
    `JUDGED`, and `TURN` in order.
    """
    seen = heard.join(judged, on="name", how="left", maintain_order="left", suffix="_")
    if seen["first_s"].null_count():
        judged = limited(_with_new(judged, heard), radars)
        seen = heard.join(judged, on="name", maintain_order="left", suffix="_")
    first = pl.col("name").ne_missing(pl.col("name").shift(1))
    was = pl.when(first).then("last_s").otherwise(pl.col("tick_s").shift(1))
    seen = seen.with_columns(was.alias("was_s"), (pl.col("silent") & first).alias("gone"))
    proved = pl.col("named_s").is_not_null() | (pl.col("was_s") - pl.col("first_s") >= PROVED_S)
    when = pl.max_horizontal(pl.col("was_s") + pl.col("limit_s"), after_s + 1)
    late = (pl.col("tick_s") - pl.col("was_s") > pl.col("limit_s")) & (when < pl.col("tick_s"))
    fell = seen.filter(late & proved & ~pl.col("gone"))
    gone = seen.filter("gone")
    judged = _heard(judged, seen)
    sure = pl.col("named_s").is_not_null() | (pl.col("last_s") - pl.col("first_s") >= PROVED_S)
    ripe = ~pl.col("silent") & sure & (pl.col("last_s") + pl.col("limit_s") <= until_s)
    tail = judged.filter(ripe)
    if fell.is_empty() and gone.is_empty() and tail.is_empty():
        return judged, empty(TURN)
    tail = tail.with_columns(pl.col("last_s").alias("was_s"))
    told = pl.concat(
        [
            _turn(fell, when, silent=True),
            _turn(pl.concat([fell, gone]), pl.col("tick_s"), silent=False),
            _turn(tail, when, silent=True),
        ]
    ).sort("tick_s", "silent", "name")
    return judged.with_columns((pl.col("silent") | ripe).alias("silent")), told


def _with_new(judged: pl.DataFrame, heard: pl.DataFrame) -> pl.DataFrame:
    """With those that are heard for the first time."""
    new = heard.join(judged, on="name", how="anti").group_by("name").agg(
        pl.col("sensor").first(), pl.col("tick_s").min().alias("first_s")
    )  # fmt: skip
    new = new.with_columns(pl.col("first_s").alias("last_s"), pl.lit(False).alias("silent"))
    both = pl.concat([judged, new], how="diagonal")
    if len(both) > MOST_JUDGED:  # a flood of names: those that are new have least to say
        both = both.sort("first_s", "name")[:MOST_JUDGED]
    return both.sort("name")


def _heard(judged: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    """With the newest tick and the longest gap of those that were heard."""
    gap = pl.col("tick_s") - pl.col("was_s")
    if seen["name"].n_unique() == len(seen):  # one tick
        ends = seen.select("name", pl.col("tick_s").alias("newest_s"), gap.alias("gap_s"))
    else:
        ends = seen.group_by("name").agg(
            pl.col("tick_s").last().alias("newest_s"), gap.max().alias("gap_s")
        )
    return (
        judged.join(ends, on="name", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("newest_s", "last_s").alias("last_s"),
            pl.max_horizontal("longest_s", "gap_s").alias("longest_s"),
            (pl.col("silent") & pl.col("newest_s").is_null()).alias("silent"),
        )
        .drop("newest_s", "gap_s")
    )


def _turn(rows: pl.DataFrame, tick: pl.Expr, *, silent: bool) -> pl.DataFrame:
    return rows.select(
        tick.cast(pl.Int64).alias("tick_s"), pl.lit(silent).alias("silent"), "name", "sensor",
        pl.col("was_s").alias("last_s"), "limit_s",
    )  # fmt: skip


def new_day(judged: pl.DataFrame, days: int, at_s: int) -> tuple[pl.DataFrame, list[str]]:
    """Begin a day: the longest gaps move on, and who was not heard for a month is let go.

    Returns
    -------
    `JUDGED`, and the names that are no longer judged though they were silent.
    """
    for _ in range(min(days, len(_DAYS) + 1)):
        judged = judged.with_columns(
            pl.col("longest_s").alias("one_s"),
            pl.col("one_s").alias("two_s"),
            pl.col("two_s").alias("three_s"),
            pl.lit(None, pl.Int64).alias("longest_s"),
        )
    gone = (pl.col("last_s") <= at_s - MEMORY_S) & pl.col("named_s").is_null()
    return judged.filter(~gone), judged.filter(gone & pl.col("silent"))["name"].to_list()


def expected(
    judged: pl.DataFrame, limit_s: Mapping[str, float], at_s: int
) -> tuple[pl.DataFrame, list[str]]:
    """Take the limits of all feeds of the configuration: they are awaited from that tick on.

    Returns
    -------
    `JUDGED`, and the names that are no longer judged though they were silent.
    """
    names = {f"feed:{feed}": round(limit) for feed, limit in limit_s.items()}
    is_feed, mine = pl.col("name").str.starts_with("feed:"), pl.col("name").is_in(list(names))
    gone = judged.filter(is_feed & ~mine & pl.col("silent"))["name"].to_list()
    kept = judged.filter(~is_feed | mine)
    new = sorted(names.keys() - set(kept["name"]))
    rows = [{"name": n, "first_s": at_s, "last_s": at_s, "silent": False} for n in new]
    if rows:
        kept = pl.concat([kept, pl.DataFrame(rows)], how="diagonal_relaxed").cast(JUDGED)
    named = pl.col("name").replace_strict(names, default=None, return_dtype=pl.Int64)
    return kept.with_columns(named.alias("named_s")).sort("name"), gone


def spared(judged: pl.DataFrame, at_s: int) -> pl.DataFrame:
    """The service itself did not run until this tick: nobody's silence counts from before."""
    waits = pl.when("silent").then("last_s").otherwise(pl.max_horizontal("last_s", at_s))
    return judged.with_columns(waits.alias("last_s"))
