"""AIS text to columns: pierwatch's array path beside pyais, on the same real sentences.

The load is made of the real recordings in `../shared/data`: their single position sentences
(types 1, 2, 3, 18, 27), shuffled and repeated to a million lines, bare and with tag blocks of eight
stations; and the recordings as they are. pyais reads a seeded part of each load, for all of it
would take minutes. Both take turns and the best of the turns counts, because the machine is
shared. The answers of that part are compared field by field, and the memory of a file five times
as long is compared with the file's.

    python tests/benchmarks/bench_ais_decode.py [--lines N] [--turns N]
"""

from __future__ import annotations

import argparse
import gzip
import math
import random
import re
import subprocess
import sys
import tempfile
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
CHUNK = 1 << 21


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


def theirs(lines: list[bytes]) -> tuple[float, list[pyais.ANY_MESSAGE]]:
    begin = time.perf_counter()
    messages = []
    for sentence in pyais.IterMessages(lines):
        try:
            messages.append(sentence.decode())
        except pyais.exceptions.AISBaseException:
            continue
    return time.perf_counter() - begin, messages


def compare(name: str, lines: list[bytes], part: int, turns: int) -> None:
    """Both on one load; their answers on the part that both read."""
    data, sample = b"\n".join(lines) + b"\n", lines[:part]
    best, peer = math.inf, math.inf
    for _ in range(turns):
        best = min(best, ours(data)[0])
        taken, messages = theirs(sample)
        peer = min(peer, taken)
    rate, peer_rate = len(lines) / best, len(sample) / peer
    got = ours(b"\n".join(sample) + b"\n")[1]
    print(
        f"{name}: {len(lines):,} lines, ours {rate:,.0f} lines/s, "
        f"pyais {peer_rate:,.0f} lines/s ({len(sample):,} lines), ratio {rate / peer_rate:.1f}; "
        f"{agreement(got, messages)}"
    )


def agreement(got: Decoded, messages: list[pyais.ANY_MESSAGE]) -> str:
    """Positions that both gave, in order, field by field."""
    kinds = (1, 2, 3, 18, 27)
    peers = [m for m in messages if m.msg_type in kinds and int(m.mmsi) <= 999_999_999]
    if got.receptions or got.refusals.height:  # some are folded or refused: counts only
        types = sum(n for kind, n in got.counts.items() if kind.startswith("type_"))
        return (
            f"{types:,} messages + {got.receptions:,} receptions + {got.refusals.height} refusals "
            f"for pyais' {len(messages):,} messages"
        )
    rows = got.observations.iter_rows(named=True)
    wrong = sum(not same(row, peer) for row, peer in zip(rows, peers, strict=True))
    assert wrong == 0, f"{wrong} positions differ"
    return f"{len(peers):,} positions compared, none differs"


def same(row: dict[str, object], peer: pyais.ANY_MESSAGE) -> bool:
    there = abs(peer.lon) <= 180 and abs(peer.lat) <= 90
    missing = 63 if peer.msg_type == 27 else 102.3
    pairs = (
        (row["lon"], peer.lon if there else None),
        (row["lat"], peer.lat if there else None),
        (row["speed_kn"], peer.speed if peer.speed < missing else None),
        (row["course_deg"], peer.course if peer.course < 360 else None),
        (row["heading_deg"], getattr(peer, "heading", 511)),
    )
    return row["target"] == f"mmsi:{int(peer.mmsi):09d}" and all(
        (a is None and (b is None or b >= 360)) or (a is not None and abs(a - b) < 5.1e-7)
        for a, b in pairs
    )


def compare_mixed(turns: int) -> None:
    """The real recordings one after another, as one stream."""
    data = b"\n".join(log(name) for name in LOGS)
    lines = data.splitlines()
    best, peer = math.inf, math.inf
    for _ in range(turns):
        best = min(best, ours(data)[0])
        peer = min(peer, theirs(lines)[0])
    print(
        f"real recordings as they are: {len(lines):,} lines of {len(LOGS)} files, "
        f"ours {len(lines) / best:,.0f} lines/s, pyais {len(lines) / peer:,.0f} lines/s, "
        f"ratio {peer / best:.1f}"
    )


def memory(lines: list[bytes]) -> float:
    """By how many MiB a process grows that decodes the lines from a file."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"\n".join(lines))
        file.flush()
        command = [sys.executable, __file__, "--memory-of", file.name]
        return float(subprocess.run(command, check=True, capture_output=True).stdout) / 1024


def decode_for_memory(path: Path) -> None:
    decoder = AisDecoder()
    before = peak_kib()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            decoder.feed(chunk)
    decoder.close()
    print(peak_kib() - before)


def peak_kib() -> int:
    """Peak memory of this process alone (`ru_maxrss` would start with the parent's)."""
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0])


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--lines", type=int, default=1_000_000)
    options.add_argument("--turns", type=int, default=3)
    options.add_argument("--memory-of", type=Path)
    given = options.parse_args()
    if not DATA.is_dir():
        print(f"skipped: needs the real data in {DATA}")
        return
    if given.memory_of:
        decode_for_memory(given.memory_of)
        return
    bare = repeated(position_sentences(), given.lines, random.Random(20260301))
    compare("position reports, bare", bare, 20_000, given.turns)
    compare("position reports, tag blocks", tagged(bare), 20_000, given.turns)
    compare_mixed(given.turns)
    lines = tagged(bare)
    fifth = lines[: len(lines) // 5]
    print(
        f"memory: +{memory(fifth):.0f} MiB for {len(fifth):,} lines, "
        f"+{memory(lines):.0f} MiB for {len(lines):,}"
    )


if __name__ == "__main__":
    main()
