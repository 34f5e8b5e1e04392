"""One vessel for every boat: what fusion does where sensors fall silent, cross and change names."""

from __future__ import annotations

import numpy as np
import polars as pl
from made_vessels import SETTINGS, SITE, T0_S, Seen, partition, run, straight
from numpy.typing import NDArray

from geo.plane import distance_m
from models.fusion.schema import AIS, BEIDOU, RADAR

Float = NDArray[np.float64]


def vessel_of(found: dict[str, set[str]], track: str) -> str | None:
    return next((name for name, tracks in found.items() if track in tracks), None)


def test_a_boat_seen_by_all_sensors_is_one_vessel_where_it_is() -> None:
    path = straight(3_000, 8_000, 8, 90)
    rows = [
        Seen("mmsi:412000001", to_s=1_200).rows(path),
        Seen("beidou:0000001", to_s=1_200, every_s=180).rows(path),
        Seen("radar:R1:5", to_s=1_200, every_s=10).rows(path),
        Seen("radar:R2:9", to_s=1_200, every_s=10).rows(path),
    ]
    _, out = run(rows, 1_200)
    assert list(partition(out, 1_200).values()) == [
        {"mmsi:412000001", "beidou:0000001", "radar:R1:5", "radar:R2:9"}
    ]
    last = out.fixes.row(-1, named=True)
    assert last["members"] == AIS | BEIDOU | RADAR
    assert last["target"] == "mmsi:412000001"
    east, north = path(np.array([1_200.0]))
    x, y = SITE.plane.to_m([121.9], [29.2])
    lon, lat = SITE.plane.to_deg(x + east, y + north)
    assert distance_m(lon, lat, [last["lon"]], [last["lat"]])[0] < 40
    assert abs(last["speed_kn"] - 8) < 1
    assert abs(last["course_deg"] - 90) < 10


def test_a_boat_that_switches_ais_off_stays_the_vessel_by_radar() -> None:
    path = straight(-4_000, 5_000, 9, 20)
    rows = [
        Seen("mmsi:412000007", to_s=600).rows(path),
        Seen("radar:R1:3", to_s=2_400, every_s=10).rows(path),
    ]
    _, out = run(rows, 2_400)
    assert out.fixes["vessel"].n_unique() == 1
    last = out.fixes.row(-1, named=True)
    assert (last["members"], last["target"]) == (RADAR, "mmsi:412000007")
    assert not last["coasting"]


def test_a_dark_boat_that_gets_a_new_radar_number_goes_on_as_the_same_vessel() -> None:
    path = straight(-4_000, 5_000, 9, 20)
    rows = [
        Seen("mmsi:412000007", to_s=600).rows(path),
        Seen("radar:R1:3", to_s=1_500, every_s=10).rows(path),
        Seen("radar:R1:31", from_s=1_560, to_s=2_400, every_s=10).rows(path),
    ]
    _, out = run(rows, 2_400)
    assert out.fixes["vessel"].n_unique() == 1
    went_on = out.links.filter(pl.col("track") == "radar:R1:31").row(0, named=True)
    assert (went_on["phase"], went_on["reason"]) == ("joined", "motion")
    assert went_on["probability"] >= SETTINGS.link_probability


def test_of_two_lost_boats_side_by_side_a_new_echo_is_neither() -> None:
    one, two = straight(5_000, 5_000, 8, 90), straight(5_000, 5_060, 8, 90)
    rows = [
        Seen("radar:R1:1", to_s=900, every_s=10).rows(one),
        Seen("radar:R1:2", to_s=900, every_s=10).rows(two),
        Seen("radar:R1:3", from_s=990, to_s=1_500, every_s=10).rows(straight(5_000, 5_030, 8, 90)),
    ]
    _, out = run(rows, 1_500)
    joined = out.links.filter(pl.col("track") == "radar:R1:3")
    assert joined["reason"].to_list()[0] == "own"


def test_boats_that_cross_keep_their_echoes() -> None:
    one, two = straight(4_000, 6_000, 8, 45), straight(4_000, 8_000, 8, 135)  # meet at 1000 s
    rows = [
        Seen("mmsi:412000005", to_s=700).rows(one),
        Seen("radar:R1:1", to_s=1_800, every_s=10).rows(one),
        Seen("mmsi:412000006", to_s=1_800).rows(two),
        Seen("radar:R1:2", to_s=1_800, every_s=10).rows(two),
    ]
    _, out = run(rows, 1_800)
    for at_s in range(300, 1_801, 300):
        found = partition(out, at_s)
        assert {"mmsi:412000005", "radar:R1:1"} in found.values(), at_s
        assert {"mmsi:412000006", "radar:R1:2"} in found.values(), at_s


def test_echoes_that_swap_their_numbers_are_put_right() -> None:
    one, two = straight(6_000, 5_000, 8, 90), straight(6_000, 5_600, 8, 60)

    def swapped(mine: int) -> pl.DataFrame:
        paths = (one, two) if mine == 1 else (two, one)
        return pl.concat(
            [
                Seen(f"radar:R1:{mine}", to_s=900, every_s=10).rows(paths[0]),
                Seen(f"radar:R1:{mine}", from_s=900, to_s=1_800, every_s=10)
                .rows(paths[1])
                .with_columns(fresh=pl.lit(False)),
            ]
        )

    rows = [
        Seen("mmsi:412000005", to_s=1_800).rows(one),
        Seen("mmsi:412000006", to_s=1_800).rows(two),
        swapped(1),
        swapped(2),
    ]
    _, out = run(rows, 1_800)
    assert {"mmsi:412000005", "radar:R1:1"} in partition(out, 870).values()
    assert {"mmsi:412000005", "radar:R1:2"} in partition(out, 1_800).values()
    assert {"mmsi:412000006", "radar:R1:1"} in partition(out, 1_800).values()


def test_boats_side_by_side_are_not_one_by_motion_alone() -> None:
    here, beside = straight(-7_000, -2_000, 0, 0), straight(-6_985, -2_000, 0, 0)
    rows = [
        Seen("mmsi:412000008", every_s=60).rows(here),
        Seen("beidou:7777777", every_s=180).rows(beside),
        Seen("beidou:8888888", every_s=180).rows(straight(-7_000, -1_990, 0, 0)),
    ]
    _, out = run(rows, 3_600)
    assert sorted(len(tracks) for tracks in partition(out, 3_600).values()) == [1, 1, 1]


def test_ais_and_beidou_of_the_register_are_one_though_others_lie_near() -> None:
    rows = [
        Seen("mmsi:412000001", every_s=60).rows(straight(-7_000, -2_000, 0, 0)),
        Seen("beidou:0000001", every_s=180).rows(straight(-7_000, -2_000, 0, 0)),
        Seen("mmsi:412000002", every_s=60).rows(straight(-6_970, -2_000, 0, 0)),
        Seen("beidou:0000002", every_s=180).rows(straight(-6_970, -2_000, 0, 0)),
    ]
    _, out = run(rows, 3_600)
    found = partition(out, 3_600)
    assert {"mmsi:412000001", "beidou:0000001"} in found.values()
    assert {"mmsi:412000002", "beidou:0000002"} in found.values()


def test_ais_and_beidou_that_the_register_does_not_know_need_a_long_way_together() -> None:
    path = straight(-9_000, -9_000, 8, 45)
    rows = [
        Seen("mmsi:412009999", to_s=7_200).rows(path),
        Seen("beidou:7777777", to_s=7_200, every_s=180).rows(path),
    ]
    _, out = run(rows, 7_200)
    assert len(partition(out, 1_800)) == 2
    assert len(partition(out, 7_200)) == 1


def test_the_beidou_of_another_vessel_of_the_register_never_joins() -> None:
    path = straight(-9_000, -9_000, 8, 45)
    rows = [
        Seen("mmsi:412000001").rows(path),
        Seen("beidou:0000002", every_s=180).rows(path),
        Seen("radar:R1:4", every_s=10).rows(path),
    ]
    _, out = run(rows, 3_600)
    found = partition(out, 3_600)
    assert vessel_of(found, "mmsi:412000001") != vessel_of(found, "beidou:0000002")


def test_two_boats_under_one_mmsi_are_two_vessels() -> None:
    rows = [
        Seen("mmsi:412000009", to_s=600).rows(straight(0, 9_000, 6, 90)),
        Seen("mmsi:412000009", to_s=600).rows(straight(0, -9_000, 6, 90), track="mmsi:412000009:2"),
    ]
    _, out = run(rows, 600)
    assert out.fixes.filter(pl.col("clock_s") == T0_S + 600).height == 2


def test_a_wild_position_is_no_vessel() -> None:
    wild = Seen("mmsi:412000009", from_s=300, to_s=310, every_s=9).rows(
        straight(20_000, 0, 0, 0), track="mmsi:412000009:2"
    )
    rows = [Seen("mmsi:412000009", to_s=900).rows(straight(0, 9_000, 6, 90)), wild[:1]]
    state, out = run(rows, 1_200)
    assert out.fixes["vessel"].n_unique() == 1
    assert state.sources.height == 1


def test_ais_switched_on_joins_the_vessel_that_radar_knows() -> None:
    path = straight(-4_000, 5_000, 9, 20)
    rows = [
        Seen("radar:R1:3", to_s=1_800, every_s=10).rows(path),
        Seen("mmsi:412000007", from_s=900, to_s=1_800).rows(path),
    ]
    _, out = run(rows, 1_800)
    assert out.fixes["vessel"].n_unique() == 1
    assert out.fixes.row(-1, named=True)["target"] == "mmsi:412000007"


def test_between_two_boats_as_near_an_echo_stays_ambiguous() -> None:
    rows = [
        Seen("mmsi:412000005", every_s=60).rows(straight(-6_000, 4_000, 0, 0)),
        Seen("mmsi:412000006", every_s=60).rows(straight(-6_000, 4_020, 0, 0)),
        Seen("radar:R1:1", every_s=10).rows(straight(-6_000, 4_010, 0, 0)),
    ]
    _, out = run(rows, 1_200)
    joined = out.links.filter(pl.col("track") == "radar:R1:1")
    assert joined["reason"].to_list() == ["own"]


def test_silent_vessels_are_predicted_and_given_up_in_the_end() -> None:
    settings = SETTINGS.model_copy(update={"coast_s": 1_200})
    rows = Seen("mmsi:412000005", to_s=600).rows(straight(0, 5_000, 8, 90))
    state, out = run(rows, 3_000, settings=settings)
    silent = out.fixes.filter(pl.col("coasting"))
    assert silent["sigma_m"].is_sorted()
    assert silent["sigma_m"][-1] > 1_000
    assert out.links["phase"].to_list() == ["joined", "left"]
    assert state.sources.is_empty()
    assert state.vessels.is_empty()


def test_a_flood_of_targets_is_capped_and_counted() -> None:
    settings = SETTINGS.model_copy(update={"most_tracks": 50})
    rows = [
        Seen(f"mmsi:41300{i:04d}", to_s=60).rows(straight(i * 50.0, 5_000, 0, 0)) for i in range(80)
    ]
    state, _ = run(rows, 60, settings=settings)
    assert state.sources.height == 50
    assert state.refused > 0


def test_an_echo_that_may_be_a_neighbours_is_said_to_be_ambiguous() -> None:
    rows = [
        Seen("mmsi:412000005", every_s=60).rows(straight(-6_000, 4_000, 0, 0)),
        Seen("radar:R1:1", every_s=10).rows(straight(-6_000, 4_000, 0, 0)),
        Seen("radar:R1:2", every_s=10).rows(straight(-6_000, 4_012, 0, 0)),
        Seen("radar:R1:3", every_s=10).rows(straight(6_000, 4_012, 0, 0)),
    ]
    _, out = run(rows, 900)
    far = vessel_of(partition(out, 900), "radar:R1:3")
    later = out.fixes.filter(pl.col("clock_s") == T0_S + 600)
    ambiguous = later.drop_nulls("rival")
    assert ambiguous.height in (1, 2)
    assert later.height > ambiguous.height
    assert far not in ambiguous["vessel"]
    assert set(ambiguous["rival"]) == {"mmsi:412000005"}
    assert ambiguous["rival_probability"].is_between(0.05, 0.95).all()


def test_a_boat_that_sends_anothers_mmsi_is_one_after_a_long_way_with_its_own_beidou() -> None:
    path = straight(-9_000, -9_000, 8, 45)
    rows = [
        Seen("mmsi:412000001", to_s=10_800).rows(path),
        Seen("beidou:0000002", to_s=10_800, every_s=180).rows(path),
    ]
    _, out = run(rows, 10_800)
    assert len(partition(out, 3_600)) == 2
    assert len(partition(out, 10_800)) == 1
