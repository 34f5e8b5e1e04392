"""A tiny encoder of BeiDou and radar sentences, and how tests run decoders over them."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

from nmea_lines import sentence, tag_block
from polars.testing import assert_frame_equal

from ingest.decoded import Decoded, concat

AT = 1_772_385_730  # 2026-03-01 17:22:10 UTC


class Decoder(Protocol):
    def feed(self, chunk: bytes) -> Decoded: ...
    def close(self) -> Decoded: ...


def run(decoder: Decoder, data: bytes, size: int | None = None) -> Decoded:
    """Decode bytes fed in pieces of a size; in one piece where none is given."""
    step = size or max(len(data), 1)
    parts = [decoder.feed(data[at : at + step]) for at in range(0, len(data), step)]
    return concat([*parts, decoder.close()])


def same(one: Decoded, other: Decoded) -> None:
    assert_frame_equal(one.observations, other.observations)
    assert_frame_equal(one.messages, other.messages)
    assert one.observation_payloads.to_list() == other.observation_payloads.to_list()
    order = ["line", "reason", "detail"]
    assert_frame_equal(one.refusals.sort(order), other.refusals.sort(order))
    assert +Counter(one.counts) == +Counter(other.counts)


def heard(source: bytes, body: bytes, at: float = AT) -> bytes:
    """A line as a station hands it on; `body` without its `$` and checksum."""
    return tag_block(b"s:%s,c:%d" % (source, at)) + sentence(b"$" + body)


def lines(*parts: bytes) -> bytes:
    return b"".join(part + b"\r\n" for part in parts)


def clock(second: float) -> bytes:
    """A time of day as `hhmmss.ss`."""
    minutes, second = divmod(second, 60)
    return b"%02d%02d%05.2f" % (minutes // 60, minutes % 60, second)


def angle(degrees: float, width: int, sides: bytes) -> bytes:
    """`ddmm.mmmmm,N`."""
    micro = round(abs(degrees) * 6_000_000)  # 1/100000 of a minute
    whole, rest = divmod(micro, 6_000_000)
    side = sides[:1] if degrees >= 0 else sides[1:]
    return b"%0*d%08.5f,%s" % (width, whole, rest / 100_000, side)


def place(lon: float, lat: float) -> bytes:
    return angle(lat, 2, b"NS") + b"," + angle(lon, 3, b"EW")


def rmc(
    lon: float, lat: float, second: float = 62_530, speed: float = 8.2, course: float = 45.0,
    talker: bytes = b"BD", status: bytes = b"A",
) -> bytes:  # fmt: skip
    body = b"%sRMC,%s,%s,%s,%.2f,%.2f,010326,,,A"
    return body % (talker, clock(second), status, place(lon, lat), speed, course)


def gga(
    lon: float, lat: float, second: float = 62_530, quality: int = 1, hdop: float = 0.8,
    talker: bytes = b"BD",
) -> bytes:  # fmt: skip
    body = b"%sGGA,%s,%s,%d,12,%.1f,3.2,M,8.3,M,,"
    return body % (talker, clock(second), place(lon, lat), quality, hdop)


def dwr(
    lon: float, lat: float, address: bytes = b"0242407", second: float = 62_530,
    flags: bytes = b"0,0,0",
) -> bytes:  # fmt: skip
    return b"BDDWR,1,%s,%s,%s,3,M,0,M,%s" % (address, clock(second), place(lon, lat), flags)


def ttm(
    number: int, distance: float, bearing: float, *, unit: bytes = b"N", from_: bytes = b"T",
    speed: float = 8.0, course: float = 270.0, status: bytes = b"T", second: float | None = None,
) -> bytes:  # fmt: skip
    body = b"RATTM,%02d,%.4f,%.3f,%s,%.2f,%.2f,%s,,,%s,,%s,,%s,A"
    time = b"" if second is None else clock(second)
    return body % (number, distance, bearing, from_, speed, course, from_, unit, status, time)


def tll(number: int, lon: float, lat: float, second: float = 62_530) -> bytes:
    return b"RATLL,%02d,%s,,%s,T," % (number, place(lon, lat), clock(second))
