"""The demonstration night: plausible, complete, and the same to the byte everywhere."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tomllib
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyais
import pytest
from numpy._core._multiarray_umath import (
    __cpu_dispatch__,
    __cpu_features__,
)

from core.errors import SiteError
from geo.site import Site, parse_site
from simulate.demo import HOURS, SEED, START_AT, demo_recording, plan
from simulate.fleet import Voyage
from simulate.motion import MPS_PER_KN
from simulate.night import Night
from simulate.place import Place

FOLDER = Path(__file__).parents[2] / "sites/xiangshan"
VESSELS = 30
Plan = tuple[Night, list[Voyage], dict[str, Any]]
AGAIN = """
import hashlib, sys
from pathlib import Path
from geo.site import parse_site
from simulate.demo import HOURS, SEED, START_AT, demo_recording
folder = Path(sys.argv[1])
site = parse_site({p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()})
made = demo_recording(site, SEED, START_AT, HOURS, vessels=int(sys.argv[2]))
for name in sorted(made):
    print(name, hashlib.sha256(made[name]).hexdigest())
"""


@pytest.fixture(scope="module")
def site() -> Site:
    return parse_site({p.name: p.read_bytes() for p in FOLDER.iterdir() if p.is_file()})


@pytest.fixture(scope="module")
def place(site: Site) -> Place:
    return Place(site)


@pytest.fixture(scope="module")
def night_plan(place: Place) -> Plan:
    night, voyages, truth, _ = plan(place, SEED, START_AT, HOURS, VESSELS)
    return night, voyages, truth


@pytest.fixture(scope="module")
def recording(site: Site) -> dict[str, bytes]:
    return demo_recording(
        site, SEED, START_AT, HOURS, vessels=VESSELS, site_files={"site.toml": b'name = "x"\n'}
    )


def seconds(text: str) -> float:
    return (datetime.fromisoformat(text) - START_AT).total_seconds()


def test_no_vessel_crosses_land(site: Site, night_plan: Plan) -> None:
    night, voyages, _ = night_plan
    assert site.land is not None
    for voyage in voyages:
        t = np.arange(0.0, night.end_s, 10.0)
        lon, lat = night.place.plane.to_deg(*voyage.track.at(t).T)
        assert not site.land.contains(lon, lat).any(), voyage.boat.ship.name


def test_speeds_and_turns_are_those_of_vessels(
    night_plan: Plan,
) -> None:
    night, voyages, _ = night_plan
    for voyage in voyages:
        t = np.arange(0.0, night.end_s, 5.0)
        t = t[(t > voyage.track.t_s[0] + 2) & (t < voyage.track.t_s[-1] - 2)]
        velocity = voyage.track.velocity_mps(t)
        speed_kn = np.sqrt((velocity**2).sum(axis=1)) / MPS_PER_KN
        assert speed_kn.max() < 16.0, voyage.boat.ship.name
        change = np.abs(np.diff(speed_kn)) * MPS_PER_KN / 5.0
        assert np.percentile(change, 99.9) < 0.5, voyage.boat.ship.name


def test_each_landing_lies_alongside_an_idle_pier_by_night_with_water_under_the_keel(
    site: Site, night_plan: Plan
) -> None:
    night, voyages, truth = night_plan
    landings = truth["landings"]
    assert 4 <= len(landings) <= 6
    table = site.piers.table
    for row in landings:
        (voyage,) = [v for v in voyages if v.boat.target == row["vessels"][0]]
        index = table["pier_id"].to_list().index(row["pier_id"])
        from_s, to_s = seconds(row["berth_from"]), seconds(row["berth_to"])
        assert table["status"][index] == "idle"
        assert night.clock_s(-0.5) < from_s < night.clock_s(4.0)
        assert 50 * 60 <= to_s - from_s <= 150 * 60
        inside = np.arange(from_s + 30.0, to_s - 30.0, 60.0)
        lon, lat = night.place.plane.to_deg(*voyage.track.at(inside).T)
        found, away_m = site.piers.nearest(lon, lat, 60.0)
        assert (found == index).all()
        assert away_m.min() > 3.0
        assert away_m.max() < 40.0
        assert site.tide is not None
        start = np.datetime64(START_AT.replace(tzinfo=None), "us")
        heights = site.tide.height_m(start + inside.astype("timedelta64[s]"))
        if table["depth_m"][index] is not None:
            assert heights.min() + table["depth_m"][index] > voyage.boat.draught_m
    assert len({row["pier_id"] for row in landings}) == len(landings)


def test_the_truth_has_the_contracts_keys_and_names_every_nuisance(
    recording: dict[str, bytes],
) -> None:
    truth = json.loads(recording["truth.json"])
    assert {"landings", "nuisance", "seed", "nights", "gangs", "counts", "biases"} <= truth.keys()
    keys = {"landing_id", "gang", "variant", "pier_id", "lon", "lat", "berth_from", "berth_to"}
    for row in truth["landings"]:
        assert set(row) == keys | {"vessels", "trucks", "scout", "covered_by"}
        assert row["berth_from"].endswith("Z")
    kinds = {row["kind"] for row in truth["nuisance"]}
    assert kinds == {
        "fishing_home", "engine_trouble", "aquaculture", "patrol_stop", "receiver_outage",
        "shared_mmsi",
    }  # fmt: skip
    for row in truth["nuisance"]:
        assert {"kind", "pier_id", "from", "to", "vessels"} <= set(row)
        assert row["from"] <= row["to"]


def test_the_recording_says_that_it_is_simulated(recording: dict[str, bytes]) -> None:
    head = tomllib.loads(recording["recording.toml"].decode())
    assert head["simulated"] is True
    assert "模拟" in head["note"]
    assert head["start"] == START_AT
    assert (head["end"] - head["start"]).total_seconds() == HOURS * 3600
    assert recording["site/site.toml"] == b'name = "x"\n'


def test_every_line_is_read_by_pyais_and_lies_where_a_station_can_hear_it(
    site: Site, recording: dict[str, bytes]
) -> None:
    stations = set(site.stations["station_id"])
    feeds = {name: text for name, text in recording.items() if name.startswith("feeds/ais/")}
    assert set(feeds) == {f"feeds/ais/{station}.nmea" for station in stations}
    receipts: dict[bytes, dict[str, int]] = defaultdict(dict)
    for name, text in feeds.items():
        station = Path(name).stem
        last_ms = 0
        for line in text.splitlines()[::7]:
            tag, sentence = line[1:].split(b"\\", 1)
            keys = dict(part.split(":") for part in tag.decode().split("*")[0].split(","))
            assert keys["s"] == station
            assert int(keys["c"]) >= last_ms
            last_ms = int(keys["c"])
            assert -1_000 < last_ms - START_AT.timestamp() * 1_000 < HOURS * 3_600_000 + 5_000
            message = pyais.NMEAMessage(sentence)
            assert message.is_valid
            receipts[sentence][station] = last_ms
            if message.frag_cnt == 1:
                said = message.decode().asdict()
                assert 121.3 < said.get("lon", 122.0) < 122.6
                assert 28.7 < said.get("lat", 29.0) < 29.9


def test_a_message_heard_by_two_stations_differs_in_its_receipt_only(
    recording: dict[str, bytes],
) -> None:
    receipts: dict[bytes, dict[str, int]] = defaultdict(dict)
    for name, text in recording.items():
        if name.startswith("feeds/ais/"):
            for line in text.splitlines():
                tag, sentence = line[1:].split(b"\\", 1)
                if sentence[14:15] in b"1B":  # positions; what is static repeats itself
                    at_ms = int(tag.split(b"c:")[1].split(b"*")[0])
                    receipts[sentence].setdefault(name, at_ms)
    shared = [heard for heard in receipts.values() if len(heard) > 1]
    assert len(shared) > 500
    gaps = [max(heard.values()) - min(heard.values()) for heard in shared]
    assert np.percentile(gaps, 99) < 2_000


def test_the_same_seed_gives_the_same_bytes_also_on_a_plainer_processor(
    recording: dict[str, bytes],
) -> None:
    """NumPy picks its loops by the processor; none of them may show in a recording."""
    extra = [name for name in __cpu_dispatch__ if __cpu_features__.get(name)]
    made = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", AGAIN, FOLDER, str(VESSELS)],
        env={**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(extra)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    ours = "".join(
        f"{name} {hashlib.sha256(recording[name]).hexdigest()}\n"
        for name in sorted(recording)
        if not name.startswith("site/")
    )
    assert made == ours


def test_another_seed_gives_another_night(place: Place, night_plan: Plan) -> None:
    start = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
    _, _, other, _ = plan(place, SEED + 1, start, HOURS, 12)
    piers = {row["pier_id"] for row in other["landings"]}
    assert len(piers) >= 4
    assert piers != {row["pier_id"] for row in night_plan[2]["landings"]}


def test_a_site_without_piers_is_refused_with_a_sentence() -> None:
    bare = parse_site({"site.toml": b'name = "cove"'})
    with pytest.raises(SiteError, match="simulate"):
        demo_recording(bare)
