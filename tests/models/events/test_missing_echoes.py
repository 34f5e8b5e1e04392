"""AIS is here, and the radar that would see it sees nothing."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from core.settings import EventSettings
from geo.visibility import Horizon, Lookout
from models.events.missing_echoes import (
    ECHO,
    LENGTH,
    MISSED,
    REGISTERED,
    Radars,
    learn,
)
from models.fusion.schema import AIS, FIX, LINK, RADAR, REGISTRATION, FusionOutput

SETTINGS = EventSettings()
R1 = Lookout({"R1": Horizon(121.9, 29.2, 30_000.0)})
T0, STEP_S = 1_772_380_800, 30
DEG_M = 110_850.0
GHOST = "mmsi:412000999"
OTHERS = [f"mmsi:41200000{k}" for k in range(4)]


def fix(target: str, instant: int, north_m: float, east_m: float, heard: int) -> dict[str, Any]:
    return {
        "vessel": f"v {target}", "clock_s": T0 + STEP_S * instant, "lon": 121.9 + east_m / 97_230,
        "lat": 29.2 + north_m / DEG_M, "sigma_m": 10.0, "speed_kn": 6.0, "course_deg": 0.0,
        "age_s": 1, "heard": heard, "members": heard, "target": target, "coasting": False,
    }  # fmt: skip


def link(target: str, phase: str = "joined", instant: int = 0) -> dict[str, Any]:
    track = f"radar:R1:{target[-3:]}"
    at_s = T0 + STEP_S * instant
    return {
        "vessel": f"v {target}", "track": track, "target": track, "sensor": "radar", "source": "R1",
        "clock_s": at_s, "phase": phase, "since_s": at_s, "probability": 0.99, "margin": None,
        "instants": 5, "reason": "motion",
    }  # fmt: skip


def registered(state: str = "registered", instant: int = 0) -> dict[str, Any]:
    numbers = dict.fromkeys(
        ("range_m", "range_sigma_m", "bearing_deg", "bearing_sigma_deg", "clock_offset_s",
         "clock_sigma_s"), 0.0
    )  # fmt: skip
    at_s = T0 + STEP_S * instant
    return {"radar_id": "R1", "clock_s": at_s, **numbers, "pairs": 9, "state": state}


def sea(instants: int = 10, *, others: int = 3, away_m: float = 9000.0) -> list[dict[str, Any]]:
    """A ghost 8 km off, and some that radar sees too."""
    return [
        row
        for i in range(instants)
        for row in (
            fix(GHOST, i, 8000.0, 0.0, AIS),
            *(
                fix(t, i, away_m, 2000.0 * (k + 1), AIS | RADAR)
                for k, t in enumerate(OTHERS[:others])
            ),
        )
    ]


LENGTHS = pl.DataFrame(
    [(t, 30.0, T0 - 60) for t in OTHERS] + [(GHOST, 120.0, T0 - 60)], schema=LENGTH, orient="row"
)
LINKS = [link(t) for t in OTHERS]


def hits(
    fixes: list[dict[str, Any]],
    *,
    links: list[dict[str, Any]] | None = None,
    radar: list[dict[str, Any]] | None = None,
    lengths: pl.DataFrame = LENGTHS,
    cut: int | None = None,
    lookout: Lookout = R1,
) -> list[dict[str, Any]]:
    whole = FusionOutput(
        pl.DataFrame(fixes, schema=FIX),
        pl.DataFrame(LINKS if links is None else links, schema=LINK),
        pl.DataFrame([registered()] if radar is None else radar, schema=REGISTRATION),
    )
    held = (ECHO, REGISTERED, MISSED)
    state = tuple(pl.DataFrame(schema=schema) for schema in held)
    found, was = [], 0
    for until in sorted({T0 + STEP_S * (cut or 0), T0 + 10**6}):
        new = pl.col("clock_s").is_between(was + 1, until)
        part = FusionOutput(
            whole.fixes.filter(new), whole.links.filter(new), whole.registrations.filter(new)
        )
        radars = Radars(*state, lengths, lookout, SETTINGS)
        found += radars.take(part)
        state = radars.frames(until)
        was = until
    return found


def test_after_five_covered_instants_without_an_echo_it_is_said() -> None:
    found = hits(sea())
    assert [hit["instants"] for hit in found] == [5, 6, 7, 8, 9, 10]
    assert found[0]["target"] == GHOST
    assert found[0]["clock_s"] == T0 + 4 * STEP_S
    assert found[0]["from_us"] == T0 * 1_000_000
    for cut in (1, 3, 5, 8):
        assert hits(sea(), cut=cut) == found


@pytest.mark.parametrize(
    "told",
    [
        {"fixes": sea(others=2)},  # two are too few to say that it sees that far
        {"fixes": sea(away_m=2000.0)},  # they are all nearer
        {"radar": [registered("learning")]},
        {"radar": []},
        {"links": []},  # it sees nobody
        {"lengths": LENGTHS.filter(pl.col("target") != GHOST)},
        {"lengths": LENGTHS.with_columns(pl.lit(30.0).alias("length_m") - pl.when(
            pl.col("target") == GHOST).then(20.0).otherwise(0.0))},  # longer ones are seen only
        {"lookout": Lookout({"R1": Horizon(121.9, 29.2, 5_000.0)})},  # beyond its range
        {"lookout": Lookout()},
    ],
)  # fmt: skip
def test_what_is_not_covered_does_not_count(told: dict[str, Any]) -> None:
    assert hits(**{"fixes": sea(), **told}) == []


def test_a_boat_that_lies_still_may_lie_in_the_shores_echo() -> None:
    still = [row | ({"speed_kn": 0.3} if row["target"] == GHOST else {}) for row in sea()]
    assert hits(still) == []


def test_an_echo_nearby_may_be_its_own() -> None:
    near = [fix("radar:R1:777", i, 8000.0, 250.0, RADAR) for i in range(10)]
    linked = [*LINKS, link("radar:R1:777")]
    assert hits([*sea(), *near], links=linked) == []
    far = [fix("radar:R1:777", i, 8000.0, 900.0, RADAR) for i in range(10)]
    assert len(hits([*sea(), *far], links=linked)) == 6


def test_an_echo_ends_the_count() -> None:
    fixes = sea()
    seen = [row | ({"heard": AIS | RADAR} if i == 3 * 4 else {}) for i, row in enumerate(fixes)]
    linked = [*LINKS, link(GHOST, instant=3), link(GHOST, "left", instant=4)]
    assert [hit["instants"] for hit in hits(seen, links=linked)] == [5, 6]


def test_after_ten_minutes_uncovered_the_count_begins_anew() -> None:
    parts = [*sea(4), *(row | {"clock_s": row["clock_s"] + 690} for row in sea(6))]
    assert [hit["instants"] for hit in hits(parts)] == [5, 6]
    assert [hit["instants"] for hit in hits(parts, cut=9)] == [5, 6]


def test_the_first_length_that_a_target_claims_is_kept() -> None:
    claims = pl.DataFrame(
        {"target": ["a", "a", "b"], "length_m": [9.0, 99.0, 0.0], "clock_s": [5, 2, 1]}
    )
    assert learn(pl.DataFrame(schema=LENGTH), claims).rows() == [("a", 99.0, 2)]
