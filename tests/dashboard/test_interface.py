"""The interface beside the screen, on a real port over a real PostGIS."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
from screen_scene import LANDING, PASSWORD, TICK, Clock, alerts, stamp
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from dashboard.frames import unpacked
from dashboard.sign_in import COOKIE, SESSION_S
from store.engine import Store

pytestmark = pytest.mark.postgis

#: Every path that answers with something of ours, Dash's own among them.
GUARDED = [
    "/", "/api/health", "/api/alerts", "/api/alerts/stream", "/api/piers", "/api/coast",
    "/api/tracks/mmsi:1", "/api/vessels/mmsi:1", "/api/approaches",
    "/api/feeds", "/api/feeds/S1/reception", "/?page=feeds",
    "/_dash-layout", "/_dash-dependencies", "/assets/screen.css",
    "/assets/vendor/maplibre-gl.js", "/anything",
]  # fmt: skip


def signed_in(visitor: httpx.Client) -> httpx.Response:
    return visitor.post("/sign-in", data={"password": PASSWORD, "next": "/?lang=en"})


@pytest.mark.parametrize("path", GUARDED)
def test_nothing_is_told_to_a_visitor_without_the_password(visitor: httpx.Client, path: str):
    answer = visitor.get(path)
    assert answer.status_code in (303, 401)
    assert "FeatureCollection" not in answer.text
    if answer.status_code == 303:
        assert answer.headers["location"].startswith("/sign-in?next=%2F")


@pytest.mark.parametrize("path", ["/live", "/_dash-ws-callback"])
@pytest.mark.parametrize(
    "headers",
    [{}, {"Cookie": f"{COOKIE}=forged"}, {"Authorization": "Basic bm86bm8="}],
)
def test_no_socket_opens_without_the_password(
    clock: Clock, address: str, path: str, headers: dict[str, str]
):
    with (
        pytest.raises(InvalidStatus),
        connect(address.replace("http", "ws") + path, additional_headers=headers),
    ):
        pass


def test_a_socket_with_a_session_opens_for_our_own_page_only(address: str, visitor: httpx.Client):
    signed_in(visitor)
    cookie = {"Cookie": f"{COOKIE}={visitor.cookies[COOKIE]}"}
    live = address.replace("http", "ws") + "/live"
    with (
        pytest.raises(InvalidStatus),
        connect(live, additional_headers=cookie, origin="http://elsewhere.test"),
    ):
        pass
    with pytest.raises(InvalidStatus), connect(live, additional_headers=cookie):
        pass
    with connect(live, additional_headers=cookie, origin=address) as socket:
        assert json.loads(socket.recv(5))["kind"] == "state"


def test_a_session_is_a_cookie_that_scripts_and_other_sites_do_not_get(visitor: httpx.Client):
    answer = signed_in(visitor)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?lang=en")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert visitor.get("/api/health").status_code == 200


def test_a_session_ends_with_the_watch(visitor: httpx.Client, clock: Clock):
    signed_in(visitor)
    clock.now_s += SESSION_S + 1
    assert visitor.get("/api/health").status_code == 401


def test_signing_out_takes_the_cookie(visitor: httpx.Client):
    signed_in(visitor)
    visitor.get("/sign-out")
    assert visitor.get("/api/health").status_code == 401


def test_passwords_cannot_be_tried_out(visitor: httpx.Client, clock: Clock):
    for _ in range(5):
        assert visitor.post("/sign-in", data={"password": "guess"}).status_code == 401
    refused = signed_in(visitor)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert visitor.get("/api/health", auth=("x", PASSWORD)).status_code == 429
    clock.now_s += 301
    assert signed_in(visitor).status_code == 303


def test_a_form_of_another_site_signs_nobody_in_and_changes_nothing(visitor: httpx.Client):
    elsewhere = {"origin": "http://elsewhere.test"}
    refused = visitor.post("/sign-in", data={"password": PASSWORD}, headers=elsewhere)
    assert refused.status_code == 403
    signed_in(visitor)
    assert visitor.post("/_dash-update-component", json={}, headers=elsewhere).status_code == 403
    assert visitor.post("/_dash-update-component", json={}).status_code == 403


def test_a_form_without_end_is_not_read(visitor: httpx.Client):
    answer = visitor.post("/sign-in", content=b"password=" + b"x" * 100_000)
    assert answer.status_code == 401


def test_every_answer_forbids_what_comes_from_other_hosts(officer: httpx.Client):
    for path in ("/", "/api/health", "/sign-in", "/assets/screen.css", "/api/none"):
        headers = officer.get(path).headers
        policy = headers["content-security-policy"]
        assert "http" not in policy
        assert "default-src 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


def test_alerts_are_geojson_with_the_envelope_as_properties(officer: httpx.Client):
    answer = officer.get("/api/alerts")
    assert answer.headers["content-type"].startswith("application/geo+json")
    told = answer.json()
    latest = {a["alert_id"]: a for a in alerts([(0.0, 0.0, None)])}
    assert {f["id"] for f in told["features"]} == latest.keys()
    first = next(f for f in told["features"] if f["id"] == "a000000000000000")
    assert first["properties"]["revision"] == 3
    assert first["properties"]["exercise"] is True
    assert first["geometry"]["coordinates"] == [
        first["properties"]["lon"], first["properties"]["lat"],
    ]  # fmt: skip


def test_plates_are_masked_without_a_stated_purpose(officer: httpx.Client):
    for path in ("/api/alerts", "/api/alerts/a000000000000000"):
        text = officer.get(path).text
        assert "浙B****5" in text
        assert "浙B12345" not in text


def test_since_leaves_out_what_was_issued_before(officer: httpx.Client):
    issued = sorted(
        f["properties"]["issued_at"] for f in officer.get("/api/alerts").json()["features"]
    )
    found = officer.get("/api/alerts", params={"since": issued[-2]}).json()["features"]
    assert [f["properties"]["issued_at"] for f in found] == issued[-1:]
    assert officer.get("/api/alerts", params={"since": stamp(TICK)}).json()["features"] == []


@pytest.mark.parametrize(
    "since", ["yesterday", "2026-03-01", "2026-03-01T17:00:00", "1772323200", ""]
)
def test_a_time_that_is_none_is_answered_with_a_sentence(officer: httpx.Client, since: str):
    answer = officer.get("/api/alerts", params={"since": since})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("since: expected an RFC 3339 time")


def test_an_alert_has_its_revisions_and_an_unknown_one_is_not_found(officer: httpx.Client):
    told = officer.get("/api/alerts/a000000000000000").json()
    assert [f["properties"]["revision"] for f in told["features"]] == [1, 2, 3]
    assert officer.get("/api/alerts/nobody").status_code == 404


def test_piers_and_coast_are_those_of_the_site(officer: httpx.Client):
    piers = officer.get("/api/piers").json()["features"]
    assert len(piers) == 400
    assert {p["geometry"]["type"] for p in piers} == {"Polygon"}
    coast = officer.get("/api/coast").json()["features"]
    assert len(coast) > 100


def test_a_track_is_dashed_where_the_vessel_was_silent(officer: httpx.Client):
    lines = officer.get(f"/api/tracks/{LANDING}").json()["features"]
    silent = [line for line in lines if line["properties"]["silent"]]
    assert len(silent) == 1  # 74 minutes before it berthed
    assert len(silent[0]["geometry"]["coordinates"]) == 2
    heard = sum(len(line["geometry"]["coordinates"]) for line in lines) - 2
    assert heard == 29 + 3 + 22


@pytest.mark.parametrize("target", ["plate:浙B12345", "terminal:1", "anybody"])
def test_no_track_of_a_road_vehicle_is_given(officer: httpx.Client, target: str):
    answer = officer.get(f"/api/tracks/{target}")
    assert answer.status_code == 403
    assert "vessels only" in answer.json()["error"]


@pytest.mark.parametrize("path", ["/api/none", "/api/alerts/a/b/c", "/api/"])
def test_an_unknown_path_of_the_interface_is_a_404_in_json(officer: httpx.Client, path: str):
    answer = officer.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"


def test_a_missing_asset_is_no_page(officer: httpx.Client):
    assert officer.get("/assets/none.css").status_code == 404


def test_the_socket_sends_the_picture_and_then_the_clock(clock: Clock, address: str):
    auth = {"Authorization": httpx.BasicAuth("x", PASSWORD)._auth_header}
    with connect(address.replace("http", "ws") + "/live", additional_headers=auth) as socket:
        told = json.loads(socket.recv(10))
        while told["kind"] != "names":
            told = json.loads(socket.recv(10))
        whole = unpacked(socket.recv(10))
        later = unpacked(socket.recv(10))
    rows = {row: target for row, target, *_ in told["rows"]}
    assert whole.all_rows
    assert len(whole.arrays["row"]) == 160  # of 161 targets one is a radar's that it has lost
    assert LANDING in rows.values()
    assert whole.at_ms == TICK.timestamp() * 1000
    assert not later.all_rows
    assert len(later.arrays["row"]) == 0


def events(officer: httpx.Client, n: int, after: str | None = None) -> Iterator[dict[str, str]]:
    headers = {"last-event-id": after} if after else {}
    with officer.stream("GET", "/api/alerts/stream", headers=headers, timeout=10) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        event: dict[str, str] = {}
        for line in answer.iter_lines():
            if line.startswith(":"):
                continue
            if line:
                name, _, value = line.partition(": ")
                event[name] = value
            elif event:
                yield event
                event = {}
                n -= 1
                if n == 0:
                    return


def test_a_stream_gives_every_revision_and_resumes_where_it_was_cut(officer: httpx.Client):
    everything = list(events(officer, 7))
    told = [json.loads(e["data"])["properties"] for e in everything]
    assert [(t["alert_id"][:2], t["revision"]) for t in told] == [
        ("a0", 1), ("a1", 1), ("a0", 2), ("a2", 1), ("a3", 1), ("a3", 2), ("a0", 3),
    ]  # fmt: skip
    assert list(events(officer, 3, after=everything[3]["id"])) == everything[4:]


def test_a_stream_hears_of_an_alert_that_is_issued_later(officer: httpx.Client, scene: Store):
    last = list(events(officer, 7))[-1]["id"]
    run = scene.current_run()
    assert run is not None
    late = alerts([(121.9, 29.1, None)])[0] | {"alert_id": "late", "issued_at": stamp(TICK)}
    try:
        scene.write_alerts(run["run_id"], [late])
        (event,) = events(officer, 1, after=last)
        assert json.loads(event["data"])["id"] == "late"
    finally:
        with scene.transaction("take the late alert away") as connection:
            connection.exec_driver_sql("DELETE FROM alert WHERE alert_id = 'late'")


@pytest.mark.parametrize("after", ["yesterday", "1", "1-", "-1-2", "9" * 40 + "-1", "1-²"])
def test_a_stream_position_that_is_none_is_answered_with_a_sentence(
    officer: httpx.Client, after: str
):
    answer = officer.get("/api/alerts/stream", headers={"last-event-id": after.encode()})
    assert answer.status_code == 400
    assert "Last-Event-ID" in answer.json()["error"]
