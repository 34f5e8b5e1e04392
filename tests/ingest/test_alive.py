"""Frames without an observation that all the same show that their source lives."""

from __future__ import annotations

from datetime import UTC, datetime

import jt808_frames
import polars as pl
from ingest_runs import decode_ais
from jt808_frames import framed, line, location
from nmea_feeds import AT, heard, lines, rmc, run, ttm
from nmea_lines import message, tag_block

from core.schema import ALIVE
from ingest.beidou import BeiDouDecoder
from ingest.jt808.bodies import AUTHENTICATION, BATCH, HEARTBEAT, REGISTRATION, Batch
from ingest.radar import RadarDecoder

RADARS = pl.DataFrame({"radar_id": ["R1"], "lon": [122.0], "lat": [29.0]})
NOW = datetime.fromtimestamp(AT, UTC)


def test_heartbeats_authentications_and_locations_without_a_fix_show_that_a_terminal_lives() -> (
    None
):
    blind = location(status=0, lat=0, lon=0).encode()
    nothing = Batch(2, 0, (blind, blind)).encode()
    some = Batch(2, 0, (blind, location().encode())).encode()
    frames = [
        framed(b"", HEARTBEAT), framed(b"code", AUTHENTICATION), framed(blind), framed(nothing,
        BATCH), framed(some, BATCH), framed(location().encode()),
        framed(location(alarm=1, status=0).encode()), framed(b"", REGISTRATION), framed(b"\0" * 9),
    ]  # fmt: skip
    data = b"".join(line(frame, jt808_frames.AT + n) for n, frame in enumerate(frames))
    got = jt808_frames.run(data)
    assert got.alive.schema == ALIVE
    assert got.alive["source"].to_list() == ["13900000001"] * 4
    arrived = [at.timestamp() - jt808_frames.AT for at in got.alive["arrived_at"]]
    assert arrived == [0, 1, 2, 3]  # what yields something tells by itself, and refusals do not
    assert got.refusals["line"].to_list() == [8, 9]
    assert got.observations["line"].to_list() == [5, 6, 7]


def test_a_station_that_hears_only_other_messages_lives() -> None:
    safety = tag_block(b"s:R1,c:%d" % AT) + message(f"{8:06b}00{338123457:030b}".ljust(168, "0"))
    position = tag_block(b"s:R2,c:%d" % AT) + message(f"{1:06b}00{7:030b}".ljust(168, "0"))
    assert decode_ais(safety + b"\n" + position).alive.rows() == [("R1", NOW)]


def test_a_terminal_and_a_radar_without_a_position_live() -> None:
    void = lines(heard(b"0123456", rmc(122.0, 29.0, status=b"V")))
    assert run(BeiDouDecoder(), void).alive.rows() == [("0123456", NOW)]
    empty = lines(heard(b"R1", b"RATTM,17,,,T,,,T,,,N,,L,,,A"))
    got = run(RadarDecoder(RADARS), empty + lines(heard(b"R1", ttm(17, 5.0, 62.5))))
    assert got.alive.rows() == [("R1", NOW)]
    assert got.observations.height == 1
