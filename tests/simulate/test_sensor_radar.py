"""Radar of the simulated sea: what is seen, how well, under which number, and what is not there."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
from pynmeagps import NMEAReader  # type: ignore[import-untyped]
from pyproj import Geod
from sensed_sea import boat, county_sea, made_sea, night_of, small_place

from ingest.radar import RadarDecoder
from simulate.dice import Dice
from simulate.fleet import Voyage
from simulate.motion import Journey
from simulate.scene import Outage, Rain, Scene
from simulate.sensors import radar
from simulate.sensors.echoes import Radar, detection, radars
from simulate.sensors.plan import SensorPlan
from simulate.sensors.radar_tracks import Segment, encounters, held, numbered
from simulate.sensors.written import Written

QUIET = ("sea_clutter", "ghost_track", "track_swap", "radar_rain")


@lru_cache(maxsize=1)
def seen() -> list[Written]:
    sea = county_sea()
    return radar.frames(sea.scene, sea.night, sea.plan, Dice(101, "radar"))


def decoded(written: Written) -> pl.DataFrame:
    result = RadarDecoder(small_place().site.radars).feed(written.text)
    assert not len(result.refusals)
    return result.observations


def in_sight(of: Radar, off_m: float) -> np.ndarray:
    """A place in open water about so far from a radar."""
    for dx, dy in ((3, 4), (4, 3), (5, 0), (4, -3), (3, -4), (0, -5), (0, 5), (-3, -4)):
        spot = of.xy_m + off_m / 5.0 * np.array([dx, dy], np.float64)
        around = spot + np.array([[0, 0], [400, 0], [-400, 0], [0, 400], [0, -400]])
        if of.open_to(around).all():
            return spot
    raise AssertionError("no open water")


def lying(spot: np.ndarray, **more: object) -> Voyage:
    track = Journey(-60.0, spot).stay(1e5, 2.0, Dice(1, "x")).track()
    return Voyage(boat(412_000_001, "A", **more), track)


def test_every_sentence_is_read_by_another_decoder_and_stamped_in_order() -> None:
    for written in seen():
        lines = written.text.splitlines()
        assert len(lines) == len(written.at_ms) == len(written.ends)
        assert (np.diff(written.at_ms) >= 0).all()
        for line in lines[:: len(lines) // 60]:
            tag, sentence = line[1:].split(b"\\", 1)
            assert tag.startswith(f"s:{written.stem[6:]},c:".encode())
            message = NMEAReader.parse(sentence + b"\r\n")
            assert message.msgID == "TTM"
            assert 0 <= message.targetdist <= 25
            assert 0 <= message.targetbearing < 360


def test_range_and_bearing_are_the_truth_with_the_radars_own_bias_noise_and_clock() -> None:
    place, night = small_place(), night_of(6, off=QUIET)
    for number, one in enumerate(radars(place)):
        spot = in_sight(one, 9_000.0)
        name = f"radar:{one.name}"
        plan = SensorPlan({name: 31_000}, {name: 45.0}, {name: -0.4}, {name: 14.0}, {name: 0.3})
        written = radar.frames(Scene([lying(spot)]), night, plan, Dice(2, "radar"))[number]
        assert written.stem == f"radar/{one.name}"
        rows = decoded(written).filter(pl.col("sigma_m").is_not_null())
        assert len(rows) > 1_500
        late = (rows["observed_at"] - rows["received_at"]).dt.total_milliseconds().median()
        assert 29_900 < late < 31_000  # type: ignore[operator]
        lon, lat = place.plane.to_deg(*spot)
        azimuth, _, range_m = Geod(ellps="WGS84").inv(one.lon, one.lat, float(lon), float(lat))
        got_azimuth, _, got_m = Geod(ellps="WGS84").inv(
            np.full(len(rows), one.lon), np.full(len(rows), one.lat),
            rows["lon"].to_numpy(), rows["lat"].to_numpy(),
        )  # fmt: skip
        error_m, turn = got_m - range_m, (got_azimuth - azimuth + 180) % 360 - 180
        assert abs(np.median(error_m) - 45.0) < 2.5
        assert abs(np.median(turn) + 0.4) < 0.04
        assert abs(error_m.std() / np.hypot(14.0 + 30 / 8, 2.0) - 1) < 0.15
        assert abs(turn.std() / 0.3 - 1) < 0.15


def test_noise_lies_between_a_real_radar_at_close_range_and_the_standards_limit(
    shared_data: Path,
) -> None:
    """Autoferry's radar against its targets' GNSS; the standard allows 30 m or 1 %, and 1°."""
    errors = []
    for scenario in (2, 3, 4, 5, 6):
        names = (f"scenario{scenario}_{what}.json.gz" for what in ("detections", "groundTruth"))
        files = ((shared_data / "autoferry" / name).read_bytes() for name in names)
        scans, truth = (json.loads(gzip.decompress(file)) for file in files)
        for scan, targets in zip(scans, truth, strict=True):
            if scan["sensorID"] != 2 or len(scan["measurement"]) != 2:
                continue
            north, east = (np.atleast_1d(np.array(v, float)) for v in scan["measurement"])
            own = np.array(scan["ownshipPosition"], float)
            for target in targets:
                place = np.array(target["position"][:2]) - own
                away = np.stack([north, east], axis=1) - place
                nearest = away[np.argmin((away**2).sum(axis=1))]
                if np.hypot(*nearest) < 25.0:
                    errors.append(float(nearest @ place / np.hypot(*place)))
    real_m = float(np.std(errors))
    assert len(errors) > 500
    sigmas = made_sea().plan.range_sigma_m.values()
    assert all(real_m < sigma <= 30.0 for sigma in sigmas)
    assert all(0.2 < sigma <= 1.0 for sigma in made_sea().plan.bearing_sigma_deg.values())


def test_big_and_steel_is_seen_farther_than_small_and_wooden_and_a_sea_hides_the_small() -> None:
    one = replace(radars(small_place())[0], period_s=3.0)
    steel, wooden = boat(1, "A"), boat(2, "B", wooden=True, radar_m2=5.0)
    near, far = in_sight(one, 5_000.0)[None, :], in_sight(one, 21_000.0)[None, :]
    at_s = np.zeros(1)

    def chance(which: object, spot: np.ndarray, sea: int) -> float:
        return float(detection(one, which, spot, at_s, night_of(sea_state=sea), ())[0])  # type: ignore[arg-type]

    assert chance(steel, near, 2) > 0.9  # of a ship 0.9 a scan (methods, 7.2)
    assert 0.6 <= chance(wooden, near, 2) <= 0.8  # wooden, within 3 miles
    assert 0.3 <= chance(wooden, near, 4) <= 0.5  # sea state 4
    assert chance(steel, far, 2) > 0.5
    assert chance(wooden, far, 2) < 0.05


def test_a_shower_hides_small_boats_and_makes_false_tracks() -> None:
    one = radars(small_place())[0]
    spot = in_sight(one, 6_000.0)
    rain = Rain(0.0, 7_200.0, (float(spot[0]), float(spot[1])), (0.0, 0.0), 2_500.0)
    wooden = boat(2, "B", wooden=True, radar_m2=5.0)
    at_s = np.array([100.0, 9_000.0])
    wet, dry = detection(one, wooden, np.tile(spot, (2, 1)), at_s, night_of(), (rain,))
    assert wet < dry - 0.2
    off = ("sea_clutter", "ghost_track", "track_swap")
    made = radar.frames(Scene(rains=[rain]), night_of(off=off), made_sea().plan, Dice(3, "r"))[0]
    since = made.at_ms - night_of().start_ms
    assert len(since) > 100
    assert since.max() < 7_500_000
    none = radar.frames(Scene(rains=[rain]), night_of(off=QUIET), made_sea().plan, Dice(3, "r"))[0]
    assert not len(none.at_ms)


def test_islands_cast_shadows_and_the_shore_hides_what_lies_at_it() -> None:
    place = small_place()
    spots = place.waters.point(np.flatnonzero(place.waters.open_sea.ravel())[::7])
    for one in radars(place):
        in_range = one.away_m(spots) < one.range_m
        seen_share = one.open_to(spots)[in_range].mean()
        assert 0.15 < seen_share < 0.75, one.name
    berths = np.array([place.berth(pier) for pier in range(len(place.site.piers))])
    assert np.mean([one.open_to(berths) for one in radars(place)]) < 0.05


def test_a_track_needs_hits_to_begin_and_outlives_some_misses() -> None:
    every_3_s = replace(radars(small_place())[0], period_s=3.0)
    hit = np.zeros(60, np.bool_)
    hit[[5, 7, 9, 12, 15, 18]] = True
    hit[[40, 46]] = True  # two of seven: noise
    assert held(hit, every_3_s) == [(9, 28)]
    every_10_s = replace(every_3_s, period_s=10.0)
    assert held(hit, every_10_s) == [(7, 21)]


def test_numbers_are_used_again_after_a_loss_but_never_by_two_at_once() -> None:
    for written in seen():
        spans: dict[str, list[tuple[int, bool]]] = defaultdict(list)
        for line, at_ms in zip(written.text.splitlines(), written.at_ms.tolist(), strict=True):
            fields = line.split(b"$", 1)[1].split(b",")
            spans[fields[1].decode()].append((at_ms, fields[12] == b"L"))
        assert any(sum(lost for _, lost in rows) > 3 for rows in spans.values())
        period_ms = radars(small_place())[0].period_s * 1000
        for rows in spans.values():
            for (at_ms, lost), (next_ms, _) in pairwise(rows):
                assert next_ms - at_ms > 0.8 * period_ms  # one line an output
                if lost:
                    assert next_ms - at_ms > 25_000
        assert len(spans) < 150


def test_close_tracks_are_sometimes_mixed_up_and_the_truth_says_so() -> None:
    one = replace(radars(small_place())[0], period_s=10.0)
    away_m = (np.arange(12.0)[:, None] - 6.0) * np.array([50.0, 0.0])  # ten knots
    crossing = [
        Segment("mmsi:1", 0, away_m, np.zeros((12, 2))),
        Segment("mmsi:2", 0, np.array([0.0, 30.0]) - away_m, np.zeros((12, 2))),
    ]
    dice = Dice(5, "swaps")
    mixed = [swap for _ in range(300) for swap in encounters(crossing, one, dice)]
    assert 15 <= len(mixed) <= 60  # 12 %
    numbered(crossing, [(5, 0, 1)], one)
    assert crossing[0].number.tolist() == [1] * 5 + [2] * 7
    assert crossing[1].number.tolist() == [2] * 5 + [1] * 7
    labels = [label for written in seen() for label in written.labels]
    kinds = {str(label["kind"]) for label in labels}
    assert kinds <= {"track_swap", "sea_clutter", "ghost_track"}
    assert {"track_swap", "sea_clutter"} <= kinds


def test_what_is_switched_off_does_not_happen() -> None:
    sea = county_sea()
    night = night_of(18, off=QUIET)
    for written in radar.frames(sea.scene, night, sea.plan, Dice(101, "radar")):
        assert not written.labels


def test_a_radar_that_is_down_writes_nothing_and_finds_its_tracks_again() -> None:
    night = night_of(3, off=QUIET)
    one = radars(small_place())[0]
    scene = Scene([lying(in_sight(one, 8_000.0))], outages=[Outage("radar", None, 3_000, 4_000)])
    since = radar.frames(scene, night, made_sea().plan, Dice(4, "r"))[0].at_ms - night.start_ms
    assert not ((since > 3_001_000) & (since < 4_000_000)).any()
    assert ((since > 4_000_000) & (since < 4_100_000)).any()


def test_the_decoder_sees_the_tracks_that_the_radar_held() -> None:
    """Its rule for a reused number finds every loss, and hardly a jump that was none."""
    for written in seen():
        lost = written.text.count(b",L,,")
        targets = decoded(written)["target"].n_unique()
        assert 0.9 * lost <= targets <= 1.15 * lost + 20
