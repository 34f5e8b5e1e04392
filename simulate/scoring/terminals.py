"""Clocks of road terminals and cameras set wrong: the time of the device, never of the receipt."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from functools import reduce
from operator import xor
from typing import Any, Final

_TIME_AT: Final = 22  # of the device's time in a location body, BCD yymmddhhmmss
_LOCATION: Final = 0x0200
_BATCH: Final = 0x0704
_XML_TIME: Final = re.compile(r'UtcTime="([^"]{19,40})"')


def terminal_skewed(line: bytes, ahead_s: int) -> bytes:
    """A JT/T 808 line (`<receipt> <hex>`) from a terminal whose clock is ahead; other messages,
    and what cannot be read, stay as they are."""
    stamp, _, text = line.strip().partition(b" ")
    end = line[len(line.rstrip(b"\r\n")) :]
    try:
        frame = bytearray.fromhex(text.decode("ascii"))
    except ValueError:
        return line
    if len(frame) < 15 or frame[0] != 0x7E or frame[-1] != 0x7E:
        return line
    inner = bytearray(
        bytes(frame[1:-1]).replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
    )
    message_id, attributes = int.from_bytes(inner[:2]), int.from_bytes(inner[2:4])
    body_at = 17 if attributes & 0x4000 else 12
    broken = reduce(xor, inner, 0) or _escaped(inner) != frame[1:-1]
    if attributes & 0x2000 or broken:
        return line  # a part of a message, or a frame that is broken already
    for at in _locations(inner, message_id, body_at):
        _move(inner, at + _TIME_AT, ahead_s)
    content = bytes(inner[:-1])
    whole = _escaped(content + bytes([reduce(xor, content, 0)]))
    return stamp + b" 7e" + whole.hex().encode() + b"7e" + end


def _escaped(content: bytes | bytearray) -> bytes:
    return bytes(content).replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02")


def _locations(inner: bytearray, message_id: int, body_at: int) -> list[int]:
    """Where location bodies begin."""
    if message_id == _LOCATION:
        return [body_at]
    found: list[int] = []
    if message_id == _BATCH:
        at = body_at + 3
        while at + 2 < len(inner) - 1:
            found.append(at + 2)
            at += 2 + int.from_bytes(inner[at : at + 2])
    return found


def _move(inner: bytearray, at: int, ahead_s: int) -> None:
    written = bytes(inner[at : at + 6]).hex()
    try:
        moved = datetime.strptime(written, "%y%m%d%H%M%S") + timedelta(seconds=ahead_s)
    except ValueError:
        return
    if at + 6 < len(inner):
        inner[at : at + 6] = bytes.fromhex(moved.strftime("%y%m%d%H%M%S"))


def camera_skewed(line: bytes, ahead_s: int) -> bytes:
    """A camera's line from a device whose clock is ahead; `received_at` stays."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return line
    if not isinstance(row, dict) or not isinstance(row.get("payload"), dict):
        return line
    payload, form = row["payload"], row.get("format")
    if form == "frigate.events":
        for part in (payload.get("before"), payload.get("after")):
            _add(part, ("frame_time", "start_time", "end_time"), ahead_s)
    elif form == "gat1400.motor_vehicles":
        for vehicle in _vehicles(payload):
            _local(vehicle, "PassTime", ahead_s)
    elif form == "barrier.state" and isinstance(payload.get("at"), str):
        payload["at"] = _iso(payload["at"], ahead_s)
    elif form == "onvif.metadata" and isinstance(payload.get("xml"), str):
        payload["xml"] = _XML_TIME.sub(
            lambda found: f'UtcTime="{_iso(found[1], ahead_s)}"', payload["xml"]
        )
    text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass") + line[len(line.rstrip(b"\r\n")) :]


def _add(part: Any, names: tuple[str, ...], ahead_s: int) -> None:
    for name in names:
        value = part.get(name) if isinstance(part, dict) else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            part[name] = value + ahead_s


def _vehicles(payload: dict[str, Any]) -> list[dict[str, Any]]:
    listed = payload.get("MotorVehicleListObject")
    found = listed.get("MotorVehicleObject") if isinstance(listed, dict) else None
    return [v for v in found if isinstance(v, dict)] if isinstance(found, list) else []


def _local(vehicle: dict[str, Any], name: str, ahead_s: int) -> None:
    try:
        at = datetime.strptime(str(vehicle.get(name)), "%Y%m%d%H%M%S")
    except ValueError:
        return
    vehicle[name] = (at + timedelta(seconds=ahead_s)).strftime("%Y%m%d%H%M%S")


def _iso(text: str, ahead_s: int) -> str:
    try:
        moved = datetime.fromisoformat(text) + timedelta(seconds=ahead_s)
    except (ValueError, OverflowError):
        return text
    return moved.isoformat().replace("+00:00", "Z")
