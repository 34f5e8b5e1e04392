"""Rivals that need no more than what a replay wrote: B0 from its events, B3 and B4 by weighing the
same evidence otherwise.

Each gives envelopes as `alerts.jsonl` has them, in the order of issue, for `alerts.gather`. B3 and
B4 know only the revisions that the product issued: what it never raised they cannot raise.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

PRIOR_NATS: Final = -7.29
LOWEST, HIGHEST = 0.0001, 0.999
#: The source paper's way (methods 6.2): weights of the criteria, which are the evidence's blocks.
AHP_WEIGHTS: Final = {
    "identity": 0.3192, "rarity": 0.1840, "timing": 0.0683, "land_side": 0.3192,
    "recurrence": 0.1093,
}  # fmt: skip
BLOCK_CAP_NATS: Final = 5.0
CHAIN_BLOCKS: Final = tuple(AHP_WEIGHTS)

Envelope = dict[str, Any]


def stops_at_piers(
    events: Iterable[Mapping[str, Any]],
    timezone: str,
    *,
    from_hour: int = 22,
    to_hour: int = 5,
    after_min: float = 5.0,
) -> list[Envelope]:
    """B0: any stop at a listed pier that begins between 22:00 and 05:00, local time.

    Parameters
    ----------
    events
        Of `events.jsonl`; its pier calls with a berthing are the stops.
    from_hour, to_hour
        When a berthing is at night.
    after_min
        The alert is dated so long after the berthing, though the event was settled later: a rule
        as plain as this could have been that quick.
    """
    zone, found = ZoneInfo(timezone), []
    for event in events:
        detail = event.get("detail") or {}
        if event.get("kind") != "pier_call" or not detail.get("berth_from"):
            continue
        berth_at = datetime.fromisoformat(str(detail["berth_from"]))
        hour = berth_at.astimezone(zone).hour
        if not (hour >= from_hour or hour < to_hour):
            continue
        issued_at = (berth_at + timedelta(minutes=after_min)).astimezone(UTC)
        found.append({
            "alert_id": f"B0-{event['event_id']}", "revision": 1, "status": "new",
            "kind": "night_landing", "level": "watch",
            "issued_at": issued_at.isoformat().replace("+00:00", "Z"),
            "posterior": 0.5, "prior_nats": PRIOR_NATS,
            "pier_id": event["pier_id"], "lon": event["lon"], "lat": event["lat"],
            "berth_from": detail["berth_from"], "berth_to": detail.get("berth_to"),
            "targets": list(event.get("targets") or ()), "vehicles": [],
        })  # fmt: skip
    return sorted(found, key=lambda alert: (alert["issued_at"], alert["alert_id"]))


def ahp_alone(alerts: Iterable[Mapping[str, Any]]) -> list[Envelope]:
    """B3: the evidence weighed by the paper's matrix; each block counts as its share of its cap."""
    return [_again(alert, _ahp(alert)) for alert in alerts]


def chain_alone(alerts: Iterable[Mapping[str, Any]]) -> list[Envelope]:
    """B4: prior and evidence of the five blocks, without anomaly and calibration."""
    return [_again(alert, _chain(alert)) for alert in alerts]


def _again(alert: Mapping[str, Any], posterior: float) -> Envelope:
    return {**alert, "posterior": round(min(max(posterior, LOWEST), HIGHEST), 6)}


def _nats(alert: Mapping[str, Any], block: str) -> float:
    entries = alert.get("evidence") or ()
    return sum(float(entry["nats"]) for entry in entries if entry.get("block") == block)


def _ahp(alert: Mapping[str, Any]) -> float:
    return sum(
        weight * min(max(_nats(alert, block) / BLOCK_CAP_NATS, 0.0), 1.0)
        for block, weight in AHP_WEIGHTS.items()
    )


def _chain(alert: Mapping[str, Any]) -> float:
    odds = float(alert["prior_nats"]) + sum(_nats(alert, block) for block in CHAIN_BLOCKS)
    return 1.0 / (1.0 + math.exp(-odds))
