"""What the feeds' part says beside the landings, and what it must never say of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
from engine_runs import scene_place
from feed_rows import T0_S, facts, frame, heard, row

from alerts.envelope import ENVELOPE
from core.schema import BIAS
from engine.fold import Batch, EngineState, advance
from engine.health import health
from models.fusion.radar_bias import Radar, RegistrationState


def run(observations: pl.DataFrame, until: int, **more: pl.DataFrame) -> tuple[Any, Any]:
    batch = Batch(observations, T0_S + until, **more)
    return advance(EngineState.initial(), batch, scene_place())


def test_a_notice_has_the_contract_s_envelope_and_weighs_nothing() -> None:
    call = row(5, "vehicle", "T1", detail='{"sos":true}')
    _, out = run(frame([call]), 60, facts=facts((9, "disk_used_share", "", 0.9)))
    assert [a["kind"] for a in out.alerts] == ["sos", "disk_filling"]
    for alert in out.alerts:
        assert set(alert) == set(ENVELOPE) - {"explanation", "also", "withdrawn"}  # of landings
        assert (alert["posterior"], alert["prior_nats"], alert["severity"]) == (0.0001, -9.21, 0.0)
        (fact,) = alert["evidence"]
        assert (fact["block"], fact["nats"], fact["code"]) == ("fact", 0, alert["kind"])
    assert out.alerts[0]["vehicles"] == ["terminal:13900000001"]
    assert out.alerts[0]["level"] == "verify"


def test_a_track_is_made_of_corrected_times() -> None:
    """A station eight hours ahead: its vessels' rows are in the track at their true times."""
    off = [row(20.0 * i, off_s=28800.0, lat=29.0 + 1e-4 * i) for i in range(60)]
    for each in off:
        each["received_at"] = each["observed_at"]
    state, out = run(frame(off), 1300)
    assert out.observations["detail"].str.contains('"skew_s":28800').all()
    newest = state.fast.tracks.tracks["t_us"].max()
    assert newest == (T0_S + 59 * 20) * 1_000_000
    assert state.late == 0


def test_health_tells_how_every_source_does() -> None:
    late = [row(10.0 * i, off_s=-4.0) for i in range(150)]
    ahead = [row(300.0 + 10 * i, "vehicle", "T1", off_s=28800.0) for i in range(50)]
    doubtful = [row(1490.0 + i, "radar", "R1", off_s=500.0) for i in range(3)]
    who = pl.concat(
        [
            heard(range(0, 1500, 10)),
            heard(range(300, 800, 10), "T1", sensor="vehicles", feed="trucks"),
            heard(range(1490, 1493), "R1", sensor="radar", feed="radar"),
        ]
    )
    told = facts((0, "silent_after_s", "trucks", 60.0), (0, "silent_after_s", "coast", 60.0))
    state, _ = run(frame(late), 1500, ahead=frame([*ahead, *doubtful]), heard=who, facts=told)
    rows = {r["source"]: r for r in health(state).to_dicts()}
    assert rows["S1"]["state"] == "heard"
    assert (rows["S1"]["lag_s"], rows["S1"]["frames"], rows["S1"]["per_min"]) == (4.0, 150, 6.0)
    assert (rows["T1"]["state"], rows["T1"]["suspects"]) == ("silent", "clock_8h")
    assert rows["T1"]["skew_s"] == 28800.0
    assert (rows["R1"]["state"], rows["R1"]["waiting"]) == ("quarantine", 3)
    assert rows["R1"]["suspects"] is None or rows["R1"]["suspects"] == ""
    assert rows["S1"]["first_at"].timestamp() == T0_S


def test_health_says_which_radar_is_registered_and_how_well() -> None:
    who = [heard(range(0, 90, 3), name, sensor="radar", feed="radar") for name in ("R1", "R2")]
    state, _ = run(frame([]), 120, heard=pl.concat(who))
    sums = (4.0, 1e8, 100.0, 0.0, 0.0, 240.0, 1e6, 90.0)
    registered = Radar(word="registered", known=True, sums=sums)
    known = RegistrationState({"R1": Radar(), "R2": registered})
    vessels = replace(state.fast.vessels, registration=known)
    state = replace(state, fast=replace(state.fast, vessels=vessels))
    rows = {row["source"]: row for row in health(state).to_dicts()}
    assert (rows["R1"]["suspects"], rows["R1"]["range_m"]) == ("unregistered", None)
    assert not rows["R2"]["suspects"]
    assert [rows["R2"][name] for name in BIAS] == [60.0, 0.5, 0.573, 0.006, 0.9, 0.1]


def test_who_cannot_be_judged_in_time_is_refused_by_name_and_reason() -> None:
    wild = [row(30.0 * i, "radar", "R1", off_s=70.0 + 91.0 * i, line=i) for i in range(8)]
    _, out = run(frame([]), 4000, ahead=frame(wild))
    assert out.refusals["reason"].to_list() == ["future"] * 8
    assert out.refusals["source"].to_list() == ["R1"] * 8
    assert out.refusals["line"].to_list() == list(range(8))
    assert len(out.observations) == 0


def test_the_map_of_reception_is_given_out_hour_by_hour() -> None:
    rows = frame([row(30.0 + 60 * i) for i in range(100)])
    _, out = run(rows, 7300)
    assert out.receptions["heard"].to_list() == [60, 40]
    hours = [at.timestamp() - T0_S for at in out.receptions["hour"]]
    assert hours == [0, 3600]
    assert out.receptions["cell_lon"].unique().to_list() == [121.9]


def test_of_equal_ticks_a_call_for_help_comes_first() -> None:
    call = row(5, "vehicle", "T1", detail='{"sos":true}')
    told = facts((5, "disk_used_share", "", 0.9))
    _, out = run(frame([call]), 60, facts=told)
    assert [a["kind"] for a in out.alerts] == ["sos", "disk_filling"]
