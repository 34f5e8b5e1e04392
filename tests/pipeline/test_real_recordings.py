"""Replays of real logs, counted against pyais and against plain loops over what pyais reads."""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from commands import SELDOM, rows
from pyais.stream import IterMessages
from recordings import SITE, make_recording

from pipeline.recording import read_recording
from pipeline.replay import replay

pytestmark = pytest.mark.shared

SENTENCE = re.compile(rb"!\w\wVD[MO],[^*\r\n]*\*[0-9A-Fa-f]{2}")
POSITIONS = {1, 2, 3, 4, 9, 11, 18, 19, 21, 27}
#: Refusals of whole messages (others refuse lines, or what was read well).
OF_MESSAGES = ("wrong_bit_count", "bad_mmsi", "unknown_part", "bad_receipt", "unknown_type")


@dataclass
class Replayed:
    """What a replay of one log said."""

    summary: dict = field(default_factory=dict)
    events: list = field(default_factory=list)

    @property
    def refused(self):
        return Counter(self.summary["refused"].get("ais/log", {}))


def replayed(log, folder, **site):
    folder = make_recording(
        folder, {"log.nmea": log.read_bytes()}, site={"site.toml": SITE, **site}
    )
    replay(read_recording(folder), SELDOM, out=folder / "out")
    summary = json.loads((folder / "out/summary.json").read_text())
    return Replayed(summary, rows((folder / "out/events.jsonl").read_text()))


def pyais_messages(data):
    """Every message that pyais reads, and how many it cannot."""
    found, unread = [], 0
    for message in IterMessages(data):
        try:
            found.append(message.decode())
        except Exception:  # whatever it cannot read
            unread += 1
    return found, unread


# log, refusals by reason, whether each message has a receipt of its own
LOGS = [
    ("dma-aislib/stream_example.txt", {"bad_mmsi": 2, "no_time": 529}),
    ("amsa-risky/exact-earth-augmented-2.txt", {"bad_mmsi": 2, "wrong_bit_count": 4}),
    (
        "amsa-risky/exact-earth-augmented-3.txt",
        {"bad_mmsi": 11, "bad_receipt": 4, "incomplete": 4, "unknown_part": 1,
         "wrong_bit_count": 28},
    ),
    ("amsa-risky/exact-earth-with-tag-block.txt", {"bad_receipt": 2, "incomplete": 2}),
    ("amsa-risky/nmea-timestamped.txt", {"bad_mmsi": 1, "no_time": 99}),  # tag checksums are all 00
    ("signalk/gofree-merrimac.log", {"no_time": 10}),  # before the first RMC
    ("gpsd/ais-nmea.log", {"no_time": 1}),  # before the first RMC
]  # fmt: skip


@pytest.mark.parametrize(("name", "refused"), LOGS)
def test_every_message_that_pyais_reads_is_counted_once(shared_data, tmp_path, name, refused):
    log = shared_data / name
    got = replayed(log, tmp_path)
    assert got.refused == refused
    # pyais takes the trailing stamps of this receiver for a checksum.
    lines = SENTENCE.findall(log.read_bytes()) if "augmented" in name else log.read_bytes()
    lines = lines.splitlines() if isinstance(lines, bytes) else lines
    read, unread = pyais_messages([line for line in lines if b"VD" in line])
    frames = Counter(got.summary["frames"]["ais"])
    by_type = {int(k[5:]): n for k, n in frames.items() if k.startswith("type_")}
    whole = sum(got.refused[reason] for reason in OF_MESSAGES)
    assert sum(by_type.values()) + frames["reception"] + whole == len(read) + unread
    theirs = Counter(message.msg_type for message in read)
    assert all(n <= theirs[kind] for kind, n in by_type.items())
    assert theirs.total() - sum(by_type.values()) <= frames["reception"] + whole


@pytest.mark.parametrize(
    ("name", "ships"),
    [
        ("amsa-risky/exact-earth-augmented-2.txt", 143),
        ("amsa-risky/exact-earth-with-tag-block.txt", 120),
        ("gpsd/ais-nmea.log", 31),
    ],
)
def test_every_ship_whose_position_is_told_with_a_time_is_there(shared_data, tmp_path, name, ships):
    log = shared_data / name
    got = replayed(log, tmp_path)
    assert got.summary["targets"] == ships
    data = SENTENCE.findall(log.read_bytes()) if "augmented" in name else None
    read, _ = pyais_messages(data or [x for x in log.read_bytes().splitlines() if b"VD" in x])
    theirs = {m.mmsi for m in read if m.msg_type in POSITIONS | {17}}
    assert len(theirs) - 15 <= ships <= len(theirs)


def test_of_the_national_feed_the_ships_with_a_time_are_there(shared_data, tmp_path):
    """A `$PGHP` line tells the time of the sentence behind it whose checksum it ends with."""
    log = shared_data / "dma-aislib/stream_example.txt"
    sentence = rb"(!\w\wVD[MO],[^*\r\n]*\*(..))"
    told = rb"\$PGHP,[^*\r\n]*,(..)\*..\s*" + sentence + rb"(?:\s*" + sentence + rb")?"
    timed = set()
    for checksum, first, its, second, _ in re.findall(told, log.read_bytes()):
        if checksum == its:
            messages, _ = pyais_messages([first, second] if b",2,1," in first else [first])
            timed |= {m.mmsi for m in messages if m.msg_type in POSITIONS | {17}}
    got = replayed(log, tmp_path)
    assert got.summary["targets"] == len(timed - {0}) == 1453  # nobody has MMSI 0


def test_all_ships_of_the_national_feed_are_decoded(shared_data, tmp_path, pierwatch):
    """Positions and claims of 1,821 ships; 111 more say only what we do not report."""
    log = shared_data / "dma-aislib/stream_example.txt"
    ours = {o["target"][5:] for o in rows(pierwatch("decode", "ais", log).out) if "target" in o}
    read, _ = pyais_messages([x for x in log.read_bytes().splitlines() if b"VD" in x])
    theirs = {f"{m.mmsi:09d}" for m in read if m.msg_type in POSITIONS | {5, 17, 24}}
    assert ours == theirs - {"000000000"}  # nobody has it
    assert len(ours) == 1821
    assert len({m.mmsi for m in read}) == 1933


def timed_rows(log):
    """Ship, time, speed, place of the class A positions, read by pyais and plain arithmetic."""
    stamped = re.compile(rb"(!\w\wVD[MO],1,1,[^*\r\n]*\*..).*,(\d{13})\s*$")
    newest, found = 0, defaultdict(set)
    for line in log.read_bytes().splitlines():
        if not (match := stamped.match(line)):
            continue
        for decoded in pyais_messages([match[1]])[0]:
            received = datetime.fromtimestamp(int(match[2]) / 1000, UTC)
            if decoded.msg_type not in (1, 2, 3) or decoded.speed > 102 or decoded.lat > 90:
                continue
            newest = max(newest, int(match[2]))
            at = received.replace(microsecond=0)
            if decoded.second < 60:
                near = [received.replace(second=decoded.second, microsecond=0) + d * MINUTE
                        for d in (-1, 0, 1)]  # fmt: skip
                at = min(near, key=lambda t: abs((t - received).total_seconds()))
            found[decoded.mmsi].add((at, decoded.speed, decoded.lon, decoded.lat))
    return {mmsi: sorted(group) for mmsi, group in found.items()}


MINUTE = timedelta(minutes=1)


def stops_of(track):
    """A stop: below 0.2 kn until above 0.5 kn, of three minutes or more; it must have ended."""
    since = None
    for at, speed, _, _ in track:
        if since is None and speed < 0.2:
            since = at
        elif since is not None and speed > 0.5:
            if (at - since).total_seconds() >= 180:
                yield since, at
            since = None


def test_stops_and_calls_are_those_that_a_plain_loop_finds(shared_data, tmp_path):
    """A ship lay off Mount Maunganui for nine minutes; with a pier beside it, that is a call."""
    log = shared_data / "amsa-risky/exact-earth-augmented-3.txt"
    lon, lat = 176.17465, -37.6644
    tracks = timed_rows(log)
    theirs = {(f"mmsi:{m}", *stop) for m, track in tracks.items() for stop in stops_of(track)}
    d = 0.0004
    ring = [[lon - d, lat - d], [lon + d, lat - d], [lon + d, lat + d], [lon - d, lat + d]]
    pier = {
        "type": "Feature", "properties": {"pier_id": "P1", "name": "a", "status": "idle"},
        "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
    }  # fmt: skip
    piers = json.dumps({"type": "FeatureCollection", "features": [pier]}).encode()
    got = replayed(log, tmp_path, **{"piers.geojson": piers})
    stops = [e for e in got.events if e["kind"] == "stop"]
    ours = {(e["targets"][0], *(datetime.fromisoformat(e[k]) for k in ("from", "to")))
            for e in stops}  # fmt: skip
    assert len(stops) == len(ours) == 1
    assert ours == theirs
    calls = [(e["targets"][0], e["pier_id"]) for e in got.events if e["kind"] == "pier_call"]
    near = set()
    for mmsi, track in tracks.items():
        lay = [at for at, speed, x, y in track if speed < 0.2 and off_m(x, y, lon, lat) < 150]
        if lay and any(at > lay[0] and off_m(x, y, lon, lat) > 250 for at, _, x, y in track):
            near.add(f"mmsi:{mmsi}")
    assert {target for target, _ in calls} == near
    assert {pier_id for _, pier_id in calls} <= {"P1"}


def off_m(x, y, lon, lat):
    return math.hypot((x - lon) * math.cos(math.radians(lat)), y - lat) * 111_200


@pytest.mark.parametrize("name", ["dma-aislib/stream_example.txt", "gpsd/ais-nmea.log"])
def test_where_there_is_no_pier_there_is_no_call_and_no_landing(shared_data, tmp_path, name):
    got = replayed(shared_data / name, tmp_path)
    assert not [e for e in got.events if e["kind"] == "pier_call"]
    assert (tmp_path / "out/alerts.jsonl").read_bytes() == b""
    assert "piers.geojson" in got.summary["not_covered"]
