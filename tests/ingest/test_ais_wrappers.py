"""What stands around AIS sentences in real logs, and the times and sources that it tells."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ingest_runs import Decode
from nmea_lines import armoured, message, sentence, tag_block

CLASS_A = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A"  # gpsd's sample; second 33
AT = 1_420_030_798  # 2014-12-31T12:59:58Z


def when(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def base_station(stamp: str, mmsi: int = 2_190_047) -> bytes:
    """A type 4 message with this time (`YYYYmmddHHMMSS`)."""
    year, rest = int(stamp[:4]), [int(stamp[at : at + 2]) for at in range(4, 14, 2)]
    widths = (4, 5, 5, 6, 6)
    bits = f"{4:06b}00{mmsi:030b}{year:014b}"
    bits += "".join(f"{value:0{width}b}" for value, width in zip(rest, widths, strict=True))
    bits += f"0{121 * 600_000:028b}{29 * 600_000:027b}"
    return message(bits.ljust(168, "0"))


@pytest.mark.parametrize(
    ("line", "received", "source"),
    [
        (CLASS_A, None, None),
        (tag_block(b"s:R1,c:%d" % AT) + CLASS_A, "2014-12-31T12:59:58", "R1"),
        (tag_block(b"c:%d250,s:R1" % AT) + CLASS_A, "2014-12-31T12:59:58.250", "R1"),
        (tag_block(b"s:R1,c:%d" % AT) + b"\r\n" + CLASS_A, "2014-12-31T12:59:58", "R1"),
        (tag_block(b"si:7,s:R1,q:u,c:%d" % AT) + CLASS_A, "2014-12-31T12:59:58", "R1"),
        (tag_block(b"g:1-1-77,s:R1,c:%d" % AT) + CLASS_A, "2014-12-31T12:59:58", "R1"),
        (b"\\s:R1,c:%d*00\\" % AT + CLASS_A, None, None),
        (tag_block(b"s:R1,c:12345") + CLASS_A, None, "R1"),  # 1970: an unset clock
        (tag_block(b"s:R1,c:never") + CLASS_A, None, "R1"),
        (CLASS_A + b",%d" % AT, "2014-12-31T12:59:58", None),
        (CLASS_A + b",%d123" % AT, "2014-12-31T12:59:58.123", None),
        (CLASS_A + b",b003669794,%d" % AT, "2014-12-31T12:59:58", "b003669794"),
        (
            CLASS_A + b",d-109,S2105,t050056.00,T56.13718694,r003669946,%d,%d" % (AT - 60, AT),
            "2014-12-31T12:59:58",
            "r003669946",
        ),
        (
            sentence(b"$PGHP,1,2014,12,31,12,59,58,250,219,,2190047,1,4A") + b"\r\n" + CLASS_A,
            "2014-12-31T12:59:58.250",
            "2190047",
        ),
        (
            sentence(b"$PGHP,1,2014,12,31,12,59,58,0,219,,2190047,1,4B") + b"\n" + CLASS_A,
            None,
            None,
        ),
        (
            sentence(b"$GPRMC,125958.50,A,5250.5,N,00542.3,E,0.0,,311214,,,A") + b"\n" + CLASS_A,
            "2014-12-31T12:59:58.500",
            None,
        ),
        (sentence(b"$GNZDA,125958,31,12,2014,,") + b"\n" + CLASS_A, "2014-12-31T12:59:58", None),
        (b"$GPZDA,125958,31,12,2014,,*00\n" + CLASS_A, None, None),  # its checksum is wrong
    ],
)
def test_every_wrapper_tells_receipt_and_source(
    decode: Decode, line: bytes, received: str | None, source: str | None
) -> None:
    row = decode(line + b"\r\n").observations.row(0, named=True)
    assert row["received_at"] == (when(received) if received else None)
    assert row["source"] == source
    assert row["target"] == "mmsi:371798000"
    assert decode(line).refusals.is_empty()


def test_the_tag_block_comes_before_all_other_times(decode: Decode) -> None:
    line = (
        sentence(b"$GPZDA,115958,31,12,2014,,") + b"\n"
        + sentence(b"$PGHP,1,2014,12,31,12,59,50,0,219,,2190047,1,4A") + b"\n"
        + tag_block(b"c:%d" % AT) + CLASS_A + b",%d" % (AT - 20) + b"\n"
        + sentence(b"$PGHP,1,2014,12,31,13,0,50,0,219,,2190047,1,4A") + b"\n"
        + CLASS_A + b",%d" % (AT - 20) + b"\n"
        + CLASS_A + b",%d" % (AT + 180) + b"\n"
    )  # fmt: skip
    received = decode(line).observations["received_at"].to_list()
    assert received == [
        when("2014-12-31T12:59:58"),
        when("2014-12-31T13:00:50"),
        when("2014-12-31T13:02:58"),
    ]


def test_the_archives_own_block_tells_the_arrival_and_keeps_the_feeds_block(decode: Decode) -> None:
    line = tag_block(b"a:%d500" % (AT + 3)) + tag_block(b"s:R1,c:%d" % AT) + CLASS_A
    row = decode(line).observations.row(0, named=True)
    assert (row["source"], row["received_at"]) == ("R1", when("2014-12-31T12:59:58"))
    assert row["arrived_at"] == when("2014-12-31T13:00:01.5")


def test_without_a_stated_arrival_it_is_the_running_maximum_of_the_receipts(decode: Decode) -> None:
    lines = [
        tag_block(b"c:%d" % (AT + shift)) + message(f"{1:06b}00{mmsi:030b}".ljust(168, "0"))
        for mmsi, shift in ((1, 0), (2, 9), (3, -500), (4, 12))
    ]
    arrived = decode(b"\n".join(lines)).observations["arrived_at"].to_list()
    assert [(time - when("2014-12-31T12:59:58")).total_seconds() for time in arrived] == [
        0.0,
        9.0,
        9.0,
        12.0,
    ]


@pytest.mark.parametrize(
    ("receipt", "second", "observed"),
    [
        ("2026-03-01T17:22:10", 8, "2026-03-01T17:22:08"),
        ("2026-03-01T17:22:10", 40, "2026-03-01T17:22:40"),
        ("2026-03-01T17:22:10", 41, "2026-03-01T17:21:41"),
        ("2026-03-01T17:22:50", 20, "2026-03-01T17:22:20"),
        ("2026-03-01T17:22:50", 19, "2026-03-01T17:23:19"),
        ("2026-01-01T00:00:01", 59, "2025-12-31T23:59:59"),
        ("2026-03-01T17:22:10", 60, "2026-03-01T17:22:10"),
        ("2026-03-01T17:22:10", 63, "2026-03-01T17:22:10"),
    ],
)
def test_the_second_takes_the_minute_that_is_nearest_to_the_receipt(
    decode: Decode, receipt: str, second: int, observed: str
) -> None:
    bits = f"{1:06b}00{412345678:030b}".ljust(137, "0") + f"{second:06b}"
    line = tag_block(b"c:%d" % when(receipt).timestamp()) + message(bits.ljust(168, "0"))
    assert decode(line).observations["observed_at"].item() == when(observed)


def test_base_stations_bring_their_own_time_and_a_future_one_is_refused(decode: Decode) -> None:
    def at(stamp: str, **options: object) -> tuple[list[datetime], list[str]]:
        line = tag_block(b"s:R1,c:%d" % AT) + base_station(stamp)
        got = decode(line, **options)
        return got.observations["observed_at"].to_list(), got.refusals["reason"].to_list()

    assert at("20141231125900") == ([when("2014-12-31T12:59:00")], [])
    assert at("20141231130057") == ([when("2014-12-31T13:00:57")], [])
    assert at("20141231130059") == ([], ["future"])
    assert at("00000000246060") == ([when("2014-12-31T12:59:58")], [])  # not available
    assert at("20140231125900") == ([when("2014-12-31T12:59:58")], [])  # no such day
    ahead = {"R1": 28_800}
    assert at("20141231205930", skew_s=ahead) == ([when("2014-12-31T12:59:30")], [])
    got = decode(tag_block(b"s:R1,c:%d" % AT) + base_station("20141231205930"), skew_s=ahead)
    assert '"skew_s":28800' in got.observations["detail"].item()


def test_a_leaping_receipt_stands_only_if_the_next_does_not_fall_back(decode: Decode) -> None:
    def receipts(*shifts: int) -> tuple[int, list[int]]:
        lines = [
            tag_block(b"c:%d" % (AT + shift)) + message(f"{1:06b}00{n:030b}".ljust(168, "0"))
            for n, shift in enumerate(shifts, 1)
        ]
        got = decode(b"\n".join(lines))
        assert set(got.refusals["reason"]) <= {"bad_receipt"}
        return got.observations.height, got.refusals["line"].to_list()

    assert receipts(0, 5, 86_400, 7, 8) == (4, [3])
    assert receipts(0, 5, 86_400, 86_401, 86_402) == (5, [])
    assert receipts(0, 599, 1_198) == (3, [])
    assert receipts(0, -86_400, 3, -86_399, 4) == (5, [])  # late messages, then live ones again
    assert receipts(0, 5, 86_400) == (3, [])  # nothing follows that speaks against it


def test_a_second_sentence_on_a_line_has_the_tag_block_of_the_line(decode: Decode) -> None:
    other = message(f"{1:06b}00{7:030b}".ljust(168, "0"))
    got = decode(tag_block(b"s:R1,c:%d" % AT) + CLASS_A + other + b"\n" + other).observations
    assert got["source"].to_list() == ["R1", "R1", None]
    assert got["received_at"].to_list() == [when("2014-12-31T12:59:58")] * 2 + [None]


def test_two_sentences_on_a_line_and_lines_of_other_kinds_are_told_apart(decode: Decode) -> None:
    data = b"\n".join([
        b"# a comment with !AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A",
        tag_block(b"s:R1,c:%d" % AT) + CLASS_A + tag_block(b"s:R2,c:%d" % (AT + 60)) + CLASS_A,
        b"$GPGGA,213950.00,5250.53669,N,00542.34920,E,1,09,1.03,-6.0,M,45.8,M,,*7B",
        b"",
        sentence(b"ABVDM,1,1,3,B,15RTgt0PAso;90TKcjM8h6g208CQ,0,0"),
        sentence(b"BSVDO,1,1,,,15RTgt0PAso;90TKcjM8h6g208CQ,0"),
    ])  # fmt: skip
    got = decode(data)
    assert got.observations["line"].to_list() == [2, 2, 5, 6]
    assert got.observations["source"].to_list() == ["R1", "R2", None, None]
    assert got.refusals.is_empty()


def test_random_stations_are_read_as_written(decode: Decode) -> None:
    names = ["x", "sdr-experiments", "Ä", "a-station-name-that-is-too-long-for-the-standard"]
    payload, fill = armoured(f"{1:06b}00{7:030b}".ljust(168, "0"))
    line = sentence(b"AIVDM,1,1,,A," + payload + b",%d" % fill)
    data = b"\n".join(tag_block(b"s:" + name.encode()) + line for name in names)
    assert decode(data).observations["source"].to_list() == [*names[:3], names[3][:32]]
