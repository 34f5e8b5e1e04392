"""The frames of the desk against the pipeline's own files and against each other."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from night_scene import replay_night

import desk
from alerts.envelope import weighed
from core.errors import InputError, SetupError, StoreError, StoreUnavailable
from desk import Desk
from desk.door import home_of, store_settings
from store.engine import Store

pytestmark = pytest.mark.postgis
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("night")


@pytest.fixture(scope="module")
def night(store: Store, folder: Path) -> Iterator[Desk]:
    replay_night(store, folder)
    with desk.open(store.url) as opened:
        yield opened


def written(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "out" / name).read_text("utf-8").splitlines()]


@pytest.mark.parametrize("frame", ["positions", "tracks", "piers", "events", "alerts"])
def test_every_frame_lies_in_wgs84_with_times_in_utc(night: Desk, frame: str) -> None:
    found = getattr(night, frame)()
    assert isinstance(found, gpd.GeoDataFrame)
    assert len(found) > 0
    assert found.crs == "EPSG:4326"
    west, south, east, north = found.total_bounds
    assert 120 < west < east < 124
    assert 28 < south < north < 31
    for name in found.columns:
        if name.endswith(("_at", "_from", "_to")):
            assert found[name].dtype == pd.DatetimeTZDtype("us", "UTC"), name


def test_positions_are_cut_by_time_box_and_pier_as_one_would_cut_them_by_hand(night: Desk) -> None:
    heard = night.positions()
    middle = heard["observed_at"].iloc[len(heard) // 2].to_pydatetime()
    hour = night.positions(None, middle, middle + HOUR)
    by_hand = heard[(heard["observed_at"] >= middle) & (heard["observed_at"] < middle + HOUR)]
    assert 0 < len(hour) == len(by_hand) < len(heard)

    box = (121.9, 29.0, 122.0, 29.3)
    assert 0 < len(night.positions(bbox=box)) == heard.intersects(shapely.box(*box)).sum()

    pier = night.alerts()["pier_id"].iloc[0]
    shape = night.piers().set_index("pier_id").geometry[pier]
    metres = heard.estimate_utm_crs()
    far = heard.to_crs(metres).distance(gpd.GeoSeries([shape], crs=4326).to_crs(metres)[0])
    near = night.positions(near_pier=pier, within_m=400.0)
    assert (far < 400 * 0.998).sum() <= len(near) <= (far < 400 * 1.002).sum()
    assert len(near) > 0


def test_a_track_s_measure_is_the_time_at_each_point(night: Desk) -> None:
    tracks = night.tracks()
    assert set(tracks.geom_type) == {"LineString"}
    first = shapely.get_coordinates(
        shapely.get_point(tracks.geometry.to_numpy(), 0), include_m=True
    )
    seconds = tracks["segment_from"].astype("int64").to_numpy() / 1e6
    np.testing.assert_allclose(first[:, 2], seconds, atol=1e-3)
    one = tracks["target"].iloc[0]
    assert set(night.tracks(target=one)["target"]) == {one}


def test_events_are_those_of_the_file_and_their_details_are_columns(
    night: Desk, folder: Path
) -> None:
    lines = written(folder, "events.jsonl")
    events = night.events()
    assert sorted(events["event_id"]) == sorted(line["event_id"] for line in lines)
    stops = night.events("stop").set_index("event_id")
    for line in (line for line in lines if line["kind"] == "stop"):
        assert stops.loc[line["event_id"], "dwell_min"] == line["detail"]["dwell_min"]
    assert len(night.events("no_such_kind")) == 0


def test_whoever_the_register_does_not_know_is_to_be_checked(night: Desk, folder: Path) -> None:
    known = set()
    with (folder / "site" / "vessels.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            known |= {f"mmsi:{row['mmsi']}", f"beidou:{row['beidou_id']}"}
    heard = set(night.positions().query("sensor != 'radar'")["target"])
    found = night.to_check()
    strangers = found[found["matter"] == "unregistered"]
    assert set(strangers["target"]) == {t for t in heard if t not in known}
    assert len(strangers) > 0
    assert strangers["last_seen_at"].dtype == pd.DatetimeTZDtype("us", "UTC")
    assert set(found["matter"]) <= {"unregistered", "conflict"}  # a night is too short for more
    gone = night.to_check(unseen_days=0)
    assert set(gone["matter"]) == {*found["matter"], "unseen"}


def test_alerts_are_the_latest_revisions_of_the_file_by_rank(night: Desk, folder: Path) -> None:
    latest = {line["alert_id"]: line for line in written(folder, "alerts.jsonl")}
    alerts = night.alerts()
    assert set(alerts["alert_id"]) == set(latest)
    assert alerts["rank"].is_monotonic_decreasing
    for _, row in alerts.iterrows():
        line = latest[row["alert_id"]]
        assert row["revision"] == line["revision"]
        if not weighed(line):  # a fact of the service, perhaps without a place
            assert pd.isna(row[["posterior", "severity", "berth_from"]]).all()
            with pytest.raises(InputError, match="weighed"):
                night.explain(row["alert_id"])
            continue
        assert row["posterior"] == line["posterior"]
        assert row["berth_from"] == datetime.fromisoformat(line["berth_from"])
        assert (row.geometry.x, row.geometry.y) == (line["lon"], line["lat"])


def test_a_night_without_alerts_and_a_run_without_piers_give_empty_frames(store: Store) -> None:
    run = store.open_run("replay", "empty", "nowhere", True, "empty", "空", "Empty", "UTC")
    try:
        with desk.open(store.url) as empty:
            frames = [empty.positions(run), empty.tracks(run), empty.piers(run)]
            frames += [empty.events(run=run), empty.alerts(run), empty.to_check(run)]
            assert [len(frame) for frame in frames] == [0] * 6
            assert {str(frame.crs) for frame in frames} == {"EPSG:4326"}
            assert empty.map(run, language="en") is not None
    finally:
        with store.transaction("forget the empty run") as connection:
            connection.exec_driver_sql("DELETE FROM run WHERE digest = 'empty'")


def test_goods_vehicles_are_not_followed_and_their_plates_are_masked(store: Store) -> None:
    run = store.open_run("replay", "trucks", "nowhere", True, "trucks", "车", "Trucks", "UTC")
    at = "2026-03-09T18:00:00Z"
    alert = {
        "alert_id": "a1", "revision": 1, "status": "new", "kind": "night_landing", "issued_at": at,
        "level": "watch", "posterior": 0.3, "prior_nats": -7.29, "severity": 0.5, "exercise": True,
        "pier_id": None, "lon": 121.9, "lat": 29.1, "berth_from": at, "berth_to": None,
        "targets": ["mmsi:412345678"], "vehicles": ["plate:浙B12345"],
        "evidence": [{"block": "land_side", "nats": 2.0, "code": "truck", "sources": ["vehicles"],
                      "params": {"plate": "浙B12345"}}],
        "not_covered": [],
    }  # fmt: skip
    try:
        store.write_alerts(run, [alert])
        with store.transaction("write a truck's line") as connection:
            connection.exec_driver_sql(
                "INSERT INTO segment (run_id, segment_id, target, segment_from, segment_to, geom) "
                "SELECT %(run)s, t, t, %(at)s, %(at)s, "
                "st_geomfromewkt('SRID=4326;LINESTRINGM(121 29 0, 122 29 1)') "
                "FROM unnest(ARRAY['plate:浙B12345', 'terminal:13800', 'mmsi:412345678']) AS t",
                {"run": run, "at": at},
            )
        with desk.open(store.url) as opened:
            window = (datetime(2026, 3, 9, tzinfo=UTC), datetime(2026, 3, 10, tzinfo=UTC))
            assert opened.tracks(run, *window)["target"].tolist() == ["mmsi:412345678"]
            assert opened.alerts(run)["vehicles"].tolist() == [["plate:浙B****5"]]
            why = opened.explain("a1", run=run)
            assert "12345" not in json.dumps(why.alert["vehicles"]) + str(why.table["params"][0])
    finally:
        with store.transaction("forget the trucks") as connection:
            connection.exec_driver_sql("DELETE FROM segment WHERE run_id = %(run)s", {"run": run})
            connection.exec_driver_sql("DELETE FROM run WHERE run_id = %(run)s", {"run": run})


def test_the_desk_cannot_write(store: Store) -> None:
    with (
        desk.open(store.url) as opened,
        pytest.raises(StoreError, match="read-only transaction"),
        opened._reads.transaction("delete the runs") as connection,
    ):
        connection.exec_driver_sql("DELETE FROM run")


@pytest.mark.parametrize(
    ("ask", "named"),
    [
        (lambda night: night.positions(999), "run 999"),
        (lambda night: night.positions(near_pier="P9999"), "pier P9999"),
        (lambda night: night.explain("nothing"), "alert nothing"),
        (lambda night: night.map(alert_id="nothing"), "alert nothing"),
        (lambda night: night.map(land="/no/land.geojson"), "land.geojson"),
        (lambda night: night.tracks(None, datetime(2026, 3, 9)), "aware times"),
    ],
)
def test_what_is_not_there_is_said_in_a_sentence_that_names_it(
    night: Desk, ask: Any, named: str
) -> None:
    with pytest.raises(InputError, match=named):
        ask(night)


def test_a_server_that_does_not_answer_is_no_empty_night() -> None:
    away = "postgresql://nobody@127.0.0.1:1/none"
    with desk.open(away) as opened, pytest.raises(StoreUnavailable):
        opened.alerts()


def test_a_store_that_was_never_made_is_not_made_by_looking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("PIERWATCH_STORE__CLUSTER_DIR", str(tmp_path / "postgres"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SetupError, match="make demo"):
        desk.open()
    assert not (tmp_path / "postgres").exists()


def test_a_notebook_s_folder_finds_the_settings_of_the_folder_above(tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "pierwatch.toml").write_text('[store]\nurl = "postgresql://a@b/c"\n', "utf-8")
    home = home_of(tmp_path / "notebooks")
    assert home == tmp_path
    assert store_settings(home, {}).url == "postgresql://a@b/c"
    set_otherwise = {"PIERWATCH_STORE__URL": "postgresql://d@e/f"}
    assert store_settings(home, set_otherwise).url == "postgresql://d@e/f"
