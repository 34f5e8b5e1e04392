"""Identity conflicts: clones at their boundaries, shared claims, and the register."""

from __future__ import annotations

from typing import Any

import event_runs
import polars as pl
import pytest
from event_runs import detail
from made_tracks import EAST_DEG_M, T0_S, Fix, rows

from core.settings import EventSettings
from geo.plane import distance_m
from geo.visibility import Lookout
from models.events import identity_conflicts
from models.events.identity_claims import CLAIM
from models.events.identity_conflicts import ConflictState
from models.events.register_conflicts import Register
from models.fusion.schema import FIX, LINK, REGISTRATION, FusionOutput
from models.tracks.fold import TrackOutput

SETTINGS = EventSettings()
GONE = T0_S + 30 * 3600
A, B, C = "mmsi:412000001", "mmsi:412000002", "beidou:0000007"
VESSELS = pl.DataFrame(
    {
        "vessel_id": ["V1", "V2", "V3"],
        "mmsi": ["412000001", "412000002", None],
        "beidou_id": [None, "0000007", "0000009"],
        "length_m": [30.0, None, 12.0],
    }
)


def say(
    frame: pl.DataFrame,
    *ends: int,
    claims: list[tuple[Any, ...]] | None = None,
    links: pl.DataFrame | None = None,
    vessels: pl.DataFrame = VESSELS,
) -> pl.DataFrame:
    told = pl.DataFrame(claims or [], schema=CLAIM, orient="row")
    linked = pl.DataFrame(schema=LINK) if links is None else links
    register = Register(vessels)

    def step(
        state: ConflictState, tracks: TrackOutput, was: int, until: int
    ) -> tuple[ConflictState, pl.DataFrame]:
        new = pl.col("clock_s").is_between(was + 1, until)
        none = (pl.DataFrame(schema=schema) for schema in (FIX, REGISTRATION))
        fixes, registrations = none
        fused = FusionOutput(fixes, linked.filter(new), registrations)
        return identity_conflicts.advance(
            state, tracks, fused, until, told.filter(new), register, SETTINGS, Lookout()
        )

    begun = ConflictState.initial()
    return event_runs.run(frame, [*ends, GONE], begun, ConflictState.load, step)[0]


def still(seconds: range, east_m: float = 0.0, target: str = A, kn: float = 0.3) -> pl.DataFrame:
    fixes: list[Fix] = [(float(s), east_m, 0.0, kn) for s in seconds]
    return rows(fixes, target)


def interleaved(minutes: int, east_m: float) -> pl.DataFrame:
    """One here all along, and one there for so long, never in the same second."""
    return pl.concat(
        [still(range(0, 7200, 60)), still(range(1830, 1831 + 60 * minutes, 60), east_m)]
    )


def sets(minutes: int, east_m: float) -> pl.DataFrame:
    """The BeiDou set at home all along, and the AIS set of the same vessel there for so long."""
    return pl.concat(
        [
            still(range(0, 7200, 60), target=C),
            still(range(1830, 1831 + 60 * minutes, 30), east_m, B),
        ]
    )


def test_ais_and_beidou_of_one_vessel_far_apart_for_more_than_ten_minutes_are_a_conflict() -> None:
    said = say(sets(30, 8_000.0), 2_000, 2_900)
    assert said["phase"].to_list() == ["began", "ended"]
    first = said.row(0, named=True)
    assert detail(first)["code"] == "sets_apart"
    assert detail(first)["apart_m"] == pytest.approx(8_000, rel=0.01)
    assert first["targets"] == [C, B]
    assert first["clock_s"] > T0_S + 1830 + 600
    assert (first["level"], first["nats"]) == ("watch", 3.0)


@pytest.mark.parametrize(
    ("minutes", "east_m"), [(9, 8_000.0), (60, 4_900.0)], ids=["for nine minutes", "in a harbour"]
)
def test_sets_that_are_soon_together_again_or_near_are_none(minutes: int, east_m: float) -> None:
    assert say(sets(minutes, east_m)).is_empty()


def test_an_ais_set_that_fell_silent_is_nowhere() -> None:
    out = still(range(0, 300, 30), 8_000.0, B)
    home = still(range(600, 7200, 60), target=C)
    assert say(pl.concat([out, home])).is_empty()


def test_sets_of_two_vessels_may_be_anywhere() -> None:
    assert say(sets(30, 8_000.0), vessels=VESSELS.with_columns(beidou_id=None)).is_empty()


def test_one_number_in_two_places_for_more_than_ten_minutes_is_a_conflict() -> None:
    said = say(interleaved(30, 40_000.0))
    assert said["phase"].to_list() == ["began", "ended"]
    first = said.row(0, named=True)
    assert detail(first)["code"] == "two_places"
    assert detail(first)["apart_m"] == pytest.approx(40_000, rel=0.01)
    assert first["targets"] == [A]
    assert (first["level"], first["sources"]) == ("watch", ["ais"])
    assert first["from_us"] == (T0_S + 1830) * 1_000_000
    assert first["clock_s"] == T0_S + 1830 + 660  # 630 s of overlap


@pytest.mark.parametrize(("overlap_s", "found"), [(599, False), (600, False), (601, True)])
def test_exactly_ten_minutes_is_not_more_than_ten(overlap_s: int, found: bool) -> None:
    here = still(range(0, 7201, 100))
    there = pl.concat([still(range(1000, 1401, 50), 40_000.0)])
    last = still(range(1000 + overlap_s, 1001 + overlap_s), 40_000.0)
    near = still(range(1000 + overlap_s + 1, 1002 + overlap_s), 0.0)
    path = pl.concat([here.filter(pl.col("t_us") < (T0_S + 1000) * 1_000_000), there])
    path = pl.concat([path, still(range(1030, 1600, 100)), last, near]).unique("t_us").sort("t_us")
    assert (len(say(path)) > 0) == found


def test_exactly_five_kilometres_is_not_more_than_five() -> None:
    lon, lat = (still(range(1))[c][0] for c in ("lon", "lat"))
    exact = 5000.0
    for _ in range(60):  # as near to 5 km as degrees can be
        metres = float(distance_m(lon, lat, lon + exact / EAST_DEG_M, lat))
        exact *= 5000.0 / metres
    for share, found in ((0.999, False), (1.001, True)):
        assert (len(say(interleaved(30, exact * share))) > 0) == found


@pytest.mark.parametrize("begin_s", [0, 8 * 3600])
def test_midnight_local_and_utc_changes_nothing(begin_s: int) -> None:
    shift = (begin_s - 3600 - 1830) * 1_000_000
    moved = interleaved(120, 40_000.0).with_columns(
        pl.col("t_us") + shift, pl.col("clock_s") + shift // 1_000_000
    )
    assert say(moved)["phase"].to_list() == ["began", "ended"]


def test_a_wild_position_now_and_then_is_no_second_boat() -> None:
    wild = pl.concat([still(range(0, 7200, 60)), still(range(1830, 5000, 1700), 40_000.0)])
    assert say(wild).is_empty()


def claim(target: str, at_s: int, **said: Any) -> tuple[Any, ...]:
    at = T0_S + at_s
    own = {"name": None, "call_sign": None, "imo": None, "length_m": None, **said}
    return target, at * 1_000_000, at, *own.values()


FAR = pl.concat([still(range(0, 7200, 60)), still(range(5, 7205, 60), 9_000.0, B)])


@pytest.mark.parametrize(
    ("said", "code", "level"),
    [
        ({"imo": 9074729}, "shared_imo", "watch"),
        ({"call_sign": "BVXY7"}, "shared_call_sign", "watch"),
        ({"name": "ZHEXIANGYU 05123"}, "shared_name", "watch"),
    ],
)
def test_two_numbers_that_say_they_are_one_vessel(
    said: dict[str, Any], code: str, level: str
) -> None:
    claims = [claim(A, 300, **said), claim(B, 900, **said), claim(A, 1300, **said)]
    told = say(FAR, claims=claims)
    assert told["phase"].to_list() == ["began", "ended"]
    first = told.row(0, named=True)
    assert (detail(first)["code"], first["level"]) == (code, level)
    assert first["targets"] == [A, B]
    assert first["clock_s"] == T0_S + 900
    assert detail(first)["apart_m"] == pytest.approx(9_000, rel=0.01)
    assert told.row(1, named=True)["clock_s"] == T0_S + 1300 + 3600


@pytest.mark.parametrize(
    "said", [{"imo": 9074728}, {"call_sign": "BV"}, {"name": "FISHING"}, {"name": "123-80%"}]
)
def test_what_tells_no_vessels_apart_is_no_conflict(said: dict[str, Any]) -> None:
    assert say(FAR, claims=[claim(A, 300, **said), claim(B, 900, **said)]).is_empty()


def test_claims_an_hour_apart_are_not_at_once() -> None:
    for wait_s, found in ((3599, True), (3600, False)):
        claims = [claim(A, 300, imo=9074729), claim(B, 300 + wait_s, imo=9074729)]
        assert (len(say(FAR, claims=claims)) > 0) == found


def test_what_six_claim_is_a_makers_default() -> None:
    names = [f"mmsi:41200000{k}" for k in range(6)]
    boats = pl.concat([still(range(k, 7200, 60), 9000.0 * k, n) for k, n in enumerate(names)])
    claims = [claim(n, 300 + k, call_sign="BAAA1") for k, n in enumerate(names)]
    again = [claim(n, 600 + k, call_sign="BAAA1") for k, n in enumerate(names)]
    said = say(boats, claims=again)
    assert len(say(boats, claims=claims[:5]).filter(pl.col("phase") == "began")) == 10
    assert len(said.filter(pl.col("phase") == "began")) == 10  # until the sixth was heard


def test_two_sets_aboard_one_vessel_are_an_event_and_no_alert() -> None:
    beside = pl.concat([still(range(0, 7200, 60)), still(range(5, 7205, 60), 120.0, B)])
    claims = [claim(A, 300, imo=9074729), claim(B, 900, imo=9074729)]
    said = say(beside, claims=claims)
    assert said["level"].to_list() == [None, None]
    assert detail(said.row(0, named=True))["code"] == "two_sets"


def test_a_length_that_is_not_the_registered_one() -> None:
    for length_m, found in ((59.0, False), (120.0, True), (14.0, True), (60.0, False)):
        said = say(still(range(0, 7200, 60)), claims=[claim(A, 300, length_m=length_m)])
        assert (len(said) > 0) == found
    said = say(still(range(0, 7200, 60)), claims=[claim(A, 300, length_m=120.0)])
    told = detail(said.row(0, named=True))
    assert (told["code"], told["length_m"], told["registered_m"]) == ("length", 120.0, 30.0)


def link(target: str, at_s: int, phase: str, vessel: str = "X") -> dict[str, Any]:
    return {
        "vessel": vessel, "track": target, "target": target, "sensor": target.split(":")[0],
        "source": None, "clock_s": T0_S + at_s, "phase": phase, "since_s": T0_S + at_s,
        "probability": 0.99, "margin": None, "instants": 5, "reason": "motion",
    }  # fmt: skip


def links(*told: dict[str, Any]) -> pl.DataFrame:
    sensor = pl.col("sensor").replace({"mmsi": "ais"})
    return pl.DataFrame(list(told), schema=LINK).with_columns(sensor)


BOTH = pl.concat([still(range(0, 7200, 60)), still(range(5, 7205, 60), 50.0, C)])


def test_sets_of_two_registered_vessels_aboard_one_are_a_conflict() -> None:
    told = links(link(A, 60, "joined"), link(C, 600, "joined"), link(C, 3000, "left"))
    said = say(BOTH, *range(T0_S, T0_S + 7200, 500), links=told)
    assert said["phase"].to_list() == ["began", "ended"]
    assert said["clock_s"].to_list() == [T0_S + 600, T0_S + 3000]
    first = said.row(0, named=True)
    assert first["targets"] == sorted([A, C])
    assert detail(first)["beidou_is_of"] == "V2"
    assert first["sources"] == ["ais", "beidou"]
    assert said["from_us"].unique().to_list() == [(T0_S + 600) * 1_000_000]


def test_sets_of_one_registered_vessel_are_none() -> None:
    both = pl.concat([still(range(0, 7200, 60), target=B), still(range(5, 7205, 60), 50.0, C)])
    assert say(both, links=links(link(B, 60, "joined"), link(C, 600, "joined"))).is_empty()


def test_a_number_that_two_of_the_register_share_says_nothing() -> None:
    twice = pl.concat([VESSELS, VESSELS.with_columns(pl.lit("V9").alias("vessel_id"))])
    told = links(link(A, 60, "joined"), link(C, 600, "joined"))
    assert say(BOTH, links=told, vessels=twice).is_empty()
