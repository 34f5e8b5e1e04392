"""Which alerts ask for somebody tonight, which wait from earlier nights, and which are over: said
once, for the list, its counts and the sounds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

from dashboard.catalogue import parsed_at
from dashboard.reading import Run, standing, stands
from geo.calendar import operational_night

Json = dict[str, Any]
SOS: Final = "sos"
LANDING: Final = "night_landing"
SYSTEM: Final = ("feed_silent", "disk_filling")  # notices of the service itself


@dataclass(frozen=True)
class Leads:
    """The leads of a run, each part by level and rank.

    Attributes
    ----------
    tonight
        What stands and is of the night that is.
    earlier
        Landings of earlier nights that nobody closed, the last night's first: a landing stands
        until somebody closes it, but the night that is asks first.
    over
        What has ended or was taken back; also calls for help.
    """

    tonight: list[Json]
    earlier: list[Json]
    over: list[Json]


def leads(run: Run, alerts: list[Json]) -> Leads:
    """The leads among all alerts of a run, in any order."""
    tonight = date.min if run.tick is None else operational_night(run.tick, run.zone.key)
    now: list[Json] = []
    before: list[tuple[date, Json]] = []
    over: list[Json] = []
    for alert in standing([alert for alert in alerts if _listed(alert)]):
        night = _night(alert.get("berth_from") or alert["issued_at"], run.zone.key)
        if not stands(alert):
            over.append(alert)
        elif night is None or night >= tonight or alert["kind"] != LANDING:
            now.append(alert)
        else:
            before.append((night, alert))
    before.sort(key=lambda one: one[0], reverse=True)  # stable: by rank within each
    return Leads(now, [alert for _, alert in before], over)


def at_one_pier(alerts: list[Json]) -> list[list[Json]]:
    """Landings of one night at one pier together, where the first of them stands: two boats, or two
    echoes of one, are one place to send somebody to."""
    groups: dict[str, list[Json]] = {}
    for alert in alerts:
        shared = alert["kind"] == LANDING and alert.get("pier_id")
        groups.setdefault(str(shared or alert["alert_id"]), []).append(alert)
    return list(groups.values())


def _listed(alert: Json) -> bool:
    """Notices of the service and standing calls for help have places of their own
    (`dashboard.notices`)."""
    called = alert["kind"] == SOS and alert["status"] != "cancel"
    return not called and alert["kind"] not in SYSTEM


@lru_cache(maxsize=4096)
def _night(at: str, timezone: str) -> date | None:
    """The night of a time; it is asked for of every alert at every beat."""
    moment = parsed_at(at)
    return None if moment is None else operational_night(moment, timezone)
