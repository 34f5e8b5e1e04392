"""Landings through the whole engine, as sentences: what is told of them, and what is not."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

import polars as pl
import pytest
from engine_runs import run, same_state
from example_counts import MOST_CUTS, TIMEOUT_S, examples
from hypothesis import given
from hypothesis import strategies as st
from made_tracks import T0_S
from shore_night import (
    ECHO,
    FERRY,
    FISHER,
    LORRIES,
    camera,
    goes_dark,
    parked,
    scene,
    shore,
    visit,
    waits,
)

from core.times import utc_text
from engine.fold import EngineState
from engine.place import Place
from models.risk.calibration import Calibration

pytestmark = pytest.mark.timeout(TIMEOUT_S)
NIGHT_S = 4 * 3600
BERTH_S = 5400.0  # 01:30
MET = {
    LORRIES[0]: waits(BERTH_S - 600, BERTH_S + 4200),
    LORRIES[1]: waits(BERTH_S + 600, BERTH_S + 4600),
    "plate:浙C1": parked(0, NIGHT_S),
}
EARLY = {
    **MET,
    LORRIES[0]: waits(BERTH_S - 3000, BERTH_S + 4200),
    LORRIES[1]: waits(BERTH_S - 2800, BERTH_S + 4600),
}
LOOKS = camera(0, NIGHT_S)
DARK_BOAT = scene({ECHO: visit(BERTH_S), **MET}, LOOKS)


def alerts_of(
    frame: pl.DataFrame, where: Place | None = None, *, hours: float = 6, save: bool = False
) -> list[dict[str, Any]]:
    end_s = T0_S + int(hours * 3600)
    ticks = [*range(T0_S, end_s, 17 * 3600), end_s] if save else [end_s]
    said, _, _ = run(frame, ticks, where=where or shore(), save=save)
    return [json.loads(text) for text in said.splitlines()]


def codes(alert: dict[str, Any]) -> dict[str, float]:
    return {entry["code"]: entry["nats"] for entry in alert["evidence"]}


@cache
def of_the_dark_boat() -> list[dict[str, Any]]:
    return alerts_of(DARK_BOAT)


def test_a_dark_boat_met_by_two_lorries_at_an_idle_pier_is_told_with_four_blocks() -> None:
    said = of_the_dark_boat()
    assert len({alert["alert_id"] for alert in said}) == 1
    last = said[-1]
    assert (last["kind"], last["level"], last["pier_id"]) == ("night_landing", "verify", "P1")
    speaking = {entry["block"] for entry in last["evidence"] if entry["nats"] > 0}
    assert speaking == {"identity", "rarity", "timing", "land_side"}
    assert last["targets"] == [ECHO]
    assert last["vehicles"] == sorted(LORRIES)
    assert last["berth_from"] == utc_text((T0_S + int(BERTH_S)) * 1_000_000)
    trucks = next(part for part in last["severity_parts"] if part["criterion"] == "trucks")
    assert trucks["known"]


def test_a_boat_that_went_dark_on_the_way_keeps_its_name_and_its_silence_is_weighed() -> None:
    told = alerts_of(scene(goes_dark(3 * 3600.0, silent_min=30)), hours=6)
    last = told[-1]
    assert last["targets"] == ["mmsi:412000009", ECHO]
    dark = next(entry for entry in last["evidence"] if entry["code"] == "dark_approach")
    assert dark["params"]["corroborated"]
    assert dark["params"]["silent_min"] > 0
    assert "unmeasured" not in dark["params"]
    assert dark["nats"] >= 0
    # A registered boat that nobody hears is common; one that no register has is not.
    assert dark["nats"] + codes(last)["unregistered"] > 2


def test_lorries_alone_are_a_watch_at_most() -> None:
    said = alerts_of(scene(EARLY, LOOKS))
    assert all(alert["level"] == "watch" for alert in said)
    low = alerts_of(scene(EARLY, LOOKS), shore(watch=0.002))
    assert {alert["level"] for alert in low} == {"watch"}
    assert "idle_pier" not in codes(low[-1]), "no boat was seen to visit"


def test_a_lawful_ferry_stays_silent_even_where_lorries_wait() -> None:
    assert alerts_of(scene({FERRY: visit(BERTH_S), **MET}, LOOKS)) == []


def test_a_camera_in_fog_is_named_as_not_covered_and_counts_nothing() -> None:
    clear, foggy = of_the_dark_boat()[-1], alerts_of(DARK_BOAT, shore(fog=True))[-1]
    assert "camera" not in clear["not_covered"]
    assert codes(clear)["nobody_on_camera"] < 0
    assert "camera" in foggy["not_covered"]
    assert codes(foggy).keys().isdisjoint({"nobody_on_camera", "camera_boat"})


def test_what_the_lorries_announced_goes_on_as_the_alert_of_the_boat_that_explains_them() -> None:
    """First lorries that wait, then a boat before the camera, then the radar's track of it."""
    seen = pl.concat([LOOKS, camera(BERTH_S - 400, BERTH_S, "boat", 60)])
    said = alerts_of(scene({ECHO: visit(BERTH_S), **EARLY}, seen), shore(watch=0.002))
    assert [alert["status"] for alert in said] == ["new"] + ["update"] * (len(said) - 1)
    assert len({alert["alert_id"] for alert in said}) == 1
    assert said[0]["targets"] == []
    assert said[-1]["targets"] == [ECHO]
    assert "idle_pier" not in codes(said[0])
    assert {"camera_boat", "radar_only", "trucks", "idle_pier"} <= codes(said[-1]).keys()


def test_the_pier_that_is_visited_every_night_becomes_normal_at_noon() -> None:
    stays = [fix for day in range(5) for fix in visit(BERTH_S + 86400.0 * day)]
    said = alerts_of(scene({FISHER: stays}), shore(watch=0.045), hours=24 * 5, save=True)
    rare = [codes(alert)["idle_pier"] for alert in said]
    assert rare == sorted(rare, reverse=True)
    nights = {alert["berth_from"][:10] for alert in said}
    assert "2026-03-01" in nights
    repeats = {
        alert["berth_from"][:10]: entry["params"]["nights"]
        for alert in said
        for entry in alert["evidence"]
        if entry["code"] == "near_repeat"
    }
    assert repeats == {"2026-03-02": 1, "2026-03-03": 2, "2026-03-04": 3}, "which draws most"
    assert "2026-03-05" not in nights, "though each visit makes the next a little likelier"


def test_within_a_night_nothing_becomes_normal() -> None:
    twice = [*visit(BERTH_S - 4000, 20), *visit(BERTH_S + 6000, 80)]
    said = alerts_of(scene({FISHER: twice}), shore(watch=0.002))
    assert len({codes(alert)["idle_pier"] for alert in said}) == 1


@cache
def announced() -> tuple[str, str, EngineState]:
    """The whole of a landing that lorries announced, in one go."""
    return announced_until([])


def announced_until(cuts: list[int]) -> tuple[str, str, EngineState]:
    seen = pl.concat([LOOKS, camera(BERTH_S - 400, BERTH_S, "boat", 60)])
    frame = scene({ECHO: visit(BERTH_S), **EARLY}, seen)
    ticks = sorted({*cuts, T0_S + 6 * 3600})
    return run(frame, ticks, where=shore(watch=0.002), save=bool(cuts))


@examples(4)
@given(st.lists(st.integers(T0_S + 2000, T0_S + NIGHT_S), min_size=1, max_size=MOST_CUTS))
def test_a_state_saved_and_loaded_in_the_middle_of_a_landing_goes_on_to_the_same(
    cuts: list[int],
) -> None:
    whole, parts = announced(), announced_until(cuts)
    assert parts[0].splitlines() == whole[0].splitlines()
    assert parts[1].splitlines() == whole[1].splitlines()
    assert same_state(parts[2], whole[2])


def test_the_sites_calibration_is_an_entry_of_the_evidence() -> None:
    half = Calibration(version="h", source="made", sum_nats=(-20.0, 20.0), nats=(-10.0, 10.0))
    plain = alerts_of(DARK_BOAT, shore(watch=0.002))[-1]
    halved = alerts_of(DARK_BOAT, replace(shore(watch=0.002), calibration=half))[-1]
    raw = sum(codes(plain).values())
    assert codes(halved)["calibration"] == pytest.approx(-raw / 2, abs=0.01)
    assert halved["posterior"] < plain["posterior"]


def test_terminals_that_are_silent_are_named_though_a_camera_looks() -> None:
    seen = pl.concat([LOOKS, camera(BERTH_S - 400, BERTH_S, "boat", 60)])
    said = alerts_of(scene({ECHO: visit(BERTH_S)}, seen), shore(watch=0.002))
    assert "vehicles" in said[-1]["not_covered"]
    assert "camera" not in said[-1]["not_covered"]
