"""From what the detectors say to lines of `events.jsonl` and words of alerts.

What ended is an event, once it has settled. What has a level is an alert: the prior of a landing
and the detector's nats, held by the caps of `models.risk.evidence`, so that its log-odds add up as
those of every alert do. A loop over happenings, not over observations.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import polars as pl

from alerts.policy import Said
from core.keys import short_id
from core.times import SECOND_US, utc_text
from engine.judging import distress
from engine.place import Place
from models.risk.evidence import Evidence, weigh
from models.risk.severity import severity

Row = dict[str, Any]
#: What an alert may rest on; what it does not is said with it.
SENSORS: Final = ("ais", "beidou", "camera", "radar", "vehicles")
#: Kinds that a vessel in distress would cause too: they ask for it first.
QUIET: Final = ("dark_vessel",)
#: The passes predict a little differently, and so ask and answer some minutes apart.
GRACE_S: Final = 300
#: The block of evidence that a kind speaks in, where it is not that of identity.
BLOCKS: Final = {"scout": "recurrence"}


def events(
    happened: pl.DataFrame, place: Place, *, tick: Callable[[int], int], phase: str = "ended"
) -> list[Row]:
    """Happenings that ended, or are in another phase, as lines of `events.jsonl`; `tick` as in
    `words`."""
    out = []
    for row in happened.filter(pl.col("phase") == phase).iter_rows(named=True):
        begun = utc_text(row["from_us"]) or ""
        pier_id = _pier_id(row, place)
        lon, lat = _round(row["lon"], 5), _round(row["lat"], 5)
        parts = [row["kind"], row["matter"], *row["targets"], begun, pier_id or f"{lon},{lat}"]
        detail = _params(row)
        if row["kind"] in QUIET and place.rough_at(row["from_us"]):
            detail = {"ask": "distress_possible", **detail}
        out.append(
            {
                "event_id": short_id(parts),
                "kind": row["kind"],
                "from": begun,
                "to": utc_text(row["to_us"]),
                "lon": lon,
                "lat": lat,
                "targets": row["targets"],
                "pier_id": pier_id,
                "detail": detail,
                "settled_at": utc_text(tick(row["clock_s"]) * SECOND_US),
            }
        )
    return out


def words(
    happened: pl.DataFrame, place: Place, *, settled: bool, tick: Callable[[int], int]
) -> list[Said]:
    """What one voice says of happenings with a level.

    Parameters
    ----------
    happened
        `HAPPENING` in their order.
    tick
        Gives the tick at which something is said from the pass's own clock.
    """
    out = []
    for row in happened.iter_rows(named=True):
        over = row["phase"] in ("ended", "withdrawn")
        withdrawn = row["phase"] == "withdrawn"
        if row["level"] is None and not over:
            continue
        out.append(
            Said(
                tick(row["clock_s"]),
                settled,
                f"{row['kind']} {row['matter']}",
                "",  # the passes may name different piers of the same matter
                row["from_us"],
                row["from_us"],
                None if withdrawn or row["level"] is None else _content(row, place),
                over=over,
                lost=over and not withdrawn and row["level"] is None,
                grace_s=GRACE_S,
            )
        )
    return out


def _content(row: Row, place: Place) -> Row:
    asked = row["kind"] in QUIET and place.rough_at(row["from_us"])
    sources = sorted(row["sources"])
    params = {"from": utc_text(row["from_us"]), "to": utc_text(row["to_us"]), **_params(row)}
    known = {name: value for name, value in params.items() if value is not None}
    nats = 0.0 if asked else row["nats"] or 0.0
    entry = Evidence(BLOCKS.get(row["kind"], "identity"), nats, row["kind"], known, tuple(sources))
    limits = place.settings.alerts
    weighed = weigh(place.likelihoods, [entry], place.prior_nats, limits.watch, limits.verify)
    first = [distress(row["from_us"], sources)] if asked else []
    grave = severity(place.judgements, {"vessel_size": _length_m(row, place)})
    return {
        "kind": row["kind"],
        "level": row["level"],
        "posterior": weighed.posterior,
        "prior_nats": weighed.prior_nats,
        "severity": round(grave.score, 4),
        "exercise": place.exercise,
        "pier_id": _pier_id(row, place),
        "lon": _round(row["lon"], 6),
        "lat": _round(row["lat"], 6),
        "berth_from": None,
        "berth_to": None,
        "targets": sorted(row["targets"]),
        "vehicles": [],
        "evidence": [e.as_dict() for e in (*first, *weighed.evidence)],
        "not_covered": sorted(set(SENSORS) - {source.split(":")[0] for source in sources}),
        "severity_parts": grave.as_parts(),
    }


def _length_m(row: Row, place: Place) -> float | None:
    """The largest of the vessels that the register knows."""
    known = [(place.vessels.get(target) or {}).get("length_m") for target in row["targets"]]
    return max((metres for metres in known if metres), default=None)


def _pier_id(row: Row, place: Place) -> str | None:
    return None if row["pier"] is None else str(place.pier_rows[row["pier"]]["pier_id"])


def _params(row: Row) -> Row:
    found: Row = json.loads(row["detail"]) if row["detail"] else {}
    return found


def _round(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
