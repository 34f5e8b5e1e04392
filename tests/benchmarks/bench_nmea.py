"""BeiDou and radar sentences to columns: pierwatch's array path beside pynmeagps.

The load is seeded: vessels around a coast telling RMC and GGA, and a radar telling TTM and TLL,
in order of time. pierwatch reads the lines as they arrive, with tag blocks, and gives whole
observations (source, times, keys, target instances); pynmeagps has no tag blocks, so it gets the
bare sentences, and reads a part of them, for all would take minutes. Both take turns and the best
of the turns counts, because the machine is shared. The answers of that part are compared field by
field: for TTM with the geodesic of the sentence's own range and bearing.

    python tests/benchmarks/bench_nmea.py [--lines N] [--turns N]
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import polars as pl
from pynmeagps import NMEAReader
from pyproj import Geod

from ingest.beidou import BeiDouDecoder
from ingest.decoded import Decoded, concat
from ingest.radar import RadarDecoder

AT = 1_772_385_730
CHUNK = 1 << 21
RADARS = pl.DataFrame(
    {"radar_id": ["R1"], "range_m": [100_000.0], "period_s": [3.0], "lon": [121.99], "lat": [29.19]}
)
Feed = list[tuple[bytes, bytes]]  # tag block and sentence


def checksum(body: bytes) -> bytes:
    value = 0
    for byte in body:
        value ^= byte
    return b"%02X" % value


def line(source: bytes, at: int, body: bytes) -> tuple[bytes, bytes]:
    tags = b"s:%s,c:%d" % (source, at)
    return b"\\%s*%s\\" % (tags, checksum(tags)), b"$%s*%s" % (body, checksum(body))


def angle(degrees: float, width: int, sides: bytes) -> bytes:
    whole, rest = divmod(round(abs(degrees) * 6_000_000), 6_000_000)
    side = sides[:1] if degrees >= 0 else sides[1:]
    return b"%0*d%08.5f,%s" % (width, whole, rest / 100_000, side)


def place(dice: random.Random) -> bytes:
    lat, lon = dice.uniform(28.8, 29.8), dice.uniform(121.5, 122.5)
    return angle(lat, 2, b"NS") + b"," + angle(lon, 3, b"EW")


def clock(at: int) -> bytes:
    return datetime.fromtimestamp(at, UTC).strftime("%H%M%S").encode()


def beidou(n: int, dice: random.Random) -> Feed:
    rows = []
    for number in range(n // 2):
        at, source = AT + number // 100, b"%07d" % dice.randrange(400)
        where, when = place(dice), clock(at) + b".%02d" % dice.randrange(100)
        speed, course = dice.uniform(0, 20), dice.uniform(0, 359)
        rmc = b"BDRMC,%s,A,%s,%.2f,%.2f,010326,,,A" % (when, where, speed, course)
        gga = b"BDGGA,%s,%s,1,%02d,%.1f,3.2,M,8.3,M,," % (when, where, dice.randrange(5, 20), 1.2)
        rows += [line(source, at + 1, rmc), line(source, at + 1, gga)]
    return rows


def radar(n: int, dice: random.Random) -> Feed:
    """A hundred targets that sail, each seen every two seconds; every tenth told as TLL."""
    legs = [(dice.uniform(2, 12), dice.uniform(0, 359)) for _ in range(100)]
    spots = [place(dice) for _ in range(100)]
    rows = []
    for number in range(n):
        at, target = AT + number // 50, number % 100
        (distance, bearing), when = legs[target], clock(at) + b".00"
        if target % 10:
            sailed = distance + 0.001 * (number // 100 % 1000)
            body = b"RATTM,%02d,%.3f,%.2f,T,%.1f,%.1f,T,,,N,,T,,%s,A" % (
                target, sailed, bearing, dice.uniform(0, 20), dice.uniform(0, 359.9), when,
            )  # fmt: skip
        else:
            body = b"RATLL,%02d,%s,,%s,T," % (target, spots[target], when)
        rows.append(line(b"R1", at + 1, body))
    return rows


def ours(decoder: BeiDouDecoder | RadarDecoder, data: bytes) -> tuple[float, Decoded]:
    begin = time.perf_counter()
    parts = [decoder.feed(data[at : at + CHUNK]) for at in range(0, len(data), CHUNK)]
    parts.append(decoder.close())
    return time.perf_counter() - begin, concat(parts)


def theirs(sentences: list[bytes]) -> tuple[float, list[object]]:
    begin = time.perf_counter()
    messages = [NMEAReader.parse(sentence) for sentence in sentences]
    return time.perf_counter() - begin, messages


def same(row: dict[str, object], peer: object) -> bool:
    """One observation and pynmeagps' reading of its sentence, which rounds to ten decimals."""
    said = vars(peer)
    pairs = []
    if "targetdist" in said:
        lon, lat, _ = Geod(ellps="WGS84").fwd(
            RADARS["lon"][0], RADARS["lat"][0], said["targetbearing"], said["targetdist"] * 1852
        )
        pairs = [(row["lon"], lon), (row["lat"], lat), (row["speed_kn"], said["targetspeed"])]
        pairs += [(row["course_deg"], said["targetcourse"])]
    else:
        tll = "target" if "targetnum" in said else ""
        pairs = [(row[name], said[tll + name]) for name in ("lon", "lat")]
    if "spd" in said:
        pairs += [(row["speed_kn"], said["spd"]), (row["course_deg"], said["cog"])]
    told = row["observed_at"]
    assert isinstance(told, datetime)
    return told.time() == said["time"] and all(
        isinstance(a, float) and math.isclose(a, b, abs_tol=1e-9) for a, b in pairs
    )


def compare(
    name: str, feed: Feed, make: Callable[[], BeiDouDecoder | RadarDecoder], part: int, turns: int
) -> None:
    """Both on one load; their answers on the part that both read."""
    data = b"".join(tags + sentence + b"\r\n" for tags, sentence in feed)
    sample = [sentence + b"\r\n" for _, sentence in feed[:part]]
    best = peer = math.inf
    for _ in range(turns):
        taken, got = ours(make(), data)
        best = min(best, taken)
        taken, messages = theirs(sample)
        peer = min(peer, taken)
    assert got.refusals.is_empty()
    rows = got.observations.head(part).iter_rows(named=True)
    wrong = sum(not same(row, message) for row, message in zip(rows, messages, strict=True))
    assert wrong == 0, f"{wrong} positions differ"
    rate, peer_rate = len(feed) / best, part / peer
    print(
        f"{name}: {len(feed):,} lines, ours {rate:,.0f} lines/s, pynmeagps {peer_rate:,.0f} "
        f"lines/s ({part:,} lines), ratio {rate / peer_rate:.1f}; {part:,} compared, none differs"
    )


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--lines", type=int, default=200_000)
    options.add_argument("--turns", type=int, default=3)
    given = options.parse_args()
    part = min(10_000, given.lines)
    dice = random.Random(20260301)
    sentences = beidou(given.lines, dice)
    compare("BeiDou RMC and GGA, tag blocks", sentences, BeiDouDecoder, part, given.turns)
    reports = radar(given.lines, dice)
    make = partial(RadarDecoder, RADARS)
    compare("radar TTM and TLL, tag blocks", reports, make, part, given.turns)


if __name__ == "__main__":
    main()
