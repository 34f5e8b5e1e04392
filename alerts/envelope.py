"""The alert as outsiders read it: the contract's envelope, its order of fields and its times."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

#: Fields in the order in which they are written. `alert_id`, `revision`, `status` and `issued_at`
#: belong to the revision, the rest is what was judged.
ENVELOPE: Final = (
    "alert_id",
    "revision",
    "status",
    "kind",
    "issued_at",
    "level",
    "posterior",
    "prior_nats",
    "severity",
    "exercise",
    "pier_id",
    "lon",
    "lat",
    "berth_from",
    "berth_to",
    "targets",
    "vehicles",
    "evidence",
    "not_covered",
    "severity_parts",
)


def utc_text(at_us: int | None) -> str | None:
    """RFC 3339 in UTC: whole seconds where it is one, else milliseconds.

    >>> utc_text(1772385730_000_000), utc_text(1772385730_500_000)
    ('2026-03-01T17:22:10Z', '2026-03-01T17:22:10.500Z')
    """
    if at_us is None:
        return None
    at = datetime.fromtimestamp(at_us // 1_000_000, UTC)
    milli = at_us % 1_000_000 // 1000
    return at.strftime("%Y-%m-%dT%H:%M:%S") + (f".{milli:03d}Z" if milli else "Z")


def line(alert: dict[str, Any]) -> str:
    """One line of `alerts.jsonl` without its end."""
    ordered = {name: alert[name] for name in ENVELOPE if name in alert}
    return json.dumps(ordered, ensure_ascii=False, separators=(", ", ": "))
