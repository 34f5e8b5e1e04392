"""The rivals that need only what a replay wrote."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest
from scored import MIDNIGHT, alert, at, landing, site

from simulate.scoring.alerts import as_rows, gather
from simulate.scoring.baselines import ahp_alone, chain_alone, stops_at_piers
from simulate.scoring.ground import Ground
from simulate.scoring.judging import judge
from simulate.scoring.truth import parse_truth


def call(event_id: str, berth: float | None, pier_id: str = "P1", **more: Any) -> dict[str, Any]:
    detail = {"berth_from": None if berth is None else at(berth), "berth_to": None}
    return {"event_id": event_id, "kind": "pier_call", "pier_id": pier_id, "lon": 121.9,
            "lat": 29.2, "targets": ["mmsi:412000001"], "detail": detail, **more}  # fmt: skip


def test_b0_raises_every_stop_at_a_pier_between_ten_and_five() -> None:
    minutes = {"early": -121, "ten": -120, "small": 200, "late": 299, "five": 300}
    events = [call(name, minute) for name, minute in minutes.items()]
    events += [call("passed", None), {**call("stop", 0), "kind": "stop"}]
    found = stops_at_piers(events, "Asia/Shanghai")
    assert [row["alert_id"] for row in found] == ["B0-ten", "B0-small", "B0-late"]
    assert found[0]["issued_at"] == at(-115)


def test_what_b0_raises_is_scored_like_any_alert() -> None:
    ground = Ground(site())
    rows = stops_at_piers([call("b", 60, "FAR"), call("a", 3)], "Asia/Shanghai")
    alerts = gather(as_rows(rows, "B0"), ground)
    truth_bytes = b'{"landings": [], "nuisance": [], "nights": 1}'
    truth = parse_truth(truth_bytes, ground)
    judged = judge(alerts, truth, ground, MIDNIGHT, MIDNIGHT + timedelta(hours=6), "cove")
    assert [o.verdict for o in judged.outcomes] == ["false", "false"]


def weighed(**nats: float) -> dict[str, Any]:
    entries = [{"block": b, "nats": n, "code": b, "params": {}} for b, n in nats.items()]
    return alert("a", evidence=entries, posterior=0.77)


def test_b3_weighs_each_block_by_the_papers_matrix() -> None:
    (all_full,) = ahp_alone([weighed(identity=5, rarity=5, timing=5, land_side=5, recurrence=9)])
    assert all_full["posterior"] == 0.999
    (half,) = ahp_alone([weighed(identity=2.5, rarity=-3, anomaly=2)])
    assert half["posterior"] == pytest.approx(0.3192 / 2)
    (none,) = ahp_alone([alert("a")])
    assert none["posterior"] == 0.0001


def test_b4_is_the_chain_without_anomaly_and_calibration() -> None:
    (row,) = chain_alone([weighed(identity=4, rarity=4, anomaly=2, calibration=-3)])
    assert row["posterior"] == pytest.approx(1 / (1 + math.exp(7.29 - 8)), abs=1e-6)
    assert row["berth_from"] == landing()["berth_from"]
