"""The alert as outsiders read it: the contract's envelope and its order of fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
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
    "explanation",
    "also",
    "withdrawn",
)

#: The block of the one entry of a notice (ADR 0010): a fact, for and against which nothing speaks.
FACT: Final = "fact"
#: The contract's numbers where no landing is meant: its least probability, and no severity.
NO_LANDING: Final = {"posterior": 0.0001, "prior_nats": -9.21, "severity": 0.0}


def weighed(alert: Mapping[str, Any]) -> bool:
    """Whether an alert is of a landing that was weighed, and no notice.

    >>> weighed({"evidence": [{"block": "fact", "nats": 0}]}), weighed({"evidence": []})
    (False, True)
    """
    return all(entry.get("block") != FACT for entry in alert.get("evidence") or ())


def line(alert: dict[str, Any]) -> str:
    """One line of `alerts.jsonl` without its end."""
    ordered = {name: alert[name] for name in ENVELOPE if name in alert}
    return json.dumps(ordered, ensure_ascii=False, separators=(", ", ": "))
