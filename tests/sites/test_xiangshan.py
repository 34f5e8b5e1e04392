"""The site folder sites/xiangshan: sound, plausible, and made by its script to the byte."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import shapely

from geo.plane import distance_m
from geo.site import Site, parse_site
from simulate.place import Place

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "sites/xiangshan"
TOWNSHIPS = {
    *("高塘", "鹤浦", "石浦", "定塘", "定山", "泗洲头", "西周", "墙头", "大徐", "涂茨", "爵溪"),
    *("东陈", "晓塘", "新桥", "贤庠", "黄避岙", "茅洋"),
}


def folder_files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def site() -> Site:
    return parse_site(folder_files(FOLDER))


@pytest.fixture(scope="module")
def place(site: Site) -> Place:
    return Place(site)


def test_the_whole_site_is_read_and_only_the_models_data_is_left_to_the_defaults(
    site: Site,
) -> None:
    assert site.not_covered == [
        "judgements.toml",
        "evidence.toml",
        "calibration.toml",
        "outlook.toml",
    ]
    counts = {
        "piers": len(site.piers),
        "bars": len(site.bars),
        "radars": len(site.radars),
        "stations": len(site.stations),
        "vessels": len(site.vessels),
        "vehicles": len(site.vehicles),
    }
    assert counts == {
        "piers": 400, "bars": 426, "radars": 3, "stations": 3, "vessels": 800, "vehicles": 400
    }  # fmt: skip


def test_identifiers_names_and_aliases_are_given_once(site: Site) -> None:
    for table, column in (
        (site.piers.table, "pier_id"),
        (site.piers.table, "name"),
        (site.cameras, "camera_id"),
        (site.bars, "bar_id"),
        (site.vessels, "vessel_id"),
        (site.vehicles, "plate"),
    ):
        assert table[column].is_duplicated().sum() == 0, column
    mmsi = site.vessels["mmsi"].drop_nulls()
    assert mmsi.is_duplicated().sum() == 0
    spoken = site.piers.table["aliases"].explode().drop_nulls()
    assert spoken.is_duplicated().sum() == 0
    assert not set(spoken) & set(site.piers.table["name"])


def test_about_half_of_the_piers_are_idle_and_every_township_and_kind_has_some(site: Site) -> None:
    table = site.piers.table
    share = dict(table["status"].value_counts(normalize=True).iter_rows())
    assert 0.42 < share["idle"] < 0.58
    assert 0.10 < share["active"] < 0.20
    assert set(table["township"]) == TOWNSHIPS
    assert set(table["kind"]) == {"pier", "jetty", "ramp", "beach", "mudflat"}
    named = table.filter(pl.col("township") == "定山")["name"]
    assert all(name.startswith("定山") for name in named)


def test_every_pier_touches_the_shore_and_reaches_into_the_water(site: Site) -> None:
    assert site.land is not None
    land = shapely.multipolygons(list(site.land.polygons))
    shapely.prepare(land)
    for name, polygon in zip(site.piers.table["pier_id"], site.piers.polygons, strict=True):
        assert shapely.intersects(land, polygon), name
        wet = shapely.difference(polygon, land)
        assert wet.area > 0.3 * polygon.area, name
    lon, lat = shapely.get_coordinates(site.piers.polygons).T
    assert site.land.distance_m(lon, lat).max() < 70.0


def test_every_pier_is_of_a_size_that_one_can_build(site: Site) -> None:
    flat = shapely.transform(
        site.piers.polygons,
        lambda xy: np.stack(site.plane.to_m(xy[:, 0], xy[:, 1]), axis=1),
    )
    area = shapely.area(flat)
    assert shapely.is_valid(flat).all()
    assert (area > 100.0).all()
    assert (area < 1_000.0).all()


def test_every_pier_can_be_reached_from_the_sea_over_water(site: Site, place: Place) -> None:
    for pier in range(len(site.piers)):
        path = place.gate(pier, 0)
        assert path is not None, site.piers.table["pier_id"][pier]
        assert not place.dry(path), site.piers.table["pier_id"][pier]


def test_road_access_posts_and_bars_stand_on_land(site: Site) -> None:
    assert site.land is not None
    roads = site.piers.table.filter(pl.col("access_lon").is_not_null())
    assert len(roads) > 300
    assert site.land.contains(roads["access_lon"], roads["access_lat"]).all()
    gap_m = distance_m(roads["lon"], roads["lat"], roads["access_lon"], roads["access_lat"])
    assert gap_m.max() < 120.0
    for table in (site.cameras, site.bars, site.radars, site.stations):
        assert site.land.contains(table["lon"], table["lat"]).all()


def test_what_is_invented_can_be_told_by_its_numbers_and_names(site: Site) -> None:
    mmsi = site.vessels["mmsi"].drop_nulls()
    assert mmsi.str.contains("^(41299|41399)[0-9]{4}$").all()
    assert site.vessels["name"].str.contains("演").all()
    assert site.vehicles["owner"].str.starts_with("示例").all()


def test_the_readme_says_in_both_languages_what_the_site_is_not() -> None:
    text = (FOLDER / "README.md").read_text()
    for words in ("不是象山县的台账", "示意图", "不得用于航行与执法", "不绘任何界线"):
        assert words in text
    for words in ("not the county's register", "not for navigation or enforcement", "no boundary"):
        assert words in text


def test_the_sources_licences_and_the_stand_in_station_are_named(site: Site) -> None:
    assert site.tide is not None
    assert "Kanmen" in site.tide.station
    assert "stand-in" in site.tide.station
    assert b"OpenStreetMap contributors" in (FOLDER / "land.geojson").read_bytes()[:300]
    assert "Open Database License" in (FOLDER / "land-licence/LICENSE").read_text()
    assert "Attribution 4.0" in (FOLDER / "tide-licence/LICENSE").read_text()
    head = tomllib.loads((FOLDER / "site.toml").read_text())
    assert "OpenStreetMap contributors" in head["attribution"]


def test_only_areas_are_drawn_so_that_no_boundary_line_can_hide_in_the_coast() -> None:
    found = json.loads((FOLDER / "land.geojson").read_text())["features"]
    assert {feature["geometry"]["type"] for feature in found} == {"Polygon"}
    assert all(feature["properties"] == {} for feature in found)


@pytest.mark.shared
def test_piers_in_use_lie_where_boats_really_lie_still(site: Site, shared_data: Path) -> None:
    """Global Fishing Watch's anchorage points were not used to place them."""
    source = shared_data / "gfw-anchorages/anchorages_zhejiang_28.5-30.6N_121-123E.csv"
    with source.open() as file:
        rows = [(float(row["longitude"]), float(row["latitude"])) for row in csv.DictReader(file)]
    anchor_lon, anchor_lat = np.array(rows).T
    active = site.piers.table.filter(pl.col("status") == "active")
    gaps = distance_m(
        active["lon"].to_numpy()[:, None], active["lat"].to_numpy()[:, None], anchor_lon, anchor_lat
    )
    near = (gaps.min(axis=1) < 3_000.0).mean()
    assert near > 0.6, f"only {near:.0%} of the piers in use lie within 3 km of an anchorage"


@pytest.mark.shared
def test_the_script_makes_the_same_bytes_again(shared_data: Path, tmp_path: Path) -> None:
    subprocess.run(
        [
            sys.executable,
            ROOT / "scripts/make_site_xiangshan.py",
            *("--data", shared_data, "--out", tmp_path),
        ],
        check=True,
        capture_output=True,
    )
    made, kept = folder_files(tmp_path), folder_files(FOLDER)
    del kept["README.md"]  # written by hand
    assert made.keys() == kept.keys()
    assert [name for name in made if made[name] != kept[name]] == []


def test_most_of_the_countys_cameras_send_no_events(site: Site) -> None:
    silent = site.cameras.filter(~pl.col("events").cast(pl.Boolean).fill_null(True))
    assert (len(site.cameras), len(silent)) == (2_200, 1_840)
    assert len(Place(site).cameras) == 360
