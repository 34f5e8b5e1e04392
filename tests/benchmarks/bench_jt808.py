"""JT/T 808 locations to columns: the array path beside the codec that reads frame by frame.

No package for JT/T 808 is kept up, so the peer is our own codec, which the tests hold to another
server's record. The load is a fleet: terminals with headers of 2013 and 2019 that send 0x0200 with
the items that fleets send (mileage, fuel, signals, signal strength, satellites; every third frame
with one of a maker's own), one in twelve frames a batch of 0x0704, in the line format of
recordings. It is read once from bytes to frames of the house's schema, keys and `detail` in it;
the codec reads a part of it to its own objects only. The answers of that part are compared.
Time is the processor's, of all threads together: seconds of one core, whoever else is at work.

    python tests/benchmarks/bench_jt808.py [--frames N] [--turns N]
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from datetime import UTC, datetime, timedelta

from ingest.decoded import Decoded, concat
from ingest.jt808 import Jt808Decoder
from ingest.jt808.bodies import BATCH, LOCATION, Batch, Location, decode_body
from ingest.jt808.frame import Header, Message, decode, encode

START = 1_772_384_400
BEIJING = timedelta(hours=8)
CHUNK = 1 << 21
TERMINALS = 5_000


def bcd(time_s: int) -> bytes:
    local = datetime.fromtimestamp(time_s, UTC) + BEIJING
    return bytes.fromhex(local.strftime("%y%m%d%H%M%S"))


def location(dice: random.Random, time_s: int) -> Location:
    items = [
        (0x01, dice.randrange(10_000_000).to_bytes(4, "big")),
        (0x02, dice.randrange(4_000).to_bytes(2, "big")),
        (0x03, dice.randrange(1_000).to_bytes(2, "big")),
        (0x25, (1 << dice.randrange(8)).to_bytes(4, "big")),
        (0x30, bytes([dice.randrange(32)])),
        (0x31, bytes([dice.randrange(24)])),
    ]
    if dice.random() < 1 / 3:
        items.append((0xE0 + dice.randrange(3), dice.randbytes(4)))
    return Location(
        alarm=1 << dice.randrange(32) if dice.random() < 0.02 else 0,
        status=0b10 | dice.choice([0, 1]) | 3 << 18 | dice.choice([0, 1]) << 22,
        lat=29_000_000 + dice.randrange(600_000),
        lon=121_600_000 + dice.randrange(500_000),
        altitude=dice.randrange(400),
        speed=dice.randrange(1_000),
        direction=dice.randrange(360),
        time=bcd(time_s),
        items=tuple(items),
    )


def load(n: int, batches: bool) -> list[bytes]:
    """Lines in order of receipt, seeded."""
    dice = random.Random(20260301)
    lines = []
    for number in range(n):
        terminal = dice.randrange(TERMINALS)
        modern = terminal % 3 == 0
        phone = f"{13_900_000_000 + terminal}".zfill(20 if modern else 12)
        at = START + number // 1000
        kind, body = LOCATION, location(dice, at).encode()
        if batches and number % 12 == 0:
            late = tuple(location(dice, at - 30 * k).encode() for k in range(5, 0, -1))
            kind, body = BATCH, Batch(len(late), 1, late).encode()
        header = Header(kind, phone, number & 0xFFFF, 1 if modern else None)
        lines.append(f"{at}.{dice.randrange(1000):03d} {encode(Message(header, body)).hex()}\n")
    return [text.encode() for text in lines]


def ours(data: bytes) -> tuple[float, Decoded]:
    begin = time.process_time()
    decoder = Jt808Decoder()
    parts = [decoder.feed(data[at : at + CHUNK]) for at in range(0, len(data), CHUNK)]
    parts.append(decoder.close())
    return time.process_time() - begin, concat(parts)


def codec(lines: list[bytes]) -> tuple[float, list[tuple[Header, Location]]]:
    begin = time.process_time()
    found = []
    for line in lines:
        message = decode(bytes.fromhex(line.split()[1].decode()))
        body = decode_body(message)
        bodies = (
            [Location.decode(each) for each in body.locations]
            if isinstance(body, Batch)
            else [body]
        )
        found.extend((message.header, each) for each in bodies if isinstance(each, Location))
    return time.process_time() - begin, found


def agreement(got: Decoded, want: list[tuple[Header, Location]]) -> str:
    """Every field that both give, in order."""
    assert got.refusals.is_empty()
    for row, (header, each) in zip(got.observations.to_dicts(), want, strict=True):
        said = json.loads(row["detail"])
        items = {number: int.from_bytes(value, "big") for number, value in each.items}
        assert row["target"] == f"terminal:{header.terminal}"
        assert row["observed_at"] == each.device_at
        assert (row["lon"], row["lat"]) == (each.lon / 1e6, each.lat / 1e6)
        assert row["speed_kn"] == each.speed / 10 / 1.852
        assert row["course_deg"] == each.direction
        assert said["altitude_m"] == each.altitude
        assert (said["mileage_km"], said["fuel_l"]) == (items[1] / 10, items[2] / 10)
        assert said["recorder_speed_kmh"] == items[3] / 10
        assert (said["rssi"], said["satellites"]) == (items[0x30], items[0x31])
        assert bool(said.get("sos")) == bool(each.alarm & 1)
        raw = [f"{number:02x}:{value.hex()}" for number, value in each.items if number >= 0xE0]
        assert said.get("items", []) == raw
    return f"{len(want):,} locations compared, none differs"


def compare(name: str, lines: list[bytes], part: int, turns: int) -> None:
    data, sample = b"".join(lines), lines[:part]
    best, peer = math.inf, math.inf
    for _ in range(turns):
        best = min(best, ours(data)[0])
        taken, want = codec(sample)
        peer = min(peer, taken)
    rate, peer_rate = len(lines) / best, len(sample) / peer
    found = ours(data)[1].observations.height
    print(
        f"{name}: {len(lines):,} frames of {TERMINALS:,} terminals, {found:,} locations, "
        f"ours {rate:,.0f} frames/s, codec {peer_rate:,.0f} frames/s, "
        f"ratio {rate / peer_rate:.1f}; "
        f"{agreement(ours(b''.join(sample))[1], want)}"
    )


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--frames", type=int, default=200_000)
    options.add_argument("--turns", type=int, default=3)
    given = options.parse_args()
    compare("0x0200", load(given.frames, batches=False), 20_000, given.turns)
    compare("0x0200 and 0x0704", load(given.frames, batches=True), 20_000, given.turns)


if __name__ == "__main__":
    main()
