"""The outlook on the coming night, as a plain document: made when the night before is closed.

Where to look, hour by hour and pier by pier, and why; of nobody. It is no evidence.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import polars as pl

from core.times import SECOND_US, day_of, utc_text
from engine.anomalies import night_of
from engine.normal import Nights, Normal
from engine.place import Place
from models.baseline.bursts import MEMORY_NIGHTS
from models.outlook.recurrence import RECENT
from models.outlook.risk_hours import FACTORS, Outlook, outlook

Json = dict[str, Any]


def coming(normal: Normal, night: int, place: Place) -> Outlook | None:
    """The outlook on a night, by what is normal as of its noon; None without a table of it.

    Parameters
    ----------
    night
        Its evening's date in days since 1970.
    """
    table = place.outlook
    if table is None:
        return None
    rows = place.likelihoods.idle_pier
    # What the register cannot class is taken as little used.
    priors = {"idle": rows.idle, "low": rows.low, "active": rows.active, "unknown": rows.low}
    known = normal.base.likely.select(RECENT.names())
    nights = min(normal.nights, MEMORY_NIGHTS)
    return outlook(place.site, table, priors, day_of(night), normal.base.rates, known, nights)


def begun(was: Nights, now: Nights, versions: list[tuple[int, Normal]], place: Place) -> list[Json]:
    """The outlooks on the nights that began in a batch: on the first of all by the registers alone.

    Parameters
    ----------
    versions
        As `engine.normal.advance` gives them.
    """
    if not now.closed_s or place.outlook is None:
        return []
    closed = [now for (_, was_so), (_, now) in pairwise(versions) if now.nights > was_so.nights]
    known = closed if was.closed_s else [was.normal, *closed]
    last = night_of(now.closed_s * SECOND_US, place)
    nights = range(last - len(known) + 1, last + 1)
    pairs = [
        (normal, coming(normal, night, place)) for normal, night in zip(known, nights, strict=True)
    ]
    return [document(found, normal, place) for normal, found in pairs if found is not None]


def document(found: Outlook, normal: Normal, place: Place) -> Json:
    """The outlook as JSON: the piers by how likely a landing is there, each with its hours.

    Returns
    -------
    `evening`, `from`, `to`, `expected` landings, `nights` learned from, `not_covered`, `version`,
    `usual_stay_min` of a landing;
    `piers`: `pier_id`, `probability` of the night, `hours` (of each hour since `from`), `best`
    (the likeliest hour's place among them) with its `factors` in nats, `idle`, `last_nights`.
    """
    parts = found.table.partition_by("pier", maintain_order=True)
    piers = [_pier(part, place.pier_rows[part["pier"][0]]["pier_id"]) for part in parts]
    return {
        "evening": found.evening.isoformat(),
        "from": utc_text(found.from_us),
        "to": utc_text(found.to_us),
        "expected": round(found.expected, 6),
        "nights": normal.nights,
        "not_covered": list(found.not_covered),
        "version": found.version,
        "usual_stay_min": place.outlook and place.outlook.hours.usual_stay_min,
        "piers": sorted(piers, key=lambda row: (-row["probability"], row["pier_id"])),
    }


def _pier(part: pl.DataFrame, pier_id: str) -> Json:
    hours = [round(p, 8) for p in part["probability"].to_list()]
    best = max(range(len(hours)), key=lambda at: (hours[at], -at))
    row = part.row(best, named=True)
    total = 0.0
    for value in hours:
        total += value
    return {
        "pier_id": pier_id,
        "probability": round(total, 8),
        "hours": hours,
        "best": best,
        "factors": {name: round(row[f"{name}_nats"], 3) for name in FACTORS},
        "idle": row["idle"],
        "last_nights": row["last_nights"],
        "margin_m": row["margin_m"],
        "high_water_h": row["high_water_h"],
        "moon_lit": row["moon_lit"],
    }
