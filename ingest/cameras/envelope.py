"""A line of a camera feed: JSON with who, when, in which format, and the message itself."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ingest.cameras import barrier, frigate, gat1400, keepalive, onvif, tracked
from ingest.cameras.privacy import hashed
from ingest.cameras.values import Refused, rfc3339_time, shown, text

MOST_LINE: Final = 1 << 23  # bytes: a request of twenty vehicles with their pictures
MOST_DEPTH: Final = 32
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
#: What may be kept of each format's payload.
CLEANERS: Final[dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    frigate.FORMAT: frigate.cleaned,
    gat1400.FORMAT: gat1400.cleaned,
    onvif.FORMAT: onvif.cleaned,
    barrier.FORMAT: barrier.cleaned,
    tracked.FORMAT: tracked.cleaned,
    keepalive.FORMAT: keepalive.cleaned,
}


@dataclass(frozen=True)
class Envelope:
    """One line, its payload cleaned; `received` in microseconds, `received_at` as it came."""

    received: int
    received_at: str
    source: str
    format: str
    payload: dict[str, Any]

    def line(self) -> bytes:
        """The line as it may be kept."""
        return _written(
            {
                "received_at": self.received_at,
                "source": self.source,
                "format": self.format,
                "payload": self.payload,
            }
        )


def opened(line: bytes) -> Envelope:
    """Read a line and drop from it what may not be kept.

    Raises
    ------
    Refused
        Where it is no line of a camera feed; what it says holds nothing of a picture or a person.
    """
    members = read_json(line, finite=True)
    if not isinstance(members, dict):
        raise Refused("bad_json", f"no object: {hashed(line)}")
    source, kind = text(members.get("source")), members.get("format")
    if "received_at" not in members:
        raise Refused("no_time", f"no received_at: {hashed(line)}")
    received = rfc3339_time(members["received_at"], "received_at")
    if source is None:
        raise Refused("no_source", hashed(line))
    kind, cleaned = _cleaned(kind, members.get("payload"), line)
    return Envelope(received, str(members["received_at"]).strip(), source, kind, cleaned)


def frame(source: object, kind: object, payload: object, came: bytes) -> bytes:
    """A message as it may be archived: a line without `received_at`, which the archive adds.

    `came` is the whole of what came, of which a refusal says length and hash.

    Raises
    ------
    Refused
        As `opened`.

    >>> frame("bar-1", "barrier.state", {"state": "raised", "image": "AAAA"}, b"")[:72]
    b'{"source":"bar-1","format":"barrier.state","payload":{"state":"raised","'
    """
    named = text(source)
    if named is None:
        raise Refused("no_source", hashed(came))
    kind, cleaned = _cleaned(kind, payload, came)
    try:
        return _written({"source": named, "format": kind, "payload": cleaned})
    except ValueError:
        raise Refused("bad_json", f"no number: {hashed(came)}") from None


def _cleaned(kind: object, payload: object, came: bytes) -> tuple[str, dict[str, Any]]:
    if not isinstance(kind, str) or kind not in CLEANERS:
        personal = isinstance(kind, str) and ("face" in kind.lower() or "person" in kind.lower())
        reason = "person_data" if personal else "unknown_format"
        raise Refused(reason, f"{shown('format', kind)}: {hashed(came)}")
    if not isinstance(payload, dict):
        raise Refused("no_payload", hashed(came))
    return kind, CLEANERS[kind](payload)


def _written(members: Mapping[str, Any]) -> bytes:
    # Half a surrogate pair becomes JSON's escape.
    return _ENCODER.encode(members).encode(errors="backslashreplace")


def kept(line: bytes) -> bytes | None:
    """The line as it may be archived; None where nothing of it may be.

    What is kept decodes to the same observations with the same keys.
    """
    try:
        return opened(line).line()
    except Refused:
        return None


def read_json(line: bytes, *, finite: bool = False) -> object:
    """JSON of bounded size and depth.

    A number beyond all floats (`1e999`) is infinite, for to look at each costs a third of the
    time; with `finite` it is refused, and `frame` refuses it where it would be kept.

    Raises
    ------
    Refused
        `too_long`, `too_deep`, `bad_json`; of what came it says length and hash.
    """
    if len(line) > MOST_LINE:
        raise Refused("too_long", hashed(line[:MOST_LINE]))
    try:
        floats = _finite if finite else None
        value: object = json.loads(line, parse_constant=_no_number, parse_float=floats)
    except RecursionError:
        raise Refused("too_deep", hashed(line)) from None
    except ValueError:  # also bytes that are no UTF-8, and numbers of thousands of digits
        raise Refused("bad_json", hashed(line)) from None
    if line.count(b"[") + line.count(b"{") > MOST_DEPTH and _depth_above(value, MOST_DEPTH):
        raise Refused("too_deep", hashed(line))
    return value


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def _finite(written: str) -> float:
    value = float(written)
    if not math.isfinite(value):
        raise ValueError(f"{written} is no number")
    return value


def _depth_above(value: object, most: int) -> bool:
    level: list[object] = [value]
    for _ in range(most + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return any(isinstance(inner, dict | list) for inner in level)
