"""What a rival says, in the product's own envelope."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from core.times import unix_us, utc_text
from geo.site import Site
from models.risk.likelihood import prior_nats

LOWEST, HIGHEST = 0.0001, 0.999  # a posterior

Row = dict[str, Any]


@dataclass(frozen=True)
class Replayed:
    """What a replay wrote, and the site that it ran on; `alerts` of kind `night_landing` only,
    every one that the engine weighed."""

    site: Site
    alerts: list[Row]
    events: list[Row]

    @property
    def prior_nats(self) -> float:
        """Log-odds of a landing, as the product has them."""
        return prior_nats(self.site.landings_per_100_pier_nights)


def read_replayed(site: Site, folder: Path) -> Replayed:
    """The files that a replay wrote into a folder."""
    alerts = [row for row in _rows(folder / "alerts.jsonl") if row["kind"] == "night_landing"]
    return Replayed(site, alerts, list(_rows(folder / "events.jsonl")))


def _rows(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def bounded(score: float) -> float:
    """A score as it may stand for a posterior."""
    return round(min(max(score, LOWEST), HIGHEST), 6)


@dataclass(frozen=True)
class Call:
    """A vessel at a pier, as the settled events have it.

    `begun_at` is the berthing, or the moment when a vessel near the pier fell silent (`dark`).
    """

    event_id: str
    pier_id: str
    target: str
    lon: float
    lat: float
    begun_at: datetime
    over_at: datetime
    left_at: datetime | None  # the end of the berthing
    dark: bool


def calls(events: Iterable[Mapping[str, Any]]) -> list[Call]:
    """The pier calls that came to lie there or went dark, by their beginning."""
    found = []
    for event in events:
        detail = event.get("detail") or {}
        begun = detail.get("berth_from") or detail.get("dark_from")
        if event["kind"] != "pier_call" or not begun:
            continue
        begun_at, over_at = moment(begun), moment(event["to"])
        left = detail.get("berth_to")
        found.append(Call(
            event["event_id"], event["pier_id"], event["targets"][0], event["lon"], event["lat"],
            begun_at, max(over_at, begun_at), moment(left) if left else None,
            not detail.get("berth_from"),
        ))  # fmt: skip
    return sorted(found, key=lambda call: (call.begun_at, call.event_id))


def moment(text: str) -> datetime:
    """A time of the files."""
    return datetime.fromisoformat(text).astimezone(UTC)


def said(who: str, call: Call, prior: float, scores: Iterable[tuple[float, float]]) -> list[Row]:
    """A rival's alert of one call: a revision for each score, so many minutes after it began.

    Parameters
    ----------
    scores
        Minutes and score, by minutes.
    """
    rows = []
    for revision, (minutes, score) in enumerate(scores, 1):
        issued_at = call.begun_at + timedelta(minutes=minutes)
        gone = call.left_at is not None and call.left_at <= issued_at
        rows.append({
            "alert_id": f"{who}-{call.event_id}", "revision": revision,
            "status": "new" if revision == 1 else "update", "kind": "night_landing",
            "issued_at": text_of(issued_at), "level": "watch", "posterior": bounded(score),
            "prior_nats": round(prior, 2), "pier_id": call.pier_id,
            "lon": call.lon, "lat": call.lat, "berth_from": text_of(call.begun_at),
            "berth_to": text_of(call.left_at) if gone else None,
            "targets": [call.target], "vehicles": [],
        })  # fmt: skip
    return rows


def text_of(at: datetime | None) -> str | None:
    """A time as the files have it."""
    return None if at is None else utc_text(unix_us(at))


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Envelopes in the order of issue: of the times, for as text half a second is before none."""
    return sorted(
        rows, key=lambda row: (moment(row["issued_at"]), row["alert_id"], row["revision"])
    )
