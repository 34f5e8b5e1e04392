"""Whatever is posted, the server answers with a status of its own and lives on."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from example_counts import examples
from feed_clerk import Clerk, running, state, until
from hypothesis import given
from hypothesis import strategies as st
from viid_device import ViidDevice

from core.settings import FeedSettings
from geo.site import parse_site
from ingest.sources.inbox import Inbox
from ingest.sources.web import WebSource

pytestmark = pytest.mark.shared
DEVICE = "33022500001310000001"
POSTS = (
    "/VIID/MotorVehicles", "/VIID/SubscribeNotifications", "/VIID/System/Register",
    "/VIID/System/Keepalive", "/VIID/Faces", "/VIID/Persons", "/barrier", "/onvif/cam-1",
)  # fmt: skip
BASIC = "Basic cm9hZDpwaWVy"  # road:pier


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    users = tmp_path_factory.mktemp("web") / "users"
    users.write_text("road:pier\n")
    given = {"sensor": "cameras", "url": "http://127.0.0.1:0", "password_file": users}
    feed = FeedSettings.model_validate(given)
    source = WebSource("gate", feed, parse_site({"site.toml": b'name = "cove"'}), Path())
    inbox = Inbox("gate", 10_000)
    with running(source, inbox), Clerk(inbox, 0.001):
        until(lambda: state(inbox).startswith("listening"))
        device = ViidDevice("127.0.0.1", source.port, DEVICE, "road", "pier")
        assert device.register() == 200
        yield source.port
        assert device.keep_alive() == 200  # it is alive at the end
        device.close()
        assert "fault" not in inbox.report("", "").refused


@pytest.fixture(scope="module")
def bodies(shared_data: Path) -> list[bytes]:
    """What real devices post, out of the samples."""
    found = [b'{"RegisterObject":{"DeviceID":"33022500001310000001"}}']
    for name in ("gat1400", "barrier", "onvif", "bad", "frigate"):
        for line in (shared_data / f"camera/lines/{name}.jsonl").read_bytes().splitlines():
            found.append(line)
            try:
                payload = json.loads(line)["payload"]
            except (ValueError, KeyError, TypeError):
                continue
            if name == "onvif" and isinstance(payload.get("xml"), str):
                found.append(payload["xml"].encode())
            elif name == "gat1400":
                inner = payload["MotorVehicleListObject"]
                note = {"NotificationID": "1", "MotorVehicleObjectList": inner}
                notes = {"SubscribeNotificationListObject": {"SubscribeNotificationObject": [note]}}
                found.append(json.dumps(notes, ensure_ascii=False).encode())
            found.append(json.dumps(payload, ensure_ascii=False).encode())
    return found


def mutated(draw: st.DrawFn, body: bytes) -> bytes:
    """A body with up to three places overwritten, cut out, doubled or filled."""
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(body)))
        to = min(len(body), at + draw(st.integers(0, 40)))
        new = draw(
            st.one_of(
                st.binary(max_size=8),
                st.just(body[at:to] * 2),
                st.sampled_from([b"null", b"1e999", b"NaN", b'"\\ud800"', b"[" * 40, b"\xb5\xbd",
                                 b"-1", b"9" * 5000, b"&x;", b"{}", b'"a":1,']),
            )
        )  # fmt: skip
        body = body[:at] + new + body[to:]
    return body


@examples(300)
@given(data=st.data())
def test_every_endpoint_answers_mutated_samples(port: int, bodies: list[bytes], data) -> None:
    path = data.draw(st.sampled_from(POSTS))
    sent = mutated(data.draw, data.draw(st.sampled_from(bodies)))
    headers = {"User-Identify": DEVICE}
    if path.startswith(("/barrier", "/onvif")):
        headers["Authorization"] = BASIC
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("POST", path, sent, headers)
    answer = connection.getresponse()
    said = json.loads(answer.read())
    connection.close()
    assert answer.status in (200, 400, 401, 403, 413, 503), (answer.status, said)


HEADERS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200)


@examples(200)
@given(
    path=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60),
    identity=HEADERS,
    authorization=st.one_of(
        HEADERS.map("Digest ".__add__), HEADERS.map("Basic ".__add__),
        st.just('Digest realm="pierwatch gate", qop=auth, nc=00000001, nonce="' + "0" * 60 + '"'),
    ),
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE", "X"]),
)  # fmt: skip
def test_every_path_and_header_is_answered(
    port: int, path, identity, authorization, method
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    headers = {"User-Identify": identity, "Authorization": authorization}
    connection.request(method, "/" + path, b"{}", headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    assert 400 <= answer.status < 500 or (answer.status == 200 and path == "healthz")
    assert "Traceback" not in text
