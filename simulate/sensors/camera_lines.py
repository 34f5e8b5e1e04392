"""Lines of camera feeds: GA/T 1400, Frigate, ONVIF and bars. The simulator's own encoder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_CLASSES = {
    "truck_heavy": "H11", "truck_light": "H31", "refrigerated": "H32", "tanker": "H14",
    "van": "H37", "car": "K33",
}  # fmt: skip
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rfc3339(unix_ms: int) -> str:
    """A time in UTC, to the millisecond.

    >>> rfc3339(1_772_384_400_250)
    '2026-03-01T17:00:00.250Z'
    """
    at = _EPOCH + timedelta(milliseconds=unix_ms)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{unix_ms % 1000:03d}Z"


def line(received_ms: int, source: str, kind: str, payload: dict[str, object]) -> bytes:
    """One line of a recording."""
    members = {
        "received_at": rfc3339(received_ms),
        "source": source,
        "format": kind,
        "payload": payload,
    }
    return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


@dataclass(frozen=True)
class Passed:
    """A vehicle that passed a road camera; `plate` as read, None where none was."""

    pass_ms: int  # by the camera's clock
    plate: str | None
    vehicle_class: str
    reliability: int
    speed_kmh: int
    number: int


def gat1400(received_ms: int, camera: str, passed: Sequence[Passed], timezone: ZoneInfo) -> bytes:
    """The vehicles that a camera passes on in one request."""
    device = "33022500001" + f"{int(''.join(c for c in camera if c.isdigit()) or 0):09d}"
    vehicles = []
    for each in passed:
        local = (_EPOCH + timedelta(milliseconds=each.pass_ms)).astimezone(timezone)
        heavy = each.vehicle_class in ("truck_heavy", "tanker")
        vehicle: dict[str, object] = {
            "MotorVehicleID": f"{device}02{local:%Y%m%d%H%M%S}{each.number % 100000:05d}",
            "InfoKind": 1,
            "DeviceID": device,
            "TollgateID": device,
            "LaneNo": 1 + each.number % 2,
            "PassTime": f"{local:%Y%m%d%H%M%S}",
            "HasPlate": "0" if each.plate is None else "1",
            "PlateClass": "01" if heavy else "02",
            "PlateColor": "2" if heavy else "1",
            "PlateNo": each.plate or "无车牌",
            "Speed": each.speed_kmh,
            "VehicleClass": _CLASSES.get(each.vehicle_class, "X99"),
        }
        if each.plate is not None:
            vehicle["PlateReliability"] = str(each.reliability)
        vehicles.append(vehicle)
    payload: dict[str, object] = {"MotorVehicleListObject": {"MotorVehicleObject": vehicles}}
    return line(received_ms, camera, "gat1400.motor_vehicles", payload)


@dataclass(frozen=True)
class Thing:
    """An object before a dock camera; times by the camera's clock, in Unix milliseconds."""

    number: int
    label: str
    start_ms: int
    score: int  # per cent
    plate: str | None = None


def frigate(
    received_ms: int, camera: str, thing: Thing, change: str, at_ms: int, *, still: bool
) -> bytes:
    """A message of an event: `new`, `update` or `end`."""
    start = thing.start_ms / 1000
    after: dict[str, object] = {
        "id": f"{thing.start_ms // 1000}.{thing.start_ms % 1000:03d}-{thing.number:06x}",
        "camera": camera,
        "frame_time": at_ms / 1000,
        "label": thing.label,
        "start_time": start,
        "end_time": at_ms / 1000 if change == "end" else None,
        "score": thing.score / 100,
        "top_score": min(thing.score + 3, 99) / 100,
        "false_positive": False,
        "stationary": still,
        "active": not still,
        "has_snapshot": False,
        "has_clip": True,
    }
    if thing.plate is not None:
        after["recognized_license_plate"] = [thing.plate, thing.score / 100]
    payload: dict[str, object] = {"type": change, "before": None, "after": after}
    return line(received_ms, camera, "frigate.events", payload)


_ONVIF = {"boat": "Boat", "truck": "Vehicle", "car": "Vehicle", "person": "Human"}


def onvif(received_ms: int, camera: str, thing: Thing, at_ms: int, *, gone: bool) -> bytes:
    """A frame with one object in it."""
    kind = _ONVIF.get(thing.label, "Other")
    more = "<tt:Behaviour><tt:Removed/></tt:Behaviour>" if gone else ""
    plate = ""
    if thing.plate is not None:
        plate = (
            f'<tt:LicensePlateInfo><tt:PlateNumber Likelihood="0.{thing.score:02d}">{thing.plate}'
            "</tt:PlateNumber></tt:LicensePlateInfo>"
        )
    xml = (
        '<tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema"><tt:VideoAnalytics>'
        f'<tt:Frame UtcTime="{rfc3339(at_ms)}"><tt:Object ObjectId="{thing.number}">'
        f'<tt:Appearance><tt:Class><tt:Type Likelihood="0.{thing.score:02d}">{kind}</tt:Type>'
        f"</tt:Class>{plate}</tt:Appearance>{more}"
        "</tt:Object></tt:Frame></tt:VideoAnalytics></tt:MetadataStream>"
    )
    return line(received_ms, camera, "onvif.metadata", {"xml": xml})


def bar(received_ms: int, bar_id: str, state: str, at_ms: int) -> bytes:
    """The state of a height-limit bar."""
    return line(received_ms, bar_id, "barrier.state", {"state": state, "at": rfc3339(at_ms)})
