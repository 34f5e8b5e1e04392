"""From plain facts of a visit to entries of evidence: water, time in berth, the register, permits.

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
from models.risk.likelihood import log_ratio


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
