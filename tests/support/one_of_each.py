"""A recording with something in every feed, and what it should hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import camera_lines
import jt808_frames
import nmea_feeds
from decided import CONTENTS, desk_line
from nmea_lines import tag_block
from recordings import make_recording

AT = nmea_feeds.AT  # 2026-03-01T17:22:10Z
POSITION = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A"
SITE = {
    "site.toml": b'name = "cove"\n',
    "radars.geojson": (
        b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"radar_id":"R1",'
        b'"range_m":32000,"period_s":3.0},"geometry":{"type":"Point","coordinates":[121.99,29.19]}}'
        b"]}"
    ),
    "cameras.geojson": (
        b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":'
        b'{"camera_id":"cam-1","kind":"road"},'
        b'"geometry":{"type":"Point","coordinates":[121.9,29.2]}}]}'
    ),
    "vehicles.csv": b"terminal,plate\n013900000001,\xe6\xb5\x99B12345\n",
}
MINUTES = 150


def every_feed(folder: Path) -> Path:
    """Two and a half hours, a frame a minute of every sensor, two stations of AIS."""
    return make_recording(folder, {}, site=SITE, others=files())


def files() -> Mapping[str, bytes]:
    """The files of its feeds, by path."""
    minutes = [AT + 60 * i for i in range(MINUTES)]
    clock = [{"tick": _utc(at)} for at in minutes]
    clock[0] |= {"silent_after_s": {"ais/north": 600, "vehicles/trucks": 1800}}
    clock[70] |= {"disk_used_share": 0.91}
    noise = b"no sentence\n" + tag_block(b"s:N,c:%d" % AT) + POSITION[:-1] + b"B\n"
    said = [tag_block(b"s:%s,c:%d" % (b"N", at)) + POSITION + b"\n" for at in minutes]
    again = [tag_block(b"s:%s,c:%d" % (b"S", at + 2)) + POSITION + b"\n" for at in minutes[::2]]
    dots = b"".join(beidou(at) for at in minutes)
    return {
        "feeds/ais/north.nmea": b"".join(said) + noise,
        "feeds/ais/south.nmea": b"".join(again),
        "feeds/beidou/boats.nmea": dots,
        "feeds/radar/R1.nmea": b"".join(
            nmea_feeds.heard(b"R1", nmea_feeds.ttm(7, 5 + i / 100, 90), at) + b"\n"
            for i, at in enumerate(minutes)
        ),
        "feeds/vehicles/trucks.jt808": b"".join(truck(at) for at in minutes),
        "feeds/cameras/quay.jsonl": b"".join(bar(at) for at in minutes),
        "feeds/clock/clock.jsonl": b"".join(json.dumps(each).encode() + b"\n" for each in clock),
        "feeds/desk/desk.jsonl": b"".join(
            desk_line(_utc(at), kind, CONTENTS[kind], i)
            for i, (at, kind) in enumerate(zip(minutes[::30], CONTENTS, strict=False), start=1)
        )
        + b'{"received_at":"%s","verdict":"seen"}\n' % _utc(minutes[-1]).encode(),
    }


def _utc(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def beidou(at: int) -> bytes:
    """A fix; now and then a message that is nobody's business."""
    line = nmea_feeds.heard(b"0123456", nmea_feeds.rmc(121.9, 29.2, at % 86400), at) + b"\n"
    if at % 600 == AT % 600:
        line += nmea_feeds.heard(b"R", b"BDTXR,1,0242407,1,,A1B2", at) + b"\n"
    return line


def truck(at: int) -> bytes:
    beijing = datetime.fromtimestamp(at + 8 * 3600, UTC).strftime("%y%m%d%H%M%S")
    told = jt808_frames.location(time=bytes.fromhex(beijing))
    return jt808_frames.line(jt808_frames.framed(told.encode()), at + 0.5)


def bar(at: int) -> bytes:
    return camera_lines.barrier(at=_utc(at), received_at=_utc(at + 1))
