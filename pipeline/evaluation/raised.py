"""The alerts that a level raises, out of a replay that raised everything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alerts import visits
from core.settings import AlertSettings, Settings

#: Below every posterior: a replay under it says what it weighed, whatever came out.
EVERYTHING = 0.0001


def raising_everything(settings: Settings) -> Settings:
    """The settings under which every call that is weighed is an alert, by itself."""
    alerts = settings.alerts.model_copy(update={"watch": EVERYTHING, "one_per_visit": False})
    return settings.model_copy(update={"alerts": alerts})


def raised(alerts: Iterable[Mapping[str, Any]], watch: float) -> list[dict[str, Any]]:
    """What would have been issued had `watch` been the lowest posterior of an alert.

    An alert begins with the first revision that reaches it, is cancelled by one that falls below,
    and comes back with the next that does not (`alerts.policy`). Those of one visit are one alert
    (`alerts.visits`), by the default settings.
    """
    shown: dict[str, dict[str, Any] | None] = {}
    numbers: dict[str, int] = {}
    found = []
    for alert in alerts:
        name, before = str(alert["alert_id"]), shown.get(str(alert["alert_id"]))
        stands = alert["status"] != "cancel" and _told_at(alert) >= watch
        if not stands and before is None:
            continue
        content = {**alert} if stands else {**(before or {}), "issued_at": alert["issued_at"]}
        shown[name] = content if stands else None
        numbers[name] = number = numbers.get(name, 0) + 1
        status = "cancel" if not stands else "new" if number == 1 else "update"
        found.append({**content, "revision": number, "status": status})
    return visits.advance(visits.Book(), found, shown, AlertSettings())[1]


def _told_at(alert: Mapping[str, Any]) -> float:
    """The posterior that decides whether it is told: without a permit, which never hides."""
    said = (
        e["params"]["without_share"]
        for e in alert.get("evidence") or ()
        if e["code"] == "without_permit"
    )
    return max(float(alert["posterior"]), *map(float, said), 0.0)
