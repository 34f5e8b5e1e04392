"""The rivals: each says what it says from one replay, and is scored like the product."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest
from scored import MIDNIGHT, alert, at, landing, site

from pipeline.baselines.envelopes import Replayed, Row, calls, in_order
from pipeline.baselines.forest import LEAST_CALLS, Rows, forest_alone
from pipeline.baselines.stops import stops_at_piers
from pipeline.baselines.weighing import ahp_alone, chain_alone
from simulate.scoring.alerts import as_rows, gather
from simulate.scoring.ground import Ground
from simulate.scoring.judging import judge
from simulate.scoring.truth import parse_truth

SITE = site()


def call(
    name: str, berth: float | None, pier_id: str = "P1", minutes: float = 40, night: int = 0,
    **more: Any,
) -> Row:  # fmt: skip
    begun = more.pop("dark", berth)
    detail = {
        "berth_from": None if berth is None else at(berth, night),
        "berth_to": None if berth is None else at(berth + minutes, night),
        "dark_from": None if berth is not None or begun is None else at(begun, night),
    }
    ends = (begun or 0) + minutes
    return {"event_id": name, "kind": "pier_call", "pier_id": pier_id, "lon": 121.9,
            "lat": 29.2, "targets": ["mmsi:412000001"], "from": at(begun or 0, night),
            "to": at(ends, night), "detail": detail, **more}  # fmt: skip


def replayed(*events: Row, alerts: list[Row] | None = None) -> Replayed:
    return Replayed(SITE, alerts or [], list(events))


def test_b0_raises_every_stop_at_a_pier_between_ten_and_five() -> None:
    minutes = {"early": -121, "ten": -120, "small": 200, "late": 299, "five": 300}
    events = [call(name, minute, minutes=4) for name, minute in minutes.items()]
    events += [call("passed", None), call("dark", None, dark=30), {**call("s", 0), "kind": "stop"}]
    found = stops_at_piers(replayed(*events))
    assert [row["alert_id"] for row in found] == ["B0-ten", "B0-small", "B0-late"]
    assert found[0]["issued_at"] == at(-115)


def test_b0_is_the_surer_the_longer_the_stop_has_lasted() -> None:
    found = stops_at_piers(replayed(call("a", 60, minutes=22)))
    assert [(row["revision"], row["posterior"]) for row in found] == [
        (1, 0.05), (2, 0.1), (3, 0.15), (4, 0.2)
    ]  # fmt: skip
    assert [row["berth_to"] for row in found] == [None] * 4
    (gone,) = stops_at_piers(replayed(call("a", 60, minutes=3)))
    assert gone["berth_to"] == at(63)


def test_what_a_rival_raises_is_scored_like_any_alert() -> None:
    ground = Ground(SITE)
    rows = stops_at_piers(replayed(call("b", 60, "FAR"), call("a", 3)))
    alerts = gather(as_rows(rows, "B0"), ground)
    truth = parse_truth(b'{"landings": [], "nuisance": [], "nights": 1}', ground)
    judged = judge(alerts, truth, ground, MIDNIGHT, MIDNIGHT + timedelta(hours=6), "cove")
    assert [o.verdict for o in judged.outcomes] == ["false", "false"]


def usual(nights: int) -> list[Row]:
    """The same vessel at the same pier at the same hours, night for night."""
    return [
        call(f"{night}-{i}", i * 45 - 100 + night, night=night)
        for night in range(nights) for i in range(LEAST_CALLS // 4)
    ]  # fmt: skip


def test_b2_says_nothing_before_it_has_learned_and_then_isolates_what_is_unlike() -> None:
    odd = call("odd", 140, "FAR", 90, night=5, targets=["mmsi:999000111"])
    silent = {"kind": "silence", "targets": ["mmsi:999000111"], "from": at(0, 5), "to": at(130, 5)}
    found = forest_alone(replayed(*usual(6), odd, silent))
    assert min(row["issued_at"] for row in found) > at(-300, 4)
    tonight = {row["alert_id"]: row["posterior"] for row in found if row["issued_at"] > at(-300, 5)}
    assert max(tonight, key=tonight.__getitem__) == "B2-odd"
    assert all(row["issued_at"] == at(170, 5) for row in found if row["alert_id"] == "B2-odd")


def test_what_b2_says_of_a_night_does_not_hang_on_later_nights() -> None:
    first = forest_alone(replayed(*usual(5)))
    later = call("later", 30, "FAR", 60, night=5, targets=["mmsi:999000111"])
    again = forest_alone(replayed(*usual(5), later))
    assert first
    assert again[: len(first)] == first


def test_b2_judges_a_call_as_it_stood_half_an_hour_in() -> None:
    short, long = (Rows(replayed()).of(calls([call("a", 0, minutes=m)])[0]) for m in (31, 140))
    assert short.tolist() == long.tolist()


def weighed(**nats: float) -> Replayed:
    entries = [{"block": b, "nats": n, "code": b, "params": {}} for b, n in nats.items()]
    return replayed(alerts=[alert("a", evidence=entries, posterior=0.77)])


def test_b3_weighs_each_block_by_the_papers_matrix() -> None:
    full = weighed(identity=5, rarity=5, timing=5, land_side=5, recurrence=9)
    assert ahp_alone(full)[0]["posterior"] == 0.999
    half = weighed(identity=2.5, rarity=-3, anomaly=2)
    assert ahp_alone(half)[0]["posterior"] == pytest.approx(0.3192 / 2, abs=1e-4)
    assert ahp_alone(weighed())[0]["posterior"] == 0.0001


def test_b4_is_the_chain_without_anomaly_and_calibration() -> None:
    (row,) = chain_alone(weighed(identity=4, rarity=4, anomaly=2, calibration=-3))
    assert row["posterior"] == pytest.approx(1 / (1 + math.exp(7.29 - 8)), abs=1e-6)
    assert row["berth_from"] == landing()["berth_from"]


def test_alerts_stand_in_the_order_of_their_times_and_not_of_their_texts() -> None:
    whole, later = ({"issued_at": f"2026-10-09T17:00:30{part}Z", "alert_id": "a", "revision": n}
                    for n, part in enumerate(("", ".5")))  # fmt: skip
    assert in_order([later, whole]) == [whole, later]
