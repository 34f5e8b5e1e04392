"""A recording with every feed: a small sea, a few roads, cameras; the same for the same numbers.

Not the county: nothing lands here. It is what the feeds' own tests and soaks are fed with.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from recordings import make_recording

from ingest.jt808.bodies import LOCATION, Location
from ingest.jt808.frame import Header, Message, encode
from simulate.encode_ais import Fix, position_a, sentences

BEGIN_S = 1_772_384_400  # 2026-03-01T17:00:00Z
RADAR = (121.991683, 29.194996)  # R1 of sites/xiangshan


@dataclass(frozen=True)
class Scale:
    """How many of each, and how often they speak (seconds)."""

    seconds: int = 120
    ships: int = 20
    boats: int = 10  # with BeiDou
    echoes: int = 10
    trucks: int = 20
    cameras: int = 8
    ship_every_s: int = 10
    boat_every_s: int = 30
    echo_every_s: int = 3
    truck_every_s: int = 15
    camera_every_s: int = 20


def frames(scale: Scale) -> Iterator[tuple[float, str, bytes]]:
    """Arrival, file below `feeds`, line; in the order of arrival."""
    for second in range(scale.seconds):
        at = BEGIN_S + second
        for name, count, every_s, make in (
            ("ais/shore.nmea", scale.ships, scale.ship_every_s, ship),
            ("beidou/boats.nmea", scale.boats, scale.boat_every_s, boat),
            ("radar/r1.nmea", scale.echoes, scale.echo_every_s, echo),
            ("vehicles/trucks.jt808", scale.trucks, scale.truck_every_s, truck),
            ("cameras/docks.jsonl", scale.cameras, scale.camera_every_s, camera),
        ):
            for n in range(second % every_s, count, every_s):
                yield at, name, make(n, at)


def make(folder: Path, scale: Scale, site: dict[str, bytes] | None = None) -> Path:
    """The recording in a folder."""
    files: dict[str, list[bytes]] = {}
    for _, name, line in frames(scale):
        files.setdefault(f"feeds/{name}", []).append(line + b"\n")
    others = {name: b"".join(lines) for name, lines in files.items()}
    return make_recording(folder, {}, site=site, others=others)


def xiangshan() -> dict[str, bytes]:
    """The files of the shipped site."""
    folder = Path(__file__).parents[2] / "sites" / "xiangshan"
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def ship(n: int, at: int) -> bytes:
    """A class A report of a ship that goes to and fro off the coast."""
    lon, lat, course = _place(n, at)
    fix = Fix(
        lon=round(lon * 600_000), lat=round(lat * 600_000), speed=80, course=course * 10,
        heading=course, second=at % 60,
    )  # fmt: skip
    message = position_a(412_000_000 + n, 0, fix)
    return tagged("NANTIAN", at, sentences(message, "A", n % 10)[0])


def boat(n: int, at: int) -> bytes:
    """A BeiDou terminal's RMC."""
    lon, lat, course = _place(n + 500, at)
    time = datetime.fromtimestamp(at, UTC)
    text = (
        f"BDRMC,{time:%H%M%S}.00,A,{_angle(lat, 2)},N,{_angle(lon, 3)},E,8.0,{course}.0,"
        f"{time:%d%m%y},,,A"
    )
    return tagged(f"{242_000 + n:07d}", at, f"${checked(text)}")


def echo(n: int, at: int) -> bytes:
    """A radar's target."""
    lon, lat, course = _place(n % 120 + 900, at)  # within its range
    east = (lon - RADAR[0]) * 60 * math.cos(math.radians(RADAR[1]))
    north = (lat - RADAR[1]) * 60
    bearing = math.degrees(math.atan2(east, north)) % 360
    time = datetime.fromtimestamp(at, UTC)
    text = (
        f"RATTM,{n:02d},{math.hypot(east, north):.2f},{bearing:.1f},T,8.0,{course}.0,T,,,N,,T,,"
        f"{time:%H%M%S}.00,A"
    )
    return tagged("R1", at, f"${checked(text)}")


def truck(n: int, at: int) -> bytes:
    """A lorry's location frame, one a line."""
    local = datetime.fromtimestamp(at, UTC) + timedelta(hours=8)
    place = Location(
        alarm=0, status=0b11, lat=29_250_000 + 100 * (at % 600), lon=121_900_000 + 500 * n,
        altitude=5, speed=300, direction=0, time=bytes.fromhex(local.strftime("%y%m%d%H%M%S")),
    )  # fmt: skip
    serial = at % 0x8000
    version = 1 if n % 3 == 2 else None
    header = Header(LOCATION, f"0109900{n:05d}", serial, version)
    return f"{at}.000 {encode(Message(header, place.encode())).hex()}".encode()


def camera(n: int, at: int) -> bytes:
    """A dock camera's line: Frigate, GA/T 1400, ONVIF and barriers in turn."""
    received = datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
    source, kind, payload = _seen(n, at, received)
    about = {"received_at": received, "source": source, "format": kind, "payload": payload}
    return json.dumps(about, ensure_ascii=False).encode()


def _seen(n: int, at: int, received: str) -> tuple[str, str, dict[str, object]]:
    source = f"CD{1 + n:03d}"
    if n % 4 == 0:
        after = {
            "id": f"{at}.5-{n}", "camera": source, "frame_time": at - 0.5, "label": "boat",
            "start_time": at - 0.5, "end_time": None, "score": 0.8, "top_score": 0.8,
        }  # fmt: skip
        return source, "frigate.events", {"type": "new", "before": None, "after": after}
    if n % 4 == 1:
        local = datetime.fromtimestamp(at, UTC) + timedelta(hours=8)
        vehicle = {
            "MotorVehicleID": f"3302000000131200000102{at}{n:05d}", "InfoKind": 1,
            "SourceID": f"{at}{n}", "DeviceID": source, "TollgateID": source,
            "PlateNo": f"浙B{n:05d}", "VehicleClass": "H11", "HasPlate": "1",
            "PassTime": f"{local:%Y%m%d%H%M%S}",
        }  # fmt: skip
        return (
            source,
            "gat1400.motor_vehicles",
            {"MotorVehicleListObject": {"MotorVehicleObject": [vehicle]}},
        )
    if n % 4 == 2:
        xml = (
            '<tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema"><tt:VideoAnalytics>'
            f'<tt:Frame UtcTime="{received}"><tt:Object ObjectId="{at}"><tt:Appearance><tt:Class>'
            '<tt:Type Likelihood="0.9">Vehicle</tt:Type></tt:Class></tt:Appearance></tt:Object>'
            "</tt:Frame></tt:VideoAnalytics></tt:MetadataStream>"
        )
        return source, "onvif.metadata", {"xml": xml}
    return f"B{1 + n:03d}", "barrier.state", {"state": "raised", "at": received}


def tagged(source: str, at: float, sentence: str) -> bytes:
    """A sentence with its tag block."""
    return f"\\{checked(f's:{source},c:{int(at)}')}\\{sentence}".encode()


def checked(text: str) -> str:
    """A text with its checksum."""
    value = 0
    for byte in text.encode():
        value ^= byte
    return f"{text}*{value:02X}"


def _place(n: int, at: int) -> tuple[float, float, int]:
    """A place at sea on a line of its own; up for an hour, down for an hour."""
    phase, up = (at + 97 * n) % 3600, (at + 97 * n) // 3600 % 2 == 0
    lat = 29.0 + 0.133 * (phase if up else 3600 - phase) / 3600
    return 122.15 + 0.001 * (n % 300), lat, 0 if up else 180


def _angle(degrees: float, digits: int) -> str:
    whole = int(degrees)
    return f"{whole:0{digits}d}{60 * (degrees - whole):07.4f}"
