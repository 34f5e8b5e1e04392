"""The alert as outsiders read it: the contract's envelope and its order of fields."""

from __future__ import annotations

import json
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


def line(alert: dict[str, Any]) -> str:
    """One line of `alerts.jsonl` without its end."""
    ordered = {name: alert[name] for name in ENVELOPE if name in alert}
    return json.dumps(ordered, ensure_ascii=False, separators=(", ", ": "))
