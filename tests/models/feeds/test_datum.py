"""GCJ-02 fed as WGS 84 is suspected, and what is right is not."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import polars as pl
from feed_rows import frame, row
from polars.testing import assert_frame_equal
from shapely import Polygon, box
from shapely.geometry import mapping

from core.schema import empty
from geo.datums import wgs84_to_gcj02
from geo.site import Site, parse_site
from models.feeds.datum import EVIDENCE, MEMORY_S, learn, suspected
from models.feeds.quarantine import RELEASED, arrived


@cache
def shore() -> Site:
    """A coast that winds like a sine, the sea to the east; one pier with its access."""
    north = np.linspace(29.0, 29.5, 400)
    east = 121.9 + 0.004 * np.sin(north * 150)
    land = Polygon([(121.5, 29.0), *zip(east, north, strict=True), (121.5, 29.5)])
    pier = {"pier_id": "P1", "access": [121.8990, 29.25]}
    features = {
        "land.geojson": [{"type": "Feature", "properties": {}, "geometry": mapping(land)}],
        "piers.geojson": [
            {
                "type": "Feature",
                "properties": pier,
                "geometry": mapping(box(121.9035, 29.2499, 121.906, 29.2501)),
            }
        ],
    }
    files = {
        name: json.dumps({"type": "FeatureCollection", "features": held}).encode()
        for name, held in features.items()
    }
    return parse_site({"site.toml": b'name = "shore"', **files})


def heard(rows: list[dict[str, object]]) -> pl.DataFrame:
    """Rows as they are released, the minute of each as its stretch."""
    released = arrived(frame(rows), frame([])).select(RELEASED.names())
    minute = pl.col("observed_at").dt.epoch("s") // 60 * 60
    return released.with_columns(stretch_s=minute.cast(pl.Int64))


def drive(*, inland_m: float, shifted: bool, minutes: int = 60, seed: int = 1) -> pl.DataFrame:
    """A lorry on a road that follows the shore so far from the water."""
    rng = np.random.default_rng(seed)
    lat = 29.05 + 0.4 * np.arange(minutes) / minutes
    lon = 121.9 + 0.004 * np.sin(lat * 150) - inland_m / 97_000 + rng.normal(0, 5e-5, minutes)
    if shifted:
        lon, lat = wgs84_to_gcj02(lon, lat)
    return heard(
        [
            row(60.0 * i, "vehicle", "T1", lon=float(lon[i]), lat=float(lat[i]), speed_kn=20.0)
            for i in range(minutes)
        ]
    )


def learned(rows: pl.DataFrame) -> pl.DataFrame:
    return learn(empty(EVIDENCE), rows, shore().land, shore().piers)


def driven(*, inland_m: float, shifted: bool, minutes: int = 60, seed: int = 1) -> pl.DataFrame:
    return learned(drive(inland_m=inland_m, shifted=shifted, minutes=minutes, seed=seed))


def test_a_lorry_by_the_shore_fed_as_gcj02_is_suspected() -> None:
    for seed in range(5):
        assert suspected(driven(inland_m=100.0, shifted=True, seed=seed)).to_list() == ["T1"]


def test_the_same_lorry_fed_rightly_is_not() -> None:
    for inland_m in (30.0, 100.0, 300.0, 600.0):
        for seed in range(3):
            evidence = driven(inland_m=inland_m, shifted=False, seed=seed)
            assert suspected(evidence).to_list() == []


def test_far_from_the_shore_nothing_can_be_said() -> None:
    evidence = driven(inland_m=5000.0, shifted=True)
    assert (evidence["spoke_for"][0], evidence["against"][0]) == (0, 0)
    assert suspected(evidence).to_list() == []


def test_a_few_positions_are_not_enough() -> None:
    assert suspected(driven(inland_m=100.0, shifted=True, minutes=7)).to_list() == []


def test_one_that_stands_still_is_asked_once() -> None:
    lon, lat = wgs84_to_gcj02(121.8995, 29.2)
    rows = [
        row(60.0 * i, "vehicle", "T1", lon=float(lon), lat=float(lat), speed_kn=0.0)
        for i in range(30)
    ]
    evidence = learned(heard(rows))
    assert evidence["spoke_for"][0] + evidence["against"][0] <= 1


def test_what_is_learned_hangs_on_no_cut() -> None:
    """Lorries in turn, one of them silent for longer than anything is remembered."""
    one, other = (
        drive(inland_m=100.0, shifted=shifted, seed=seed).with_columns(source=pl.lit(name))
        for shifted, seed, name in ((True, 1, "T1"), (False, 2, "T2"))
    )
    later = one[:20].with_columns(pl.col("stretch_s") + MEMORY_S + 3600)
    rows = pl.concat([one, other[::3], later])
    whole = learned(rows)
    for size_s in (60, 420, 86_400):
        evidence = empty(EVIDENCE)
        pieces = rows.sort("stretch_s").with_columns(piece=pl.col("stretch_s") // size_s)
        for part in pieces.partition_by("piece", maintain_order=True):
            evidence = learn(evidence, part, shore().land, shore().piers)
        assert_frame_equal(evidence, whole, check_exact=True)
    assert whole.filter(pl.col("source") == "T1")["spoke_for"][0] <= 20


def test_a_halt_at_a_pier_s_access_speaks_for_the_datum_in_which_it_is_one() -> None:
    for shifted, name in ((True, "spoke_for"), (False, "against")):
        lon, lat = (121.8990, 29.25) if not shifted else wgs84_to_gcj02(121.8990, 29.25)
        one = row(0, "vehicle", "T1", lon=float(lon), lat=float(lat), speed_kn=0.0)
        assert learned(heard([one]))[name][0] == 1
