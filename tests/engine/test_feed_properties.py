"""Cut, Repeat and Prefix of the feeds' part, with every sensor in the engine.

*Settle* (lines delayed within the lateness change nothing that settled) is not asked of what this
part says: a silence, a lag, a doubt, a judged clock and a call for help are facts of arrival, and
a line that arrives later has another arrival. What it is asked of, the landings and events behind
it, is in test_fold_properties.py, where the same rows pass through here.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from engine_runs import same_state
from example_counts import MOST_CUTS, TIMEOUT_S, examples
from feed_rows import T0_S
from feed_scenes import END_S, WILD_LON, Feeds, coast, feeds, taken
from hypothesis import given
from hypothesis import strategies as st

from alerts.envelope import line
from core.schema import FEED_HEALTH
from core.times import utc_text
from engine.fold import EngineState, Output
from engine.health import health

pytestmark = pytest.mark.timeout(TIMEOUT_S)
LAST_S = END_S + 3600
#: Wild positions of a scene are always at the same two places: over ten minutes these are a second
#: boat under the number.
KINDS = {"sos", "feed_silent", "disk_filling", "identity_conflict"}
seeds = st.integers(0, 9999)
cuts = st.lists(
    st.integers(0, LAST_S) | st.integers(0, 150).map(lambda m: 60 * m), max_size=MOST_CUTS
)


def said(outs: list[Output]) -> dict[str, list[Any]]:
    """All that came out, in an order of its own where the cut has one."""
    out: dict[str, list[Any]] = {"alerts": [line(a) for o in outs for a in o.alerts]}
    out["events"] = [json.dumps(e) for o in outs for e in o.events]
    for name in ("observations", "refusals", "doubts", "receptions"):
        whole = pl.concat([getattr(o, name) for o in outs])
        out[name] = sorted(map(repr, whole.rows()))
    return out


@examples(8)
@given(seeds, cuts)
def test_any_cuts_with_save_and_reload_give_the_same(seed: int, ticks: list[int]) -> None:
    scene = feeds(seed)
    whole, one = taken(scene, [LAST_S])
    parts, many = taken(scene, sorted({*ticks, LAST_S}), save=True)
    assert said(many) == said(one)
    assert same_state(parts, whole)
    assert books(parts) == books(whole)
    assert health(parts).equals(health(whole))


def books(state: EngineState) -> dict[str, bytes]:
    return {name: data for name, data in state.save().items() if name.endswith(".json")}


@examples(5)
@given(seeds, st.data())
def test_input_ended_at_a_tick_gives_exactly_what_was_issued_until_then(
    seed: int, data: st.DataObject
) -> None:
    scene = feeds(seed)
    whole = said(taken(scene, [LAST_S])[1])
    times = sorted({json.loads(text)["issued_at"] for text in whole["alerts"]})
    ticks = [t for t in range(LAST_S) if utc_text((T0_S + t) * 1_000_000) in set(times)]
    near = sorted({60, *ticks, *(t - 1 for t in ticks if t)})
    tick = data.draw(st.sampled_from(near))
    short = said(taken(scene, [tick])[1])
    end = utc_text((T0_S + tick) * 1_000_000) or ""
    until = [text for text in whole["alerts"] if json.loads(text)["issued_at"] <= end]
    assert short["alerts"] == until
    for name in ("doubts", "receptions", "refusals"):
        assert set(short[name]) <= set(whole[name])


@examples(5)
@given(seeds, st.integers(0, 2000), st.integers(0, 250))
def test_rows_given_again_are_no_further_call_doubt_or_skew(
    seed: int, which: int, later_s: int
) -> None:
    scene = feeds(seed)
    rows = scene.observations
    lateness = rows["arrived_at"] - rows["observed_at"]
    whole = rows.filter(lateness.dt.total_seconds().is_between(-30, 60 - 1))
    if whole.is_empty():
        return
    again = whole[which % len(whole) :][:20].with_columns(
        pl.col("arrived_at") + pl.duration(seconds=later_s % 60)
    )
    twice = replace(scene, observations=pl.concat([rows, again]).sort("arrived_at"))
    once, two = said(taken(scene, [LAST_S])[1]), said(taken(twice, [LAST_S])[1])
    assert two["alerts"] == once["alerts"]
    kinds = [json.loads(a)["kind"] for a in two["alerts"]]
    assert set(kinds) <= KINDS
    assert set(two["observations"]) >= set(once["observations"])


def test_the_scenes_hold_what_the_properties_are_about() -> None:
    kinds, statuses, reasons, skews, states, n = set(), set(), set(), 0, set(), 0
    for seed in range(8):
        scene = feeds(seed)
        middle, early = taken(scene, [END_S // 2])
        state, late = taken(scene, [LAST_S], start=(middle, END_S // 2))
        for out in (*early, *late):
            alerts = [json.loads(line(a)) for a in out.alerts]
            kinds |= {a["kind"] for a in alerts}
            statuses |= {a["status"] for a in alerts}
            reasons |= set(out.doubts["reason"])
            skews += out.observations["detail"].str.contains("skew_s").sum()
            n += len(out.receptions)
        states |= {*health(state)["state"], *health(middle)["state"]}
    assert kinds == KINDS
    assert statuses == {"new", "update", "cancel"}
    assert {"speed", "jump", "duplicate", "on_land"} <= reasons
    assert skews > 100
    assert n > 10
    assert states >= {"heard", "silent"}


def test_rows_late_twice_or_of_a_wrong_clock_are_not_two_boats_under_a_number() -> None:
    for seed in (0, 1, 2, 7):
        scene = feeds(seed)
        believable = ~pl.col("lon").is_in(WILD_LON)
        rows, ahead = (part.filter(believable) for part in (scene.observations, scene.ahead))
        assert len(rows) < len(scene.observations)
        _, outs = taken(replace(scene, observations=rows, ahead=ahead), [LAST_S])
        alerts = [json.loads(line(a)) for out in outs for a in out.alerts]
        assert {a["kind"] for a in alerts} <= KINDS - {"identity_conflict"}


def test_nothing_is_lost_between_arrival_and_release() -> None:
    for seed in range(3):
        scene: Feeds = feeds(seed)
        state, outs = taken(scene, [LAST_S])
        released = sum(len(o.observations) for o in outs)
        refused = sum(len(o.refusals) for o in outs)
        waiting = len(state.feeds.quarantine.waiting)
        assert released + refused + waiting == len(scene.observations) + len(scene.ahead)


def test_health_has_its_schema_from_the_first_tick() -> None:
    assert health(EngineState.initial()).schema == FEED_HEALTH
    assert coast().site.land is not None
