"""The truth of tracks: where vessels are, what reaches them, and whose the radars' numbers are."""

from __future__ import annotations

import gzip
import io
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sensed_sea import county_sea

from ingest.ais import AisDecoder
from ingest.radar import RadarDecoder
from simulate.command import Maker, NightFiles, Order
from simulate.dice import Dice
from simulate.sensors.echoes import radars
from simulate.sensors.plan import sensor_plan
from simulate.tracks import ECHOES, TRACKS, parquet, tracks

FOLDER = Path(__file__).parents[2] / "sites/xiangshan"
FILES = {p.name: p.read_bytes() for p in FOLDER.iterdir() if p.is_file()}
SEED = 103


@cache
def made() -> tuple[Maker, NightFiles]:
    maker = Maker(Order(FILES, 1, SEED, "small", tracks=True))
    return maker, maker.night(0)


def truth(what: str) -> pl.DataFrame:
    (data,) = [d for path, d in made()[1].files if path.startswith(f"truth/{what}-")]
    return pl.read_parquet(io.BytesIO(data))


def feed(name: str) -> bytes:
    (data,) = [d for path, d in made()[1].files if path.startswith(f"feeds/{name}-")]
    return gzip.decompress(data)


def test_the_same_rows_are_the_same_bytes() -> None:
    sea = county_sea()
    first, second = (tracks(sea.scene, sea.night) for _ in range(2))
    assert first.schema == TRACKS
    assert parquet(first) == parquet(second)


def test_every_vessel_is_there_every_half_minute_by_object_and_time() -> None:
    found = truth("tracks")
    assert truth("echoes").schema == ECHOES
    assert (found["t_s"] % 30 == 0).all()
    assert not found.select("object", "t_s").is_duplicated().any()
    steps = found.select(pl.col("t_s").diff().over("object").drop_nulls())["t_s"]
    assert steps.unique().to_list() == [30]


def test_what_ais_sends_is_where_the_truth_has_it_and_nothing_comes_through_a_silence() -> None:
    decoded = AisDecoder("ais", {}).feed(feed("ais/NANTIAN")).observations
    rows = decoded.select(
        pl.col("target").str.strip_prefix("mmsi:").cast(pl.Int32).alias("mmsi"), "lon", "lat",
        (pl.col("observed_at").dt.epoch("s") // 30 * 30).alias("t_s"),
    )  # fmt: skip
    both = rows.join(truth("tracks"), on=["mmsi", "t_s"], how="left", suffix="_true")
    known = both.filter(pl.col("lon_true").is_not_null())
    assert len(known) > 0.99 * len(rows), "a few fall into the half minute of a switch"
    north = (known["lat"] - known["lat_true"]).to_numpy() * 111_195.0
    east = (known["lon"] - known["lon_true"]).to_numpy() * 97_000.0
    away = np.sqrt(north**2 + east**2)
    assert np.median(away) < 60.0
    assert np.quantile(away, 0.98) < 600.0


def test_every_number_of_a_radar_is_somebodys_at_all_its_outputs() -> None:
    maker, _ = made()
    clock = maker.plan.clock("radar", "R1")  # its times are cut to hundredths
    site = maker.county.place.site
    rows = RadarDecoder(site.radars).feed(feed("radar/R1")).observations
    said = rows.select(
        pl.col("target").str.split(":").list.get(2).cast(pl.Int32).alias("number"),
        (pl.col("observed_at").dt.epoch("ms") - clock + 10).alias("at_ms"), "lon", "lat",
    ).sort("at_ms")  # fmt: skip
    echo = truth("echoes").filter(pl.col("radar_id") == "R1").sort("from_ms")
    both = said.join_asof(
        echo, left_on="at_ms", right_on="from_ms", by="number", tolerance=10**9,
        check_sortedness=False,
    )  # fmt: skip
    assert both["life"].null_count() == 0
    assert (both["at_ms"] <= both["to_ms"] + 1_000).all()
    true = truth("tracks").select("object", "t_s", pl.col("lon", "lat").name.suffix("_true"))
    placed = both.with_columns((pl.col("at_ms") // 30_000 * 30).alias("t_s")).join(
        true, on=["object", "t_s"]
    )
    away = (placed["lat"] - placed["lat_true"]).abs().to_numpy() * 111_195.0
    assert np.median(away) < 150.0, "its bias and noise, and half a minute's way"


def test_a_radar_sees_only_what_it_reaches_and_tracks_what_it_sees() -> None:
    found, echo = truth("tracks"), truth("echoes")
    assert (found["radars_see"] & ~found["radars_reach"] == 0).all()
    assert (found["ais_sees"] & ~found["ais_reach"] == 0).all()
    for bit, radar in enumerate(radars(county_sea().night.place)):
        on = (found["radars_see"].to_numpy() >> bit & 1).astype(bool)
        tracked = echo.filter(pl.col("radar_id") == radar.name).sort("from_ms")
        both = found.with_columns(seen=pl.Series(on), at_ms=pl.col("t_s") * 1000).sort("at_ms")
        both = both.join_asof(
            tracked, left_on="at_ms", right_on="from_ms", by="object", check_sortedness=False
        )
        there = (both["to_ms"] >= both["at_ms"]).fill_null(False)
        assert there.filter(both["seen"]).mean() > 0.95
        assert there.filter(~both["seen"]).mean() < 0.3


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_radars_biases_can_be_set_and_keep_their_sides(share: float) -> None:
    site = county_sea().night.place.site
    drawn, scaled = (sensor_plan(site, Dice(7, "p"), bias=bias) for bias in (None, share))
    assert drawn.clock_ms == scaled.clock_ms
    for name, range_m in scaled.range_m.items():
        assert abs(range_m) == 60.0 * share
        assert abs(scaled.bearing_deg[name]) == pytest.approx(0.6 * share)
        assert range_m * drawn.range_m[name] >= 0
