"""How unusual a landing is, through the whole engine: a block that is capped, named while it is
not learned, and the same however the input was cut."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

import polars as pl
import pytest
from engine_decisions import decisions
from engine_runs import same_state
from example_counts import TIMEOUT_S
from made_candidates import candidates
from made_tracks import T0_S
from shore_night import ECHO, LORRIES, camera, scene, shore, visit, waits

from alerts.envelope import line
from core.times import day_of, utc_text
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


def told(
    ticks: list[int], start: EngineState, reports: list[dict[str, Any]] | None = None
) -> tuple[list[dict[str, Any]], EngineState]:
    state, alerts = start, []
    arrived_s = -(-BOAT["arrived_at"].dt.epoch("us") // 1_000_000)
    was = -1
    for tick in ticks:
        state = EngineState.load(state.save()) if len(ticks) > 1 else state
        batch = BOAT.filter((arrived_s > was) & (arrived_s <= tick))
        state, out = advance(state, Batch(batch, tick), shore())
        alerts += [json.loads(line(alert)) for alert in out.alerts]
        if reports is not None:
            reports += out.night_reports
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


def test_the_report_of_a_night_says_what_stood_out_what_was_alerted_and_how_often_so_far() -> None:
    reports: list[dict[str, Any]] = []
    alerts, _ = told([NOON_S], knowing(), reports)
    (report,) = reports
    assert report["made_at"] == utc_text(NOON_S * 1_000_000)
    assert report["evening"] == day_of(night_of(T0_S * 1_000_000, shore())).isoformat()
    (judged,) = [row for row in report["pier_nights"] if row["p"] is not None]
    entries = [e for alert in alerts for e in alert["evidence"] if e["block"] == "anomaly"]
    assert judged["p"] <= min(e["params"]["p"] for e in entries) + 1e-6
    assert judged["found"] is (judged["p"] <= report["q"])  # of one p that is the whole procedure
    assert report["found"] == report["found_alerted"] == 1
    last = {alert["alert_id"]: alert for alert in alerts}
    levels = {i: None if a["status"] == "cancel" else a["level"] for i, a in last.items()}
    assert {a["alert_id"]: a["level"] for a in judged["alerts"]} == levels
    assert report["alerts"]["standing"] >= 1
    assert report["so_far"]["of"] == 1
    assert report["so_far"]["promised"] == shore().settings.alerts.alpha
    assert (report["so_far"]["low"], report["so_far"]["high"]) == (None, None)  # of one night
    kind = f"{judged['pier_class']}/{judged['regime']}"
    (stratum,) = [one for one in report["strata"] if kind in one["among"]]
    assert stratum["calibrated_by"] == 300
    again: list[dict[str, Any]] = []
    told([T0_S + 4000, NOON_S - 1, NOON_S], knowing(), again)
    assert again == reports


def test_a_night_of_which_nothing_is_learned_is_reported_as_not_judged() -> None:
    reports: list[dict[str, Any]] = []
    told([NOON_S - 1, NOON_S], EngineState.initial(), reports)
    (report,) = reports
    assert (report["judged"], report["found"]) == (0, 0)
    assert report["not_judged"] >= 1
    assert report["not_covered"] == ["anomaly"]
    assert report["so_far"]["realised"] is None
    assert report["strata"] == []
    assert [row["alerts"] for row in report["pier_nights"]]


def test_a_landing_that_was_proved_is_reported_and_not_learned() -> None:
    reports: list[dict[str, Any]] = []
    alerts, state = told([NOON_S - 1], knowing())
    proof = decisions([(NOON_S - 1, "verdict", {
        "alert_id": alerts[0]["alert_id"], "verdict": "confirmed",
        "pier_id": alerts[0]["pier_id"], "berth_from": alerts[0]["berth_from"],
    })])  # fmt: skip
    after, out = advance(state, Batch(BOAT[:0], NOON_S, decisions=proof), shore())
    reports += out.night_reports
    assert [row["found"] for row in reports[0]["pier_nights"]] == [True]
    assert reports[0]["so_far"]["of"] == 0
    assert after.nights.normal.anomaly.report(night_of(T0_S * 1_000_000, shore())).is_empty()
