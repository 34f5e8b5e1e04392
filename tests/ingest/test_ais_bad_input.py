"""Bad lines: one reasoned refusal each, no false position, no stop, no growing memory."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from pathlib import Path

import pytest
from ingest_runs import Decode
from nmea_lines import message, parts, sentence

from ingest.ais import AisDecoder
from ingest.decoded import Decoded

GOOD = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A"


def reasons(got: Decoded) -> dict[str, int]:
    return dict(Counter(got.refusals["reason"].to_list()))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (GOOD[:-2] + b"4B", "bad_checksum"),
        (GOOD[:-2] + b"zz", "bad_checksum"),
        (GOOD[:-1], "no_checksum"),
        (GOOD[:-3], "no_checksum"),
        (GOOD[:20], "no_checksum"),
        (GOOD[7:], "no_sentence"),
        (b"15RTgt0PAso;90TKcjM8h6g208CQ", "no_sentence"),
        (b"\\s:R1,c:1*00", "no_sentence"),
        (b"\x00\xff\xfe\x01", "not_ascii"),
        ("船讯".encode(), "not_ascii"),
        (b"x" * 5000, "too_long"),
        (GOOD + b" " * 5000, "too_long"),
        (sentence(b"AIVDM,1,1,,A,,0"), "bad_payload"),
        (sentence(b"AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208C~,0"), "bad_payload"),
        (sentence(b"AIVDM,1,1,,A,15RTgt0PAso;90TKcj\x008h6g208CQ,0"), "bad_sentence"),
        (sentence(b"AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,6"), "bad_sentence"),
        (sentence(b"AIVDM,1,2,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0"), "bad_sentence"),
        (sentence(b"AIVDM,0,0,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0"), "bad_sentence"),
        (sentence(b"AIVDM,15RTgt0PAso;90TKcjM8h6g208CQ,0"), "bad_sentence"),
        (sentence(b"AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208C,0"), "wrong_bit_count"),
        (sentence(b"AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQQQQ,0"), "wrong_bit_count"),
        (sentence(b"AIVDM,1,1,,A,1,0"), "wrong_bit_count"),
        (message("011100".ljust(168, "0")), "unknown_type"),
        (message("000000".ljust(168, "0")), "unknown_type"),
        (message(f"00000100{1_000_000_000:030b}".ljust(168, "0")), "bad_mmsi"),
        (message(f"00000100{0:030b}".ljust(168, "0")), "bad_mmsi"),
        (message(f"{24:06b}00{7:030b}10".ljust(168, "0")), "unknown_part"),
        (sentence(b"AIVDM,2,1,5,A,55RTgt0PAso;90TKcjM8h6g208CQ,0"), "incomplete"),
    ],
)
def test_a_bad_line_is_one_reasoned_refusal_and_the_next_goes_on(
    decode: Decode, line: bytes, reason: str
) -> None:
    got = decode(GOOD + b"\n" + line + b"\r\n" + GOOD + b"\n")
    assert [(row["line"], row["reason"]) for row in got.refusals.to_dicts()] == [(2, reason)]
    assert got.observations["line"].to_list() == [1, 3]
    assert len(got.refusals["detail"].item()) <= 120


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "positions", "claims", "refused"),
    [
        # The long forms have right checksums and 186 bits, their short twins wrong checksums.
        ("errors.nmea", 1, 0, {"wrong_bit_count": 2, "bad_checksum": 2}),
        ("single-message-type-5.nmea", 0, 0, {"bad_checksum": 1}),
        ("type1-bad-bitcount.nmea", 0, 0, {"wrong_bit_count": 12}),
        # Three messages of 450, 426 + 6 and 444 bits in two parts each; three bare payloads.
        ("bad-type5.nmea", 0, 0, {"wrong_bit_count": 3, "no_sentence": 3}),
        ("bad-tagblock-group.nmea", 1, 1, {}),
        ("spire-test.nmea", 0, 2, {}),
        ("sample.nmea", 1, 2, {}),
        ("type8.nmea", 0, 0, {}),
        ("ee-multiline.nmea", 6, 2, {}),
        ("mixed_types.nmea", 55, 20, {}),
        ("multi-part.nmea", 10, 10, {}),
    ],
)
def test_nothing_in_the_broken_samples_stops_us_or_yields_a_false_position(
    decode: Decode,
    shared_data: Path,
    name: str,
    positions: int,
    claims: int,
    refused: dict[str, int],
) -> None:
    got = decode((shared_data / "ais-tools" / name).read_bytes())
    assert (got.observations.height, got.identities.height) == (positions, claims)
    assert reasons(got) == refused


@pytest.mark.parametrize("size", [1 << 14, 1 << 20, 10 << 20])
def test_a_line_of_ten_megabytes_is_one_refusal(decode: Decode, size: int) -> None:
    data = GOOD + b"\n" + b"!AIVDM," * (10 * (1 << 20) // 7) + b"\n" + GOOD + b"\n"
    got = decode(data, size)
    assert [(row["line"], row["reason"]) for row in got.refusals.to_dicts()] == [(2, "too_long")]
    assert got.observations["line"].to_list() == [1, 3]


def test_endless_lines_and_parts_that_never_complete_do_not_grow_memory() -> None:
    decoder = AisDecoder()
    first_parts = b"".join(
        sentence(b"AIVDM,9,1,%d,%c,55RTgt0PAso;90TKcjM8h6g208CQ,0" % (n % 10, 65 + n % 26)) + b"\n"
        for n in range(500)
    )
    decoder.feed(first_parts)
    tracemalloc.start()
    try:
        for _ in range(8):
            decoder.feed(first_parts)
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(24):
            decoder.feed(first_parts)
            decoder.feed(b"x" * 100_000)
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 300_000


def test_values_out_of_range_are_not_reported_and_none_is_stored(decode: Decode) -> None:
    def position(lon: int, lat: int, speed: int, course: int, heading: int) -> dict[str, object]:
        bits = f"{1:06b}00{412345678:030b}{15:04b}{128:08b}{speed:010b}0"
        bits += f"{lon & (1 << 28) - 1:028b}{lat & (1 << 27) - 1:027b}{course:012b}{heading:09b}"
        row = decode(message(bits.ljust(168, "0"))).observations.row(0, named=True)
        return {name: row[name] for name in ("lon", "lat", "speed_kn", "course_deg", "heading_deg")}

    nothing = dict.fromkeys(("lon", "lat", "speed_kn", "course_deg", "heading_deg"))
    assert position(181 * 600_000, 91 * 600_000, 1023, 3600, 511) == nothing
    assert position(180 * 600_000 + 1, 0, 1023, 3601, 360) == nothing
    assert position(0, -90 * 600_000 - 1, 1023, 4095, 500) == nothing
    assert position(-180 * 600_000, 90 * 600_000, 1022, 3599, 359) == {
        "lon": -180.0, "lat": 90.0, "speed_kn": 102.2, "course_deg": 359.9, "heading_deg": 359.0,
    }  # fmt: skip


def test_static_sentinels_are_not_reported(decode: Decode) -> None:
    bits = f"{5:06b}00{412345678:030b}".ljust(424, "0")
    lines = b"\n".join(parts(bits, 60))
    row = decode(lines).identities.row(0, named=True)
    kept = {name for name, value in row.items() if value is not None}
    assert kept == {"key", "target", "line"}
