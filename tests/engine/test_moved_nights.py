"""What a night says hangs on when things are beside each other, and not on the hour by itself.

Two controls: a night moved by whole hours is the same night but for what hour, tide and rarity say
of it; and lorries whose times are shuffled meet nobody.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from engine_runs import run
from example_counts import TIMEOUT_S
from made_tracks import T0_S
from shore_night import ECHO, FISHER, LORRIES, camera, goes_dark, parked, scene, shore, visit, waits

pytestmark = pytest.mark.timeout(TIMEOUT_S)
BERTH_S, NIGHT_S = 5400.0, 4 * 3600  # 01:30
END_S = T0_S + 6 * 3600
MET = {
    LORRIES[0]: waits(BERTH_S - 600, BERTH_S + 4200),
    LORRIES[1]: waits(BERTH_S + 600, BERTH_S + 4600),
    "plate:浙C1": parked(0, NIGHT_S),
}
NIGHTS = {
    "a boat without a name, and lorries": scene({ECHO: visit(BERTH_S), **MET}, camera(0, NIGHT_S)),
    "a boat that goes dark": scene(goes_dark(2 * 3600.0, silent_min=30)),
    "a fisherman": scene({FISHER: visit(BERTH_S)}, camera(0, NIGHT_S, "boat")),
}
TIMES = ("observed_at", "received_at", "arrived_at")
#: What the hour says: berthing, tide and how long; how seldom by night; what was learned of hours.
OF_THE_HOUR = {"timing", "rarity", "calibration"}
#: Lorries are moved to another time within so long before or after, so often.
SPAN_S, DRAWS = 5 * 86_400, 8
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
Json = dict[str, Any]


def told(rows: pl.DataFrame, end_s: int) -> tuple[list[Json], list[Json]]:
    """Alerts and events of a night."""
    alerts, events, _ = run(rows, [end_s], where=shore(watch=0.0005))
    return [json.loads(t) for t in alerts.splitlines()], [
        json.loads(t) for t in events.splitlines()
    ]


def moved_back(lines: list[Json], hours: int) -> list[Json]:
    """Lines with every time so many hours earlier, without the names that are made of times."""

    def back(found: re.Match[str]) -> str:
        at = datetime.fromisoformat(found[0]) - timedelta(hours=hours)
        return at.isoformat().replace("+00:00", "Z")

    kept = [{k: v for k, v in one.items() if k not in ("alert_id", "event_id")} for one in lines]
    return [json.loads(_INSTANT.sub(back, json.dumps(one))) for one in kept]


def weighed(alerts: list[Json]) -> set[tuple[str, str, float]]:
    """Block, code and nats of the last word on each alert, of the blocks that know no hour."""
    last = {alert["alert_id"]: alert for alert in alerts}
    return {
        (entry["block"], entry["code"], entry["nats"])
        for alert in last.values()
        for entry in alert["evidence"]
        if entry["block"] not in OF_THE_HOUR
    }


@pytest.mark.parametrize("name", NIGHTS)
@pytest.mark.parametrize("hours", [-2, 1])
def test_a_night_moved_by_hours_gives_the_same_events_moved_and_the_same_nats(
    name: str, hours: int
) -> None:
    rows = NIGHTS[name]
    alerts, events = told(rows, END_S)
    later = rows.with_columns(pl.col(*TIMES) + timedelta(hours=hours))
    alerts_later, events_later = told(later, END_S + 3600 * hours)
    assert events
    assert moved_back(events_later, hours) == moved_back(events, 0)
    assert alerts
    assert weighed(alerts)
    assert weighed(alerts_later) == weighed(alerts)


def truck_links(rows: pl.DataFrame, end_s: int) -> int:
    """Lorries that the last word on a boat's landing links to it."""
    alerts, _ = told(rows, end_s)
    last = {alert["alert_id"]: alert for alert in alerts if alert["targets"]}
    assert last
    edges = [edge for alert in last.values() for edge in alert["explanation"]["chain"]["edges"]]
    return sum(edge["kind"] in ("met_by", "left_with") for edge in edges)


def test_lorries_whose_times_are_shuffled_meet_nobody() -> None:
    """Each lorry's journey at some other hour of ten days: nine links in ten are gone."""
    rows = NIGHTS["a boat without a name, and lorries"]
    dice, left = np.random.default_rng(7), 0
    for _ in range(DRAWS):
        by = {name: timedelta(seconds=int(dice.integers(-SPAN_S, SPAN_S))) for name in LORRIES}
        moved = [
            rows.filter(target=name).with_columns(pl.col(*TIMES) + later)
            for name, later in by.items()
        ]
        others = rows.filter(~pl.col("target").is_in(LORRIES).fill_null(False))
        left += truck_links(pl.concat([*moved, others]).sort("arrived_at", "key"), END_S + SPAN_S)
    assert truck_links(rows, END_S) == len(LORRIES)
    assert left <= 0.1 * DRAWS * len(LORRIES)
