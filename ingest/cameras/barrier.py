"""Height-limit bars: raised, lowered, damaged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ingest.cameras.privacy import only
from ingest.cameras.values import Refused, Seen, Sighting, rfc3339_time, shown

FORMAT: Final = "barrier.state"
_STATES: Final = ("raised", "lowered", "damaged")


def cleaned(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What may be kept of a message: the state and its time."""
    return only(payload, ("state", "at"))


def read(payload: Mapping[str, Any]) -> Seen:
    """The state as a sighting."""
    state = payload.get("state")
    if state not in _STATES:
        raise Refused("bad_state", shown("state", state))
    observed = rfc3339_time(payload.get("at"), "at")
    return Seen([Sighting(observed, {"format": FORMAT, "state": state})])
