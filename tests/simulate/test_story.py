"""The story of the demonstration: three nights, what happens in them, the same bytes everywhere."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

from core.errors import SiteError
from geo.site import parse_site
from simulate.command import STORY, simulate
from simulate.county import County
from simulate.fleet import Voyage
from simulate.night import Night
from simulate.place import Place
from simulate.scale import SCALES, cut
from simulate.scene import Scene
from simulate.story import NIGHTS, OFF, SEED, START_ON, TOLD, WATCHED

FOLDER = Path(__file__).parents[2] / "sites/xiangshan"
FILES = {p.name: p.read_bytes() for p in FOLDER.iterdir() if p.is_file()}
HASHES = """
import hashlib, sys
from pathlib import Path
from simulate.command import STORY, simulate
from simulate.story import NIGHTS, SEED
files = {p.name: p.read_bytes() for p in Path(sys.argv[1]).iterdir() if p.is_file()}
for name, data in simulate(files, len(NIGHTS), SEED, STORY):
    print(name, hashlib.sha256(data).hexdigest())
"""
Made = tuple[Night, Scene]


@pytest.fixture(scope="module")
def recording() -> dict[str, bytes]:
    return dict(simulate(FILES, len(NIGHTS), SEED, STORY))


@pytest.fixture(scope="module")
def truth(recording: dict[str, bytes]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(recording["truth.json"])
    return found


@pytest.fixture(scope="module")
def last() -> Made:
    """The third night before any sensor looks."""
    place = Place(parse_site(cut(FILES, SCALES[STORY])))
    county = County(
        place, SEED, NIGHTS[-1] + 1, SCALES[STORY], start_on=START_ON, off=OFF, told=True
    )
    return county.night(NIGHTS[-1])


def voyage(made: Made, target: str) -> Voyage:
    (found,) = [v for v in made[1].voyages if v.boat.target == target]
    return found


def at(text: object) -> datetime:
    return datetime.fromisoformat(str(text))


def of(truth: dict[str, Any], kind: str) -> dict[str, Any]:
    row: dict[str, Any] = [row for row in truth["nuisance"] if row["kind"] == kind][-1]
    return row


def test_a_recording_of_three_nights_holds_every_feed_and_says_that_it_is_simulated(
    recording: dict[str, bytes],
) -> None:
    head = tomllib.loads(recording["recording.toml"].decode())
    assert head["simulated"] is True
    assert "模拟" in head["note"]
    assert (head["end"] - head["start"]) == timedelta(days=NIGHTS[-1], hours=SCALES[STORY].hours)
    assert WATCHED < TOLD < head["end"] - head["start"]
    evenings = [START_ON + timedelta(days=night) for night in NIGHTS]
    for feed in ("ais", "beidou", "radar", "vehicles", "cameras"):
        names = [name for name in recording if name.startswith(f"feeds/{feed}/")]
        assert {name.rpartition("-")[2][:8] for name in names} == {f"{d:%Y%m%d}" for d in evenings}
    lines = sum(
        gzip.decompress(data).count(b"\n")
        for name, data in recording.items()
        if name.startswith("feeds/")
    )
    assert lines < 350_000  # the first two nights are read before there is anything to see


def test_the_gang_lands_twice_at_one_pier_and_then_at_the_one_beside_it(
    truth: dict[str, Any], last: Made
) -> None:
    first, second, third = truth["landings"]
    assert first["pier_id"] == second["pier_id"] != third["pier_id"]
    assert {row["gang"] for row in truth["landings"]} == set(truth["gangs"]) == {"G01"}
    assert first["vessels"] == second["vessels"] == third["vessels"]
    gaps = [
        at(b["berth_from"]) - at(a["berth_from"]) for a, b in ((first, second), (second, third))
    ]
    assert all(timedelta(days=1.9) < gap < timedelta(days=3.1) for gap in gaps)
    for row in truth["landings"]:
        assert len(row["trucks"]) >= 3
        assert {"ais", "camera", "radar", "vehicles"} <= set(row["covered_by"])
    site = last[0].place.site
    table = {row["pier_id"]: row for row in site.piers.table.to_dicts()}
    one, other = (site.plane.to_m(row["lon"], row["lat"]) for row in (second, third))
    assert np.hypot(one[0] - other[0], one[1] - other[1]) < 3_000.0
    assert {table[row["pier_id"]]["status"] for row in truth["landings"]} == {"idle"}


def test_the_carrier_is_dark_before_it_berths_afloat_and_waits_where_radars_see_it(
    truth: dict[str, Any], last: Made
) -> None:
    night, row = last[0], truth["landings"][-1]
    boat = voyage(last, row["vessels"][0])
    from_s, to_s = night.second(row["berth_from"]), night.second(row["berth_to"])
    ((off_s, on_s),) = boat.silences
    assert off_s < from_s - 3_000.0
    assert on_s > to_s
    inside = np.arange(from_s + 30.0, to_s - 30.0, 60.0)
    site = night.place.site
    lon, lat = site.plane.to_deg(*boat.track.at(inside).T)
    found, _ = site.piers.nearest(lon, lat, 60.0)
    assert set(site.piers.table["pier_id"].to_numpy()[found]) == {row["pier_id"]}
    assert site.tide is not None
    start = np.datetime64(night.start_at.replace(tzinfo=None), "us")
    depth_m = site.piers.table["depth_m"][int(found[0])]
    heights = site.tide.height_m(start + inside.astype("timedelta64[s]"))
    assert float(heights.min()) + depth_m > boat.boat.draught_m


def test_a_patrol_boat_lies_with_the_scout_at_the_known_pier_when_the_landing_begins(
    truth: dict[str, Any],
) -> None:
    landing, scout, patrol = truth["landings"][-1], of(truth, "scout"), of(truth, "patrol_stop")
    assert scout["pier_id"] == patrol["pier_id"] == truth["landings"][0]["pier_id"]
    assert scout["vessels"] == [landing["scout"]]
    assert at(scout["from"]) < at(patrol["from"]) < at(patrol["to"]) < at(scout["to"])
    assert at(scout["to"]) > at(landing["berth_from"]) > at(patrol["from"])
    scouts = [row for row in truth["nuisance"] if row["kind"] == "scout"]
    for scout, landing in zip(scouts, truth["landings"], strict=True):
        assert at(scout["from"]) < at(landing["berth_from"]) - timedelta(minutes=40)


def test_the_twin_says_nothing_until_it_lies_at_a_third_pier_and_then_names_itself(
    truth: dict[str, Any], last: Made
) -> None:
    row = of(truth, "engine_trouble")
    assert row["pier_id"] not in {landing["pier_id"] for landing in truth["landings"]}
    boat, from_s = voyage(last, row["vessels"][0]), last[0].second(row["from"])
    assert boat.boat.vessel_id in set(last[0].place.site.vessels["vessel_id"])
    ((off_s, on_s),) = boat.silences
    assert off_s < 0.0
    assert from_s + 600.0 < on_s < last[0].second(row["to"])
    assert at(row["from"]) < at(truth["landings"][-1]["berth_from"]) - timedelta(minutes=30)


def test_nobody_of_the_story_sails_over_land_or_faster_than_boats_do(
    truth: dict[str, Any], last: Made
) -> None:
    night, scene = last
    told = {truth["landings"][-1]["vessels"][0]}
    told |= {
        t for kind in ("scout", "patrol_stop", "engine_trouble") for t in of(truth, kind)["vessels"]
    }
    assert len(told) == 4
    land = night.place.site.land
    assert land is not None
    for found in (v for v in scene.voyages if v.boat.target in told):
        t = np.arange(0.0, night.end_s, 10.0)
        lon, lat = night.place.plane.to_deg(*found.track.at(t).T)
        assert not land.contains(lon, lat).any(), found.boat.ship.name
        velocity = found.track.velocity_mps(t[t < found.track.t_s[-1] - 5])
        assert np.sqrt((velocity**2).sum(axis=1)).max() < 8.5, found.boat.ship.name


def test_the_story_is_the_same_to_the_byte_on_a_plainer_processor(
    recording: dict[str, bytes],
) -> None:
    extra = [name for name in __cpu_dispatch__ if __cpu_features__.get(name)]
    made = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", HASHES, FOLDER],
        env={**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(extra)},
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    ours = {f"{name} {hashlib.sha256(data).hexdigest()}" for name, data in recording.items()}
    assert set(made.splitlines()) == ours


def test_a_site_without_such_piers_is_refused_with_a_sentence() -> None:
    without = {name: data for name, data in FILES.items() if name != "cameras.geojson"}
    with pytest.raises(SiteError, match="dock cameras"):
        dict(simulate(without, len(NIGHTS), SEED, STORY))


@pytest.mark.parametrize("page", ["demonstration.md", "demonstration.zh.md"])
def test_the_page_of_the_demonstration_tells_what_is_true_when_it_is(
    truth: dict[str, Any], last: Made, page: str
) -> None:
    text = (FOLDER.parents[1] / "docs" / page).read_text("utf-8")
    night, landing = last[0], truth["landings"][-1]
    scout, patrol, twin = (of(truth, k) for k in ("scout", "patrol_stop", "engine_trouble"))
    ends_s, begins_s = (voyage(last, row["vessels"][0]).silences[0] for row in (landing, twin))
    silent, named = night.utc(ends_s[0]), night.utc(begins_s[1])
    zone = ZoneInfo(night.place.site.timezone)
    berth = landing["berth_from"], landing["berth_to"]
    for moment in (silent, named, scout["from"], patrol["from"], *berth):
        assert f"| {at(moment).astimezone(zone):%H:%M} |" in text, moment
    watched = at(night.utc(0.0)) + WATCHED - timedelta(days=NIGHTS[-1])
    assert f"| {watched.astimezone(zone):%H:%M} | 0:00 |" in text
    names = dict(night.place.site.piers.table.select("pier_id", "name").rows())
    for row in (landing, scout, twin):
        assert names[row["pier_id"]] in text
    for line in (line for line in text.splitlines() if line.startswith("| 0")):
        clock, shown = (cell.strip() for cell in line.split("|")[1:3])
        (hour, minute), (minutes, seconds) = clock.split(":"), shown.split(":")
        due_s = (int(hour) * 60 + int(minute) + 10) * 60 / 45
        assert abs(int(minutes) * 60 + int(seconds) - due_s) <= 2.0, line
