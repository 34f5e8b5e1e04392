"""A line of JSON: one message, a post of many, or either in the archive's envelope."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from ingest.ais_catcher.fields import Message, number
from ingest.cameras.values import Refused, rfc3339_time, text
from ingest.nmea.text import NONE
from ingest.nmea.times import EARLIEST, LATEST

FORMAT: Final = "ais-catcher"
MOST_LINE: Final = 1 << 23  # bytes: a post of an hour of a busy station
MOST_MESSAGES: Final = 1 << 14  # in one post
_RXTIME: Final = re.compile(r"\d{14}", re.ASCII)
_MILLI: Final = 1000
_SHOWN: Final = 120


@dataclass(frozen=True)
class Heard:
    """One message, who heard it, when by the receiver's clock, and when that arrived.

    Milliseconds since 1970, as tag blocks have them: the same message as NMEA has the same key.
    """

    message: Message
    station: str | None
    received_ms: int
    arrived_ms: int


@dataclass
class Line:
    """What a line holds, in its order; `others` are objects that are no AIS message."""

    messages: list[Heard | Refused] = field(default_factory=list)
    others: int = 0
    alive: str | None = None  # the station of a post without messages: it lives
    arrived_ms: int = NONE


def opened(line: bytes, source: str | None) -> Line:
    """Read a line.

    Parameters
    ----------
    source
        Who heard it where the line names nobody.

    Raises
    ------
    Refused
        Where it is no line of AIS-catcher.
    """
    value = _json(line)
    arrived = _arrival(value)
    if "payload" in value:
        if value.get("format") != FORMAT:
            raise Refused("unknown_format", f"format {str(value.get('format'))[:40]}")
        source = text(value.get("source")) or source
        value = value["payload"]
        if not isinstance(value, dict):
            raise Refused("bad_json", line[:_SHOWN].decode("utf-8", "replace"))
    got = Line(arrived_ms=arrived)
    messages = value.get("msgs")
    if not isinstance(messages, list):
        _take(got, value, source)
        return got
    if len(messages) > MOST_MESSAGES:
        raise Refused("too_long", f"{len(messages)} messages in one post")
    source = _station(value) or source
    for message in messages:
        _take(got, message, source)
    got.alive = None if messages else source
    return got


def _take(got: Line, message: object, source: str | None) -> None:
    if not isinstance(message, dict):
        got.messages.append(Refused("bad_json", f"no object: {str(message)[:40]}"))
    elif message.get("class", "AIS") != "AIS":  # the receiver's own position, aircraft
        got.others += 1
    else:
        received = _received(message)
        station = _name(message.get("station_id")) or source
        received = got.arrived_ms if received < 0 else received
        got.messages.append(Heard(message, station, received, got.arrived_ms))


def _station(post: Mapping[str, Any]) -> str | None:
    """Who posts: `stationid`, or the station's `id` or `name`."""
    station = post.get("station")
    inner = station if isinstance(station, dict) else {"id": station}
    found = (_name(name) for name in (post.get("stationid"), inner.get("id"), inner.get("name")))
    return next((name for name in found if name), None)


def _name(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool) and value:  # 0 is nobody
        return text(str(value)) if abs(value) < 1 << 64 else None
    return text(value)


def _received(message: Message) -> int:
    """`rxuxtime`, else `rxtime`, in milliseconds; NONE without either."""
    seconds = number(message.get("rxuxtime"))
    if seconds is not None and EARLIEST <= seconds * 1e6 <= LATEST:
        return round(seconds * _MILLI)
    written = message.get("rxtime")
    if isinstance(written, str) and _RXTIME.fullmatch(written):
        try:
            time = datetime.strptime(written, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            return NONE
        return round(time.timestamp()) * _MILLI if time.year >= 2000 else NONE
    return NONE


def _arrival(value: Mapping[str, Any]) -> int:
    if "received_at" not in value:
        return NONE
    return rfc3339_time(value["received_at"], "received_at") // _MILLI


def _json(line: bytes) -> dict[str, Any]:
    shown = line[:_SHOWN].decode("utf-8", "replace")
    if len(line) > MOST_LINE:
        raise Refused("too_long", shown)
    try:
        value = json.loads(line)
    except RecursionError:
        raise Refused("too_deep", shown) from None
    except ValueError:  # also bytes that are no UTF-8, and numbers of thousands of digits
        raise Refused("bad_json", shown) from None
    if not isinstance(value, dict):
        raise Refused("bad_json", shown)
    return value
