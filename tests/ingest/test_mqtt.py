"""Frames over a real Mosquitto: nothing acknowledged is lost, nothing lost is acknowledged."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from feed_clerk import Clerk, running, state, until
from mosquitto import Broker, broker
from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from core.errors import SettingsError
from core.settings import FeedSettings
from geo.site import Site, parse_site
from ingest.sources import mqtt
from ingest.sources.inbox import Inbox
from ingest.sources.mqtt import MqttSource

SITE: Site = parse_site({"site.toml": b'name = "cove"'})
Send = Callable[[str, bytes | str], None]


def event(number: int, camera: str = "cam-gate-1") -> str:
    after = {
        "id": f"1772384400.25-{number}", "camera": camera, "label": "truck",
        "frame_time": 1772384400.25, "start_time": 1772384400.25, "end_time": None,
        "score": 0.9, "snapshot": "/9j/4AAQSkZJRg",
    }  # fmt: skip
    return json.dumps({"type": "new", "before": {}, "after": after})


def numbers(clerk: Clerk) -> list[int]:
    ids = [json.loads(text)["payload"]["after"]["id"] for text in clerk.texts]
    return [int(each.rpartition("-")[2]) for each in ids]


def feed(url: str, sensor: str = "cameras", **more: object) -> FeedSettings:
    return FeedSettings.model_validate({"sensor": sensor, "url": url, **more})


def source(url: str, sensor: str = "cameras", **more: object) -> MqttSource:
    return MqttSource("docks", feed(url, sensor, **more), SITE, Path())


@pytest.fixture
def mosquitto() -> Iterator[Broker]:
    with broker() as made:
        yield made


class Publisher:
    """A client that waits for the broker's word on each message."""

    def __init__(self, to: Broker, *, tls: bool = False) -> None:
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
        if tls:
            self._client.tls_set()
        self._published: set[int] = set()
        self._client.on_publish = lambda *said: self._published.add(said[2])
        self._client.connect(to.host, to.port)
        self._client.loop_start()

    def __call__(self, topic: str, payload: bytes | str, *, qos: int = 1, retain: bool = False):
        sent = self._client.publish(topic, payload, qos, retain).mid
        until(lambda: sent in self._published, 20)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def publish(mosquitto: Broker) -> Iterator[Publisher]:
    made = Publisher(mosquitto)
    yield made
    made.close()


def connected(inbox: Inbox) -> Callable[[], bool]:
    return lambda: state(inbox).startswith("connected")


def test_an_event_becomes_its_cameras_frame_without_its_picture(mosquitto, publish):
    inbox = Inbox("docks", 1000)
    with running(source(mosquitto.url), inbox), Clerk(inbox) as clerk:
        until(connected(inbox))
        publish("frigate/events", event(1))
        until(lambda: clerk.frames)
    (frame,) = clerk.frames
    assert (frame.feed, frame.sensor, frame.ending, frame.source) == (
        "docks", "cameras", ".jsonl", "docks",
    )  # fmt: skip
    said = json.loads(frame.frame)
    assert list(said) == ["source", "format", "payload"]
    assert (said["source"], said["format"]) == ("cam-gate-1", "frigate.events")
    assert said["payload"]["after"]["dropped"]["count"] == 1
    assert b"/9j/" not in frame.frame


def test_what_comes_while_we_are_away_and_over_a_restart_of_the_broker_is_not_lost(mosquitto):
    inbox = Inbox("docks", 1000)
    publisher = Publisher(mosquitto)
    with running(source(mosquitto.url), inbox), Clerk(inbox) as clerk:
        until(connected(inbox))
        for number in range(100):
            publisher("frigate/events", event(number))
    for number in range(100, 200):  # nobody listens; the session does
        publisher("frigate/events", event(number))
    with running(source(mosquitto.url), inbox), Clerk(inbox) as again:
        again.pausing = True  # what came is not acknowledged when the broker goes
        for number in range(200, 300):
            publisher("frigate/events", event(number))
            if number == 250:
                mosquitto.restart(0.3)
        again.pausing = False
        until(lambda: {*numbers(clerk), *numbers(again)} == set(range(300)))
    publisher.close()


def test_a_message_that_is_not_on_the_disk_is_not_acknowledged_and_comes_again(mosquitto, publish):
    inbox = Inbox("docks", 1000)
    with running(source(mosquitto.url), inbox):
        until(connected(inbox))
        publish("frigate/events", event(7))
        until(lambda: inbox.waiting == 1)
    assert inbox.waiting == 1  # taken by nobody
    fresh = Inbox("docks", 1000)
    with running(source(mosquitto.url), fresh), Clerk(fresh) as clerk:
        until(lambda: clerk.frames)
        until(connected(fresh))
    assert numbers(clerk) == [7]
    last = Inbox("docks", 1000)
    with running(source(mosquitto.url), last), Clerk(last) as clerk:
        until(connected(last))
        publish("frigate/events", event(8))
        until(lambda: clerk.frames)
    assert numbers(clerk) == [8]  # 7 was acknowledged the second time


def test_what_the_archive_refuses_is_asked_for_again(mosquitto, publish, monkeypatch):
    monkeypatch.setattr(mqtt, "_AGAIN_S", 0.2)
    inbox = Inbox("docks", 1000)
    with running(source(mosquitto.url), inbox), Clerk(inbox) as clerk:
        until(connected(inbox))
        clerk.keeps = False
        publish("frigate/events", event(3))
        until(lambda: "archive" in state(inbox))
        clerk.keeps = True
        until(lambda: numbers(clerk) == [3])


def test_a_full_inbox_leaves_the_rest_with_the_broker(mosquitto, publish, monkeypatch):
    monkeypatch.setattr(mqtt, "_MOST_UNTOLD", 20)
    inbox = Inbox("docks", 10)
    with running(source(mosquitto.url), inbox):
        until(connected(inbox))
        for number in range(100):
            publish("frigate/events", event(number))
        until(lambda: inbox.waiting == 10)
        with Clerk(inbox) as clerk:
            until(lambda: len(clerk.frames) == 100)
    assert numbers(clerk) == list(range(100))
    assert inbox.lost == 0


def test_the_topics_of_the_coast_become_frames_of_their_sensor(mosquitto, publish):
    line = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A"
    bar = {"format": "barrier.state", "payload": {"state": "raised", "at": "2026-03-01T17:05:00Z"}}
    cases = [
        ("ais", "coast/v1/xs/shore/obs/st-1", line + b"\r\n" + line, ".nmea", "docks~st-1"),
        ("radar", "coast/v1/xs/sea/obs/R1", b"$RATTM,1*00", ".nmea", "docks~R1"),
        ("vehicles", "coast/v1/xs/road/obs/t-9", b"7E0002007E", ".jt808", "docks~t-9"),
        ("cameras", "coast/v1/xs/cam/obs/bar-1", json.dumps(bar).encode(), ".jsonl", "docks"),
    ]
    for sensor, topic, payload, ending, name in cases:
        inbox = Inbox("docks", 1000)
        with running(source(mosquitto.url, sensor), inbox), Clerk(inbox) as clerk:
            until(connected(inbox))
            publish(topic, payload)
            until(lambda clerk=clerk: clerk.frames)
        assert {(f.sensor, f.ending, f.source) for f in clerk.frames} == {(sensor, ending, name)}
        lines = len(payload.splitlines())
        assert len(clerk.frames) == lines
    assert json.loads(clerk.texts[0]) == {"source": "bar-1", **bar}


def test_other_topics_are_counted_with_their_names_and_no_picture_is_kept(mosquitto, publish):
    inbox = Inbox("docks", 1000)
    with running(source(mosquitto.url, topics=["#"]), inbox), Clerk(inbox) as clerk:
        until(connected(inbox))
        publish("frigate/cam-1/person/snapshot", b"\xff\xd8\xff")
        publish("coast/v1/xs/sea/obs/st-1", b"!AIVDM")
        publish("coast/v1/xs/cam/track/c-1", b"{}")
        publish("home/lights", b"on")
        publish("frigate/events", b'{"after": ')
        publish("frigate/events", event(1))
        until(lambda: clerk.frames)
    report = inbox.report("cameras", "")
    assert report.refused == {"not_read": 1, "unknown_topic": 3, "bad_json": 1}
    assert report.samples["not_read"] == [b"frigate/cam-1/person/snapshot"]
    assert report.samples["bad_json"][0].startswith(b"10 bytes, sha256")


def test_a_retained_line_without_a_time_of_its_own_is_not_taken_for_new(mosquitto, publish):
    bar = {"format": "barrier.state", "payload": {"state": "raised", "at": "2026-03-01T17:05:00Z"}}
    publish("coast/v1/xs/sea/obs/st-1", b"!AIVDM,old", retain=True)
    publish("coast/v1/xs/cam/obs/bar-1", json.dumps(bar), retain=True)
    inbox = Inbox("docks", 1000)
    with running(source(mosquitto.url, "ais"), inbox), Clerk(inbox) as clerk:
        until(lambda: inbox.report("", "").refused == {"retained": 1})
    assert clerk.frames == []
    inbox = Inbox("bars", 1000)
    bars = MqttSource("bars", feed(mosquitto.url), SITE, Path())
    for _ in range(2):  # the session knows the second time that it was told
        with running(bars, inbox), Clerk(inbox) as clerk:
            until(connected(inbox))
            publish("frigate/events", event(1))
            until(lambda clerk=clerk: any("frigate" in text for text in clerk.texts))
    assert inbox.taken == 3


def test_a_user_comes_in_with_the_files_password_only(tmp_path):
    (tmp_path / "right").write_text("s3cret\n")
    (tmp_path / "wrong").write_text("guess\n")
    with broker({"docks": "s3cret"}) as made:
        inbox = Inbox("docks", 10)
        for file, word in (("wrong", "refuses"), ("right", "connected")):
            settings = feed(made.url, user="docks", password_file=tmp_path / file)
            with running(MqttSource("docks", settings, SITE, tmp_path), inbox):
                until(lambda word=word: word in state(inbox))
    with pytest.raises(SettingsError, match="missing"):
        MqttSource("docks", feed("mqtt://a", user="x", password_file="missing"), SITE, tmp_path)


def test_no_broker_is_said(mosquitto):
    mosquitto.stop()
    inbox = Inbox("docks", 10)
    with running(source(mosquitto.url), inbox):
        until(lambda: "refused" in state(inbox))


def certificate(folder: Path) -> None:
    """A certificate of 127.0.0.1 that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    begin = datetime.now(UTC) - timedelta(hours=1)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def test_over_tls_the_brokers_certificate_must_be_one_that_the_system_trusts(tmp_path, monkeypatch):
    certificate(tmp_path)
    tls = f"certfile {tmp_path}/cert.pem\nkeyfile {tmp_path}/key.pem"
    with broker(more=tls) as made:
        url = made.url.replace("mqtt:", "mqtts:")
        inbox = Inbox("docks", 1000)
        with running(source(url), inbox):
            until(lambda: "CERTIFICATE_VERIFY_FAILED" in state(inbox))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        publisher = Publisher(made, tls=True)
        with running(source(url), inbox), Clerk(inbox) as clerk:
            until(connected(inbox))
            for number in range(50):
                publisher("frigate/events", event(number))
            until(lambda: len(clerk.frames) == 50)
        publisher.close()
    assert numbers(clerk) == list(range(50))
