"""Frigate's MQTT events: boats, cars, lorries; a person is a presence and nothing more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from ingest.cameras.privacy import DROPPED, only
from ingest.cameras.values import (
    Refused,
    Seen,
    Sighting,
    number,
    shown,
    table,
    text,
    told,
    unix_time,
)
from ingest.plates import plate_of

FORMAT: Final = "frigate.events"
_EPOCH: Final = datetime(1970, 1, 1)  # UTC
_CHANGES: Final = ("new", "update", "end")
_PERSONS: Final = ("person",)
_FACES: Final = ("face",)
_WITH_PLATES: Final = ("car", "truck", "bus", "motorcycle", "van")
_OF_ANY: Final = frozenset({"id", "camera", "frame_time", "start_time", "end_time", "label"})
_OF_THINGS: Final = frozenset({
    *_OF_ANY, "score", "top_score", "false_positive", "box", "area", "ratio", "region",
    "current_zones", "entered_zones", "active", "stationary", "motionless_count",
    "position_changes", "current_estimated_speed", "average_estimated_speed", "velocity_angle",
    "recognized_license_plate", "recognized_license_plate_score", "has_snapshot", "has_clip",
})  # fmt: skip


def cleaned(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What may be kept of an event: the state after it, without pictures and names."""
    kept = only(payload, ("type",), inner=("after",))
    after = table(payload.get("after"), "after")
    label = text(after.get("label"))
    bare = label is None or label.lower() in (*_PERSONS, *_FACES)
    kept["after"] = only(after, _OF_ANY if bare else _OF_THINGS)
    return kept


def read(payload: Mapping[str, Any]) -> Seen:
    """The sighting of a cleaned event."""
    after = table(payload.get("after"), "after")
    change = payload.get("type")
    if change not in _CHANGES:
        raise Refused("bad_payload", shown("type", change))
    label, event = text(after.get("label")), text(after.get("id"))
    if label is None or event is None:
        raise Refused("bad_payload", "no id or no label")
    name = "end_time" if change == "end" else "frame_time"
    observed = unix_time(after.get(name), name)
    start = unix_time(after.get("start_time"), "start_time")
    label, seen = label.lower(), Seen()
    if label in _FACES or after.get("false_positive") is True:
        seen.skip("face" if label in _FACES else "false_positive")
        return seen
    said = {"format": FORMAT, "event": event, "type": change, "start": _written(start)}
    if label in _PERSONS:
        seen.sightings.append(Sighting(observed, {**said, "label": label}))
        return seen
    plate, score = _plate(after) if label in _WITH_PLATES else (None, None)
    detail = told(
        **said,
        label=label,
        score=number(after.get("score"), 0, 1),
        plate=plate,
        plate_score=score,
        stationary=after.get("stationary") if after.get("stationary") is True else None,
        zones=_zones(after.get("current_zones")),
        dropped=after.get(DROPPED),
    )
    seen.sightings.append(Sighting(observed, detail, plate))
    return seen


def _plate(after: Mapping[str, Any]) -> tuple[str | None, float | None]:
    """The plate as text, or text and score, with its score; nothing where there is no plate."""
    given = after.get("recognized_license_plate")
    score = after.get("recognized_license_plate_score")
    if isinstance(given, list):
        given, score = (given[0], given[1]) if len(given) == 2 else (None, None)
    plate = plate_of(given)
    return plate, number(score, 0, 1) if plate else None


def _zones(value: object) -> list[str] | None:
    if not isinstance(value, list):
        return None
    return [zone for zone in map(text, value[:16]) if zone] or None


def _written(micro: int) -> str:
    """A time as RFC 3339 in UTC, to the millisecond."""
    time = _EPOCH + timedelta(milliseconds=micro // 1000)
    return f"{time.isoformat(timespec='milliseconds')}Z"
