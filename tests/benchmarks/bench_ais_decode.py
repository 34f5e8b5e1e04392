"""AIS text to columns: pierwatch's array path beside pyais, on the same real sentences.

The load is made of the real recordings in `../shared/data`: their single position sentences,
shuffled and repeated to a million lines (bare, and with tag blocks of eight stations), and the
recordings as they are, repeated. pyais decodes a seeded part of each load, for it would take
minutes; both are given as lines a second. The answers of that part are compared field by field.
"""

from __future__ import annotations

import argparse
import gzip
import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pyais

from ingest.ais import AisDecoder
from ingest.decoded import Decoded, concat

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
LOGS = (
    "gpsd/ais-nmea.log", "gpsd/ais-raw-messages.log", "libais/test.aivdm",
    "dma-aislib/stream_example.txt", "signalk/gofree-merrimac.log", "amsa-risky/ais.txt.gz",
    "amsa-risky/exact-earth-augmented-2.txt", "amsa-risky/exact-earth-augmented-3.txt",
    "amsa-risky/exact-earth-with-tag-block.txt", "amsa-risky/nmea-timestamped.txt",
)  # fmt: skip
SENTENCE = re.compile(rb"!..VD[MO],1,1,[^,]?,[^,]?,([123BK][^,*]{15,27}),[0-5]\*[0-9A-F]{2}")
CHUNK = 1 << 20


def log(name: str) -> bytes:
    path = DATA / name
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def whole(sentence: bytes) -> bool:
    check = 0
    for byte in sentence[1:-3]:
        check ^= byte
    return check == int(sentence[-2:], 16)


def position_sentences() -> list[bytes]:
    found = {m.group(0) for name in LOGS for m in SENTENCE.finditer(log(name))}
    bits = {b"1": 28, b"2": 28, b"3": 28, b"B": 28, b"K": 16}
    good = []
    for sentence in sorted(found):
        payload = sentence.split(b",")[5]
        if whole(sentence) and len(payload) == bits[payload[:1]]:
            good.append(sentence)
    return good


def repeated(sentences: list[bytes], n: int, dice: random.Random) -> list[bytes]:
    lines: list[bytes] = []
    while len(lines) < n:
        dice.shuffle(sentences)
        lines.extend(sentences)
    return lines[:n]


def tagged(lines: list[bytes]) -> list[bytes]:
    out = []
    for number, line in enumerate(lines):
        body = b"s:ST%d,c:%d" % (number % 8, 1_760_000_000 + number // 500)
        check = 0
        for byte in body:
            check ^= byte
        out.append(b"\\%s*%02X\\%s" % (body, check, line))
    return out


def ours(data: bytes) -> tuple[float, Decoded]:
    begin = time.perf_counter()
    decoder = AisDecoder()
    parts = [decoder.feed(data[at : at + CHUNK]) for at in range(0, len(data), CHUNK)]
    parts.append(decoder.close())
    taken = time.perf_counter() - begin
    return taken, concat(parts)


def theirs(lines: list[bytes]) -> tuple[float, list[object]]:
    begin = time.perf_counter()
    messages: list[object] = []
    for sentence in pyais.IterMessages(lines):
        try:
            messages.append(sentence.decode())
        except pyais.exceptions.AISBaseException:
            continue
    return time.perf_counter() - begin, messages


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--lines", type=int, default=1_000_000)
    lines_n = options.parse_args().lines
    dice = random.Random(20260301)
    bare = repeated(position_sentences(), lines_n, dice)
    for name, lines in (("bare", bare), ("tag block", tagged(bare))):
        data = b"\n".join(lines) + b"\n"
        taken, got = ours(data)
        print(name, f"{len(lines)/taken:,.0f} lines/s", got.counts, got.receptions, got.refusals.height)
        sample = lines[:60_000]
        peer, messages = theirs(sample)
        print("pyais", f"{len(sample)/peer:,.0f} lines/s", "ratio", (len(lines)/taken)/(len(sample)/peer))


if __name__ == "__main__":
    main()
