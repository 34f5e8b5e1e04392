"""From the facts of a landing to evidence of what goes with it: land side, recurrence, anomaly.

Source: methods 1.6, 3.1, 3.2, 4.5; every number is the table's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from models.baseline.likely import Follows
from models.risk.evidence import Evidence, entry
from models.risk.evidence_table import EvidenceTable
from models.risk.likelihood import log_ratio


def trucks(
    table: EvidenceTable,
    use: Mapping[str, float],
    count: float,
    *,
    covered: bool,
    watched_min: float | None = None,
    lag_min: float | None = None,
    sources: Sequence[str] = (),
    announced: bool = False,
    usual: Sequence[float] = (),
) -> Evidence | None:
    """Goods vehicles that stand at the visit, by how the pier is used.

    Parameters
    ----------
    use
        The probability of each class of pier (`models.risk.pier_use.pier_use`).
    count
        Their number, each weighted by the probability that it belongs here; between whole numbers
        the nats lie between theirs.
    covered
        Whether somebody looks there. Else none seen says nothing.
    watched_min
        Minutes since berthing: so many may have come by now. None: nobody berthed yet.
    lag_min
        Of the first of them, before (negative) or after berthing.
    announced
        Announced night work comes with vehicles, whatever the pier.
    usual
        Nights' worth of dark hours in which none, one, two, three and more stood at this pier
        (`models.baseline.lorries`): they are added to the table's, which weighs `table_nights`.
    """
    n = max(count, 0.0)
    if not covered and n <= 0:
        return None
    row = table.landing.trucks
    by_use = [math.fsum(use[k] * getattr(row, k)[i] for k in use) for i in range(len(row.landing))]
    theirs = list(row.announced) if announced else _with_usual(by_use, row.table_nights, usual)
    come = _come(row.come_by_min, row.come_share, watched_min)
    ours = [1 - come * (1 - row.landing[0]), *row.landing[1:]]
    nats = _between(ours, [1 - come * (1 - theirs[0]), *theirs[1:]], n)
    if not covered:  # what is seen counts, what is missing may only not be seen
        nats = max(nats, 0.0)
    return entry(
        "land_side",
        nats,
        "trucks" if n > 0 else "no_trucks",
        sources,
        trucks=round(n, 1),
        lag_min=None if lag_min is None else round(lag_min),
    )


def _with_usual(shares: list[float], nights: float, usual: Sequence[float]) -> list[float]:
    """Shares of the table, worth so many nights, with what was seen at the pier itself."""
    if not usual:
        return shares
    whole = nights + math.fsum(usual)
    return [(nights * share + seen) / whole for share, seen in zip(shares, usual, strict=True)]


def passing(
    table: EvidenceTable, count: float, *, covered: bool, sources: Sequence[str] = ()
) -> Evidence | None:
    """Goods vehicles that road cameras read on the way; most pass by, so they say little."""
    n = max(count, 0.0)
    if not covered and n <= 0:
        return None
    row = table.landing.passing
    nats = _between(row.landing, row.innocent, n)
    if not covered:
        nats = max(nats, 0.0)
    return entry("land_side", nats, "trucks_pass", sources or ("camera",), trucks=round(n, 1))


def _between(ours: Sequence[float], theirs: Sequence[float], n: float) -> float:
    """The ratio of shares by number, in nats; of a broken number between its neighbours'."""
    steps = [log_ratio(a, b) for a, b in zip(ours, theirs, strict=True)]
    low = min(int(n), len(steps) - 1)
    high = min(low + 1, len(steps) - 1)
    return steps[low] + (steps[high] - steps[low]) * (min(n, len(steps) - 1) - low)


def _come(by_min: Sequence[float], shares: Sequence[float], now_min: float | None) -> float:
    """The share of the vehicles that has come by now."""
    if now_min is None or now_min <= by_min[0]:
        return shares[0]
    for low in range(len(by_min) - 1):
        if now_min <= by_min[low + 1]:
            way = (now_min - by_min[low]) / (by_min[low + 1] - by_min[low])
            return shares[low] + way * (shares[low + 1] - shares[low])
    return shares[-1]


def left_with(table: EvidenceTable, count: float, sources: Sequence[str] = ()) -> Evidence | None:
    """Goods vehicles that left within half an hour after the vessel; None where none is known.

    That none was seen to leave says nothing: few are looked at all the time.
    """
    if count <= 0:
        return None
    row = table.landing.left_with
    nats = min(count, 1.0) * log_ratio(row.landing_share, row.innocent_share)
    return entry("land_side", nats, "left_with", sources, trucks=round(count, 1))


def camera_boat(
    table: EvidenceTable, seen: bool | None, sources: Sequence[str] = ()
) -> Evidence | None:
    """A boat before the dock camera, or nobody though it could see; None: it could not."""
    if seen is None:
        return None
    row = table.landing.camera_boat
    if seen:
        nats = log_ratio(row.landing_share, row.innocent_share)
        return entry("land_side", nats, "camera_boat", sources or ("camera",))
    nats = log_ratio(1 - row.landing_share, 1 - row.innocent_share)
    return entry("land_side", nats, "nobody_on_camera", sources or ("camera",))


def barrier(table: EvidenceTable, state: str | None) -> Evidence | None:
    """The height-limit bar: `raised`, `damaged` or `lowered`; None where there is none."""
    if state is None:
        return None
    row = table.landing.barrier_up
    if state == "lowered":
        nats = log_ratio(1 - row.landing_share, 1 - row.innocent_share)
        return entry("land_side", nats, "barrier_down", ("barrier",))
    nats = log_ratio(row.landing_share, row.innocent_share)
    return entry("land_side", nats, "barrier_up", ("barrier",), bar=state)


def near_repeat(
    table: EvidenceTable, before: Follows | None, memory_nights: float | None = None
) -> Evidence | None:
    """What earlier landings here or at a neighbour make of this one, each by how likely it was one.

    Parameters
    ----------
    before
        None: nothing is remembered that draws another.
    memory_nights
        How many nights are remembered; without enough of them nothing is said of none.
    """
    row = table.landing.near_repeat
    if before is None or before.times <= 1.0:
        if memory_nights is None or memory_nights < row.memory_nights:
            return None
        return entry(
            "recurrence", row.none_nats, "none_before", ("baseline",), nights=row.memory_nights
        )
    return entry(
        "recurrence", min(math.log(before.times), row.cap_nats), "near_repeat", ("baseline",),
        nights=before.nights, chance_share=round(before.probability, 4),
        neighbour=None if before.here else True,
    )  # fmt: skip


def burst(
    table: EvidenceTable, visits: int | None, days: int | None, nats: float | None
) -> Evidence | None:
    """A burst of suspicious visits (`models.baseline.bursts.Burst`); None where it is the only."""
    if visits is None or days is None or nats is None:
        return None
    row = table.landing.burst
    worth = min(max(nats, 0.0) * row.used_share, row.cap_nats)
    return entry("recurrence", worth, "burst", ("baseline",), visits=visits, days=days)


def small_repeats(table: EvidenceTable, visits: float | None) -> Evidence | None:
    """How often the same boat or plate was at this quiet pier before, decayed."""
    row = table.landing.small_repeats
    if visits is None or visits <= row.usual_visits:
        return None
    nats = min((visits - row.usual_visits) * row.nats_per_visit, row.cap_nats)
    return entry("recurrence", nats, "small_repeats", ("baseline",), visits=round(visits, 1))


def second_wave(table: EvidenceTable, after: bool, pier_class: str) -> Evidence | None:
    """Within a day and 10 km of an interception or a confirmed landing, at piers not in use."""
    if not after or pier_class == "active":
        return None
    return entry("recurrence", table.landing.second_wave.nats, "second_wave", ("labels",))


def scouted(
    table: EvidenceTable, probability: float | None, sources: Sequence[str] = ()
) -> Evidence | None:
    """Another vessel went the way ahead of it, with a probability; a scout is never sure."""
    if not probability or probability <= 0:
        return None
    row, sure = table.landing.scouted, min(probability, 1.0)
    yes = row.landing_share / row.innocent_share
    no = (1 - row.landing_share) / (1 - row.innocent_share)
    nats = max(math.log(sure * yes + (1 - sure) * no), 0.0)
    return entry("recurrence", nats, "scouted", sources, probability=round(sure, 2))


def unusual(table: EvidenceTable, nats: float | None, params: Mapping[str, Any]) -> Evidence | None:
    """The anomaly block: a share of the nats of the conformal p-value
    (`models.anomaly.learned.Unusual`), for it judges what the other blocks judge too."""
    if nats is None or params.get("p") is None:
        return None
    worth = nats * table.landing.unusual.used_share
    return entry("anomaly", worth, "unusual", ("baseline",), **params)
