"""One row a vessel: who speaks for it, who sees it, and what is not shown any more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from core.schema import IDENTITY, OBSERVATION
from models.fusion.schema import FIX
from store.engine import Store
from store.forget import forget_run
from store.vessel_tables import BOND
from store.vessels import VESSEL_NOW

pytestmark = pytest.mark.postgis
TICK = datetime(2026, 3, 1, 18, 0, tzinfo=UTC)
BOAT, TERMINAL, ECHO, OTHER = "mmsi:412000001", "beidou:60001", "radar:R1:17", "radar:R2:3"


def seen(store: Store, run_id: int, **ago_s: tuple[float, float, float]) -> None:
    """Positions of `BOAT`, … by name: seconds before the tick, longitude, knots."""
    names = {"boat": BOAT, "terminal": TERMINAL, "echo": ECHO, "other": OTHER}
    rows = []
    for name, (s, lon, knots) in ago_s.items():
        target = names[name]
        at = TICK - timedelta(seconds=s)
        rows.append(
            {
                "key": target.encode().ljust(16)[:16],
                "sensor": target.partition(":")[0].replace("mmsi", "ais"),
                "source": "S1", "target": target, "observed_at": at, "received_at": at,
                "lon": lon, "lat": 29.2, "speed_kn": knots, "detail": "{}",
            }
        )  # fmt: skip
    store.write_observations(run_id, pl.DataFrame(rows, schema=OBSERVATION))
    store.set_tick(run_id, TICK)


def bonds(*rows: tuple[str, str, str]) -> pl.DataFrame:
    told = [(target, vessel, speaker, TICK) for target, vessel, speaker in rows]
    return pl.DataFrame(told, schema=BOND, orient="row")


def one_boat(*targets: str) -> pl.DataFrame:
    return bonds(*((target, "v1", targets[0]) for target in targets))


def shown(store: Store, run_id: int) -> list[tuple[str, str, float]]:
    return store.vessels_now(run_id).select("target", "sensor", "lon").rows()


def test_a_boat_its_terminal_and_its_echoes_are_one_row_where_the_boat_says_it_is(
    store: Store, run_id: int
) -> None:
    seen(store, run_id, boat=(40, 121.9, 6.0), terminal=(5, 121.8, 6.0), echo=(2, 121.7, 6.0))
    assert len(store.vessels_now(run_id)) == 3
    assert store.write_bonds(run_id, one_boat(BOAT, TERMINAL, ECHO)) == 3
    found = store.vessels_now(run_id)
    assert found.schema == VESSEL_NOW
    assert found.select("target", "sensor", "lon").rows() == [(BOAT, "ais", 121.9)]
    assert found["heard_at"].to_list() == [TICK - timedelta(seconds=40)]


def test_a_boat_that_switched_off_is_dark_where_radar_sees_it_and_keeps_its_name(
    store: Store, run_id: int
) -> None:
    seen(store, run_id, boat=(1500, 121.9, 6.0), echo=(2, 121.7, 6.0))
    claim = {"key": b"k" * 16, "target": BOAT, "received_at": TICK, "name": "浙象渔1"}
    store.write_identities(run_id, pl.DataFrame([claim], schema=IDENTITY))
    store.write_bonds(run_id, one_boat(BOAT, ECHO))
    (row,) = store.vessels_now(run_id).rows(named=True)
    assert (row["target"], row["name"]) == (BOAT, "浙象渔1")
    assert (row["sensor"], row["lon"]) == ("dark", 121.7)
    assert row["heard_at"] == TICK - timedelta(seconds=1500)


def test_a_boat_that_switched_off_where_the_echo_may_be_anothers_is_not_said_to_be_dark(
    store: Store, run_id: int
) -> None:
    seen(store, run_id, boat=(1500, 121.9, 6.0), echo=(2, 121.7, 6.0))
    store.write_bonds(run_id, one_boat(BOAT, ECHO))
    fix = {
        "vessel": "v1", "clock_s": int(TICK.timestamp()), "lon": 121.7, "lat": 29.2, "age_s": 2,
        "heard": 4, "members": 4, "target": BOAT, "coasting": False,
        "rival": "mmsi:412000002", "rival_probability": 0.4,
    }  # fmt: skip
    store.write_latest_fixes(run_id, pl.DataFrame([fix], schema=FIX))
    assert shown(store, run_id) == [(BOAT, "radar", 121.7)]
    later = {**fix, "clock_s": fix["clock_s"] + 30, "rival": None, "rival_probability": None}
    store.write_latest_fixes(run_id, pl.DataFrame([later], schema=FIX))
    assert shown(store, run_id) == [(BOAT, "dark", 121.7)]


@pytest.mark.parametrize(
    ("boat", "expected"),
    [
        ((89, 121.9, 6.0), ("ais", 121.9)),
        ((120, 121.9, 6.0), ("ais", 121.7)),  # overdue, and not yet silent
        ((601, 121.9, 6.0), ("dark", 121.7)),
        ((500, 121.9, 0.1), ("ais", 121.9)),  # class B at a quay speaks every three minutes
        ((1700, 121.9, 0.1), ("ais", 121.7)),
        ((1801, 121.9, 0.1), ("dark", 121.7)),
    ],
)
def test_a_boats_own_word_stands_for_its_usual_interval(
    store: Store, run_id: int, boat: tuple[float, float, float], expected: tuple[str, float]
) -> None:
    seen(store, run_id, boat=boat, echo=(2, 121.7, 6.0))
    store.write_bonds(run_id, one_boat(BOAT, ECHO))
    assert shown(store, run_id) == [(BOAT, *expected)]


def test_a_terminal_speaks_for_a_boat_whose_ais_is_silent_before_radar_does(
    store: Store, run_id: int
) -> None:
    seen(store, run_id, boat=(1500, 121.9, 6.0), terminal=(100, 121.8, 6.0), echo=(2, 121.7, 6.0))
    store.write_bonds(run_id, one_boat(BOAT, TERMINAL, ECHO))
    assert shown(store, run_id) == [(BOAT, "beidou", 121.8)]


def test_a_radar_target_that_is_gone_for_three_minutes_is_not_shown_and_its_track_stays(
    store: Store, run_id: int
) -> None:
    seen(store, run_id, boat=(7000, 121.9, 6.0), echo=(181, 121.7, 6.0), other=(170, 121.6, 6.0))
    assert shown(store, run_id) == [(BOAT, "ais", 121.9), (OTHER, "radar", 121.6)]
    store.write_bonds(run_id, one_boat(BOAT, ECHO))
    assert shown(store, run_id) == [(BOAT, "ais", 121.9), (OTHER, "radar", 121.6)]
    assert len(store.track(run_id, ECHO, TICK - timedelta(hours=1), TICK)) == 1
    assert len(store.latest_positions(run_id)) == 3


def test_two_radars_that_see_one_thing_show_it_once(store: Store, run_id: int) -> None:
    seen(store, run_id, echo=(40, 121.7, 6.0), other=(3, 121.71, 6.0))
    store.write_bonds(run_id, one_boat(ECHO, OTHER))
    assert shown(store, run_id) == [(ECHO, "radar", 121.71)]


def test_bonds_stand_in_place_of_those_before_and_said_again_change_nothing(
    store: Store, run_id: int
) -> None:
    seen(store, run_id, boat=(4, 121.9, 6.0), echo=(2, 121.7, 6.0))
    assert store.write_bonds(run_id, one_boat(BOAT, ECHO)) == 2
    assert store.write_bonds(run_id, one_boat(BOAT, ECHO)) == 0
    apart = bonds((BOAT, "v1", BOAT), (ECHO, "v2", ECHO))
    assert store.write_bonds(run_id, apart) == 1
    assert [row[0] for row in shown(store, run_id)] == [BOAT, ECHO]
    assert store.write_bonds(run_id, apart.clear()) == 2
    assert store.write_bonds(run_id + 1000, apart.clear()) == 0


def test_the_bonds_of_a_forgotten_run_are_forgotten(store: Store) -> None:
    names = ("一夜", "xiangshan", True, "bonds to forget", "象山", "Xiangshan")
    run_id = store.open_run("replay", *names, "Asia/Shanghai")
    store.write_bonds(run_id, one_boat(BOAT, ECHO))
    assert forget_run(store, "bonds to forget")
    assert store.write_bonds(run_id, one_boat(BOAT, ECHO)) == 2
