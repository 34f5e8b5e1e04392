"""One decision of every kind, and lines of a desk feed."""

from __future__ import annotations

import json
from typing import Any

CONTENTS: dict[str, dict[str, Any]] = {
    "verdict": {"alert_id": "a" * 16, "verdict": "lawful"},
    "interception": {
        "alert_id": "a" * 16, "at": "2026-03-01T18:00:00+08:00", "result": "not_found",
    },
    "weights": {"version": "2026-03"},
    "watch_list": {
        "target": "mmsi:412345678", "reason": "案件线索", "until": "2026-04-01T00:00:00Z",
    },
    "tip": {
        "pier_id": "P1", "from": "2026-03-01T16:00:00Z", "to": "2026-03-01T20:00:00Z",
        "reliability": "B2",
    },
    "permit": {
        "pier_id": "P1", "from": "2026-03-01T15:00:00Z", "to": "2026-03-01T22:00:00Z",
        "vessel_id": "V1", "reason": "ice and bait", "issued_by": "渔政站",
    },
    "regime": {
        "kind": "fog", "from": "2026-03-01T15:00:00Z", "to": "2026-03-01T22:00:00Z",
        "source": "气象台",
    },
    "patrol_position": {"unit": "海警 1", "lon": 121.9, "lat": 29.1},
}  # fmt: skip


def desk_line(received_at: str, kind: str, content: dict[str, Any], number: int = 1) -> bytes:
    """A line of `feeds/desk` as `live` writes it."""
    said = {"decision_id": number, "kind": kind, "content": content, "decided_by": "desk"}
    return json.dumps({"received_at": received_at, **said}).encode() + b"\n"
