"""What the desk decides through the interface stands in the store, and nothing else gets there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from decided import CONTENTS
from screen_scene import BERTHED, PASSWORD, Clock, alerts, in_thread, stamp, xiangshan

from core.settings import ScreenSettings
from dashboard.app import create_app
from store.engine import Store

pytestmark = pytest.mark.postgis

SITE = xiangshan()
PERMIT = {**CONTENTS["permit"], "pier_id": SITE.piers.table["pier_id"][0]}
TITLES = (SITE.title_zh, SITE.title_en)


def live(store: Store) -> int:
    run_id = store.open_run("live", SITE.name, SITE.name, False, "live", *TITLES, SITE.timezone)
    store.write_piers(run_id, SITE.piers)
    return run_id


@pytest.fixture(scope="module")
def address(store: Store) -> Iterator[str]:
    app = create_app(
        store, ScreenSettings(), password=PASSWORD, secret=bytes(32), clock=Clock()
    )  # fmt: skip
    where, server, thread = in_thread(app)
    yield where
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def desk(address: str, store: Store) -> Iterator[httpx.Client]:
    live(store)
    with httpx.Client(base_url=address, auth=("watch", PASSWORD)) as client:
        yield client


def stored(store: Store) -> list[dict[str, object]]:
    return store.decisions_after(SITE.name, 0)


def test_a_decision_gets_a_number_and_stands_with_role_and_time(desk: httpx.Client, store: Store):
    said = desk.post("/api/decisions", json={"kind": "permit", "content": PERMIT})
    assert said.status_code == 201, said.text
    row = stored(store)[-1]
    assert said.json() == {"decision_id": row["decision_id"]}
    assert row["kind"] == "permit"
    assert row["content"] == PERMIT
    assert row["decided_by"] == "desk"
    assert row["decided_at"] == datetime.fromtimestamp(Clock().now_s, UTC)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "JSON object"),
        (b"[" * 8000, 400, "JSON object"),
        (b"\xff\xfe", 400, "JSON object"),
        (b"[]", 400, "kind and content"),
        (b'{"kind": "permit", "content": {}, "by": "Wang"}', 400, "nothing else"),
        (b'{"kind": "order", "content": {}}', 400, "expected one of verdict"),
        (b'{"kind": "weights", "content": {}}', 400, "weights, version: expected a text"),
        (b'{"kind": "patrol_position", "content": {"unit":"a","lon":NaN,"lat":1}}', 400, "lon"),
        (b'{"kind": "weights", "content": {"version": "%s"}}' % (b"x" * 9000), 413, "8192 bytes"),
    ],
)
def test_what_is_no_decision_is_refused_with_a_sentence(
    desk: httpx.Client, store: Store, body: bytes, status: int, words: str
):
    before = stored(store)
    json_ = {"content-type": "application/json"}
    answer = desk.post("/api/decisions", content=body, headers=json_)
    assert answer.status_code == status
    assert words in answer.json()["error"]
    assert stored(store) == before


def test_a_permit_for_a_pier_that_the_site_does_not_have_is_refused(desk: httpx.Client):
    content = {**PERMIT, "pier_id": "P-none"}
    answer = desk.post("/api/decisions", json={"kind": "permit", "content": content})
    assert answer.status_code == 400
    assert "P-none" in answer.json()["error"]


def test_another_site_and_a_stranger_decide_nothing(desk: httpx.Client, address: str, store: Store):
    before = stored(store)
    told = {"kind": "permit", "content": PERMIT}
    assert httpx.post(f"{address}/api/decisions", json=told).status_code == 401
    form = desk.post("/api/decisions", content=b"{}", headers={"content-type": "text/plain"})
    assert form.status_code == 415
    with httpx.Client(base_url=address) as visitor:
        visitor.post("/sign-in", data={"password": PASSWORD})
        elsewhere = {"origin": "http://elsewhere.test"}
        refused = visitor.post("/api/decisions", json=told, headers=elsewhere)
        assert refused.status_code == 403
        ours = visitor.post("/api/decisions", json=told, headers={"origin": address})
        assert ours.status_code == 201
    assert len(stored(store)) == len(before) + 1


def test_nothing_is_decided_in_a_replay(desk: httpx.Client, store: Store):
    store.open_run("replay", "r", SITE.name, True, "replayed", *TITLES, SITE.timezone)
    answer = desk.post("/api/decisions", json={"kind": "permit", "content": PERMIT})
    assert answer.status_code == 409
    assert "live run" in answer.json()["error"]


def test_a_verdict_carries_the_pier_and_the_berthing_of_its_alert(desk: httpx.Client, store: Store):
    run = store.current_run()
    assert run is not None
    berths = [(121.9, 29.1, PERMIT["pier_id"])] * 5
    store.write_alerts(run["run_id"], alerts(berths)[:1])
    content = {"alert_id": "a000000000000000", "verdict": "lawful", "because": "fish_truck"}
    answer = desk.post("/api/decisions", json={"kind": "verdict", "content": content})
    assert answer.status_code == 201, answer.text
    kept = stored(store)[-1]["content"]
    assert kept == {**content, "pier_id": PERMIT["pier_id"], "berth_from": stamp(BERTHED)}
    unknown = {**content, "alert_id": "nobody"}
    answer = desk.post("/api/decisions", json={"kind": "verdict", "content": unknown})
    assert answer.status_code == 400
    assert "an alert of this run" in answer.json()["error"]
