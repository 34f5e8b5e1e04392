"""How unusual a landing is, through the whole engine: a block that is capped, named while it is
not learned, and the same however the input was cut."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

import polars as pl
import pytest
from engine_runs import same_state
from example_counts import TIMEOUT_S
from made_candidates import candidates
from made_tracks import T0_S
from shore_night import ECHO, LORRIES, camera, scene, shore, visit, waits

from alerts.envelope import line
from engine.anomalies import night_of
from engine.fold import Batch, EngineState, advance
from engine.normal import CLOSES_S, Nights, Normal
from models.anomaly.fold import Anomaly, close_night

pytestmark = pytest.mark.timeout(TIMEOUT_S)
NIGHT_S, BERTH_S = 4 * 3600, 5400.0
MET = {name: waits(BERTH_S - 600, BERTH_S + 4200) for name in LORRIES}
BOAT = scene({ECHO: visit(BERTH_S), **MET}, camera(0, NIGHT_S))
NOON_S = T0_S + 12 * 3600 + CLOSES_S


@cache
def learned() -> Anomaly:
    """What 300 pier-nights before this one were like: nobody came with lorries."""
    before = candidates(3, 300, night_of(T0_S * 1_000_000, shore()) - 1, trucks=0.0)
    return close_night(Anomaly(), int(before["night"][0]), before)


def told(ticks: list[int], start: EngineState) -> tuple[list[dict[str, Any]], EngineState]:
    state, alerts = start, []
    arrived_s = -(-BOAT["arrived_at"].dt.epoch("us") // 1_000_000)
    was = -1
    for tick in ticks:
        state = EngineState.load(state.save()) if len(ticks) > 1 else state
        batch = BOAT.filter((arrived_s > was) & (arrived_s <= tick))
        state, out = advance(state, Batch(batch, tick), shore())
        alerts += [json.loads(line(alert)) for alert in out.alerts]
        was = tick
    return alerts, state


def knowing() -> EngineState:
    return replace(EngineState.initial(), nights=Nights(Normal(anomaly=learned())))


def test_what_is_not_learned_counts_nothing_and_is_named() -> None:
    alerts, state = told([NOON_S + 3600], EngineState.initial())
    assert alerts
    assert all("anomaly" in alert["not_covered"] for alert in alerts)
    assert not any(e["block"] == "anomaly" for alert in alerts for e in alert["evidence"])
    kept = state.nights.normal.anomaly
    assert kept.last_night == night_of(T0_S * 1_000_000, shore())
    assert len(kept.rows)
    assert set(kept.rows["pier"]) == {0}
    assert state.nights.judged.is_empty()


def test_an_unusual_landing_says_how_unusual_and_cuts_change_nothing() -> None:
    alerts, state = told([NOON_S], knowing())
    assert alerts
    for alert in alerts:
        assert "anomaly" not in alert["not_covered"]
        (entry,) = [e for e in alert["evidence"] if e["block"] == "anomaly"]
        assert entry["code"] == "unusual"
        assert abs(entry["nats"]) <= 2
        assert entry["params"]["n"] == 300
    again, after = told([T0_S + 4000, T0_S + 8000, NOON_S - 1, NOON_S], knowing())
    assert again == alerts
    assert same_state(state, after)
    assert state.nights.normal.anomaly.rows.height > 300
    assert isinstance(state.nights.judged, pl.DataFrame)
