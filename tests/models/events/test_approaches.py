"""Approach: the cone of a boat under way, the prism of a silent one, and what is said of them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl
import pytest
from made_fixes import T0_S, Boat, fixes, fused, sailing, site

from core.settings import EventSettings
from geo.site import Site
from models.events.approaches import State, advance
from models.events.pier_reach import Going, reach
from models.fusion.schema import RADAR

SETTINGS = EventSettings()
ONE = "mmsi:412000001"
PIERS = (("P1", -3000.0, -10.0), ("P2", 0.0, -10.0), ("P3", 3000.0, -10.0), ("P4", 30_000.0, 0.0))
SHORE = ((-40_000.0, 0.0, 40_000.0, 4000.0),)
HEADLAND = (*SHORE, (1200.0, -6000.0, 2400.0, 0.0))
IN = sailing((0, 0.0, -9000.0), (1800, 0.0, -500.0))  # at 9.2 kn


def ahead(boat: Boat, until_s: int, where: Site | None = None) -> dict[int, float]:
    """The piers that it may reach, as it was last heard by then."""
    frame = fixes(boat).filter(pl.col("clock_s") <= T0_S + until_s, ~pl.col("coasting"))
    last = frame.sort("clock_s").tail(1)
    motion = (last[name].to_numpy() for name in ("lon", "lat", "speed_kn", "course_deg"))
    silence_s = (T0_S + until_s - last["clock_s"].to_numpy()).astype(float)
    found = reach(Going(*motion, silence_s), where or site(PIERS, SHORE), SETTINGS)
    return dict(zip(found.pier.tolist(), found.chance.tolist(), strict=True))


def said_of(*boats: Boat, until_s: int, where: Site | None = None) -> list[dict[str, Any]]:
    """What is said by then."""
    place = where or site(PIERS, SHORE)
    _, out = advance(State(), None, fused(fixes(*boats)), T0_S + until_s, place, SETTINGS)
    return out.to_dicts()


def test_the_pier_right_ahead_is_the_most_probable_one() -> None:
    piers = ahead(Boat(ONE, IN), 600)
    assert next(iter(piers)) == 1
    assert piers[1] > 1.5 * max(piers.get(0, 0.0), piers.get(2, 0.0))
    assert 0 < sum(piers.values()) < 1


def test_of_a_boat_that_is_heard_nothing_is_said_until_it_falls_silent() -> None:
    assert said_of(Boat(ONE, IN), until_s=1800) == []
    silent = Boat(ONE, IN, to_s=1800, silent=((600, 1800),))
    said = said_of(silent, until_s=1800)
    assert (said[0]["phase"], said[0]["pier"]) == ("began", 1)
    assert not json.loads(said[0]["detail"])["dark"]
    assert [row["phase"] for row in said_of(silent, until_s=7200)][-1] == "ended"


def test_a_boat_that_goes_along_the_shore_or_out_approaches_nothing() -> None:
    out = Boat(ONE, sailing((0, 0.0, -1500.0), (1800, 0.0, -10_000.0)))
    along = Boat(ONE, sailing((0, -9000.0, -4000.0), (1800, 1000.0, -4000.0)))
    assert sum(ahead(out, 300).values()) < 0.1
    assert max(ahead(along, 1500).values()) < 0.3


def test_what_cannot_be_reached_in_time_is_not_in_the_set() -> None:
    assert 3 not in ahead(Boat(ONE, IN), 600)
    far = Boat(ONE, sailing((0, 0.0, -40_000.0), (3600, 0.0, -23_000.0)))
    assert ahead(far, 600) == {}


def test_land_in_between_is_gone_round() -> None:
    """P3 lies behind a headland: 3 km away over land, 12 km over water."""
    slow = Boat(ONE, sailing((0, 0.0, -3500.0), (1800, 900.0, -500.0)))
    assert ahead(slow, 600)[2] > 4 * ahead(slow, 600, site(PIERS, HEADLAND)).get(2, 0.0)


def test_a_silent_boat_may_be_anywhere_within_reach_and_forgets_its_heading() -> None:
    boat = Boat(ONE, IN, to_s=6000, silent=((300, 6000),))
    early, late = ahead(boat, 600), ahead(boat, 2100)
    assert next(iter(early)) == 1
    assert late[1] < early[1]
    assert len(late) >= len(early)


def test_of_a_boat_in_the_dark_it_is_recorded_from_beginning_to_end() -> None:
    path = sailing((0, 0.0, -9000.0), (1800, 0.0, -40.0), (3600, 0.0, -40.0))
    boat = Boat("radar:R1:7", path, members=RADAR, to_s=3600)
    said = said_of(boat, until_s=3600)
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
    assert said_of(boat, until_s=6000) == []


def test_many_boats_say_of_each_what_it_alone_would_say() -> None:
    rng = np.random.default_rng(3)
    from_m = rng.uniform((-9000, -9000), (9000, -4000), (60, 2)).tolist()
    boats = [
        Boat(f"radar:R1:{i}", sailing((0, *a), (3600, *PIERS[i % 3][1:])), "", RADAR, 0, 3600)
        for i, a in enumerate(from_m)
    ]
    together = said_of(*boats, until_s=3600)
    for boat in boats[::7]:
        mine = [row for row in together if row["track"] == boat.name]
        assert mine == said_of(boat, until_s=3600)
    assert len({row["track"] for row in together}) > 10
