"""A line of a camera feed: JSON with who, when, in which format, and the message itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ingest.cameras import barrier, frigate, gat1400, keepalive, onvif, tracked
from ingest.cameras.json_text import read_json, written
from ingest.cameras.values import Refused, hashed, rfc3339_time, shown, text

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
        return written(
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
    members = read_json(line)
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
    return written({"source": named, "format": kind, "payload": cleaned})


def _cleaned(kind: object, payload: object, came: bytes) -> tuple[str, dict[str, Any]]:
    if not isinstance(kind, str) or kind not in CLEANERS:
        personal = isinstance(kind, str) and ("face" in kind.lower() or "person" in kind.lower())
        reason = "person_data" if personal else "unknown_format"
        raise Refused(reason, f"{shown('format', kind)}: {hashed(came)}")
    if not isinstance(payload, dict):
        raise Refused("no_payload", hashed(came))
    return kind, CLEANERS[kind](payload)


def kept(line: bytes) -> bytes | None:
    """The line as it may be archived; None where nothing of it may be.

    What is kept decodes to the same observations with the same keys.
    """
    try:
        return opened(line).line()
    except Refused:
        return None
