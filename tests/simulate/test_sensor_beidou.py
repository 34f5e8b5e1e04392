"""BeiDou terminals of the simulated sea: every three minutes, late, by two ways."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from sensed_sea import boat, county_sea, made_sea, night_of, small_place

from ingest.beidou.decoder import BeiDouDecoder
from simulate.dice import Dice
from simulate.fleet import Voyage
from simulate.motion import Journey
from simulate.scene import Outage, Scene
from simulate.sensors import beidou
from simulate.sensors.plan import EIGHT_HOURS_MS, SensorPlan
from simulate.sensors.written import Written

RIGHT = SensorPlan({}, {}, {})


def decoded(made: list[Written]) -> pl.DataFrame:
    out = []
    for written in made:
        result = BeiDouDecoder(written.stem).feed(written.text)
        assert not len(result.refusals)
        out.append(result.observations)
    return pl.concat(out)


def test_positions_are_the_vessels_within_some_metres_every_three_minutes() -> None:
    sea = county_sea()
    rows = decoded(beidou.frames(sea.scene, sea.night, RIGHT, Dice(1, "beidou")))
    tracks = {f"beidou:{v.boat.beidou}": v.track for v in sea.scene.voyages if v.boat.beidou}
    assert set(rows["target"]) <= set(tracks)
    gaps, errors, lags = [], [], []
    for (target,), mine in rows.sort("observed_at").group_by("target"):
        at_ms = mine["observed_at"].dt.epoch("ms").to_numpy()
        at_s = (at_ms - sea.night.start_ms) / 1000
        place = small_place().plane.to_m(mine["lon"].to_numpy(), mine["lat"].to_numpy())
        errors += np.hypot(*(np.stack(place, axis=1) - tracks[str(target)].at(at_s)).T).tolist()
        lags += (mine["received_at"].dt.epoch("ms").to_numpy() - at_ms).tolist()
        gaps += np.diff(at_s).tolist()
    assert 4.0 < np.percentile(errors, 50) < 10.0
    assert max(errors) < 35.0
    assert 178 <= np.percentile(gaps, 50) <= 182
    assert min(lags) >= 4_000
    assert np.percentile(lags, 50) < 45_000
    assert np.percentile(lags, 97) > 60_000
    assert max(lags) <= 241_000


def test_both_ways_are_used_and_lines_stand_in_order_of_receipt() -> None:
    sea = county_sea()
    platform, command = beidou.frames(sea.scene, sea.night, RIGHT, Dice(1, "beidou"))
    assert (platform.stem, command.stem) == ("beidou/platform", "beidou/command")
    assert b"$BDRMC," in platform.text
    assert b"DWR" not in platform.text
    assert command.text.startswith(b"\\s:BDK01,c:")
    assert b"$BDDWR,1," in command.text
    for written in (platform, command):
        assert len(written.at_ms) > 100
        assert (np.diff(written.at_ms) >= 0).all()


@pytest.mark.parametrize("clock_ms", [0, 30_000, EIGHT_HOURS_MS])
def test_a_terminals_wrong_clock_shows_in_its_own_time_only(clock_ms: int) -> None:
    night, place = night_of(3), small_place()
    track = Journey(-60.0, place.sea(0.8, 0.5)).stay(1e5, 3.0, Dice(1, "x")).track()
    voyages = [Voyage(boat(0, None, beidou=f"910000{i}"), track) for i in range(8)]
    plan = SensorPlan({f"beidou:910000{i}": clock_ms for i in range(8)}, {}, {})
    straight = beidou.frames(Scene(voyages), night, RIGHT, Dice(1, "b"))
    for written, right in zip(
        beidou.frames(Scene(voyages), night, plan, Dice(1, "b")), straight, strict=True
    ):
        assert written.at_ms.tolist() == right.at_ms.tolist()
        for line, plain in zip(written.text.split(), right.text.split(), strict=True):
            said, was = (
                text.split(b",")[4 if b"DWR" in text else 2][:6] for text in (line, plain)
            )  # fmt: skip
            h, m, s = (int(was[i : i + 2]) for i in (0, 2, 4))
            ahead_s = 0 if b"DWR" in line else clock_ms // 1000  # the master station tells those
            later = (h * 3600 + m * 60 + s + ahead_s) % 86_400
            assert int(said) == later // 3600 * 10_000 + later // 60 % 60 * 100 + later % 60


def test_the_date_goes_with_the_time_over_midnight() -> None:
    night, place = night_of(6), small_place()  # 10:00 to 16:00 UTC; with eight hours on, to 24:00
    track = Journey(-60.0, place.sea(0.8, 0.5)).stay(1e5, 3.0, Dice(1, "x")).track()
    sailing = Voyage(boat(0, None, beidou="9100001"), track)
    plan = SensorPlan({"beidou:9100001": EIGHT_HOURS_MS + 7_200_000}, {}, {})
    dates = set()
    for seed in range(4):
        text = beidou.frames(Scene([sailing]), night, plan, Dice(seed, "b"))[0].text
        for line in text.splitlines():
            fields = line.split(b",")
            assert fields[10] == (b"090326" if int(fields[2][:2]) >= 20 else b"100326")
            dates.add(fields[10])
    assert len(dates) == 2


def test_outages_and_a_terminal_that_is_switched_off_leave_gaps() -> None:
    night, place = night_of(4, off=("beidou_outage",)), small_place()
    track = Journey(-60.0, place.sea(0.8, 0.5)).stay(1e5, 3.0, Dice(1, "x")).track()
    sailing = Voyage(boat(0, None, beidou="9100001"), track)
    quiet = replace(
        sailing, boat=boat(0, None, beidou="9100002"), beidou_silences=((7_000.0, 10_000.0),)
    )
    scene = Scene([sailing, quiet], outages=[Outage("beidou", None, 2_000.0, 4_000.0)])
    rows = decoded(beidou.frames(scene, night, RIGHT, Dice(1, "b")))
    start = night.start_ms / 1000
    for target, from_s, to_s, on in (
        ("beidou:9100001", 2_000, 4_000, False), ("beidou:9100002", 2_000, 4_000, False),
        ("beidou:9100001", 7_000, 10_000, True), ("beidou:9100002", 7_000, 10_000, False),
    ):  # fmt: skip
        column = "received_at" if from_s == 2_000 else "observed_at"
        at_s = rows.filter(pl.col("target") == target)[column].dt.epoch("ms").to_numpy() / 1000
        assert bool(((at_s - start > from_s) & (at_s - start < to_s)).any()) is on


def test_the_platforms_own_outages_are_labelled_and_have_a_switch() -> None:
    def kinds(off: tuple[str, ...]) -> set[str]:
        night = night_of(off=off)
        made = [beidou.frames(Scene(), night, RIGHT, Dice(i, "b")) for i in range(60)]
        return {str(row["kind"]) for pair in made for written in pair for row in written.labels}

    assert kinds(()) == {"beidou_outage"}
    assert kinds(("beidou_outage",)) == set()


def test_a_sea_without_terminals_writes_empty_files() -> None:
    made = beidou.frames(Scene(), made_sea().night, RIGHT, Dice(1, "b"))
    assert [written.text for written in made] == [b"", b""]
