"""On land: 100 m inside, three fixes; not at piers, not in rivers."""

from __future__ import annotations

import event_runs
import polars as pl
import pytest
import shapely
from event_runs import NOTHING_FUSED, detail
from made_tracks import EAST_DEG_M, LAT, LON, NORTH_DEG_M, T0_S, Fix, rows

from core.schema import empty
from core.settings import EventSettings
from geo.land import Land
from geo.piers import Piers
from geo.plane import MetricPlane
from models.events import on_land
from models.events.gear_beacons import LABEL
from models.events.on_land import LandState
from models.tracks.fold import TrackOutput

SETTINGS = EventSettings()
PLANE = MetricPlane(LON, LAT)
GONE = T0_S + 30 * 3600


def at(east_m: float, north_m: float) -> tuple[float, float]:
    return LON + east_m / EAST_DEG_M, LAT + north_m / NORTH_DEG_M


#: Land is everything within 5 km west of the place.
LAND = Land([shapely.box(*at(-5000, -5000), *at(0, 5000))], PLANE)
PIERS = Piers(
    pl.DataFrame({"pier_id": ["P1"]}), [shapely.box(*at(-20, 2990), *at(20, 3010))], PLANE
)


def say(
    frame: pl.DataFrame,
    *ends: int,
    land: Land | None = LAND,
    beacons: pl.DataFrame | None = None,
) -> pl.DataFrame:
    said = empty(LABEL) if beacons is None else beacons

    def step(
        state: LandState, tracks: TrackOutput, _was: int, until: int
    ) -> tuple[LandState, pl.DataFrame]:
        return on_land.advance(state, tracks, NOTHING_FUSED, until, land, PIERS, said, SETTINGS)

    return event_runs.run(frame, [*ends, GONE], LandState.initial(), LandState.load, step)[0]


def fixes(n: int, west_m: float, north_m: float = 0.0, begin_s: int = 0) -> list[Fix]:
    return [(begin_s + 60.0 * i, -west_m, north_m, 3.0) for i in range(n)]


def test_three_fixes_more_than_100_metres_inside_are_on_land() -> None:
    said = say(rows(fixes(3, 150.0)))
    assert said["phase"].to_list() == ["began", "ended"]
    first = said.row(0, named=True)
    assert first["clock_s"] == T0_S + 120
    assert detail(first) == {"fixes": 3, "inside_m": pytest.approx(150, abs=1), "label": None}
    assert first["level"] is None
    assert said.row(1, named=True)["clock_s"] == T0_S + 120 + 1800


@pytest.mark.parametrize(("n", "west_m"), [(2, 150.0), (30, 98.0), (30, -50.0), (30, 5200.0)])
def test_two_fixes_the_shore_and_the_sea_are_not(n: int, west_m: float) -> None:
    assert say(rows(fixes(n, west_m))).is_empty()


def test_a_slip_near_a_pier_is_not() -> None:
    assert say(rows(fixes(9, 250.0, 3000.0))).is_empty()
    assert len(say(rows(fixes(9, 350.0, 3000.0)))) == 2


def test_a_radar_echo_on_land_is_clutter_and_no_vessel() -> None:
    assert say(rows(fixes(9, 900.0), "radar:R1:17")).is_empty()
    assert len(say(rows(fixes(9, 900.0), "beidou:0123456"))) == 2


def test_where_three_vessels_were_there_is_a_river() -> None:
    boats = [rows(fixes(9, 900.0, 0.0, 1200 * k), f"mmsi:41200000{k}") for k in range(6)]
    said = say(pl.concat(boats), *range(T0_S, T0_S + 9000, 700))
    begun = said.filter(pl.col("phase") == "began")["track"].to_list()
    assert begun == ["mmsi:412000000", "mmsi:412000001"]


def test_a_gear_beacon_that_rides_home_is_said_to_be_one() -> None:
    label = pl.DataFrame(
        [("mmsi:412000001", "mmsi:412000001", "gear_beacon", T0_S - 9000, T0_S - 3600)],
        schema=LABEL,
        orient="row",
    )
    said = say(rows(fixes(9, 900.0)), beacons=label)
    assert detail(said.row(0, named=True))["label"] == "gear_beacon"
    old = label.with_columns(pl.col("to_s") - 48 * 3600)
    assert detail(say(rows(fixes(9, 900.0)), beacons=old).row(0, named=True))["label"] is None


def test_without_land_nothing_is_said() -> None:
    assert say(rows(fixes(9, 900.0)), land=None).is_empty()
