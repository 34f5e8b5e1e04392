"""AIS by arrays: the same bytes as the plain encoder, and the intervals of real receivers."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl
import pyais
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sensed_sea import boat, county_sea, made_sea, night_of, small_place

from ingest.ais.decoder import AisDecoder
from simulate.dice import Dice
from simulate.encode_ais import Fix, position_a, position_b
from simulate.encode_ais import sentences as one_by_one
from simulate.fleet import MOORED, UNDER_WAY, Voyage
from simulate.motion import Journey
from simulate.scene import Outage, Scene
from simulate.sensors import ais
from simulate.sensors.armour import Reports, sentences
from simulate.sensors.shadows import shadows_of
from simulate.sensors.written import Written

reports = st.tuples(
    st.booleans(), st.integers(0, 999_999_999), st.integers(0, 15), st.integers(0, 1022),
    st.integers(-108_000_000, 108_000_000), st.integers(-54_000_000, 54_000_000),
    st.integers(0, 3600), st.integers(0, 511), st.integers(0, 59), st.booleans(),
)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(reports, min_size=1, max_size=8))
def test_position_reports_by_arrays_are_those_of_the_plain_encoder(
    rows: list[tuple[int, ...]],
) -> None:
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    made = sentences(Reports(*columns))
    for line, (class_a, mmsi, status, speed, lon, lat, course, heading, second, b) in zip(
        made.T, rows, strict=True
    ):
        fix = Fix(lon, lat, speed, course, heading, second)
        message = position_a(mmsi, status, fix) if class_a else position_b(mmsi, fix)
        assert [bytes(line).decode()] == one_by_one(message, "AB"[b], 0)


@lru_cache(maxsize=1)
def heard() -> list[Written]:
    sea = made_sea()
    return ais.frames(sea.scene, sea.night, sea.plan, Dice(5, "ais"))


@lru_cache(maxsize=1)
def of_the_county() -> pl.DataFrame:
    sea = county_sea()
    out = []
    for written in ais.frames(sea.scene, sea.night, sea.plan, Dice(101, "ais")):
        decoder = AisDecoder(written.stem)
        out += [decoder.feed(written.text).observations, decoder.close().observations]
    kind = pl.col("detail").str.json_path_match("$.type").cast(pl.Int64).alias("type")
    return pl.concat(out).with_columns(kind)


def test_every_line_is_valid_and_no_message_lacks_a_part() -> None:
    seen: Counter[int] = Counter()
    for written in heard():
        open_: dict[str, int] = {}
        for line in written.text.splitlines()[:4_000]:
            message = pyais.NMEAMessage(line[1:].split(b"\\", 1)[1])
            assert message.is_valid
            if message.frag_cnt == 1:
                seen[message.decode().msg_type] += 1
            elif message.frag_num == 1:
                open_[str(message.seq_id)] = 1
            else:
                assert open_.pop(str(message.seq_id)) == 1
                seen[5] += 1
        assert len(open_) <= 1  # the last line may be a first part
    assert set(seen) == {1, 5, 18, 24}


def test_every_line_says_who_heard_it_and_when() -> None:
    sea = made_sea()
    for written in heard():
        assert len(written.ends) == len(written.at_ms) == written.text.count(b"\n")
        for line, at_ms in zip(written.text.splitlines(), written.at_ms.tolist(), strict=True):
            assert line.startswith(f"\\s:{written.stem[4:]},c:{at_ms}*".encode())
        assert written.at_ms[0] >= sea.night.start_ms
        assert written.at_ms[-1] <= sea.night.start_ms + sea.night.end_s * 1000 + 5_000


def test_a_message_heard_by_two_stations_differs_in_its_receipt_only() -> None:
    receipts: dict[bytes, dict[str, int]] = defaultdict(dict)
    for written in heard():
        for line, at_ms in zip(written.text.splitlines(), written.at_ms.tolist(), strict=True):
            sentence = line[1:].split(b"\\", 1)[1]
            if sentence[14:15] in b"1B":  # positions; what is static repeats itself
                receipts[sentence][written.stem] = at_ms
    shared = [at for at in receipts.values() if len(at) > 1]
    clocks = [made_sea().plan.clock("ais", written.stem[4:]) for written in heard()]
    apart = np.array([at[heard()[1].stem] - at[heard()[0].stem] for at in shared])
    assert len(shared) > 300
    assert np.abs(apart - (clocks[1] - clocks[0])).max() <= 220


def test_static_data_are_said_every_six_minutes() -> None:
    at_ms: dict[bytes, list[int]] = defaultdict(list)
    written = heard()[0]
    for line, at in zip(written.text.splitlines(), written.at_ms.tolist(), strict=True):
        fields = line.split(b",")
        if fields[6][:1] in b"5H" and fields[3] == b"1":
            at_ms[fields[6]].append(at)
    gaps = np.concatenate([np.diff(times) / 1000 for times in at_ms.values()])
    assert len(gaps) > 200
    assert (np.abs(gaps - 360 * np.rint(gaps / 360)) < 1.0).mean() > 0.9
    assert np.median(gaps).round() == 360


def test_positions_lie_where_the_vessels_are() -> None:
    sea = made_sea()
    tracks = {voyage.boat.target: voyage.track for voyage in sea.scene.voyages}
    for written in heard():
        decoder = AisDecoder(written.stem)
        seen = decoder.feed(written.text).observations
        for (target,), rows in seen.group_by("target"):
            at_s = rows["observed_at"].dt.epoch("ms").to_numpy() / 1000 - sea.night.start_ms / 1000
            place = sea.night.place.plane.to_m(rows["lon"].to_numpy(), rows["lat"].to_numpy())
            error = np.hypot(*(np.stack(place, axis=1) - tracks[str(target)].at(at_s)).T)
            assert error.max() < 20.0


def test_a_vessel_that_is_silent_or_shows_another_identity_is_not_heard_as_itself() -> None:
    night, place = night_of(3), small_place()
    track = Journey(-60.0, place.sea(0.75, 0.5)).stay(1e5, 3.0, Dice(1, "x")).track()
    plain = Voyage(boat(412_000_001, "B"), track)
    scene = Scene(
        voyages=[
            replace(plain, silences=((3_600.0, 7_200.0),)),
            replace(plain, boat=boat(412_000_002, "B"), shown_mmsi=412_000_099),
            replace(plain, boat=boat(412_000_003, None)),
        ]
    )
    said: dict[str, list[float]] = defaultdict(list)
    for written in ais.frames(scene, night, made_sea().plan, Dice(1, "ais")):
        seen = AisDecoder("x").feed(written.text).observations
        for target, at in seen.select("target", "observed_at").iter_rows():
            said[target].append(at.timestamp() - night.start_at.timestamp())
    assert set(said) == {"mmsi:412000001", "mmsi:412000099"}
    assert not [at for at in said["mmsi:412000001"] if 3_600 <= at < 7_200]


def test_a_station_that_is_down_writes_nothing() -> None:
    sea = made_sea()
    name = small_place().site.stations["station_id"][0]
    scene = replace(sea.scene, outages=[Outage("ais", name, 3_600.0, 5_400.0)])
    first, second = ais.frames(scene, sea.night, sea.plan, Dice(5, "ais"))
    for written, least, most in ((first, 0, 5), (second, 50, 10**9)):
        since = written.at_ms - sea.night.start_ms
        assert least <= ((since > 3_600_000) & (since < 5_400_000)).sum() <= most


def test_reception_falls_with_range_and_behind_land_and_class_b_reaches_less_far() -> None:
    place, night = small_place(), night_of()
    station = place.site.stations.to_dicts()[0]
    x, y = place.plane.to_m(station["lon"], station["lat"])
    away = np.linspace(2_000.0, station["range_m"], 40)
    line = np.stack([float(x) + away, np.full(40, float(y))], axis=1)
    place_of = (station["lon"], station["lat"], station["range_m"])
    no = np.zeros(40, np.bool_)
    none = np.zeros(0, np.int64)

    def share(class_a: bool) -> np.ndarray:
        sent = ais.Sent(none, line, ~no if class_a else no, no, none, np.zeros((0, 0), np.uint8))
        return ais.reception(night, sent, *place_of)

    assert (np.diff(share(True)) <= 1e-9).all()
    assert (share(False) <= share(True)).all()
    assert share(True)[0] > 950.0
    assert share(True)[-1] < 1.0
    land_m = shadows_of(place, *place_of).land_m(line)
    open_sea = 965.0 * (1 - (away / station["range_m"]) ** 6)
    assert land_m[-1] > 0  # to the east of this station lie islands
    assert (share(True)[1:-1] < open_sea[1:-1] + 0.001).all()


def gaps_s(table: pl.DataFrame) -> np.ndarray:
    """Seconds between the positions of each vessel, whoever heard them."""
    rows = table.unique(["target", "observed_at"]).sort("target", "observed_at")
    since = rows["observed_at"].diff().dt.total_milliseconds() / 1000
    return since.filter(rows["target"] == rows["target"].shift(1)).to_numpy()


@lru_cache(maxsize=1)
def well_heard() -> pl.DataFrame:
    """A day of two dozen vessels within 15 km of a station in open water, as in the Solent."""
    night, place = night_of(18), small_place()
    station = place.site.stations.to_dicts()[0]
    voyages = []
    here = place.berth(night.piers("active")[0])
    for i in range(24):
        dice = Dice(9, str(i))
        ais_class = "AB"[i % 2]
        journey = Journey(-60.0, here + 200.0 * i)
        duties = [(-60.0, MOORED)]
        while journey.now_s < night.end_s:
            journey.stay(journey.now_s + dice.between(900, 9_000), 1.0, dice)
            duties.append((journey.now_s, UNDER_WAY))
            back = np.array([[0.0, 0.0], [6_000.0, 0.0], [0.0, 0.0]]) + journey.here
            journey.sail(back, dice.between(60, 120) / 10, dice)
            duties.append((journey.now_s, MOORED))
        voyages.append(Voyage(boat(412_000_001 + i, ais_class), journey.track(), (), tuple(duties)))
    assert station["range_m"] > 40_000
    out = []
    for written in ais.frames(Scene(voyages), night_of(18, off=("coverage_hole",)),
                              made_sea().plan, Dice(9, "ais")):  # fmt: skip
        out.append(AisDecoder(written.stem).feed(written.text).observations)
    return pl.concat(out)


def test_long_silences_are_as_common_as_at_a_real_receiver() -> None:
    """Solent: 82 of 18,532 intervals over 6 minutes, 24 over 10 (methods, 7.2)."""
    gaps = gaps_s(well_heard())
    assert len(gaps) > 15_000
    assert 0.5 < (gaps > 360).mean() / (82 / 18_532) < 2.0
    assert 0.4 < (gaps > 600).mean() / (24 / 18_532) < 2.5
    assert 8.0 <= np.percentile(gaps, 50) <= 30.0
    assert 170.0 <= np.percentile(gaps, 98) <= 200.0


def test_intervals_of_class_a_are_those_of_a_national_feed(shared_data: Path) -> None:
    """A burst of 28 s from northern Europe: intervals shorter than that, by speed."""
    real = AisDecoder("real").feed((shared_data / "dma-aislib/stream_example.txt").read_bytes())
    table = real.observations.with_columns(
        pl.col("detail").str.json_path_match("$.type").cast(pl.Int64).alias("type")
    )
    quantiles = []
    for rows, at in ((table, "received_at"), (of_the_county(), "observed_at")):
        moving = rows.filter(
            pl.col("type").is_in([1, 2, 3]) & pl.col("speed_kn").is_between(3.0, 14.0)
        ).unique(["target", at]).sort("target", at)  # fmt: skip
        since = moving[at].diff().dt.total_milliseconds() / 1000
        gaps = since.filter(moving["target"] == moving["target"].shift(1)).to_numpy()
        gaps = gaps[(gaps > 0.5) & (gaps < 15.0)]
        assert len(gaps) > 300
        quantiles.append(np.percentile(gaps, [25, 50, 75, 90]))
    assert np.abs(quantiles[0] - quantiles[1]).max() < 1.2


def test_class_b_speaks_every_half_minute_under_way_and_every_three_minutes_at_rest() -> None:
    rows = of_the_county().filter(pl.col("type") == 18).unique(["target", "observed_at"])
    rows = rows.sort("target", "observed_at").with_columns(
        (pl.col("observed_at").diff().over("target").dt.total_milliseconds() / 1000).alias("gap_s")
    )
    moving = rows.filter(pl.col("speed_kn") > 3)["gap_s"].drop_nulls()
    resting = rows.filter(pl.col("speed_kn") < 0.5)["gap_s"].drop_nulls()
    assert 28 <= moving.median() <= 32  # type: ignore[operator]
    assert 170 <= resting.median() <= 190  # type: ignore[operator]


def test_moored_vessels_jitter_as_at_a_real_receiver() -> None:
    """Solent: root mean square, median over the vessels, 1.9 m (methods, 7.2)."""
    lying = of_the_county().unique(["target", "observed_at"])
    plane = small_place().plane
    jitters = []
    for _, rows in lying.group_by("target", maintain_order=True):
        if len(rows) < 60 or rows["speed_kn"].max() > 0.3:  # type: ignore[operator]
            continue
        spots = np.stack(plane.to_m(rows["lon"].to_numpy(), rows["lat"].to_numpy()), axis=1)
        jitters.append(float(np.sqrt(((spots - spots.mean(axis=0)) ** 2).sum(axis=1).mean())))
    assert len(jitters) >= 10
    assert 1.2 < np.median(jitters) < 2.8


@pytest.mark.parametrize("off", [(), ("coverage_hole",)])
def test_a_hole_in_the_coverage_is_labelled_and_can_be_switched_off(off: tuple[str, ...]) -> None:
    sea, night = made_sea(), night_of(off=off)
    labels = [
        label
        for seed in range(40)
        for written in ais.frames(Scene(), night, sea.plan, Dice(seed, "ais"))
        for label in written.labels
    ]
    assert {label["kind"] for label in labels} == (set() if off else {"coverage_hole"})
