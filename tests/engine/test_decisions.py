"""A permit given while the engine runs counts from its tick on; Cut, Repeat, Prefix and Settle."""

from __future__ import annotations

import json
import math
from datetime import datetime
from functools import cache
from typing import Any

import polars as pl
import pytest
from a_landing import END_S, NIGHT_S, SHIP, coast, landing
from engine_decisions import decided, decisions, permit
from engine_runs import run, same_state, standing
from engine_scenes import night, place, raw
from example_counts import MOST_CUTS, TIMEOUT_S, examples
from hypothesis import given
from hypothesis import strategies as st
from made_tracks import T0_S
from nasty_scenes import FIRST_S, LAST_S, delayed, observations, scene, stories
from shore_night import ECHO, LORRIES, camera, shore, visit, waits
from shore_night import scene as shore_scene

from core.schema import DECISION, LATENESS_S, empty
from engine import permits
from engine.batch import Batch
from engine.fold import EngineState, advance

pytestmark = pytest.mark.timeout(TIMEOUT_S)
SCENE_END_S = LAST_S + 86400
seeds = st.integers(0, 99)
cuts = st.lists(
    st.integers(FIRST_S, LAST_S) | st.integers(FIRST_S, FIRST_S + 14400), max_size=MOST_CUTS
)
scenes = stories.map(scene) | st.integers(0, 9999).map(lambda seed: raw(night(seed)))
decided_ones = st.integers(0, 9999).map(decided)
FROM_S, TO_S = T0_S + NIGHT_S - 7200, T0_S + NIGHT_S + 5 * 3600
BERTH_S = 5400.0
MET = shore_scene(
    {
        ECHO: visit(BERTH_S),
        LORRIES[0]: waits(BERTH_S - 600, BERTH_S + 4200),
        LORRIES[1]: waits(BERTH_S + 600, BERTH_S + 4600),
    },
    camera(0, 4 * 3600),
)
HEAD = "pier_id,from,to,vessel_id,plate,reason,issued_by\n"


def said(told: pl.DataFrame | None = None, csv: str | None = None) -> list[dict[str, object]]:
    where = place(permits=HEAD + csv if csv else None)
    alerts, _, _ = run(coast({SHIP: landing(NIGHT_S)}), [T0_S + END_S], where=where, decisions=told)
    return [json.loads(text) for text in alerts.splitlines()]


@cache
def without_permits() -> list[dict[str, object]]:
    return said()


def given_at(tick_s: int, pier_id: str = "P1", vessel_id: str | None = None) -> pl.DataFrame:
    return decisions([(tick_s, "permit", permit(pier_id, FROM_S, TO_S, vessel_id))])


def test_a_permit_given_before_has_the_effect_of_one_in_the_file() -> None:
    day = datetime.fromtimestamp
    times = ",".join(day(at).astimezone().isoformat() for at in (FROM_S, TO_S))
    filed = said(csv=f"P1,{times},,,ice,harbour\n")
    assert said(given_at(FROM_S)) == filed
    assert filed != without_permits()


def test_a_permit_for_another_vessel_or_pier_has_none() -> None:
    plain = without_permits()
    assert said(given_at(FROM_S, vessel_id="V9")) == plain
    assert said(given_at(FROM_S, "P2")) == plain
    assert said(decisions([(FROM_S, "tip", {"pier_id": "P1"})])) == plain


def test_a_permit_given_while_the_vessel_lies_there_counts_from_then_on() -> None:
    plain = without_permits()
    first = next(a for a in plain if a["level"] == "verify" or a["status"] == "new")
    tick_s = int(datetime.fromisoformat(str(first["issued_at"])).timestamp())
    later = said(given_at(tick_s + 1))
    assert later[0] == plain[0]
    assert later != plain
    codes = [{e["code"] for e in a["evidence"]} for a in later]  # type: ignore[attr-defined]
    assert "announced" not in codes[0]
    assert "announced" in codes[-1]
    assert "cancel" not in {a["status"] for a in later}


def test_a_permit_weighs_and_is_named_and_never_hides_the_alert() -> None:
    plain, permitted = without_permits(), said(given_at(FROM_S))
    assert permitted[0]["issued_at"] == plain[0]["issued_at"]
    assert {a["level"] for a in plain} >= {"verify"}
    assert {a["level"] for a in permitted} == {"watch"}
    assert "cancel" not in {a["status"] for a in permitted}
    last, before = permitted[-1], plain[-1]
    entries = {e["code"]: e for e in last["evidence"]}  # type: ignore[attr-defined]
    assert entries["announced"]["nats"] < 0.0
    without = entries["without_permit"]["params"]["without_share"]
    assert last["posterior"] < without <= before["posterior"]  # type: ignore[operator]
    nats = [last["prior_nats"], *(e["nats"] for e in last["evidence"])]  # type: ignore[misc,attr-defined]
    assert last["posterior"] == pytest.approx(1 / (1 + math.exp(-sum(nats))), abs=1e-6)
    readings = [one["code"] for one in last["explanation"]["readings"]]  # type: ignore[index]
    assert readings[0] == "permit"


def test_a_permit_for_one_lorry_excuses_that_lorry_and_no_boat() -> None:
    """Lorries meet a nameless boat; one of them was announced."""
    announced = LORRIES[0].removeprefix("plate:")

    def told(*whom: str) -> list[dict[str, Any]]:
        rows = [(T0_S, "permit", permit("P1", T0_S, T0_S + 6 * 3600, plate=each)) for each in whom]
        alerts, _, _ = run(MET, [T0_S + 6 * 3600], where=shore(), decisions=decisions(rows))
        return [json.loads(text) for text in alerts.splitlines()]

    def lorries(alert: dict[str, Any]) -> float:
        (entry,) = [e for e in alert["evidence"] if e["code"] in ("trucks", "no_trucks")]
        return float(entry["params"]["trucks"])

    plain, one, other = told(), told(announced), told("浙A00000")
    assert other == plain
    assert lorries(one[-1]) == pytest.approx(lorries(plain[-1]) - 1, abs=0.1)
    assert not [e for alert in one for e in alert["evidence"] if e["code"] == "announced"]


def test_a_permit_is_carried_until_no_call_can_be_spoken_of_any_more() -> None:
    told = given_at(FROM_S)
    state, place_ = EngineState.initial(), place()
    rows = coast({SHIP: landing(NIGHT_S)})[:0]
    state, _ = advance(state, Batch(rows, FROM_S, decisions=told), place_)
    assert len(state.permits) == 1
    state, _ = advance(EngineState.load(state.save()), Batch(rows, TO_S + 3600), place_)
    assert len(state.permits) == 1
    state, _ = advance(state, Batch(rows, TO_S + permits._KEPT_S), place_)
    assert state.permits.is_empty()


def test_permits_beyond_the_bound_are_refused_and_counted() -> None:
    n = permits.MOST + 3
    told = decisions([(FROM_S, "permit", permit(f"P{i}", FROM_S, TO_S)) for i in range(n)])
    held, refused = permits.take(empty(permits.PERMIT), told)
    assert len(held) == permits.MOST
    assert refused["reason"].to_list() == ["too_many_permits"] * 3
    later = told.with_columns(pl.lit(TO_S + permits._KEPT_S, pl.Int64).alias("tick_s"))
    again, none = permits.take(held, later.tail(3))
    assert (len(again), len(none)) == (n, 0)


@examples(5)
@given(scenes, seeds, decided_ones, cuts)
def test_any_cuts_with_save_and_reload_give_the_same(
    frame: pl.DataFrame, seed: int, told: pl.DataFrame, ticks: list[int]
) -> None:
    rows = observations(delayed(frame, seed))
    end = max(ticks, default=SCENE_END_S)
    whole = run(rows, [end], decisions=told)
    parts = run(rows, sorted({*ticks, end}), save=True, decisions=told)
    assert parts[:2] == whole[:2]
    assert same_state(parts[2], whole[2])


@examples(4)
@given(scenes, seeds, decided_ones, st.integers(0, 90_000))
def test_a_decision_given_again_changes_nothing(
    frame: pl.DataFrame, seed: int, told: pl.DataFrame, later_s: int
) -> None:
    rows = observations(delayed(frame, seed))
    twice = pl.concat([told, told.with_columns(pl.col("tick_s") + later_s)]).sort("tick_s")
    once, again = (run(rows, [SCENE_END_S], decisions=each) for each in (told, twice))
    assert again[:2] == once[:2]


@examples(5)
@given(scenes, seeds, decided_ones, st.data())
def test_input_ended_at_a_tick_gives_exactly_the_lines_issued_until_then(
    frame: pl.DataFrame, seed: int, told: pl.DataFrame, data: st.DataObject
) -> None:
    rows = observations(delayed(frame, seed))
    whole = run(rows, [SCENE_END_S], decisions=told)[0].splitlines()
    issued = {int(_at(text)) for text in whole} | set(told["tick_s"])
    near = sorted({FIRST_S, *issued, *(tick - 1 for tick in issued)})
    tick = data.draw(st.sampled_from(near))
    arrived_s = -(-rows["arrived_at"].dt.epoch("us") // 1_000_000)
    until = told.filter(pl.col("tick_s") <= tick)
    short = run(rows.filter(arrived_s <= tick), [tick], decisions=until)[0].splitlines()
    assert short == [text for text in whole if _at(text) <= tick]


def _at(text: str) -> float:
    return datetime.fromisoformat(json.loads(text)["issued_at"]).timestamp()


@examples(4)
@given(scenes, seeds, decided_ones, st.integers(1, LATENESS_S["ais"]))
def test_lines_delayed_within_the_lateness_leave_what_stands_the_same(
    frame: pl.DataFrame, seed: int, told: pl.DataFrame, most_s: int
) -> None:
    on_time = run(observations(frame), [SCENE_END_S], decisions=told)
    late = run(observations(delayed(frame, seed, most_s)), [SCENE_END_S], decisions=told)
    assert late[1].splitlines() == on_time[1].splitlines()
    assert standing(late[0]) == standing(on_time[0])


def test_the_scenes_hold_what_the_properties_are_about() -> None:
    """In some scenes a permit changes what is said, and in some one comes too late for that."""
    changed, kept = 0, 0
    for seed in (8, 11, 20, 21, 2):
        rows = observations(delayed(raw(night(seed)), seed))
        plain = run(rows, [SCENE_END_S])[0]
        for told in (decided(seed), decided(seed + 100)):
            same = run(rows, [SCENE_END_S], decisions=told)[0] == plain
            changed, kept = changed + (not same), kept + (same and bool(plain) and bool(len(told)))
        if min(changed, kept) >= 2:
            break  # enough: each is three runs of the whole engine
    assert min(changed, kept) >= 2
    assert decided(3).schema == DECISION
