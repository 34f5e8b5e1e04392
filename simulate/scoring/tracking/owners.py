"""Whose everything is: the object behind each source track, and the one that a vessel follows.

The truth knows who sent an MMSI or a BeiDou address, and whose a radar's number was when. A vessel
follows the object of the member that speaks for it: AIS, else BeiDou, else the radar's that is
nearest to it.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from geo.plane import MetricPlane
from simulate.scoring.tracking.records import AIS, BEIDOU, RADAR, Said, Truth

STEP_S: Final = 30
_BITS: Final = {"ais": AIS, "beidou": BEIDOU, "radar": RADAR}
_SPEAKERS: Final = {"ais": 0, "beidou": 1, "radar": 2}
_OPEN_S: Final = 2**40  # the end of a link that has none


def live(said: Said, truth: Truth) -> pl.DataFrame:
    """The live members of every vessel at each of its instants, with the object behind each.

    Returns
    -------
    `clock_s`, `vessel`, `sensor`, `source`, `target`, `object` (null: clutter, or nobody's).
    """
    first, last = truth.span_s
    links = _spans(said.links).filter((pl.col("from_s") <= last) & (pl.col("to_s") > first))
    links = links.with_columns(_life(links, truth.echoes))
    from_s = pl.max_horizontal(pl.col("from_s"), pl.lit(first))
    to_s = pl.min_horizontal(pl.col("to_s"), pl.lit(last + STEP_S))
    up = STEP_S - 1
    rows = links.with_columns(
        pl.int_ranges((from_s + up) // STEP_S * STEP_S, to_s, STEP_S).alias("clock_s")
    ).explode("clock_s", empty_as_null=False)
    fixes = said.fixes.select("vessel", "clock_s", "lon", "lat", "members")
    bit = pl.col("sensor").replace_strict(_BITS, return_dtype=pl.UInt8)
    # A vessel keeps the link of a transponder that fell silent; it is no live track of it.
    rows = rows.join(fixes, on=["vessel", "clock_s"]).filter(pl.col("members") & bit > 0)
    parts = [
        _by_mmsi(rows.filter(pl.col("sensor") == "ais"), truth.tracks),
        _by_address(rows.filter(pl.col("sensor") == "beidou"), truth.tracks),
        _by_number(rows.filter(pl.col("sensor") == "radar"), truth.echoes),
    ]
    names = ["clock_s", "vessel", "sensor", "source", "target", "object"]
    return pl.concat([part.select(names) for part in parts]).sort(names[:5])


def followed(said: Said, truth: Truth, members: pl.DataFrame, plane: MetricPlane) -> pl.DataFrame:
    """Every fix with the object that its vessel follows and how far it is from it.

    A vessel without a live member follows the one that it followed last.

    Returns
    -------
    The fixes with `object` and `error_m`, null where it follows nothing that is there.
    """
    there = truth.tracks.select(
        pl.col("t_s").alias("clock_s"), "object", *_metres(truth.tracks, plane, "true")
    )
    fixes = said.fixes.with_columns(_metres(said.fixes, plane, "found"))
    rank = pl.col("sensor").replace_strict(_SPEAKERS, return_dtype=pl.Int8).alias("rank")
    known = members.filter(pl.col("object").is_not_null())
    known = known.select("clock_s", "vessel", "object", rank)
    away = (pl.col("x_found") - pl.col("x_true")) ** 2 + (pl.col("y_found") - pl.col("y_true")) ** 2
    nearest = (
        fixes.join(known.unique(), on=["clock_s", "vessel"])
        .join(there, on=["clock_s", "object"])
        .with_columns(away.alias("away"))
        .sort("clock_s", "vessel", "rank", "away", "object")
        .unique(["clock_s", "vessel"], keep="first", maintain_order=True)
        .select("clock_s", "vessel", "object")
    )
    silent = fixes.join(members, on=["clock_s", "vessel"], how="anti").select("clock_s", "vessel")
    last = (
        silent.sort("clock_s")
        .join_asof(nearest.sort("clock_s"), on="clock_s", by="vessel", check_sortedness=False)
        .drop_nulls("object")
    )
    return (
        fixes.join(pl.concat([nearest, last]), on=["clock_s", "vessel"], how="left")
        .join(there, on=["clock_s", "object"], how="left")
        .with_columns(
            away.sqrt().alias("error_m"),
            pl.when(pl.col("x_true").is_not_null()).then(pl.col("object")).alias("object"),
        )
    )


def _metres(frame: pl.DataFrame, plane: MetricPlane, what: str) -> list[pl.Series]:
    x, y = plane.to_m(frame["lon"].to_numpy(), frame["lat"].to_numpy())
    return [pl.Series(f"x_{what}", x), pl.Series(f"y_{what}", y)]


def _spans(links: pl.DataFrame) -> pl.DataFrame:
    """When each track was in a vessel: from joining to leaving."""
    return (
        links.filter(pl.col("phase").is_in(["joined", "left"]))
        .sort("vessel", "track", "target", "clock_s", pl.col("phase") == "joined")
        .with_columns(
            pl.col("clock_s").shift(-1).over("vessel", "track", "target").alias("to_s"),
            pl.col("clock_s").alias("from_s"),
        )
        .filter(pl.col("phase") == "joined")
        .with_columns(pl.col("to_s").fill_null(_OPEN_S))
        .drop("phase", "clock_s")
    )


def _life(links: pl.DataFrame, echoes: pl.DataFrame) -> pl.Series:
    """The life of a radar's number in which a link was made: the nearest in time."""
    lives = echoes.group_by("radar_id", "number", "life").agg(
        (pl.col("from_ms").min() // 1000).alias("began_s"),
        (pl.col("to_ms").max() // 1000).alias("ended_s"),
    )
    part = pl.col("target").str.split(":")
    radar = (
        links.with_row_index("row")
        .filter(pl.col("sensor") == "radar")
        .with_columns(
            part.list.get(1).alias("radar_id"),
            part.list.get(2).cast(pl.Int32, strict=False).alias("number"),
        )
    )
    apart = pl.max_horizontal(
        pl.col("began_s") - pl.col("from_s"), pl.col("from_s") - pl.col("ended_s"), pl.lit(0)
    )
    best = (
        radar.join(lives, on=["radar_id", "number"])
        .with_columns(apart.alias("apart"))
        .sort("row", "apart", pl.col("life").neg())
        .unique("row", keep="first", maintain_order=True)
        .select("row", "life")
    )
    return links.with_row_index("row").join(best, on="row", how="left", maintain_order="left")[
        "life"
    ]


def _by_mmsi(rows: pl.DataFrame, tracks: pl.DataFrame) -> pl.DataFrame:
    """Of several who send one MMSI, the nearest one to where the vessel is said to be."""
    senders = tracks.filter(pl.col("mmsi").is_not_null()).select("mmsi", "object").unique()
    shared = senders.filter(pl.len().over("mmsi") > 1)
    number = pl.col("target").str.strip_prefix("mmsi:").cast(pl.Int32, strict=False)
    rows = rows.with_columns(number.alias("mmsi"))
    alone = senders.join(shared.select("mmsi").unique(), on="mmsi", how="anti")
    one = rows.join(shared.select("mmsi").unique(), on="mmsi", how="anti")
    several = rows.join(shared, on="mmsi").join(
        tracks.select("object", pl.col("t_s").alias("clock_s"), "lon", "lat"),
        on=["object", "clock_s"], suffix="_true",
    )  # fmt: skip
    away = (pl.col("lon") - pl.col("lon_true")) ** 2 + (pl.col("lat") - pl.col("lat_true")) ** 2
    several = (
        several.with_columns(away.alias("away"))
        .sort("clock_s", "vessel", "track", "away")
        .unique(["clock_s", "vessel", "track"], keep="first", maintain_order=True)
    )
    names = [*rows.columns, "object"]
    found = one.join(alone, on="mmsi", how="left").select(names)
    return pl.concat([found, several.select(names)])


def _by_address(rows: pl.DataFrame, tracks: pl.DataFrame) -> pl.DataFrame:
    bare = pl.col("beidou").str.strip_chars_start("0")
    senders = tracks.filter(pl.col("beidou").is_not_null()).select(bare, "object").unique("beidou")
    address = pl.col("target").str.strip_prefix("beidou:").str.strip_chars_start("0")
    return rows.with_columns(address.alias("beidou")).join(senders, on="beidou", how="left")


def _by_number(rows: pl.DataFrame, echoes: pl.DataFrame) -> pl.DataFrame:
    """Within a life of the number, whose it was last: two tracks may have been mixed up."""
    part = pl.col("target").str.split(":")
    rows = rows.with_columns(
        part.list.get(1).alias("radar_id"),
        part.list.get(2).cast(pl.Int32, strict=False).alias("number"),
    )
    by = ["radar_id", "number", "life"]
    spells = echoes.with_columns((pl.col("from_ms") // 1000).alias("clock_s"))
    first = spells.sort("clock_s").unique(by, keep="first", maintain_order=True)
    early = first.with_columns(pl.lit(0, pl.Int64).alias("clock_s"))  # before its first output
    spells = pl.concat([early, spells]).sort("clock_s").select("clock_s", *by, "object")
    return rows.sort("clock_s").join_asof(spells, on="clock_s", by=by, check_sortedness=False)
