"""Coverage-guided fuzzing of what a broker sends: a session takes it, or says what is wrong.

    python tests/fuzz/fuzz_broker.py broker [--seconds N] [--corpus DIR]

An input is the broker's whole stream, read in two pieces as a socket may give it. A finding is an
exception that is no `ConnectionError` (the hub connects again after one), frames that depend on how
the stream was cut, or more than 50 ms of CPU time for a packet thrice in a row.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT), str(HERE.parent / "support")]

import atheris  # noqa: E402

with atheris.instrument_imports(include=["ingest.sources", "ingest.cameras"]):
    from core.settings import FeedSettings
    from geo.site import parse_site
    from ingest.sources import mqtt, mqtt_wire
    from ingest.sources.inbox import Inbox

MOST_BYTES = 4096
MOST_S = 0.05
CONNACK = b"\x20\x03\x00\x00\x00"
SUBACK = b"\x90\x05\x00\x01\x00\x01\x01"
TOPICS = (
    b"frigate/events", b"frigate/tracked_object_update", b"coast/v1/cove/cam/obs/cam-1", b"a/b",
)  # fmt: skip
PAYLOADS = (
    b'{"type":"new","before":null,"after":{"id":"1.5-a","camera":"quay","label":"boat",'
    b'"start_time":1.5,"end_time":null,"frame_time":1.5,"score":0.8,"snapshot":"cGljdHVyZQ=="}}',
    b'{"type":"lpr","id":"1.5-a","camera":"quay","plate":"A12345","score":0.9,"timestamp":1.5}',
    b'{"source":"cam-1","format":"barrier.state","payload":{"state":"raised"}}',
    b"\xff\x00",
)
SOURCE = mqtt.MqttSource(
    "quay",
    FeedSettings(
        sensor="cameras",
        url="mqtt://127.0.0.1",
        topics=["frigate/#", "coast/v1/+/cam/obs/#"],
    ),
    parse_site({"site.toml": b'name = "cove"'}),
    Path(),
)


def published(topic: bytes, payload: bytes, number: int) -> bytes:
    """A message at QoS 1."""
    body = len(topic).to_bytes(2) + topic + number.to_bytes(2) + b"\x00" + payload
    return bytes([0x32, len(body) & 0x7F | 0x80, len(body) >> 7]) + body


def seeds() -> list[bytes]:
    """Sessions as they go, and messages of every kind."""
    said = [
        published(topic, payload, 1 + n) for n, topic in enumerate(TOPICS) for payload in PAYLOADS
    ]
    whole = CONNACK + SUBACK + b"".join(said)
    return [whole[:MOST_BYTES], *(CONNACK + each for each in said), CONNACK + b"\xe0\x01\x8e"]


def heard(pieces: list[bytes]) -> tuple[list[tuple[str, bytes]], bool]:
    """What comes into the inbox, and whether the stream was refused."""
    inbox = Inbox("quay", 10_000)
    session = mqtt._Session(SOURCE, inbox)
    packets = mqtt_wire.Packets(MOST_BYTES)
    refused = False
    try:
        for piece in pieces:
            for head, body in packets.feed(piece):
                session._take(head, body)
    except ConnectionError:
        refused = True
    session._hand_on()
    return [(each.source, each.frame) for each in inbox.take(10_000)], refused


def one_input(data: bytes) -> None:
    """One stream, whole and in two pieces."""
    if all(_taken(data) > MOST_S * (1 + len(data) // 64) for _ in range(3)):
        raise TimeoutError(f"too much CPU time for {len(data)} bytes")
    # A piece ends where a refusal ended it: what stands before it in the same piece is lost too.
    whole, cut = heard([data]), heard([data[:97], data[97:]])
    if not whole[1]:
        assert whole == cut, "frames depend on how the stream was cut"


def _taken(data: bytes) -> float:
    begin = time.thread_time()
    heard([data])
    return time.thread_time() - begin


def main() -> None:
    """Fuzz until the time is over."""
    options = argparse.ArgumentParser()
    options.add_argument("name", choices=["broker"])
    options.add_argument("--seconds", type=int, default=60)
    options.add_argument("--corpus", type=Path)
    given = options.parse_args()
    corpus = given.corpus or HERE / "corpus" / "broker"
    corpus.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="pierwatch-fuzz-broker-"))
    for number, seed in enumerate(seeds()):
        (work / f"seed-{number:04d}").write_bytes(seed)
    flags = [f"-max_total_time={given.seconds}", f"-artifact_prefix={corpus}/finding-"]
    flags += [f"-max_len={MOST_BYTES}", "-len_control=0", "-rss_limit_mb=0"]
    flags += ["-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *flags, str(work), str(corpus)], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
