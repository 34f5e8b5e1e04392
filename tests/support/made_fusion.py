"""A small sea for fusions, and what a perfect one would have said of it, to be spoilt by tests."""

from __future__ import annotations

import json

import polars as pl

from geo.plane import MetricPlane
from geo.site import Site, parse_site
from simulate.scoring.tracking.records import (
    AIS,
    BEIDOU,
    ECHOES,
    FIXES,
    LINKS,
    RADAR,
    TRUTH,
    Said,
    Truth,
)

STEP_S = 30
START_S = 1_772_000_010 // 30 * 30
END_S = START_S + 7_200
PLANE = MetricPlane(121.9, 29.2)
A, B, DARK = "mmsi:412000001", "mmsi:412000002", "vessel:SKIFF"


def site() -> Site:
    point = {"type": "Point", "coordinates": [121.9, 29.2]}
    radar = {"radar_id": "R1", "range_m": 25_000, "period_s": 3}
    features = [{"type": "Feature", "properties": radar, "geometry": point}]
    collection = json.dumps({"type": "FeatureCollection", "features": features})
    toml = b'name = "cove"\ntimezone = "Asia/Shanghai"'
    return parse_site({"site.toml": toml, "radars.geojson": collection.encode()})


def truth() -> Truth:
    """Two boats with AIS, the first with BeiDou too, and one with nothing; all eastward at 6 kn,
    1 km apart, 10 km off a radar that sees all; boat B ends its AIS halfway."""
    rows = []
    for name, mmsi, beidou, north_m in (
        (A, 412_000_001, "0910001", 0.0), (B, 412_000_002, None, 1_000.0), (DARK, None, None, 2e3),
    ):  # fmt: skip
        for t_s in range(START_S, END_S + 1, 30):
            lon, lat = PLANE.to_deg(9_000.0 + 3.0 * (t_s - START_S) / 30, north_m)
            silent = name == B and t_s >= START_S + 3_600
            rows.append(
                (name, "fishing", t_s, float(lon), float(lat), 6.0,
                 None if silent else mmsi, beidou, 1, 1, 1, 1, True, True)
            )  # fmt: skip
    echoes = [
        ("R1", 1 + i, 1, START_S * 1000, END_S * 1000, name) for i, name in enumerate((A, B, DARK))
    ]
    return Truth(
        pl.DataFrame(rows, TRUTH, orient="row"), pl.DataFrame(echoes, ECHOES, orient="row")
    )


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
            pl.lit(None, pl.String).alias("rival"),
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
