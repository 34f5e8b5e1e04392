"""Frigate's updates of tracked objects (MQTT `frigate/tracked_object_update`): plates only.

A plate revises the sighting of its event: readers take the latest of one `detail.event`. It is a
claim as it was read, with how sure the reader was; the name that an owner gave a known plate, a
description in words and a classifier's label may speak of a person and are dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ingest.cameras.privacy import DROPPED, only
from ingest.cameras.values import Refused, Seen, Sighting, number, text, told, unix_time
from ingest.plates import plate_of

FORMAT: Final = "frigate.tracked_object_update"
_OF_ANY: Final = ("type", "id", "camera", "timestamp")
_OF_PLATES: Final = (*_OF_ANY, "plate", "score")
_WITHOUT_SIGHTING: Final = ("description", "classification")


def cleaned(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What may be kept of an update; of a face nothing may.

    Raises
    ------
    Refused
        `person_data` where the update is about a face.
    """
    kind = _kind(payload)
    if "face" in kind:
        raise Refused("person_data", "a face")
    return only(payload, _OF_PLATES if kind == "lpr" else _OF_ANY)


def read(payload: Mapping[str, Any]) -> Seen:
    """The plate of a cleaned update as a sighting; other updates are counted."""
    seen, kind = Seen(), _kind(payload)
    if kind != "lpr":
        seen.skip(kind if kind in _WITHOUT_SIGHTING else "other_update")
        return seen
    event, plate = text(payload.get("id")), plate_of(payload.get("plate"))
    if event is None:
        raise Refused("bad_payload", "no id")
    observed = unix_time(payload.get("timestamp"), "timestamp")
    if plate is None:
        seen.skip("no_plate")
        return seen
    detail = told(
        format=FORMAT,
        event=event,
        type=kind,
        plate=plate,
        plate_score=number(payload.get("score"), 0, 1),
        dropped=payload.get(DROPPED),
    )
    seen.sightings.append(Sighting(observed, detail, plate))
    return seen


def _kind(payload: Mapping[str, Any]) -> str:
    return (text(payload.get("type")) or "").lower()
