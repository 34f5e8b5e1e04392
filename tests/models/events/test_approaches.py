"""Approach: the cone of a boat under way, the prism of a silent one, and what is said of them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from made_fixes import T0_S, Boat, fixes, fused, sailing, site

from core.settings import EventSettings
from geo.site import Site
from models.events.approaches import State, advance
from models.fusion.schema import AIS, RADAR

SETTINGS = EventSettings()
ONE = "mmsi:412000001"
PIERS = (("P1", -3000.0, -10.0), ("P2", 0.0, -10.0), ("P3", 3000.0, -10.0), ("P4", 30_000.0, 0.0))
SHORE = ((-40_000.0, 0.0, 40_000.0, 4000.0),)
HEADLAND = (*SHORE, (1200.0, -6000.0, 2400.0, 0.0))
IN = sailing((0, 0.0, -9000.0), (1800, 0.0, -500.0))  # at 9.2 kn


def after(
    boat: Boat, until_s: int, where: Site | None = None
) -> tuple[dict[int, float], list[dict[str, Any]], bool]:
    """The piers of the last prediction, what was said, and whether it was silent."""
    frame = fixes(boat)
    place = where or site(PIERS, SHORE)
    state, out = advance(State(), None, fused(frame), T0_S + until_s, place, SETTINGS)
    rows = state.predicted.to_dicts()
    silent = any(row["silent"] for row in rows)
    return {row["pier"]: row["probability"] for row in rows}, out.to_dicts(), silent


def test_the_pier_right_ahead_is_the_most_probable_one() -> None:
    piers, said, _ = after(Boat(ONE, IN), 600)
    assert next(iter(piers)) == 1
    assert piers[1] > 1.5 * max(piers.get(0, 0.0), piers.get(2, 0.0))
    assert 0 < sum(piers.values()) < 1
    assert said == []  # on the map alone: it is heard


def test_a_boat_that_goes_along_the_shore_or_out_approaches_nothing() -> None:
    out = Boat(ONE, sailing((0, 0.0, -1500.0), (1800, 0.0, -10_000.0)))
    along = Boat(ONE, sailing((0, -9000.0, -4000.0), (1800, 1000.0, -4000.0)))
    assert sum(after(out, 300)[0].values()) < 0.1
    assert max(after(along, 1500)[0].values()) < 0.3


def test_what_cannot_be_reached_in_time_is_not_in_the_set() -> None:
    piers, _, _ = after(Boat(ONE, IN), 600)
    assert 3 not in piers
    far = Boat(ONE, sailing((0, 0.0, -40_000.0), (3600, 0.0, -23_000.0)))
    assert after(far, 600)[0] == {}


def test_land_in_between_is_gone_round() -> None:
    """P3 lies behind a headland: 3 km away over land, 12 km over water."""
    slow = Boat(ONE, sailing((0, 0.0, -3500.0), (1800, 900.0, -500.0)))
    assert 2 in after(slow, 600)[0]
    assert after(slow, 600)[0][2] > 4 * after(slow, 600, site(PIERS, HEADLAND))[0].get(2, 0.0)


def test_a_silent_boat_may_be_anywhere_within_reach_and_forgets_its_heading() -> None:
    boat = Boat(ONE, IN, to_s=6000, silent=((300, 6000),))
    early, _, first = after(boat, 600)
    late, _, then = after(boat, 2100)
    assert first
    assert then
    assert next(iter(early)) == 1
    assert late[1] < early[1]
    assert len(late) >= len(early)


def test_of_a_boat_in_the_dark_it_is_recorded_from_beginning_to_end() -> None:
    path = sailing((0, 0.0, -9000.0), (1800, 0.0, -40.0), (3600, 0.0, -40.0))
    boat = Boat("radar:R1:7", path, members=RADAR, to_s=3600)
    _, said, _ = after(boat, 3600)
    assert [said[0]["phase"], said[-1]["phase"]] == ["began", "ended"]
    assert {row["level"] for row in said} == {None}
    assert said[-1]["pier"] == 1
    detail = json.loads(said[0]["detail"])
    assert detail["dark"]
    assert detail["none"] + sum(chance for _, chance in detail["piers"]) == pytest.approx(
        1, abs=1e-3
    )
    assert said[-1]["from_us"] == said[0]["from_us"] < said[-1]["to_us"]


def test_a_boat_that_lay_still_when_it_fell_silent_goes_nowhere() -> None:
    still = sailing((0, 0.0, -3000.0), (6000, 0.0, -3000.0))
    boat = Boat(ONE, still, to_s=6000, silent=((300, 6000),))
    assert after(boat, 3000)[0] == {}


def test_many_boats_say_of_each_what_it_alone_would_say() -> None:
    rng = np.random.default_rng(3)
    boats = [
        Boat(f"mmsi:41200{i:04}", sailing((0, *a), (3600, *b)), members=AIS, to_s=600)
        for i, (a, b) in enumerate(rng.uniform((-9000, -9000), (9000, -10), (60, 2, 2)).tolist())
    ]
    place = site(PIERS, SHORE)
    together, _ = advance(State(), None, fused(fixes(*boats)), T0_S + 600, place, SETTINGS)
    for boat in boats[::7]:
        alone, _ = advance(State(), None, fused(fixes(boat)), T0_S + 600, place, SETTINGS)
        mine = together.predicted.filter(together.predicted["vessel"] == boat.name)
        assert mine.equals(alone.predicted)
