"""Counts over all real logs, against pyais reading the same sentences."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from pathlib import Path

import polars as pl
import pyais
import pytest
from ingest_runs import Decode
from nmea_lines import checksum

pytestmark = pytest.mark.shared

#: Messages that pyais reads and we refuse, by reason. All are noise of long-range receivers or
#: made-up fuzz but for the receipts, which leap hours ahead and back (contract, "Times").
REFUSED: dict[str, dict[str, int]] = {
    "gpsd/ais-nmea.log": {},
    "gpsd/ais-raw-messages.log": {},
    "dma-aislib/stream_example.txt": {"bad_mmsi": 2},  # MMSI 0
    "dma-aislib/replay_dump.txt": {},
    "signalk/gofree-merrimac.log": {},
    "amsa-risky/ais.txt.gz": {"wrong_bit_count": 6, "bad_mmsi": 382, "unknown_type": 1},
    "amsa-risky/exact-earth-augmented-2.txt": {"wrong_bit_count": 4, "bad_mmsi": 2},
    "amsa-risky/exact-earth-augmented-3.txt": {
        "wrong_bit_count": 28, "bad_mmsi": 11, "bad_receipt": 4, "unknown_part": 1,
    },
    "amsa-risky/exact-earth-with-tag-block.txt": {"bad_receipt": 2},
    "amsa-risky/nmea-timestamped.txt": {"bad_mmsi": 1},
    "libais/test.aivdm": {
        "unknown_type": 17, "wrong_bit_count": 14, "bad_mmsi": 11, "bad_receipt": 1,
    },
    "ais-tools/mixed_types.nmea": {},
    "ais-tools/multi-part.nmea": {},
}  # fmt: skip
#: Lines that hold no whole message.
DAMAGED: dict[str, dict[str, int]] = {
    "amsa-risky/ais.txt.gz": {
        "no_sentence": 29, "no_checksum": 13, "incomplete": 4, "bad_checksum": 3,
    },
    "amsa-risky/exact-earth-augmented-3.txt": {"incomplete": 4},
    "amsa-risky/exact-earth-with-tag-block.txt": {"incomplete": 2},
}  # fmt: skip
SENTENCE = re.compile(rb"!..VD[MO],([^*]*)\*([0-9A-Fa-f]{2})")


def read(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def pyais_types(data: bytes) -> Counter[str]:
    """Messages by type, as pyais decodes single sentences and parts in order."""
    found: Counter[str] = Counter()
    waiting: dict[tuple[bytes, ...], list[bytes]] = {}
    for line in data.splitlines():
        if line.startswith(b"#"):
            continue
        for match in SENTENCE.finditer(line):
            whole = match.group(0)
            if checksum(whole[1:-3]) != match.group(2).upper():
                continue
            count, number, sequence, channel = match.group(1).split(b",")[:4]
            key = (count, sequence, channel)
            pieces = [whole] if number == b"1" else [*waiting.pop(key, []), whole]
            if len(pieces) != int(number):
                continue
            if number != count:
                waiting[key] = pieces
                continue
            try:
                found[f"type_{pyais.decode(*pieces).msg_type}"] += 1
            except pyais.exceptions.AISBaseException:
                found["unreadable"] += 1
    return found


@pytest.mark.parametrize("name", REFUSED)
def test_every_message_that_pyais_reads_is_counted_or_refused_with_a_reason(
    decode: Decode, shared_data: Path, name: str
) -> None:
    data = read(shared_data / name)
    got = decode(data)
    theirs = pyais_types(data)
    ours = Counter({kind: n for kind, n in got.counts.items() if kind.startswith("type_")})
    assert Counter(got.refusals["reason"].to_list()) == Counter(REFUSED[name]) + Counter(
        DAMAGED.get(name, {})
    )
    assert ours.total() + got.receptions + sum(REFUSED[name].values()) == theirs.total()
    assert not ours - theirs  # no type more often than pyais has it
    assert got.observations.height == got.counts["position"]
    assert got.identities.height == got.counts["identity"]


@pytest.mark.parametrize("name", ["dma-aislib/stream_example.txt", "amsa-risky/ais.txt.gz"])
def test_no_payload_is_given_twice_within_thirty_seconds(
    decode: Decode, shared_data: Path, name: str
) -> None:
    got = decode(read(shared_data / name))
    frame = got.observations.with_columns(got.observation_payloads).filter(
        pl.col("received_at").is_not_null()
    )
    steps = frame.select(
        pl.col("received_at").diff().over("payload", order_by="line").abs().alias("step")
    )
    assert got.receptions > 0
    assert steps.filter(pl.col("step") <= pl.duration(seconds=30)).is_empty()
