"""The lorries of a night are learned at its end, and the next night's are weighed beside them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from engine_runs import same_state
from example_counts import TIMEOUT_S
from made_tracks import T0_S
from shore_night import ECHO, LORRIES, camera, scene, shore, visit, waits

from alerts.envelope import line
from engine.fold import Batch, EngineState, advance
from engine.normal import CLOSES_S, Nights, Normal
from models.baseline import lorries
from models.baseline.fold import Baseline

pytestmark = pytest.mark.timeout(TIMEOUT_S)
NIGHT_S, BERTH_S = 4 * 3600, 5400.0
MET = {name: waits(BERTH_S - 600, BERTH_S + 4200) for name in LORRIES}
BOAT = scene({ECHO: visit(BERTH_S), **MET}, camera(0, NIGHT_S))
NOON_S = T0_S + 12 * 3600 + CLOSES_S


def told(
    ticks: list[int], usual: tuple[float, ...] | None = None
) -> tuple[list[dict[str, Any]], EngineState]:
    """What is said of the night at a pier where so many stand in other nights; the state after."""
    held = [] if usual is None else [(0, *usual)]
    base = Baseline(lorries=pl.DataFrame(held, schema=lorries.LORRIES, orient="row"))
    normal = Normal(base, nights=0 if usual is None else 30)
    state = replace(EngineState.initial(), nights=Nights(normal))
    arrived_s = -(-BOAT["arrived_at"].dt.epoch("us") // 1_000_000)
    alerts, was = [], -1
    for tick in ticks:
        state = EngineState.load(state.save()) if len(ticks) > 1 else state
        batch = BOAT.filter((arrived_s > was) & (arrived_s <= tick))
        state, out = advance(state, Batch(batch, tick), shore())
        alerts += [json.loads(line(alert)) for alert in out.alerts]
        was = tick
    return alerts, state


def worth(alerts: list[dict[str, Any]]) -> float:
    """The most that the lorries of any alert were worth."""
    entries = [e for alert in alerts for e in alert["evidence"] if e["code"] == "trucks"]
    return max((float(e["nats"]) for e in entries), default=0.0)


def test_a_night_with_lorries_is_learned_when_it_closes_however_the_input_was_cut() -> None:
    _, state = told([NOON_S])
    held = {pier: shares for pier, *shares in state.nights.normal.base.lorries.iter_rows()}
    _, *some = held[0]
    assert 0 < sum(some) <= sum(held[0]) < 1
    assert state.nights.stood.is_empty()
    _, again = told([T0_S + 4000, T0_S + 8000, NOON_S - 1, NOON_S])
    assert same_state(state, again)


def test_the_night_that_is_open_is_not_weighed_beside_itself() -> None:
    _, state = told([NOON_S - 1])
    assert state.nights.normal.base.lorries.is_empty()
    assert len(state.nights.stood)


def test_the_same_lorries_say_less_beside_a_depot_and_more_where_none_ever_stands() -> None:
    depot, _ = told([NOON_S], (10.0, 8.0, 6.0, 6.0))
    quiet, _ = told([NOON_S], (30.0, 0.0, 0.0, 0.0))
    plain, _ = told([NOON_S])
    assert worth(depot) < worth(plain) < worth(quiet)
