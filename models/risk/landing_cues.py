"""From the facts of a landing to evidence of who it is and when it came: identity, rarity, timing.

As in `models.risk.cues`: plain numbers and codes in, entries out; what is not known is None and
says nothing. Facts that hang together are weighed together; a joint weight is shown in parts that
add up to it.

Source: methods 3.2, 4.4; every number is the table's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from models.risk.cues import tide_window
from models.risk.evidence import Evidence, entry
from models.risk.evidence_table import EvidenceTable
from models.risk.landing_table import Manners, Named, Sighting
from models.risk.likelihood import log_ratio
from models.risk.pier_use import visit_chance


def seen_afloat(
    table: EvidenceTable,
    manner: str | None,
    silence_nats: float | None = None,
    *,
    in_register: bool | None = None,
    silent_min: float | None = None,
    rough: bool = False,
    sources: Sequence[str] = (),
) -> list[Evidence]:
    """How the sea saw the visit, jointly with whether the register has the vessel.

    Parameters
    ----------
    manner
        One of `landing_table.MANNERS`; None where nobody can tell silence from not being covered.
    silence_nats
        How surprising the silence is for a transmitter that was on; None: nobody can tell.
    in_register
        None without a register, or without a name that is sure.
    rough
        In a gale a silence is a question, not evidence: it is shown, and counts nothing.
    sources
        The sensors behind the track.

    Returns
    -------
    What the manner says, whatever the register; and what the register says beyond that. The two
    add up to the joint ratio, where the manner's is not held at 0.
    """
    ours, theirs = table.landing.seen.landing, table.landing.seen.innocent
    if manner in ("beidou_alone", "radar_only", "unseen"):
        nats = log_ratio(getattr(ours, manner), getattr(theirs, manner))
        return [entry("identity", nats, manner, sources or ("radar",))]
    told = None if rough and manner != "heard" else manner
    lost = _lost(table, manner, silence_nats)
    landing, innocent = _cell(ours, told, lost), _cell(theirs, told, lost)
    whole = log_ratio(landing.both, innocent.both)
    out = [] if manner is None else [_manner(manner, whole, silent_min, sources)]
    if in_register is not None:
        name = "registered" if in_register else "unregistered"
        joint = log_ratio(getattr(landing, name), getattr(innocent, name))
        beyond = joint if told is None else joint - whole
        out.append(entry("identity", beyond, name, ("register",)))
    return out


def _lost(table: EvidenceTable, manner: str | None, silence_nats: float | None) -> float:
    """The probability that a transmitter which was on was not heard for so long by chance."""
    if manner is None or manner == "heard":
        return 0.0
    if silence_nats is None:
        return table.landing.seen.lost_share
    return math.exp(-min(max(silence_nats, 0.0), table.landing.seen.silence_cap_nats))


def _manner(
    manner: str, whole: float, silent_min: float | None, sources: Sequence[str]
) -> Evidence:
    if manner == "heard":
        return entry("identity", whole, "heard_all_the_way", sources)
    return entry(
        "identity",
        max(whole, 0.0),  # a silence that chance explains never speaks for being heard
        "dark_approach",
        sources,
        silent_min=None if silent_min is None else round(silent_min),
        corroborated=manner == "silent_tracked" or None,
        moored=manner == "silent_moored" or None,
        unmeasured=silent_min is None or None,
    )


class _Cell:
    """Shares of a named boat, losses by chance mixed in."""

    def __init__(self, registered: float, unregistered: float) -> None:
        self.registered, self.unregistered = registered, unregistered

    @property
    def both(self) -> float:
        return self.registered + self.unregistered


def _cell(shares: Manners, manner: str | None, lost: float) -> _Cell:
    named = (shares.heard, shares.silent, shares.silent_moored, shares.silent_tracked)
    if manner is None:  # relative to all that have a name
        total = math.fsum(n.both for n in named)
        known = math.fsum(n.registered for n in named) / total
        return _Cell(known, 1.0 - known)
    of: Named = getattr(shares, manner)
    more = lost if manner != "heard" else 0.0
    return _Cell(
        of.registered + more * shares.heard.registered,
        of.unregistered + more * shares.heard.unregistered,
    )


def nameless(table: EvidenceTable, seen: bool) -> Evidence | None:
    """A boat before the dock camera of which no transponder was heard where they are heard."""
    if not seen:
        return None
    row = table.landing.nameless
    nats = log_ratio(row.landing_share, row.innocent_share)
    return entry("identity", nats, "nameless", ("ais", "camera"))


def doubtful_name(table: EvidenceTable, doubtful: bool) -> Evidence | None:
    """The name is borne by two, or is not what the register has; nothing where it is not."""
    if not doubtful:
        return None
    row = table.landing.doubtful_name
    nats = log_ratio(row.landing_share, row.innocent_share)
    return entry("identity", nats, "doubtful_name", ("fusion",))


def rare_visit(
    table: EvidenceTable,
    status: str = "unknown",
    *,
    visits: float | None = None,
    covered_nights: float | None = None,
    probability: float = 1.0,
    sighting: str | None = None,
    crowd: float = 1.0,
) -> Evidence | None:
    """A visit where few were expected: surprise + ln P(visit seen | landing here).

    Parameters
    ----------
    status
        What the register says: `idle`, `low`, `active`, `unknown`.
    visits, covered_nights
        Decayed counts of what was observed (`models.risk.pier_use`).
    probability
        That there is a visit at all: of an approach, that it goes here. None may be seen then, so
        the ratio is mixed with that of no visit.
    sighting
        One of `landing_table.SIGHTINGS` where that alone tells of the visit: then it may be of
        nothing, which a pier where nobody calls shows as often as any.
    crowd
        By how much more idle piers are visited tonight than in other nights (`crowding`).
    """
    if probability <= 0:
        return None
    chance = visit_chance(table, status, visits or 0.0, covered_nights or 0.0)
    seen, sure = table.idle_pier.visit_share, min(probability, 1.0)
    rate = -math.log1p(-min(chance, 1.0 - 1e-9))  # visits a night that make this chance
    often = rate * max(crowd, 1.0)
    if sighting is not None:
        row: Sighting = getattr(table.landing.sightings, sighting)
        seen, often = row.landing_share, often + row.false_per_night
    likely = -math.expm1(-often)
    nats = math.log(sure * seen / max(likely, 1e-300) + (1.0 - sure) * (1.0 - seen))
    return entry(
        "rarity",
        nats,
        "idle_pier",
        ("pier_register",) if not covered_nights else ("baseline", "pier_register"),
        status=status,
        days_between_visits=round(1.0 / max(rate, 1e-9), 1),
        covered_days=None if covered_nights is None else round(covered_nights),
        probability=None if sure == 1.0 else round(sure, 2),
        times_usual=None if crowd < 1.5 else round(crowd, 1),
    )


def crowding(table: EvidenceTable, visited: int, idle_piers: int, *, storm: bool) -> float:
    """By how much more idle piers are visited tonight than is usual; at least 1.

    Parameters
    ----------
    visited
        Other piers, idle by the register, at which a boat was tracked since noon.
    idle_piers
        How many such piers there are.
    storm
        Whether a gale or typhoon was announced.
    """
    row, usual = table.landing.crowd, idle_piers * visit_chance(table, "idle")
    return max((row.shape + visited) / (row.shape + usual), row.storm if storm else 1.0)


def nobody_afloat(table: EvidenceTable, waited_min: float | None, covered: bool) -> Evidence | None:
    """Goods vehicles wait for so long, and no boat came though one would have been seen."""
    if waited_min is None or not covered:
        return None
    row = table.landing.nobody_afloat
    band = max(sum(1 for start in row.from_min if start <= waited_min) - 1, 0)
    nats = math.log(row.landing_share[band])
    return entry("identity", nats, "unseen", ("radar",), waited_min=round(waited_min))


def berthing_hour(
    table: EvidenceTable,
    hour_local: int | None,
    day_kind: str = "workday",
    hour_share: float | None = None,
) -> Evidence | None:
    """The hour of berthing and the kind of day.

    Parameters
    ----------
    hour_local
        0 … 23.
    day_kind
        `workday`, `weekend` or `holiday`, of the evening whose night it is.
    hour_share
        The share of a day's visits at piers of this kind that fall into the hour, as learned
        (`models.baseline.hours.share`); it takes the place of the table's innocent side.
    """
    if hour_local is None:
        return None
    row = table.landing.landing_hours
    innocent = row.innocent_share[hour_local] if hour_share is None else max(hour_share, 1e-4)
    by_hour = log_ratio(row.landing_share[hour_local], innocent)
    by_day: float = getattr(row, f"{day_kind}_nats")
    nats = min(max(by_hour, -row.most_nats), row.most_nats) + by_day
    return entry(
        "timing",
        nats,
        "night_hours",
        () if hour_share is None else ("baseline",),
        hour_local=hour_local,
        day_kind=day_kind,
        usual_share=None if hour_share is None else round(hour_share, 3),
    )


def water(
    table: EvidenceTable,
    kind: str,
    hours_from_high_water: float | None = None,
    margin_m: float | None = None,
    feasible_share: float | None = None,
) -> Evidence | None:
    """Water at the berth, as `cues.tide_window`; where boats ground on purpose, too little water
    and too early a tide say nothing.

    Parameters
    ----------
    kind
        The pier's: `pier`, `jetty`, `ramp`, `beach`, `mudflat`.
    """
    if kind not in table.landing.grounding_kinds:
        return tide_window(table, hours_from_high_water, margin_m, feasible_share)
    if hours_from_high_water is None or not math.isfinite(hours_from_high_water):
        return None
    row, off = table.tide_window, abs(hours_from_high_water)
    nats = row.inside_nats if off <= row.hours else 0.0
    return entry("timing", nats, "tide_window", ("tide",), hours_from_high_water=round(off, 1))
