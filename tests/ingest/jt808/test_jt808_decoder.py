"""The decoder of recordings: the same answers as the codec, whatever the cut, whatever comes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st
from jt808_frames import AT, PHONE, framed, frames, line, location, read_one, rows, run
from polars.testing import assert_frame_equal

from core.schema import IDENTITY, OBSERVATION, REFUSAL, arriving
from geo.datums import wgs84_to_gcj02
from ingest.decoded import Decoded
from ingest.jt808 import Jt808Decoder
from ingest.jt808.bodies import Batch
from ingest.jt808.parts import MOST_WAITING

TERMINAL = PHONE.lstrip("0")


def reasons(decoded: Decoded) -> list[str]:
    return decoded.refusals["reason"].to_list()


@examples(80)
@given(st.lists(frames(), max_size=5))
def test_the_arrays_read_what_the_codec_reads(given_frames: list[bytes]) -> None:
    got = run(b"".join(map(line, given_frames)))
    want = [read_one(frame, AT, number) for number, frame in enumerate(given_frames, 1)]
    assert rows(got) == [row for found in want if not isinstance(found, str) for row in found]


@examples(120)
@given(frames(), st.lists(st.tuples(st.integers(0, 400), st.integers(1, 255)), max_size=3))
def test_a_damaged_frame_is_refused_for_the_reason_that_the_codec_gives(
    frame: bytes, flips: list[tuple[int, int]]
) -> None:
    damaged = bytearray(frame)
    for at, mask in flips:
        damaged[at % len(frame)] ^= mask
    want = read_one(bytes(damaged), AT, 1)
    got = run(line(bytes(damaged)))
    if isinstance(want, str):
        assert reasons(got) == [want]
        assert got.observations.is_empty()
    elif not flips:
        assert rows(got) == want


PIECES = [
    line(framed(location().encode())),
    line(framed(location(status=0).encode()), AT + 1.5),
    line(framed(location(alarm=1).encode(), phone="00000000013900000002", version=1), AT + 2),
    line(framed(Batch(1, 1, (location().encode(),)).encode(), 0x0704), AT + 3),
    line(framed(location().encode()), AT + 7200),
    line(framed(location().encode()[:20], part=(1, 2), serial=9), AT + 4),
    line(framed(location().encode()[20:], part=(2, 2), serial=10), AT + 5),
    line(framed(bytes(4) + bytes(20) + b"\x02" + "浙B12345".encode("gbk"), 0x0100), AT + 6),
    b"# comment\n", b"\n", b"garbage \xff\n", b"y" * 9000 + b"\n", b"1772384400 7e7\r\n",
]  # fmt: skip


@examples(40)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join), st.integers(20, 700))
def test_the_answer_does_not_depend_on_how_the_stream_is_cut(data: bytes, size: int) -> None:
    one, other = run(data), run(data, size)
    assert_frame_equal(one.observations, other.observations)
    assert_frame_equal(one.identities, other.identities)
    order = ["line", "reason", "detail"]
    assert_frame_equal(one.refusals.sort(order), other.refusals.sort(order))
    assert one.counts == other.counts
    assert one.observation_payloads.to_list() == other.observation_payloads.to_list()


@examples(100)
@given(st.binary(max_size=300), st.integers(5, 64))
def test_bytes_of_any_kind_do_no_harm(data: bytes, size: int) -> None:
    got = run(data + b"\n" + PIECES[0], size)
    assert got.observations["target"].to_list()[-1:] == [f"terminal:{TERMINAL}"]


@examples(100)
@given(st.integers(0, 0xFFFF) | st.sampled_from([0x0100, 0x0200, 0x0704]), st.binary(max_size=120),
       st.none() | st.tuples(st.integers(0, 3), st.integers(0, 3)))  # fmt: skip
def test_bodies_of_any_kind_do_no_harm(
    kind: int, body: bytes, part: tuple[int, int] | None
) -> None:
    got = run(line(framed(body, kind, part=part)))
    assert got.observations.schema == arriving(OBSERVATION)
    assert got.identities.schema == arriving(IDENTITY)
    assert got.refusals.schema == REFUSAL


def test_a_location_becomes_one_observation_in_utc_and_knots() -> None:
    (row,) = rows(run(line(framed(location().encode()), AT + 0.25)))
    assert row["observed_at"] == datetime(2026, 3, 1, 17, tzinfo=UTC)
    assert row["received_at"] == datetime(2026, 3, 1, 17, 0, 0, 250_000, tzinfo=UTC)
    assert (row["lon"], row["lat"], row["course_deg"]) == (121.9, 29.2, 90.0)
    assert row["speed_kn"] == pytest.approx(60.5 / 1.852)
    assert row["target"] == "terminal:13900000001"
    assert row["detail"] == {"type": "0x0200", "status": ["acc_on"], "altitude_m": 35}


def test_a_terminal_that_the_register_knows_is_its_plate() -> None:
    data = line(framed(location().encode()))
    got = run(data, vehicles={"0013900000001": "浙b·12345"})
    assert got.observations["target"].to_list() == ["plate:浙B12345"]
    assert got.observations["source"].to_list() == [TERMINAL]
    assert got.observations["key"].to_list() == run(data).observations["key"].to_list()


def test_an_sos_is_said_and_one_without_a_fix_is_an_observation_without_a_place() -> None:
    got = run(line(framed(location(alarm=1).encode())))
    assert rows(got)[0]["detail"]["sos"] is True  # type: ignore[index]
    blind = run(line(framed(location(alarm=1, status=0, lat=0xFFFFFFFF).encode())))
    (row,) = rows(blind)
    assert (row["lon"], row["lat"], row["sigma_m"]) == (None, None, None)
    assert blind.counts == {"type_0200": 1, "no_fix": 1, "sos_without_position": 1}


def test_no_fix_and_nought_nought_give_no_position_and_are_counted() -> None:
    got = run(line(framed(location(status=1).encode()))
              + line(framed(location(lon=0, lat=0).encode())))  # fmt: skip
    assert got.counts == {"type_0200": 2, "no_fix": 1, "zero_position": 1}
    assert got.observations.is_empty()
    assert got.refusals.is_empty()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"lat": 90_000_001}, "bad_position"),
        ({"lon": 180_000_001}, "bad_position"),
        ({"time": bytes(6)}, "bad_time"),
        ({"time": bytes.fromhex("261302010000")}, "bad_time"),
        ({"time": bytes.fromhex("700101000000")}, "future"),
        ({"time": bytes.fromhex("260302010101")}, "future"),
    ],
)
def test_a_location_that_cannot_be_one_is_refused(changed: dict[str, object], reason: str) -> None:
    got = run(line(framed(location(**changed).encode())))
    assert reasons(got) == [reason]
    assert got.observations.is_empty()


def test_values_out_of_range_are_not_reported() -> None:
    (row,) = rows(
        run(line(framed(location(speed=0xFFFF, direction=360, altitude=0xFFFF).encode())))
    )
    assert (row["speed_kn"], row["course_deg"]) == (None, None)
    assert "altitude_m" not in row["detail"]  # type: ignore[operator]


def test_south_and_west_are_negative() -> None:
    (row,) = rows(run(line(framed(location(status=0b1110).encode()))))
    assert (row["lon"], row["lat"]) == (-121.9, -29.2)


def test_coordinates_of_a_gcj02_site_are_set_right_and_said() -> None:
    lon, lat = wgs84_to_gcj02(121.9, 29.2)
    shifted = location(lon=round(float(lon) * 1e6), lat=round(float(lat) * 1e6))
    data = line(framed(shifted.encode()))
    (row,) = rows(run(data, datum="gcj02"))
    assert row["lon"] == pytest.approx(121.9, abs=2e-6)
    assert row["lat"] == pytest.approx(29.2, abs=2e-6)
    assert row["detail"]["datum"] == "gcj02"  # type: ignore[index]
    keys = [run(data, datum=datum).observations["key"].item() for datum in ("wgs84", "gcj02")]
    assert keys[0] == keys[1]


def test_a_clock_known_to_be_ahead_is_set_right_and_said() -> None:
    ahead = location(time=bytes.fromhex("260302090000"))  # eight hours: local time taken for UTC
    data = line(framed(ahead.encode()))
    assert reasons(run(data)) == ["future"]
    (row,) = rows(run(data, skew_s={TERMINAL: 28_800}))
    assert row["observed_at"] == datetime(2026, 3, 1, 17, tzinfo=UTC)
    assert row["detail"]["skew_s"] == 28_800  # type: ignore[index]


def test_a_batch_gives_each_of_its_locations() -> None:
    bodies = tuple(
        location(time=bytes.fromhex(f"2603020100{second:02d}")).encode() for second in (10, 20, 30)
    )
    got = run(line(framed(Batch(3, 1, bodies).encode(), 0x0704), AT + 60))
    assert got.observations["observed_at"].dt.second().to_list() == [10, 20, 30]
    assert got.observations["key"].n_unique() == 3
    assert all(row["detail"]["late"] for row in rows(got))  # type: ignore[index]


def test_a_batch_that_is_cut_gives_what_is_whole_and_is_refused_for_the_rest() -> None:
    body = Batch(2, 0, (location().encode(),)).encode() + b"\x00\x1c\x00"
    got = run(line(framed(body, 0x0704)))
    assert got.counts["position"] == 1
    assert reasons(got) == ["bad_body"]


def test_parts_are_put_together_in_any_order_and_twice_sent_counts_once() -> None:
    body = Batch(40, 1, (location().encode(),) * 40).encode()
    pieces = [body[at : at + 500] for at in range(0, len(body), 500)]
    parts = [
        line(framed(piece, 0x0704, part=(n, len(pieces)), serial=(0xFFFE + n) & 0xFFFF), AT + n)
        for n, piece in enumerate(pieces, 1)
    ]
    got = run(b"".join([parts[1], parts[1], parts[2], parts[0]]))
    assert got.counts["position"] == 40
    assert set(got.observations["line"]) == {4}
    assert got.refusals.is_empty()


def test_parts_that_never_become_whole_are_given_up_after_a_while_and_counted() -> None:
    part = line(framed(location().encode()[:9], part=(1, 2)))
    later = line(framed(location().encode()), AT + 301)
    again = line(framed(location().encode()[:9], part=(1, 2), serial=90), AT + 301)
    got = run(part + later + again)
    assert reasons(got) == ["incomplete", "incomplete"]
    assert got.refusals["line"].to_list() == [1, 3]


def test_the_messages_waited_for_are_bounded() -> None:
    decoder = Jt808Decoder()
    data = b"".join(
        line(framed(bytes(900), part=(1, 60), serial=100 * n & 0xFFFF, phone=f"{n:012d}"))
        for n in range(MOST_WAITING + 30)
    )
    assert reasons(decoder.feed(data)) == ["incomplete"] * 30
    assert len(decoder.close().refusals) == MOST_WAITING


def test_parts_with_impossible_numbers_are_refused() -> None:
    for part in ((0, 2), (3, 2), (1, 65_535)):
        assert reasons(run(line(framed(b"", part=part)))) == ["bad_header"]


def test_a_registration_claims_its_plate() -> None:
    got = run(PIECES[7])
    claim = got.identities.row(0, named=True)
    assert (claim["target"], claim["name"]) == (f"terminal:{TERMINAL}", "浙B12345")
    assert got.counts == {"type_0100": 1, "identity": 1}


def test_an_authentication_is_counted_and_its_code_is_nowhere() -> None:
    got = run(line(framed(b"SECRET", 0x0102)))
    assert got.counts == {"type_0102": 1, "other": 1}
    assert got.refusals.is_empty()


def test_encrypted_bodies_are_refused() -> None:
    assert reasons(run(line(framed(location().encode(), flags=0x0400)))) == ["encrypted"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"7e00", "no_time"),
        (b"yesterday 7e00", "no_time"),
        (b"0 7e00", "no_time"),
        (b"1772384400.x 7e00", "no_time"),
        (b"1772384400 7e0", "not_hex"),
        (b"1772384400 ", "not_hex"),
        (b"1772384400", "not_hex"),
        (b"1772384400 zz", "not_hex"),
        (b"1772384400 7e00 00", "not_hex"),
        (b"1772384400 7e7e7e7e", "bad_frame"),
        (b"1772384400 7e7e", "bad_header"),
        (b"1772384400 " + b"7" * 9000, "too_long"),
    ],
)
def test_a_line_that_is_none_is_refused_with_its_reason(text: bytes, reason: str) -> None:
    assert reasons(run(text + b"\n" + PIECES[0])) == [reason]


def test_a_receipt_that_leaps_ahead_and_is_not_borne_out_is_refused() -> None:
    got = run(PIECES[0] + PIECES[4] + line(framed(location().encode(), serial=8), AT + 1))
    assert reasons(got) == ["bad_receipt"]
    assert got.observations["line"].to_list() == [1, 3]


@pytest.mark.shared
def test_the_swapped_coordinates_of_the_recorded_frames_are_refused(shared_data: Path) -> None:
    pairs = (shared_data / "jt808-yezhihao" / "pairs.jsonl").read_text().splitlines()
    got = run(b"".join(line(bytes.fromhex(json.loads(pair)["hex"])) for pair in pairs))
    assert got.observations.is_empty()
    assert reasons(got) == ["bad_position"] * 12
    assert got.identities["name"].to_list() == ["测A888888"] * 2
    assert sum(n for kind, n in got.counts.items() if kind.startswith("type_")) == 138
