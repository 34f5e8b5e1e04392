"""From what a call did to what is said of it: facts, evidence, posterior, severity, envelope.

A loop over calls, not over observations. What is not an alert is None.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.policy import Said
from core.times import utc_text
from engine.permits import Permits
from engine.place import Announced, Place
from geo.calendar import holiday
from geo.daylight import is_night
from geo.tides import Tide
from models.risk.call_facts import CallFacts, call_evidence
from models.risk.evidence import Evidence, weigh
from models.risk.severity import Severity, likely_goods, severity
from models.tracks.positions import EXPIRY_S, SECOND_US, is_radar
from models.tracks.silences import gap_s, surprise_nats

#: A silence that ended this long before berthing still belongs to the approach.
APPROACH_S = 2 * 3600
#: Unloading takes this long where nothing else is known (methods 7.1, median).
USUAL_DWELL_MIN = 85
KEEL_CLEARANCE_M = 0.3
#: Sensors that a call is not weighed with yet, but its own: said with every alert, never silently.
NOT_WEIGHED = ("ais", "beidou", "camera", "radar", "vehicles")

Row = dict[str, Any]


@dataclass(frozen=True)
class Silences:
    """The silences that may belong to a call, by track and beginning."""

    rows: dict[tuple[str, int], Row]

    def nats(
        self, track: str, from_us: int, place: Place, *, ended_us: int | None
    ) -> tuple[float | None, bool]:
        """How surprising, None where nobody can tell; and whether it went quiet lying still.

        Until a silence has ended (`ended_us` is None) only what was known when it was called may
        be read. Of one that outlasted the memory of silences its end is known to the call alone.
        """
        row = self.rows.get((track, from_us))
        if row is None:
            return None, False
        covered_s = row["covered_s"] if ended_us is None else row["covered_in_all_s"]
        end_us = row["called_s"] * SECOND_US if ended_us is None else ended_us
        known = (row["interval_s"], row["heard"], row["expected"])
        cap = place.settings.tracks.silence_cap_nats
        nats = surprise_nats(gap_s(from_us, end_us), covered_s or 0, *known, cap)
        return nats, not row["moving"]


def say(
    call: Row, silences: Silences, place: Place, permits: Permits, *, tick_s: int, settled: bool
) -> Said | None:
    """What is to be said of a call at a tick; None where there is nothing to speak of.

    Nor is there where another speaks for the vessel: AIS for a BeiDou terminal that the register
    has with an MMSI; and of what a radar alone sees at a pier.

    Parameters
    ----------
    call
        A row of `models.events.pier_calls.CALL`.
    permits
        Given while the service ran: those that came by the tick count.
    tick_s
        The tick at which it is said.
    """
    begun_us = call["berth_from_us"] or call["dark_from_us"]
    if begun_us is None or _spoken_for(call["target"], place):
        return None
    left = call["why"] == "left"
    lost = left and call["clock_s"] >= call["t_us"] // SECOND_US + EXPIRY_S
    pier = place.pier_rows[call["pier"]]
    announced = permits.at(pier["pier_id"], tick_s)
    content = None if lost else _content(call, begun_us, silences, place, announced)
    return Said(
        tick_s,
        settled,
        call["track"],
        pier["pier_id"],
        call["from_us"],
        begun_us,
        content,
        over=left,
        lost=lost,
    )


def _spoken_for(target: str, place: Place) -> bool:
    if is_radar(target):
        return True
    vessel = place.vessels.get(target)
    return target.startswith("beidou:") and vessel is not None and bool(vessel["mmsi"])


def _content(
    call: Row, begun_us: int, silences: Silences, place: Place, announced: list[Announced]
) -> Row | None:
    pier = place.pier_rows[call["pier"]]
    begun = datetime.fromtimestamp(begun_us / SECOND_US, UTC)
    if not bool(is_night(pier["lon"], pier["lat"], np.datetime64(begun_us, "us"))):
        return None
    facts = _facts(call, begun, begun_us, silences, place, announced)
    entries, missing = call_evidence(place.likelihoods, facts)
    dark_us = call["quiet_from_us"] or call["dark_from_us"]
    asked = dark_us is not None and place.rough_at(dark_us)
    if asked:  # whoever falls silent in a storm may need help: that is nothing against anybody
        entries = [e if e.code != "dark_approach" else replace(e, nats=0.0) for e in entries]
    limits = place.settings.alerts
    weighed = weigh(place.likelihoods, entries, place.prior_nats, limits.watch, limits.verify)
    if weighed.level is None:
        return None
    grave = _severity(call, facts, place)
    over = call["why"] == "left"
    return {
        "kind": "night_landing",
        "level": weighed.level,
        "posterior": weighed.posterior,
        "prior_nats": weighed.prior_nats,
        "severity": round(grave.score, 4),
        "exercise": place.exercise,
        "pier_id": pier["pier_id"],
        "lon": round(pier["lon"], 6),
        "lat": round(pier["lat"], 6),
        "berth_from": utc_text(begun_us),
        "berth_to": utc_text(call["berth_to_us"] or call["t_us"]) if over else None,
        "targets": [call["target"]],
        "vehicles": [],
        "evidence": [
            *([distress(dark_us, facts.heard_by).as_dict()] if asked else []),
            *(entry.as_dict() for entry in weighed.evidence),
        ],
        "not_covered": sorted({*NOT_WEIGHED, *missing} - {_sensor(call)}),
        "severity_parts": grave.as_parts(),
    }


def _facts(
    call: Row,
    begun: datetime,
    begun_us: int,
    silences: Silences,
    place: Place,
    announced: list[Announced],
) -> CallFacts:
    pier = place.pier_rows[call["pier"]]
    vessel = _registered(call, place)
    local = begun.astimezone(place.zone)
    silent_min, nats, moored = _silence(call, begun_us, silences, place)
    hours, margin, share = _water(pier, vessel, begun, place)
    lain_us = max(call["berth_to_us"] or call["t_us"], begun_us) - begun_us
    return CallFacts(
        pier_status=pier["status"],
        hour_local=local.hour,
        day_kind=_day_kind(local),
        hours_from_high_water=hours,
        margin_m=margin,
        feasible_share=share,
        dwell_min=lain_us / (60 * SECOND_US),
        dwell_over=call["why"] == "left",
        dwell_at_least=not (call["entry_seen"] and call["exit_seen"]) and call["why"] == "left",
        silent_min=silent_min,
        silence_nats=nats,
        silence_moored=moored,
        in_register=_in_register(call, vessel, place),
        at_home=vessel is not None and vessel["home_pier"] == pier["pier_id"],
        vessel_type=vessel["type"] if vessel else None,
        announced=_announced([*place.permits.get(pier["pier_id"], ()), *announced], vessel, begun),
        heard_by=(_sensor(call),),
    )


def _sensor(call: Row) -> str:
    return "beidou" if call["target"].startswith("beidou:") else "ais"


def distress(silent_from_us: int, sources: Iterable[str]) -> Evidence:
    """The question that comes first in a storm; it speaks neither for nor against the vessel."""
    since = {"since": utc_text(silent_from_us)}
    return Evidence("identity", 0.0, "distress_possible", since, tuple(sources))


def _registered(call: Row, place: Place) -> Row | None:
    """The register's row of the vessel. A second ship under a number is not the registered one."""
    return place.vessels.get(call["target"]) if call["track"] == call["target"] else None


def _in_register(call: Row, vessel: Row | None, place: Place) -> bool | None:
    """Whether the register knows it; None without a register, or where the number is shared."""
    doubtful = call["track"] != call["target"] or call["target"] in place.shared
    if place.site.vessels.is_empty() or doubtful:
        return None
    return vessel is not None


def _announced(permits: list[Announced], vessel: Row | None, begun: datetime) -> bool:
    """Whether night work was announced there and then, for this vessel or for any."""
    mine = vessel["vessel_id"] if vessel else None
    return any(
        from_ <= begun <= to and vessel_id in (None, mine) for from_, to, vessel_id in permits
    )


def _day_kind(local: datetime) -> str:
    """The kind of day whose night it is: the small hours of Monday belong to Sunday's night."""
    evening = (local - timedelta(hours=12)).date()
    day = holiday(evening)
    if day is not None:  # a Sunday that is worked for a holiday is a workday
        return "holiday" if day.off else "workday"
    return "weekend" if evening.weekday() >= 5 else "workday"


def _silence(
    call: Row, begun_us: int, silences: Silences, place: Place
) -> tuple[float | None, float | None, bool]:
    """Minutes of silence before berthing, its nats, and whether it began lying still."""
    from_us, to_us = call["quiet_from_us"], call["quiet_to_us"]
    if from_us is not None and begun_us - to_us <= APPROACH_S * SECOND_US:
        nats, moored = silences.nats(call["track"], from_us, place, ended_us=to_us)
        return gap_s(from_us, to_us) / 60, nats, moored
    if call["dark_from_us"] is not None:
        dark_us = call["dark_from_us"]
        called_us = _called_us(call, silences)
        nats, moored = silences.nats(call["track"], dark_us, place, ended_us=None)
        return gap_s(dark_us, called_us) / 60, nats, moored
    return (0.0, 0.0, False) if call["entry_seen"] else (None, None, False)


def _called_us(call: Row, silences: Silences) -> int:
    dark_us: int = call["dark_from_us"]
    row = silences.rows.get((call["track"], dark_us))
    return dark_us if row is None else int(row["called_s"]) * SECOND_US


def _water(
    pier: Row, vessel: Row | None, begun: datetime, place: Place
) -> tuple[float | None, float | None, float | None]:
    """Hours from the nearest high water; with depth and draught known, margin and its share."""
    tide = place.site.tide
    if tide is None:
        return None, None, None
    peaks, heights = _tide_about(tide, int(begun.timestamp()) // 3600)
    nearest = min((abs((at - begun).total_seconds()) for at, _ in peaks), default=None)
    hours = None if nearest is None else round(nearest / 3600, 2)
    draught_m = vessel["draught_m"] if vessel else None
    if pier["depth_m"] is None or draught_m is None:
        return hours, None, None
    spare_m = pier["depth_m"] - draught_m - KEEL_CLEARANCE_M
    now_m = float(tide.height_m(np.datetime64(begun.replace(tzinfo=None), "us")))
    return hours, round(now_m + spare_m, 2), float((heights + spare_m >= 0).mean())


@lru_cache(maxsize=256)
def _tide_about(tide: Tide, hour: int) -> tuple[list[tuple[datetime, float]], NDArray[np.float64]]:
    """High waters about an hour since 1970, and heights over two tides: the same for all piers."""
    at = datetime.fromtimestamp(hour * 3600, UTC)
    peaks = tide.high_waters(at - timedelta(hours=13), at + timedelta(hours=14))
    steps = np.arange(-71, 78) * np.timedelta64(10, "m")  # 24.8 h, half an hour past the middle
    return peaks, tide.height_m(np.datetime64(at.replace(tzinfo=None), "us") + steps)


def _severity(call: Row, facts: CallFacts, place: Place) -> Severity:
    vessel = _registered(call, place)
    left_min = 0.0 if facts.dwell_over else max(USUAL_DWELL_MIN - (facts.dwell_min or 0.0), 0.0)
    return severity(
        place.judgements,
        {
            "vessel_size": (vessel or {}).get("length_m") or call["claimed_length_m"],
            "trucks": None,
            "goods": likely_goods(facts.vessel_type),
            "recurrence": None,
            "minutes_left": round(left_min),
        },
    )
