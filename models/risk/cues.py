"""From the facts of one pier call to entries of evidence.

Each function takes plain numbers and codes and gives one entry, or None where the fact is not
known: unobserved is not absent. Tides, hours, distances and silences are computed elsewhere.

Source: methods 3.2, 4.4; every number is the table's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from models.risk.evidence import Evidence
from models.risk.evidence import entry as _entry
from models.risk.evidence_table import Dwell, EvidenceTable
from models.risk.likelihood import log_ratio, visit_surprise_nats


def dark_approach(
    table: EvidenceTable,
    silent_min: float | None,
    silence_nats: float | None,
    *,
    moored: bool = False,
    corroborated: bool = False,
    sources: Sequence[str] = (),
) -> Evidence | None:
    """Silence before the call, or its absence.

    Parameters
    ----------
    silent_min
        Minutes between the last report and the first at the pier; 0 where it was heard all the
        way (that speaks against); None where it has no transmitter or the place is not covered.
    silence_nats
        How surprising the silence is for a transmitter that was on
        (`models.tracks.silences.surprise_nats`).
    moored
        Whether it went quiet lying still (engine off), not under way.
    corroborated
        Whether a radar track went on through the silence.
    """
    if silent_min is None or silence_nats is None:
        return None
    row = table.dark_approach
    if silent_min <= 0:
        nats = log_ratio(1 - row.landing_share, 1 - row.innocent_moving_share)
        return _entry("identity", nats, "heard_all_the_way", sources)
    innocent = row.innocent_moored_share if moored else row.innocent_moving_share
    if corroborated:
        innocent = min(innocent, row.innocent_corroborated_share)
    lost = math.exp(-min(max(silence_nats, 0.0), row.silence_cap_nats))
    nats = log_ratio(row.landing_share, min(lost + (1 - lost) * innocent, 1.0))
    # A silence that chance explains well says little; it never speaks for being heard.
    return _entry(
        "identity",
        max(nats, 0.0),
        "dark_approach",
        sources,
        silent_min=round(silent_min),
        corroborated=corroborated or None,
        moored=moored or None,
    )


def idle_pier(
    table: EvidenceTable,
    status: str = "unknown",
    *,
    visits: float | None = None,
    covered_days: float | None = None,
) -> Evidence:
    """A call at a pier where few were expected: surprise + ln P(call | landing here).

    Parameters
    ----------
    status
        What the register says: `idle`, `low`, `active`, `unknown`.
    visits, covered_days
        Decayed counts of what was observed, added to the register's rate: exposure counts covered
        nights only (a camera outage must not look idle).
    """
    row = table.idle_pier
    rate = {"idle": row.idle, "low": row.low, "active": row.active}.get(status, row.unknown)
    a = rate.a + max(visits or 0.0, 0.0)
    b_days = rate.b_days + max(covered_days or 0.0, 0.0)
    nats = visit_surprise_nats(a, b_days) + math.log(row.visit_share)
    return _entry(
        "rarity",
        nats,
        "idle_pier",
        ("pier_register",),
        status=status,
        days_between_visits=round(b_days / a, 1),
        covered_days=None if covered_days is None else round(covered_days),
    )


def night_hours(
    table: EvidenceTable, hour_local: int | None, day_kind: str = "workday"
) -> Evidence | None:
    """The hour of berthing (0 … 23, local) and the kind of day, from one joint table.

    `day_kind` is `workday`, `weekend` or `holiday`.
    """
    if hour_local is None:
        return None
    hours: tuple[float, ...] = getattr(table.night_hours, day_kind)
    return _entry(
        "timing", hours[hour_local], "night_hours", (), hour_local=hour_local, day_kind=day_kind
    )


def tide_window(
    table: EvidenceTable,
    hours_from_high_water: float | None = None,
    margin_m: float | None = None,
    feasible_share: float | None = None,
) -> Evidence | None:
    """Water at the berth when the vessel came.

    Parameters
    ----------
    hours_from_high_water
        To the nearest high water, either sign; used where the depth is not known.
    margin_m
        Tide height + chart depth − draught − 0.3 m.
    feasible_share
        Share of the tidal cycle with a margin of at least 0: what makes the moment telling.
    """
    row = table.tide_window
    if margin_m is not None and math.isfinite(margin_m):
        if margin_m < 0:
            nats = max(-margin_m * row.shallow_nats_per_m, row.shallow_floor_nats)
        elif feasible_share is None or not 0 < feasible_share <= 1:
            nats = 0.0
        else:
            nats = min(-row.used_share * math.log(feasible_share), 2 * row.inside_nats)
        return _entry("timing", nats + 0.0, "tide_window", ("tide",), margin_m=round(margin_m, 1))
    if hours_from_high_water is None or not math.isfinite(hours_from_high_water):
        return None
    off = abs(hours_from_high_water)
    nats = row.inside_nats if off <= row.hours else row.outside_nats
    return _entry("timing", nats, "tide_window", ("tide",), hours_from_high_water=round(off, 1))


def dwell(
    table: EvidenceTable, dwell_min: float | None, over: bool, at_least: bool = False
) -> Evidence | None:
    """Time in berth so far (`over=False`) or in all.

    While it lasts only a lower bound is known, and so it is (`at_least`) where the arrival or the
    departure was not seen: the shares that stay at least so long are compared, taken as even
    within a band.
    """
    if dwell_min is None or dwell_min < 0:
        return None
    row = table.dwell
    if over and not at_least:
        band = _band(row, dwell_min)
        nats = log_ratio(row.landing_share[band], row.innocent_share[band])
    else:
        nats = log_ratio(
            _still_there(row, row.landing_share, dwell_min),
            _still_there(row, row.innocent_share, dwell_min),
        )
    return _entry(
        "timing",
        nats,
        "dwell",
        (),
        dwell_min=round(dwell_min),
        over=over,
        at_least=at_least or None,
    )


def _band(row: Dwell, dwell_min: float) -> int:
    return sum(1 for start in row.from_min if start <= dwell_min) - 1


def _still_there(row: Dwell, shares: Sequence[float], dwell_min: float) -> float:
    band = _band(row, dwell_min)
    later = math.fsum(shares[band + 1 :])
    if band == len(shares) - 1:
        return shares[band]
    start, end = row.from_min[band], row.from_min[band + 1]
    return later + shares[band] * (end - dwell_min) / (end - start)


def unregistered(table: EvidenceTable, in_register: bool | None) -> Evidence | None:
    """Whether the site's vessel register knows the identity; None without register or identity."""
    if in_register is None:
        return None
    row = table.unregistered
    if in_register:
        nats = log_ratio(1 - row.landing_share, 1 - row.innocent_share)
        return _entry("identity", nats, "registered", ("register",))
    nats = log_ratio(row.landing_share, row.innocent_share)
    return _entry("identity", nats, "unregistered", ("register",))


def home_pier(table: EvidenceTable, at_home: bool | None) -> Evidence | None:
    """A registered boat at its own home pier; nothing where it has none or calls elsewhere."""
    if not at_home:
        return None
    row = table.register_says_fisherman_home
    nats = log_ratio(row.landing_share, row.innocent_share)
    return _entry("identity", nats, "register_says_fisherman_home", ("register",))


def known_service(table: EvidenceTable, vessel_type: str | None) -> Evidence | None:
    """Law enforcement, passenger and service vessels: their work explains the call.

    `vessel_type` is the register's: what AIS says of a type is a claim, and cheap to make.
    """
    nats = {
        "law_enforcement": table.known_service.law_enforcement,
        "passenger": table.known_service.passenger,
        "service": table.known_service.service,
    }.get(vessel_type or "")
    if nats is None:
        return None
    return _entry("identity", nats, "known_service", ("register",), vessel_type=vessel_type)


def announced(table: EvidenceTable, permitted: bool | None) -> Evidence | None:
    """Night work at this pier and time that was announced (`permits.csv`), for this vessel or any.

    None where nothing was announced: most lawful calls are not.
    """
    if not permitted:
        return None
    row = table.announced
    nats = log_ratio(row.landing_share, row.innocent_share)
    return _entry("identity", nats, "announced", ("permits",))
