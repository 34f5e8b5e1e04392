"""What is taken away or spoilt, as the decoders of the house read it afterwards."""

from __future__ import annotations

import struct
from datetime import timedelta

import polars as pl
import pytest
from camera_lines import barrier, frigate, gat1400, onvif, onvif_object, vehicle
from camera_lines import run as cameras
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jt808_frames import AT, framed, line, location
from jt808_frames import run as terminals
from nmea_lines import parts, sentence, tag_block

from core.schema import REFUSAL
from geo.plane import distance_m
from ingest.jt808.bodies import BATCH
from ingest.radar import RadarDecoder
from simulate.scoring.ablations import FEEDS, Ablation, ablations, thinned
from simulate.scoring.sentences import biased, skewed
from simulate.scoring.terminals import camera_skewed, terminal_skewed

RADARS = pl.DataFrame(
    {"radar_id": ["R1"], "lon": [121.9], "lat": [29.2], "range_m": [40_000.0], "period_s": [3.0],
     "zero_deg": [0.0]}
)  # fmt: skip


def ttm(
    range_: str = "5.00", bearing: str = "90.0", unit: str = "N", clock: str = "170000.50"
) -> bytes:
    body = f"$RATTM,17,{range_},{bearing},T,8.2,270.0,T,,,{unit},,T,,{clock},A".encode()
    return tag_block(b"s:R1,c:1772384400") + sentence(body) + b"\n"


def radar(data: bytes) -> pl.DataFrame:
    decoder = RadarDecoder(RADARS)
    some, rest = decoder.feed(data), decoder.close()
    assert pl.concat([some.refusals, rest.refusals]).select(REFUSAL.names()).is_empty()
    return pl.concat([some.observations, rest.observations])


def vdm(payload: bytes, station: bytes = b"A1", at_ms: int = 1_772_384_400_000) -> bytes:
    tag = tag_block(b"s:%s,c:%d" % (station, at_ms))
    return tag + sentence(b"AIVDM,1,1,,A," + payload + b",0") + b"\n"


def test_a_feed_that_is_left_out_has_no_lines_and_the_others_stay_as_they_are() -> None:
    gone = Ablation("x", without=frozenset({"radar"}))
    assert gone.lines("radar", [b"x\n"]) is None
    for folder in (*FEEDS[:2], "clock"):
        kept = gone.lines(folder, [b"x\n", b"y\r\n"])
        assert kept is not None
        assert list(kept) == [b"x\n", b"y\r\n"]


def test_the_list_has_every_ablation_of_the_evaluation_under_a_name_of_its_own() -> None:
    names = [ablation.name for ablation in ablations()]
    assert names[0] == "as recorded"
    assert len(names) == len(set(names)) == 1 + 5 + 2 + 4 + 10 + 3


@pytest.mark.parametrize("percent", [10, 30, 50, 70])
def test_so_many_per_cent_of_the_transmissions_are_lost(percent: int) -> None:
    lines = [vdm(b"13u?etPv%06d" % i) for i in range(4_000)]
    kept = list(thinned(lines, percent))
    assert 1 - len(kept) / len(lines) == pytest.approx(percent / 100, abs=0.03)


def test_what_is_lost_is_lost_to_every_station_and_at_every_higher_share() -> None:
    here = [vdm(b"13u?etPv%06d" % i, b"A1") for i in range(500)]
    there = [vdm(b"13u?etPv%06d" % i, b"A2", 1_772_384_400_900) for i in range(500)]
    kept_here = [line.split(b",")[-2] for line in thinned(here, 50)]
    kept_there = [line.split(b",")[-2] for line in thinned(there, 50)]
    assert kept_here == kept_there
    assert {*thinned(here, 50)} < {*thinned(here, 30)} < {*here}


def test_all_parts_of_a_message_are_lost_together() -> None:
    lines = [
        tag_block(b"s:A1,c:%d" % (1_772_384_400 + i)) + part + b"\n"
        for i in range(300)
        for part in parts(f"{i:010b}" + "01" * 207, 60, sequence=i % 10)
    ]
    kept = list(thinned(lines, 50))
    firsts = [line.split(b"\\")[1] for line in kept if b"AIVDM,2,1," in line]
    seconds = [line.split(b"\\")[1] for line in kept if b"AIVDM,2,2," in line]
    assert [tag.split(b"*")[0] for tag in firsts] == [tag.split(b"*")[0] for tag in seconds]
    assert 100 < len(firsts) < 200


def test_a_vessel_that_says_the_same_again_is_not_lost_for_ever() -> None:
    lines = [vdm(b"13u?etPv", at_ms=1_772_384_400_000 + i * 360_000) for i in range(200)]
    assert 70 < len(list(thinned(lines, 50))) < 130


def test_lines_that_are_no_ais_are_kept() -> None:
    other = [b"# note\n", b"$GPRMC,,V*00\n", b"", b"\\s:A*00\\\n", b"!AIVDM,1\n"]
    assert list(thinned(other, 100)) == other


@pytest.mark.parametrize(("metres", "degrees"), [(30.0, 0.3), (120.0, 1.2), (-60.0, -0.6)])
@pytest.mark.parametrize(("range_", "unit"), [("5.00", "N"), ("9.260", "K"), ("5.754", "S")])
def test_a_biased_radar_sees_farther_out_and_round(
    metres: float, degrees: float, range_: str, unit: str
) -> None:
    plain, moved = (
        radar(ttm(range_, "90.0", unit)),
        radar(biased(ttm(range_, "90.0", unit), metres, degrees)),
    )
    far = [distance_m(121.9, 29.2, x["lon"].item(), x["lat"].item()).item() for x in (plain, moved)]
    assert far[1] - far[0] == pytest.approx(metres, abs=1.0)
    across = distance_m(*(x[c].item() for x in (plain, moved) for c in ("lon", "lat"))).item()
    turned = (across**2 - metres**2) ** 0.5 / 9_260 * 180 / 3.14159265
    assert turned == pytest.approx(abs(degrees), abs=0.02)
    assert moved["observed_at"].item() == plain["observed_at"].item()


def test_a_bearing_goes_round_and_other_lines_stay() -> None:
    assert b",0.10,T," in biased(ttm(bearing="359.8"), 0.0, 0.3)
    for text in (ttm(range_=""), ttm(range_="0.0"), b"$RATLL,1,2912.00,N,12154.00,E*00\n", b"x\n"):
        assert biased(text, 30.0, 0.3) == text


@pytest.mark.parametrize("ahead_s", [30, -30])
def test_a_radar_clock_that_is_ahead_moves_its_times_but_not_the_arrival(ahead_s: int) -> None:
    plain, moved = radar(ttm()), radar(skewed(ttm(), ahead_s))
    ahead = timedelta(seconds=ahead_s)
    for column in ("observed_at", "received_at"):
        assert moved[column].item() - plain[column].item() == ahead
    assert moved["arrived_at"].item() == plain["arrived_at"].item()


def test_clocks_go_round_at_midnight_and_milliseconds_stay() -> None:
    assert b",000020.50,A" in skewed(ttm(clock="235950.50"), 30)
    told = skewed(tag_block(b"s:A1,a:1772384400123,c:1772384400123") + b"!x*00\n", 30)
    assert told == tag_block(b"s:A1,a:1772384400123,c:1772384430123") + b"!x*00\n"
    assert skewed(b"!AIVDM,1,1,,A,x,0*00\r\n", 30) == b"!AIVDM,1,1,,A,x,0*00\r\n"


@pytest.mark.parametrize("version", [None, 1])
def test_a_terminals_clock_moves_in_single_reports_and_in_batches(version: int | None) -> None:
    phone = "00000000013900000001" if version else "013900000001"
    body = location(time=bytes.fromhex("260302005959")).encode()
    batch = struct.pack(">HB", 2, 1) + 2 * (struct.pack(">H", len(body)) + body)
    header = {"phone": phone, "version": version}
    data = [line(framed(body, **header)), line(framed(batch, BATCH, **{**header, "serial": 8}))]  # type: ignore[arg-type]
    plain = terminals(b"".join(data)).observations
    moved = terminals(b"".join(terminal_skewed(x, 30) for x in data)).observations
    assert len(plain) == len(moved) > 1
    assert ((moved["observed_at"] - plain["observed_at"]) == timedelta(seconds=30)).all()
    assert (moved["received_at"] == plain["received_at"]).all()
    assert (moved["lon"] == plain["lon"]).all()


def test_a_part_of_a_terminals_message_stays_as_it_is() -> None:
    text = line(framed(location().encode(), part=(1, 2)))
    assert terminal_skewed(text, 30) == text


@settings(deadline=None)
@given(st.binary(max_size=60), st.integers(-500, 500))
def test_frames_with_any_bytes_are_still_frames(body: bytes, ahead_s: int) -> None:
    whole = location().encode() + body
    moved = terminal_skewed(line(framed(whole)), ahead_s)
    assert moved.startswith(f"{AT} 7e".encode())
    assert terminal_skewed(moved, -ahead_s) == line(framed(whole))


@settings(deadline=None)
@given(st.binary(max_size=80))
@example(bytes.fromhex("131f4b5c7d8a8e909397a3adf8"))  # its check sum is right, its escape is not
@example(bytes(11) + b"~~")  # nor are these escaped
def test_lines_that_cannot_be_read_stay_as_they_are(data: bytes) -> None:
    for text in (data, b"1772384400 7e" + data.hex().encode() + b"7e\n"):
        assert terminal_skewed(text, 0).split() == text.split()
    noise = b"[" + data
    assert camera_skewed(noise, 30) == noise


def test_camera_clocks_move_and_receipts_stay() -> None:
    lines = [
        frigate(), gat1400(vehicle()), barrier(),
        onvif(onvif_object("Vehicle")),
    ]  # fmt: skip
    for text in lines:
        plain, moved = cameras(text).observations, cameras(camera_skewed(text, 30)).observations
        assert len(plain) == len(moved) == 1
        assert moved["received_at"].item() == plain["received_at"].item()
        # The contract has ONVIF's and the barriers' observations at the receipt.
        if b"frigate" in text or b"gat1400" in text:
            assert moved["observed_at"].item() - plain["observed_at"].item() == timedelta(
                seconds=30
            )
    assert b"2026-03-01T17:00:30Z" in camera_skewed(lines[3], 30)


def test_clocks_are_skewed_feed_by_feed() -> None:
    ahead = next(a for a in ablations() if a.name == "radar clock +120 s")
    moved = ahead.lines("radar", [ttm()])
    assert moved is not None
    assert list(moved) == [skewed(ttm(), 120)]
    kept = ahead.lines("vehicles", [line(framed(location().encode()))])
    assert kept is not None
    assert list(kept) == [line(framed(location().encode()))]
