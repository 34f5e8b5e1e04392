"""B2: an isolation forest over the pier calls, and nothing else.

Every call is one row of plain numbers, as they stand half an hour after the vessel came to lie
there (or left, where that is sooner). The forest of a night has learned from the calls of earlier
nights only, noon to noon; a night without enough of them says nothing.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from geo.calendar import operational_night
from geo.daylight import is_night
from pipeline.baselines.envelopes import Call, Replayed, Row, calls, in_order, moment, said

AFTER_MIN: Final = 30.0
TREES: Final = 200
LEAST_CALLS: Final = 40
_SEED: Final = 20_261_122
_APPROACH: Final = timedelta(hours=2)
_STATUSES: Final = {"active": 0.0, "low": 1.0, "unknown": 1.0, "idle": 2.0}

Floats = NDArray[np.float64]


def forest_alone(replayed: Replayed) -> list[Row]:
    """What B2 raises: every call by night, scored by how soon the forest isolates it, in [0, 1]."""
    by_night: dict[date, list[Call]] = defaultdict(list)
    for call in calls(replayed.events):
        by_night[operational_night(call.begun_at, replayed.site.timezone)].append(call)
    rows, known = Rows(replayed), list[Floats]()
    found: list[Row] = []
    for night in sorted(by_night):
        tonight = [rows.of(call) for call in by_night[night]]
        if len(known) >= LEAST_CALLS:
            scores = _scores(np.stack(known), np.stack(tonight))
            for call, score in zip(by_night[night], scores.tolist(), strict=True):
                if _dark(call):
                    found += said("B2", call, replayed.prior_nats, [(AFTER_MIN, score)])
        known += tonight
    return in_order(found)


def _scores(known: Floats, asked: Floats) -> Floats:
    forest = IsolationForest(n_estimators=TREES, random_state=_SEED).fit(known)
    return np.asarray(-forest.score_samples(asked), np.float64)


def _dark(call: Call) -> bool:
    at = np.datetime64(call.begun_at.replace(tzinfo=None), "us")
    return bool(is_night(call.lon, call.lat, at))


class Rows:
    """Calls as numbers; given in their order, each sees those before it."""

    def __init__(self, replayed: Replayed) -> None:
        site = replayed.site
        table = site.piers.table
        self._status = dict(table.select("pier_id", "status").iter_rows())
        self._homes = {
            f"mmsi:{row['mmsi']}": row["home_pier"]
            for row in site.vessels.iter_rows(named=True) if row["mmsi"]
        }  # fmt: skip
        self._zone = ZoneInfo(site.timezone)
        self._silences = _silences(replayed.events)
        self._at_pier, self._ever = Counter[str](), Counter[str]()
        self._both = Counter[tuple[str, str]]()

    def of(self, call: Call) -> Floats:
        """Hour, minutes lain, silence before, how rare pier and vessel are, what the registers say.

        Shape (10,).
        """
        pier, target = call.pier_id, call.target
        local = call.begun_at.astimezone(self._zone)
        turn = 2 * math.pi * (local.hour + local.minute / 60) / 24
        asked_at = call.begun_at + timedelta(minutes=AFTER_MIN)
        ends_at = min(call.left_at or call.over_at, asked_at)
        row = [
            math.cos(turn), math.sin(turn),
            (ends_at - call.begun_at).total_seconds() / 60,
            float(call.dark), math.log1p(self._silent_min(call)),
            math.log1p(self._at_pier[pier]), math.log1p(self._ever[target]),
            math.log1p(self._both[pier, target]),
            _STATUSES.get(self._status.get(pier) or "unknown", 1.0),
            0.0 if self._homes.get(target) == pier else 1.0 if target in self._homes else 2.0,
        ]  # fmt: skip
        self._at_pier[pier] += 1
        self._ever[target] += 1
        self._both[pier, target] += 1
        return np.array(row, np.float64)

    def _silent_min(self, call: Call) -> float:
        """Of the longest silence on the approach."""
        spans = [
            (end - begun).total_seconds() / 60
            for begun, end in self._silences.get(call.target, ())
            if call.begun_at - _APPROACH <= end <= call.begun_at
        ]
        return max(spans, default=0.0)


def _silences(events: Iterable[dict[str, Any]]) -> dict[str, list[tuple[datetime, datetime]]]:
    found: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for event in events:
        if event["kind"] == "silence" and event["to"]:
            found[event["targets"][0]].append((moment(event["from"]), moment(event["to"])))
    return found
