"""A sound site is read in full; anything wrong is one sentence with file, row and expectation."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import SiteError
from geo.site import SITE_FILES, Site, parse_site

SQUARE = [[121.90, 29.20], [121.91, 29.20], [121.91, 29.21], [121.90, 29.21], [121.90, 29.20]]
BOWTIE = [[121.90, 29.20], [121.91, 29.21], [121.91, 29.20], [121.90, 29.21], [121.90, 29.20]]


def feature(shape: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    geometry = {"type": shape, "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def collection(*features: Any, **more: Any) -> bytes:
    content = {"type": "FeatureCollection", "features": features, **more}
    return json.dumps(content).encode()


def polygon(ring: Any = SQUARE, **properties: Any) -> dict[str, Any]:
    return feature("Polygon", [ring], **{"pier_id": "P001", **properties})


def point(lon: Any = 121.9, lat: Any = 29.2, **properties: Any) -> dict[str, Any]:
    return feature("Point", [lon, lat], **properties)


SOUND = {
    "site.toml": b"""
name = "cove"
title_zh = "\xe5\xb0\x8f\xe5\xb2\x99"
timezone = "Asia/Shanghai"
vehicle_datum = "gcj02"
landings_per_100_pier_nights = 0.1
[skew_s]
"beidou:0001" = 28800
[tiles]
url = "http://map.local"
""",
    "land.geojson": collection(feature("MultiPolygon", [[SQUARE]])),
    "piers.geojson": collection(
        polygon(
            name="石埠", aliases=["石道头"], kind="ramp", status="idle", township="石浦",
            depth_m=-0.5, access=[121.905, 29.205], berth_count=3, surface="mud",
        ),
        polygon(pier_id="P002"),
    ),
    "cameras.geojson": collection(
        point(camera_id="C1", kind="dock", pier_id="P001", range_m=120), point(camera_id="C2")
    ),
    "bars.geojson": collection(point(bar_id="B1", pier_id="P002")),
    "radars.geojson": collection(point(radar_id="R1", range_m=20000, period_s=2.5)),
    "stations.geojson": collection(point(station_id="S1", range_m=40000)),
    "vessels.csv": "\ufeffvessel_id,name,mmsi,beidou_id,type,length_m,draught_m,home_pier,crew\r\n"
    "V1,浙象渔01,412345678,0123456,fishing,24.5,2.1,P001,6\r\n"
    '\r\nV2,"two, names",,,,,,,\r\n'.encode(),
    "vehicles.csv": "terminal,plate,class,owner\n"
    "013800138000,浙B12345,truck_heavy,\n,浙B00002,,x\n".encode(),
    "permits.csv": b"pier_id,from,to,vessel_id,plate,reason,issued_by\n"
    b"P001,2026-03-01T14:00:00Z,2026-03-02T02:00:00+08:00,,,ice,harbour\n",
    "regimes.csv": b"kind,from,to,source\n"
    b"trawl,2026-05-01,2026-05-01,notice\nfog,2026-03-01 20:00,,\n",
    "tides.toml": b"""
station = "Kanmen"
lon = 121.282
lat = 28.088
z0_m = 3.5
[[constituent]]
name = "M2"
amplitude_m = 1.877
phase_deg = 22.3
""",
    "judgements.toml": b"version = 1\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def site() -> Site:
    return parse_site(SOUND)


def test_the_head_of_a_site_is_read_with_its_defaults(site: Site) -> None:
    assert (site.name, site.title_zh, site.title_en) == ("cove", "小岙", "cove")
    assert (site.timezone, site.vehicle_datum) == ("Asia/Shanghai", "gcj02")
    assert site.skew_s == {"beidou:0001": 28800.0}
    assert site.landings_per_100_pier_nights == 0.1
    assert site.extra == {"tiles": {"url": "http://map.local"}}


def test_piers_are_read_with_what_the_site_adds_and_defaults_for_the_rest(site: Site) -> None:
    first, second = site.piers.table.to_dicts()
    assert (first["name"], first["aliases"], first["kind"]) == ("石埠", ["石道头"], "ramp")
    assert (first["access_lon"], first["access_lat"], first["depth_m"]) == (121.905, 29.205, -0.5)
    assert (first["berth_count"], first["surface"]) == (3.0, "mud")
    assert (second["kind"], second["status"], second["aliases"]) == ("pier", "unknown", [])
    assert (second["name"], second["access_lon"], second["surface"]) == (None, None, None)
    assert first["lon"] == pytest.approx(121.905)
    assert site.piers.nearest([121.905], [29.205], 10.0)[0].tolist() == [0]
    assert (site.plane.lon0, site.plane.lat0) == (121.905, 29.205)


def test_registers_are_read_with_their_quirks(site: Site) -> None:
    first, second = site.vessels.to_dicts()
    assert (first["mmsi"], first["beidou_id"], first["length_m"]) == ("412345678", "0123456", 24.5)
    assert first["crew"] == "6"
    assert (second["name"], second["mmsi"], second["type"]) == ("two, names", None, None)
    assert site.vehicles["terminal"].to_list() == ["13800138000", None]
    assert site.cameras["pier_id"].to_list() == ["P001", None]
    assert site.radars["period_s"].to_list() == [2.5]


def test_times_without_an_offset_are_local_and_a_last_day_counts_whole(site: Site) -> None:
    assert site.permits["to"].to_list() == [datetime(2026, 3, 1, 18, tzinfo=UTC)]
    assert site.regimes["from"].to_list() == [
        datetime(2026, 4, 30, 16, tzinfo=UTC),
        datetime(2026, 3, 1, 12, tzinfo=UTC),
    ]
    assert site.regimes["to"].to_list() == [datetime(2026, 5, 1, 16, tzinfo=UTC), None]


def test_missing_files_are_named_and_leave_empty_frames_of_the_same_columns(site: Site) -> None:
    assert site.not_covered == ["evidence.toml", "calibration.toml", "outlook.toml"]
    assert site.judgements == b"version = 1\n"
    bare = parse_site({"site.toml": b'name = "open sea"', "notes.txt": b"\xff"})
    assert bare.not_covered == list(SITE_FILES[1:])
    assert bare.land is None
    assert bare.tide is None
    assert bare.landings_per_100_pier_nights == 0.068
    for name in ("cameras", "bars", "radars", "stations", "permits", "regimes"):
        full, empty = getattr(site, name), getattr(bare, name)
        assert isinstance(empty, pl.DataFrame)
        assert empty.is_empty()
        assert empty.schema == full.schema
    assert site.piers.table.schema.items() >= bare.piers.table.schema.items()


def test_the_tide_is_read(site: Site) -> None:
    assert site.tide is not None
    assert (site.tide.time_offset_min, site.tide.range_factor) == (0.0, 1.0)
    assert site.tide.constituents[0].name == "M2"


def piers_with(**properties: Any) -> bytes:
    return collection(polygon(pier_id="P000"), polygon(**properties))


WRONG: list[tuple[str, bytes, str]] = [
    ("piers.geojson", piers_with(name="\ud800"), r"text of whole characters, got '\ud800'"),
    ("piers.geojson", piers_with(notes={"a": ["\0"]}), r"text of whole characters, got '\x00'"),
    ("vessels.csv", b"vessel_id,name\nV1,\0\n", "vessels.csv, line 2: expected text without NUL"),
    ("site.toml", b"", "site.toml, name: expected text, got nothing"),
    ("site.toml", b"name = 'x", "site.toml: expected TOML"),
    ("site.toml", b"name = ''", "site.toml, name: expected text"),
    (
        "site.toml",
        b"name = 'x'\ntimezone = 'Mars/Base'",
        "site.toml, timezone: expected a time zone",
    ),
    ("site.toml", b"name = 'x'\ntimezone = '../../etc/passwd'", "site.toml, timezone"),
    ("site.toml", b"name = 'x'\nvehicle_datum = 'gcj-02'", "vehicle_datum: expected one of wgs84"),
    ("site.toml", b"name = 'x'\nskew_s = 3", "skew_s: expected a table by source"),
    ("site.toml", b"name = 'x'\n[skew_s]\na = 'b'", "skew_s.a: expected a number"),
    ("site.toml", b"name = 'x'\n[skew_s]\na = nan", "skew_s.a: expected a number"),
    ("site.toml", b"name = 'x'\nlandings_per_100_pier_nights = 0", "landings_per_100"),
    ("site.toml", "name = '小岙'".encode("gbk"), "site.toml, line 1: expected text in UTF-8"),
    ("land.geojson", b"", "land.geojson, line 1: expected GeoJSON"),
    ("land.geojson", b"[" * 100_000, "land.geojson: expected GeoJSON"),
    (
        "land.geojson",
        b'{"type": "Polygon"}',
        "expected a GeoJSON \"FeatureCollection\", got 'Polygon'",
    ),
    ("land.geojson", b"[]", 'land.geojson: expected a GeoJSON "FeatureCollection"'),
    ("land.geojson", b'{"type": "FeatureCollection"}', 'a list of "features"'),
    ("land.geojson", collection(None), 'land.geojson, feature 1: expected a "Feature"'),
    ("land.geojson", collection(polygon(BOWTIE)), "land.geojson, feature 1, coordinates"),
    ("land.geojson", collection(point()), "feature 1, geometry: expected Polygon or MultiPolygon"),
    ("land.geojson", collection(feature("MultiPolygon", [[SQUARE], [SQUARE]])), "do not cross"),
    (
        "land.geojson",
        collection(polygon(), crs={"properties": {"name": "EPSG:4479"}}),
        "land.geojson, crs: expected WGS 84",
    ),
    ("piers.geojson", collection(polygon(BOWTIE)), "edges do not cross, got Self-intersection"),
    ("piers.geojson", collection(polygon(SQUARE[:-1])), "a ring that ends where it begins"),
    ("piers.geojson", collection(polygon(SQUARE[:2])), "a ring of four positions or more"),
    ("piers.geojson", collection(polygon([[1.0, 1.0]] * 5)), "edges do not cross"),
    ("piers.geojson", collection(polygon([v[::-1] for v in SQUARE])), "longitude comes first"),
    ("piers.geojson", collection(polygon([["a", "b"]] * 5)), "[longitude, latitude]"),
    ("piers.geojson", collection(feature("Polygon", None)), "a list of rings"),
    ("piers.geojson", collection({"type": "Feature", "geometry": None}), "feature 1, geometry"),
    (
        "piers.geojson",
        collection({**polygon(), "properties": [1]}),
        "properties: expected an object",
    ),
    ("piers.geojson", collection(polygon()).replace(b"29.2]", b"NaN]"), "finite numbers, got NaN"),
    ("piers.geojson", collection(polygon()).replace(b"29.2]", b"1e999]"), "feature 1, coordinates"),
    (
        "piers.geojson",
        piers_with(pier_id="P000"),
        "feature 2, column pier_id: expected a value that",
    ),
    ("piers.geojson", piers_with(pier_id=None), "feature 2, column pier_id: expected a value, got"),
    (
        "piers.geojson",
        piers_with(kind="marina"),
        "feature 2, column kind: expected one of pier, jetty",
    ),
    (
        "piers.geojson",
        piers_with(status="closed"),
        "feature 2, column status: expected one of active",
    ),
    ("piers.geojson", piers_with(status=3), "feature 2, column status"),
    ("piers.geojson", piers_with(depth_m="deep"), "feature 2, column depth_m: expected a number"),
    ("piers.geojson", piers_with(depth_m=True), "feature 2, column depth_m"),
    (
        "piers.geojson",
        piers_with(aliases=[1]),
        "feature 2, column aliases: expected a list of texts",
    ),
    ("piers.geojson", piers_with(access=[29.2, 121.9]), "feature 2, column access"),
    (
        "cameras.geojson",
        collection(point(kind="dock")),
        "feature 1, column camera_id: expected a value",
    ),
    ("cameras.geojson", collection(point(camera_id="C", kind="pole")), "one of dock, road"),
    (
        "cameras.geojson",
        collection(point(camera_id="C", pier_id="P999")),
        "cameras.geojson, feature 1, column pier_id: expected a pier of piers.geojson, got 'P999'",
    ),
    ("bars.geojson", collection(point(bar_id="B", pier_id="P999")), "bars.geojson, feature 1"),
    ("radars.geojson", collection(point(29.2, 121.9, radar_id="R")), "longitude comes first"),
    ("radars.geojson", collection(point(radar_id="R", range_m=-5)), "a number above 0, got -5"),
    ("radars.geojson", collection(point(radar_id="R", period_s=0)), "column period_s"),
    ("stations.geojson", collection(point(station_id="S"), point(station_id="S")), "feature 2"),
    ("vessels.csv", b"", "vessels.csv, row 1: expected a header with the column vessel_id"),
    ("vessels.csv", b"V1,boat,412345678\n", "vessels.csv, row 1: expected a header"),
    (
        "vessels.csv",
        b"vessel_id,name\nV1,a\nV1,b\n",
        "row 3, column vessel_id: expected a value that no",
    ),
    (
        "vessels.csv",
        b"vessel_id,name\n,a\n",
        "vessels.csv, row 2, column vessel_id: expected a value",
    ),
    ("vessels.csv", b"vessel_id,name\nV1,a,b\n", "row 2: expected 2 cells as in the header, got 3"),
    ("vessels.csv", b"vessel_id,name,name\n", "row 1: expected a name of its own for each column"),
    (
        "vessels.csv",
        b"vessel_id,mmsi\nV1,4123\n",
        "row 2, column mmsi: expected 9 digits, got '4123'",
    ),
    ("vessels.csv", b"vessel_id,type\nV1,yacht\n", "row 2, column type: expected one of fishing"),
    ("vessels.csv", b"vessel_id,length_m\nV1,nan\n", "row 2, column length_m: expected a number"),
    ("vessels.csv", b'vessel_id,name\nV1,"open\n', "vessels.csv, line 2: expected CSV"),
    (
        "vessels.csv",
        "vessel_id,name\nV1,渔\n".encode("gbk"),
        "vessels.csv, line 2: expected text in UTF",
    ),
    ("vessels.csv", b"PK\x03\x04\x00\xff", "vessels.csv, line 1: expected text in UTF-8"),
    (
        "vehicles.csv",
        b"terminal,plate\n0123,A\n\n123,B\n",
        "row 4, column terminal: expected one plate",
    ),
    (
        "vehicles.csv",
        b"terminal,plate\n0123,\n",
        "vehicles.csv, row 2, column plate: expected a value",
    ),
    (
        "permits.csv",
        b"pier_id,from,to\nP001,tonight,2026-03-01\n",
        "column from: expected a time such as",
    ),
    ("permits.csv", b"pier_id,from,to\nP001,2026-03-02,2026-02-01\n", "a time not before from"),
    (
        "permits.csv",
        b"pier_id,from,to\nP9,2026-03-02,2026-03-02\n",
        "permits.csv, row 2, column pier_id",
    ),
    (
        "regimes.csv",
        b"kind,from,to\nfog,1970-01-01T00:00:00Z,\n",
        "row 2, column from: expected a time",
    ),
    ("tides.toml", b"station = 'x'", "tides.toml: expected a [[constituent]] or more"),
    ("tides.toml", SOUND["tides.toml"].replace(b"M2", b"X9"), "constituent 1, name: expected"),
    ("tides.toml", SOUND["tides.toml"].replace(b"1.877", b"-1"), "constituent 1, amplitude_m"),
    ("tides.toml", SOUND["tides.toml"].replace(b"22.3", b"nan"), "constituent 1, phase_deg"),
    ("tides.toml", SOUND["tides.toml"].replace(b"z0_m = 3.5", b""), "z0_m: expected a number"),
    ("tides.toml", b"range_factor = 0\n" + SOUND["tides.toml"], "range_factor: expected a number"),
    (
        "tides.toml",
        SOUND["tides.toml"] + SOUND["tides.toml"][SOUND["tides.toml"].index(b"[[") :],
        "constituent 2, name: expected each constituent once",
    ),
    ("judgements.toml", b"= 1", "judgements.toml: expected TOML"),
]


@pytest.mark.parametrize(
    ("file", "data", "sentence"), WRONG, ids=[f"{w[0]}: {w[2]}" for w in WRONG]
)
def test_a_wrong_file_stops_with_file_row_and_expectation(
    file: str, data: bytes, sentence: str
) -> None:
    with pytest.raises(SiteError) as caught:
        parse_site({**SOUND, file: data})
    said = str(caught.value)
    assert said.startswith(file)
    assert sentence in said
    assert "\n" not in said
    assert len(said) < 300


def test_a_site_without_its_head_is_refused() -> None:
    with pytest.raises(SiteError, match=r"site\.toml: expected this file"):
        parse_site({"piers.geojson": SOUND["piers.geojson"]})


@given(
    st.sampled_from(sorted(SOUND)),
    st.integers(0, 400),
    st.integers(0, 40),
    st.binary(max_size=12),
)
@settings(max_examples=300, deadline=None)
def test_damage_anywhere_gives_a_site_or_a_site_error_and_nothing_else(
    file: str, at: int, cut: int, put: bytes
) -> None:
    data = SOUND[file]
    damaged = data[:at] + put + data[at + cut :]
    with suppress(SiteError):
        assert parse_site({**SOUND, file: damaged}).name


def test_the_site_that_ships_is_sound() -> None:
    folder = Path(__file__).parents[2] / "sites" / "xiangshan"
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    site = parse_site(files)
    assert len(site.piers) >= 380
    assert site.tide is not None
    assert site.land is not None
    assert site.land.distance_m(site.piers.table["lon"], site.piers.table["lat"]).max() < 500
