"""Devices send over HTTP: what is answered with 200 is on the disk, and no person gets in."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from feed_clerk import Clerk, running, state, until
from viid_device import ViidDevice

from core.settings import FeedSettings
from geo.site import parse_site
from ingest.cameras import CameraDecoder
from ingest.sources import web_intake, web_server
from ingest.sources.inbox import Inbox
from ingest.sources.web import WebSource

DEVICE = "33022500001310000001"
CAMERAS = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [121.9, 29.1]},
            "properties": {"camera_id": "cam-road-1", "kind": "road", "device_id": DEVICE},
        }
    ],
}
SITE = parse_site({"site.toml": b'name = "cove"', "cameras.geojson": json.dumps(CAMERAS).encode()})
SECRET = "JPEGJPEGJPEG"


def vehicle(number: int, device: str = DEVICE) -> dict[str, object]:
    return {
        "MotorVehicleID": f"{device}022026030201150000001{number:07d}", "InfoKind": 1,
        "SourceID": "1", "DeviceID": device, "HasPlate": "1", "PlateNo": "浙B12345",
        "PassTime": "20260302011500",
        "SubImageList": {"SubImageInfoObject": [{"ImageID": "1", "Data": SECRET}]},
    }  # fmt: skip


def feed(users: Path | None, **more: object) -> FeedSettings:
    given = {"sensor": "cameras", "url": "http://127.0.0.1:0", "password_file": users, **more}
    return FeedSettings.model_validate(given)


class Place:
    """A source that listens, with its inbox and clerk."""

    def __init__(self, source: WebSource, inbox: Inbox, clerk: Clerk) -> None:
        self.source, self.inbox, self.clerk = source, inbox, clerk
        self.url = f"http://127.0.0.1:{source.port}"

    def device(self, name: str = DEVICE, password: str = "pier", algorithm: str = "MD5"):
        return ViidDevice("127.0.0.1", self.source.port, name, "road", password, algorithm)

    @property
    def kept(self) -> str:
        return "\n".join(self.clerk.texts)

    @property
    def refused(self) -> dict[str, int]:
        return self.inbox.report("", "").refused


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    (tmp_path / "users").write_text("# the road's\nroad:pier\nbars:harbour:7\n")
    source, inbox = WebSource("gate", feed(tmp_path / "users"), SITE, tmp_path), Inbox("gate", 1000)
    with running(source, inbox), Clerk(inbox) as clerk:
        until(lambda: state(inbox).startswith("listening"))
        yield Place(source, inbox, clerk)


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_a_device_registers_keeps_alive_sends_and_leaves(place, algorithm):
    device = place.device(algorithm=algorithm)
    assert device.register() == 200
    assert device.keep_alive() == 200
    code, said = device.motor_vehicles([vehicle(1), vehicle(2)])
    statuses = said["ResponseStatusListObject"]["ResponseStatusObject"]
    assert code == 200
    assert [each["StatusCode"] for each in statuses] == ["0", "0"]
    assert [each["Id"] for each in statuses] == [vehicle(n)["MotorVehicleID"] for n in (1, 2)]
    alive, frame = map(json.loads, place.clerk.texts)
    assert alive == {"source": "cam-road-1", "format": "device.keepalive", "payload": {}}
    assert (frame["source"], frame["format"]) == ("cam-road-1", "gat1400.motor_vehicles")
    assert SECRET not in place.kept
    assert place.inbox.report("", "").peers == 1
    assert device.unregister() == 200
    assert device.motor_vehicles([vehicle(3)])[0] == 401
    device.close()


def test_what_is_kept_decodes_to_the_vehicles_that_were_sent(place):
    device = place.device()
    device.register()
    device.motor_vehicles([vehicle(1), vehicle(2, "33022500001310000002")])
    library = place.device("33022500002000000001")
    library.register()
    library.motor_vehicles([vehicle(3), vehicle(4, "33022500001310000002")])
    library.close()
    lines = [b'{"received_at":"2026-03-01T17:15:02Z",' + f.frame[1:] for f in place.clerk.frames]
    decoder = CameraDecoder({"cam-road-1": (121.9, 29.1)})
    found = decoder.feed(b"\n".join(lines) + b"\n").observations
    assert found["target"].to_list() == ["plate:浙B12345"] * 4
    assert found["source"].to_list() == ["cam-road-1"] * 3 + ["33022500002000000001"]
    device.close()


def test_httpx_proves_the_password_too_and_data_may_come_with_the_proof(place):
    body = {"MotorVehicleListObject": {"MotorVehicleObject": [vehicle(1)]}}
    with httpx.Client(base_url=place.url, headers={"User-Identify": DEVICE}) as client:
        asked = client.post("/VIID/MotorVehicles", json=body)
        assert asked.status_code == 401
        assert [c.split()[0] for c in asked.headers.get_list("www-authenticate")] == ["Digest"] * 2
        proof = httpx.DigestAuth("road", "pier")
        assert client.post("/VIID/MotorVehicles", json=body, auth=proof).status_code == 200
        wrong = httpx.DigestAuth("road", "guess")
        assert client.post("/VIID/System/Register", json={}, auth=wrong).status_code == 401
    assert len(place.clerk.frames) == 1
    assert place.refused == {"unauthorised": 1}


def test_a_proof_that_was_overheard_is_of_no_use(place):
    device = place.device()
    path, message = "/VIID/System/Register", {"RegisterObject": {"DeviceID": DEVICE}}
    _, _, challenges = device.request("POST", path, message)
    proof = device.proof(challenges, "POST", path)
    assert device.request("POST", path, message, proof)[0] == 200
    code, _, again = device.request("POST", path, message, proof)
    assert code == 401
    assert all("stale=true" in each for each in again)
    later = device.proof(challenges, "POST", path, count=2)
    assert device.request("POST", "/VIID/System/Time", None, later)[0] == 403  # known by now
    other = place.device("33022500001310000009")
    assert other.request("GET", "/VIID/System/Time", None, later)[0] == 401
    for each in (device, other):
        each.close()


def test_a_registration_is_not_anothers(place):
    device, stranger = place.device(), place.device("33022500001310000002", password="guess")
    device.register()
    assert stranger.register() == 401
    assert stranger.motor_vehicles([vehicle(1)])[0] == 401
    assert stranger.keep_alive() == 401
    assert stranger.request("POST", "/VIID/Faces", {"x": 1})[0] == 401
    assert place.clerk.frames == []
    nameless = place.device("not a name")
    assert nameless.motor_vehicles([vehicle(1)])[0] == 400
    for each in (device, stranger, nameless):
        each.close()


def test_faces_and_persons_are_refused_and_no_byte_of_them_is_kept(place):
    device = place.device()
    device.register()
    for kind in ("Faces", "Persons", "Faces/330225", "Images", "NonMotorVehicles", "VideoSlices"):
        code, said, _ = device.request("POST", f"/VIID/{kind}", {"Name": SECRET})
        assert (code, said["ResponseStatusObject"]["StatusCode"]) == (403, "4")
    faces = {"FaceObject": [{"FaceID": "1", "Name": SECRET, "Data": SECRET}]}
    note = {
        "NotificationID": "n-1", "FaceObjectList": faces, "PersonObjectList": {"x": SECRET},
        "MotorVehicleObjectList": {"MotorVehicleObject": [vehicle(1)]},
    }  # fmt: skip
    notes = [note, {"NotificationID": "n-2", "FaceObjectList": faces}]
    message = {"SubscribeNotificationListObject": {"SubscribeNotificationObject": notes}}
    code, said, _ = device.request("POST", "/VIID/SubscribeNotifications", message)
    statuses = said["ResponseStatusListObject"]["ResponseStatusObject"]
    assert [(each["Id"], each["StatusCode"]) for each in statuses] == [("n-1", "0"), ("n-2", "4")]
    vehicles = {"MotorVehicleListObject": {"MotorVehicleObject": [vehicle(2)]}, "FaceList": faces}
    assert device.request("POST", "/VIID/MotorVehicles", vehicles)[0] == 200
    message = {"FaceListObject": faces}
    assert device.request("POST", "/VIID/MotorVehicles", message)[0] == 400
    assert len(place.clerk.frames) == 2
    assert SECRET not in place.kept
    report = place.inbox.report("", "")
    assert report.refused == {"person_data": 7, "not_taken": 3}
    assert not any(SECRET.encode() in each for some in report.samples.values() for each in some)
    device.close()


def test_time_and_subscribes_are_answered(place):
    device = place.device()
    device.register()
    _, said, _ = device.request("GET", "/VIID/System/Time")
    assert said["SystemTimeObject"]["TimeZone"] == "Asia/Shanghai"
    _, said, _ = device.request("GET", "/VIID/Subscribes")
    assert said == {"SubscribeListObject": {"SubscribeObject": []}}
    device.close()


def test_barriers_and_onvif_cameras_send_with_basic_or_digest(place):
    good = {"bar_id": "bar-1", "state": "raised", "at": "2026-03-01T17:05:00Z"}
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?><tt:MetadataStream xmlns:tt="http://www.onvif.org/'
        'ver10/schema"><tt:VideoAnalytics><tt:Frame UtcTime="2026-03-01T17:40:00Z"/>'
        "</tt:VideoAnalytics></tt:MetadataStream>"
    )
    basic = httpx.BasicAuth("bars", "harbour:7")
    with httpx.Client(base_url=place.url) as client:
        assert client.post("/barrier", json=good).status_code == 401
        said = client.post("/barrier", json=good, auth=basic)
        assert said.json() == {"kept": 1, "refused": []}
        some = [good, {**good, "state": "open"}, 7, {**good, "bar_id": None}]
        said = client.post("/barrier", json=some, auth=httpx.DigestAuth("road", "pier")).json()
        assert said["kept"] == 1
        assert [(each["index"], each["reason"]) for each in said["refused"]] == [
            (1, "bad_state"), (2, "bad_payload"), (3, "no_source"),
        ]  # fmt: skip
        assert client.post("/onvif/cam-2", content=xml, auth=basic).json()["kept"] == 1
        bomb = '<!DOCTYPE x [<!ENTITY a "aa">]><x>&a;</x>'
        assert client.post("/onvif/cam-2", content=bomb, auth=basic).status_code == 400
        gbk = xml.replace("17:40", "拾柒").encode("gbk")
        assert client.post("/onvif/cam-2", content=gbk, auth=basic).status_code == 400
        assert client.post("/onvif/a b", content=xml, auth=basic).status_code == 400
    kept = [json.loads(text) for text in place.clerk.texts]
    assert [(each["source"], each["format"]) for each in kept] == [
        ("bar-1", "barrier.state"), ("bar-1", "barrier.state"), ("cam-2", "onvif.metadata"),
    ]  # fmt: skip
    assert kept[2]["payload"] == {"xml": xml}


def test_200_comes_only_after_the_disk_and_503_where_there_is_no_room(place):
    device = place.device()
    device.register()
    place.clerk.pausing = True
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(device.motor_vehicles, [vehicle(1)])
        until(lambda: place.inbox.waiting == 1)
        time.sleep(0.2)
        assert not waiting.done()
        place.clerk.pausing = False
        assert waiting.result(10)[0] == 200
    place.clerk.keeps = False
    assert device.motor_vehicles([vehicle(2)])[0] == 503
    device.close()


def test_a_full_inbox_is_busy(tmp_path):
    (tmp_path / "users").write_text("road:pier\n")
    source, inbox = WebSource("gate", feed(tmp_path / "users"), SITE, tmp_path), Inbox("gate", 1)
    with running(source, inbox):
        until(lambda: state(inbox).startswith("listening"))
        device = ViidDevice("127.0.0.1", source.port, DEVICE, "road", "pier")
        device.register()
        assert device.keep_alive() == 200  # the one frame
        code, said = device.motor_vehicles([vehicle(1)])
        assert (code, said["ResponseStatusObject"]["StatusCode"]) == (503, "2")
        assert device.keep_alive() == 200
        assert inbox.lost == 1
        device.close()


@pytest.mark.parametrize(
    ("sent", "code", "status"),
    [
        (b"{", 400, "7"),
        ('{"a":"海"}'.encode("gbk"), 400, "7"),
        (b"[" * 100_000, 400, "7"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, 400, "7"),
        (b'{"a":NaN}', 400, "7"),
        (b"{}", 400, "8"),
        (b"[]", 400, "8"),
        (b'{"MotorVehicleListObject":{"MotorVehicleObject":{}}}', 400, "8"),
        (b'{"MotorVehicleListObject":{"MotorVehicleObject":[' + b"1," * 1000 + b"1]}}", 400, "8"),
        (b" " * ((1 << 22) + 1), 413, "8"),
    ],
)
def test_rubbish_is_answered_with_a_status_and_counted(place, sent, code, status):
    device = place.device()
    device.register()
    with httpx.Client(base_url=place.url, headers={"User-Identify": DEVICE}) as client:
        answer = client.post("/VIID/MotorVehicles", content=sent)
    assert answer.status_code == code
    assert answer.json()["ResponseStatusObject"]["StatusCode"] == status
    assert place.clerk.frames == []
    assert code == 413 or sum(place.refused.values()) == 1
    device.close()


def test_wrong_paths_and_methods_are_answered_in_json(place):
    with httpx.Client(base_url=place.url) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        for method, path, code in [
            ("GET", "/", 404), ("GET", "/barrier", 405), ("PATCH", "/VIID/Faces", 405),
            ("POST", "/healthz", 405), ("GET", "/VIID/../etc/passwd", 404),
        ]:  # fmt: skip
            answer = client.request(method, path)
            assert answer.status_code == code
            assert answer.json()["ResponseStatusObject"]["StatusCode"] == "4"
            assert "access-control-allow-origin" not in answer.headers
    assert place.refused == {"unknown_path": 5}


def test_slow_and_endless_senders_are_cut_off_and_others_are_served(place, monkeypatch):
    monkeypatch.setattr(web_server, "HEAD_S", 0.5)
    slow = [socket.create_connection(("127.0.0.1", place.source.port)) for _ in range(50)]
    for each in slow:
        each.sendall(b"POST /VIID/MotorVehicles HTTP/1.1\r\nHost: a\r\nX-A: ")
    device = place.device()
    assert device.register() == 200
    drip = threading.Event()

    def dribble() -> None:
        while not drip.wait(0.1):
            for each in slow[:5]:
                try:
                    each.sendall(b"a")
                except OSError:
                    return

    thread = threading.Thread(target=dribble)
    thread.start()
    for each in slow:
        each.settimeout(5)
        with contextlib.suppress(ConnectionResetError):
            assert each.recv(1) == b""
        each.close()
    drip.set()
    thread.join()
    head = socket.create_connection(("127.0.0.1", place.source.port))
    head.settimeout(5)
    head.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX-A: " + b"a" * 70_000)
    assert b" 400 " in head.recv(100)
    head.close()
    assert device.motor_vehicles([vehicle(1)])[0] == 200
    device.close()
    assert place.refused == {"slow_frame": 50}


def test_one_host_does_not_take_all_connections(place, monkeypatch):
    monkeypatch.setattr(web_server, "MOST_A_HOST", 20)
    to = ("127.0.0.1", place.source.port)
    hogs = [socket.create_connection(to, source_address=("127.0.0.2", 0)) for _ in range(30)]
    until(lambda: place.refused == {"too_many_connections": 10})
    device = place.device()
    assert device.register() == 200
    device.close()
    for each in hogs:
        each.close()


def test_a_body_that_does_not_come_is_counted(place, monkeypatch):
    monkeypatch.setattr(web_intake, "BODY_S", 0.3)
    device = place.device()
    device.register()
    connection = http.client.HTTPConnection("127.0.0.1", place.source.port, timeout=5)
    connection.putrequest("POST", "/VIID/MotorVehicles")
    connection.putheader("User-Identify", DEVICE)
    connection.putheader("Content-Length", "100")
    connection.endheaders(b"{")
    assert connection.getresponse().status == 408
    assert place.refused == {"slow_frame": 1}
    connection.close()
    device.close()


def test_an_unread_length_of_gigabytes_is_refused_at_once(place):
    device = place.device()
    device.register()
    connection = http.client.HTTPConnection("127.0.0.1", place.source.port, timeout=5)
    connection.putrequest("POST", "/VIID/Faces")
    connection.putheader("User-Identify", DEVICE)
    connection.putheader("Content-Length", str(1 << 33))
    connection.endheaders()
    answer = connection.getresponse()
    assert (answer.status, answer.headers["connection"]) == (413, "close")
    assert place.refused == {"too_long": 1}
    connection.close()
    device.close()
