"""A device says that it lives: GA/T 1400's `Keepalive` and what brokers and barriers have of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ingest.cameras.privacy import only

FORMAT: Final = "device.keepalive"


def cleaned(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What may be kept of a message: that it came, and which device it names."""
    return only(payload, ("DeviceID", "state"))
