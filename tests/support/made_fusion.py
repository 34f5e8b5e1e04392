"""A fusion made of the truth: what a perfect one would have said, to be spoilt by tests."""

from __future__ import annotations

import polars as pl

from simulate.scoring.tracking.records import AIS, BEIDOU, FIXES, LINKS, RADAR, Said, Truth

STEP_S = 30


def perfect(truth: Truth) -> Said:
    """Every object one vessel, named after it, while any sensor has a track of it."""
    members = pl.concat([_sent(truth, "mmsi", "ais", AIS), _sent(truth, "beidou", "beidou", BEIDOU),
                         _echoed(truth)])  # fmt: skip
    spans = (
        members.sort("object", "track", "t_s")
        .with_columns(
            (pl.col("t_s").diff().over("object", "track").fill_null(0) > STEP_S)
            .cum_sum().over("object", "track").alias("part")
        )
        .group_by("object", "track", "part", "target", "sensor", "source")
        .agg(pl.col("t_s").min().alias("from_s"), pl.col("t_s").max().alias("to_s"))
    )  # fmt: skip
    joined = spans.with_columns(pl.col("from_s").alias("clock_s"), pl.lit("joined").alias("phase"))
    left = spans.with_columns(
        (pl.col("to_s") + STEP_S).alias("clock_s"), pl.lit("left").alias("phase")
    )
    links = pl.concat([joined, left]).rename({"object": "vessel"}).select(LINKS.names())
    fixes = (
        members.group_by("object", "t_s")
        .agg(pl.col("bit").unique().sum())
        .join(truth.tracks, on=["object", "t_s"])
        .select(
            pl.col("object").alias("vessel"), pl.col("t_s").alias("clock_s"), "lon", "lat",
            pl.lit(0, pl.Int64).alias("age_s"), pl.col("bit").cast(pl.UInt8).alias("members"),
        )
    )  # fmt: skip
    return Said(
        fixes.select(FIXES.names()).sort("clock_s", "vessel"),
        links.sort("clock_s", "vessel", "track"),
    )


def _sent(truth: Truth, column: str, sensor: str, bit: int) -> pl.DataFrame:
    heard = pl.col("ais_sees") > 0 if sensor == "ais" else pl.col("beidou_works")
    prefix = "mmsi:" if sensor == "ais" else "beidou:"
    target = prefix + pl.col(column).cast(pl.String)
    return truth.tracks.filter(pl.col(column).is_not_null() & heard).select(
        "object", "t_s", target.alias("target"), (target + "/" + pl.col("object")).alias("track"),
        pl.lit(sensor).alias("sensor"), pl.lit(sensor).alias("source"),
        pl.lit(bit, pl.UInt8).alias("bit"),
    )  # fmt: skip


def _echoed(truth: Truth) -> pl.DataFrame:
    """A radar's track follows its object from number to number."""
    at = pl.int_ranges(
        (pl.col("from_ms") // 1000 + STEP_S - 1) // STEP_S * STEP_S,
        pl.col("to_ms") // 1000 + 1, STEP_S,
    )  # fmt: skip
    name = pl.format("radar:{}:{}", "radar_id", "number")
    return (
        truth.echoes.filter(pl.col("object").is_not_null())
        .with_columns(at.alias("t_s"))
        .explode("t_s", empty_as_null=False)
        .select(
            "object", "t_s", name.alias("target"),
            (name + pl.format("/{}/{}", "life", "object")).alias("track"),
            pl.lit("radar").alias("sensor"), pl.col("radar_id").alias("source"),
            pl.lit(RADAR, pl.UInt8).alias("bit"),
        )
    )  # fmt: skip
