"""Parts, receptions, keys: messages as wholes."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st
from ingest_runs import Decode, decode_ais
from nmea_lines import armoured, message, parts, tag_block

from core.keys import observation_key
from core.schema import RECEPTION
from ingest.ais.receptions import MOST, WITHIN, Receptions

AT = 1_420_030_798


def type_5(mmsi: int, name: str) -> str:
    letters = "".join(f"{ord(c) - 64 if c > '?' else ord(c):06b}" for c in name.ljust(20))
    return (f"{5:06b}00{mmsi:030b}".ljust(112, "0") + letters).ljust(424, "0")


def test_parts_come_in_any_order(decode: Decode) -> None:
    lines = parts(type_5(412_345_678, "ZHE XIANG YU 08123"), 25)
    assert len(lines) == 3
    for order in permutations(lines):
        got = decode(b"\n".join(order))
        assert got.identities["name"].to_list() == ["ZHE XIANG YU 08123"]
        assert got.identities["line"].to_list() == [3]
        assert got.refusals.is_empty()


def test_messages_in_parts_interleave(decode: Decode) -> None:
    first = parts(type_5(412_000_001, "ONE"), 40, sequence=3, channel=b"A")
    other_channel = parts(type_5(412_000_002, "TWO"), 40, sequence=3, channel=b"B")
    other_sequence = parts(type_5(412_000_003, "THREE"), 40, sequence=4, channel=b"A")
    rows = [x for trio in zip(first, other_channel, other_sequence, strict=True) for x in trio]
    assert decode(b"\n".join(rows)).identities["name"].to_list() == ["ONE", "TWO", "THREE"]


def test_parts_of_two_stations_or_groups_are_not_mixed(decode: Decode) -> None:
    one, two = (parts(type_5(mmsi, name), 40) for mmsi, name in ((1, "ONE"), (2, "TWO")))
    for tags in (
        (b"s:R1", b"s:R2", b"s:R1", b"s:R2"),
        (b"g:1-2-7,s:R1,c:%d" % AT, b"g:1-2-8,s:R1,c:%d" % AT, b"g:2-2-7", b"g:2-2-8"),
    ):
        lines = [one[0], two[0], one[1], two[1]]
        data = b"\n".join(tag_block(tag) + line for tag, line in zip(tags, lines, strict=True))
        got = decode(data)
        assert got.identities["name"].to_list() == ["ONE", "TWO"]
        assert got.identities["source"].to_list()[0] == "R1"


def test_a_used_again_sequence_number_gives_up_the_part_that_waited(decode: Decode) -> None:
    lost, whole = parts(type_5(1, "LOST"), 40), parts(type_5(2, "WHOLE"), 40)
    got = decode(b"\n".join([lost[0], whole[0], whole[1]]))
    assert got.identities["name"].to_list() == ["WHOLE"]
    assert got.refusals.select("line", "reason").rows() == [(1, "incomplete")]


def test_parts_a_minute_apart_are_not_one_message(decode: Decode) -> None:
    pieces = parts(type_5(1, "NEVER"), 40)
    data = b"\n".join(
        tag_block(b"s:R1,c:%d" % (AT + shift)) + piece
        for piece, shift in zip(pieces, (0, 61), strict=True)
    )
    got = decode(data)
    assert got.identities.is_empty()
    assert got.refusals["reason"].to_list() == ["incomplete", "incomplete"]


def test_a_message_heard_by_several_stations_counts_once(decode: Decode) -> None:
    line = message(f"{1:06b}00{412345678:030b}".ljust(168, "0"))
    heard = ((b"R1", 0), (b"R2", 2), (b"R3", -3), (b"R1", 31), (b"R2", 33))
    data = b"\n".join(tag_block(b"s:%s,c:%d" % (name, AT + s)) + line for name, s in heard)
    got = decode(data)
    assert got.observations["line"].to_list() == [1, 4]
    assert got.receptions == 3
    assert decode(line + b"\n" + line).receptions == 0  # no receipts: nobody can tell


def test_what_another_station_heard_again_is_told_with_its_place(decode: Decode) -> None:
    position = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A"
    claim = message(f"{24:06b}00{338123456:030b}00".ljust(160, "0"))
    other = message(f"{8:06b}00{338123457:030b}".ljust(168, "0"))
    lines = [
        tag_block(b"s:%s,c:%d" % (station, AT + second)) + line
        for second, station in enumerate((b"R1", b"R2", b"R3"))
        for line in (position, claim, other)
    ]
    got = decode(b"\n".join(lines), source="me")
    again = got.heard_again
    assert again.schema == RECEPTION
    assert again.height == got.receptions == 6
    assert again["source"].to_list() == ["R2"] * 3 + ["R3"] * 3
    assert again["line"].to_list() == [4, 5, 6, 7, 8, 9]
    assert again["target"].to_list() == ["mmsi:371798000", "mmsi:338123456", "mmsi:338123457"] * 2
    first = got.observations.row(0, named=True)
    assert again["lon"].to_list() == [first["lon"], None, None] * 2
    assert again["lat"].to_list() == [first["lat"], None, None] * 2
    assert (again["received_at"] > first["received_at"]).all()
    assert (again["arrived_at"] == again["received_at"]).all()
    assert decode(b"\n".join(lines), 50, source="me").heard_again.equals(again)


rows = st.lists(st.tuples(st.integers(0, 5), st.integers(-1, 100)), max_size=60)


@examples(300)
@given(rows, st.lists(st.integers(0, 60), max_size=5))
def test_receptions_are_told_as_a_loop_tells_them_however_cut(
    heard: list[tuple[int, int]], cuts: list[int]
) -> None:
    last: dict[int, int] = {}
    expected = []
    for payload, second in heard:
        again = second >= 0 and payload in last and abs(second - last[payload]) <= 30
        expected.append(not again)
        if second >= 0 and not again:
            last[payload] = second
    payloads = np.array([payload for payload, _ in heard], np.uint64)
    received = np.array([s * 1_000_000 if s >= 0 else -1 for _, s in heard], np.int64)
    receptions = Receptions()
    edges = sorted({0, len(heard), *(min(cut, len(heard)) for cut in cuts)})
    got = [
        new
        for begin, end in pairwise(edges)
        for new in receptions.first(payloads[begin:end], received[begin:end]).tolist()
    ]
    assert got == expected


def test_receptions_forget_and_stay_bounded() -> None:
    receptions = Receptions()
    everything = np.arange(3 * MOST, dtype=np.uint64)
    for at in range(0, len(everything), 10_000):
        piece = everything[at : at + 10_000]
        assert receptions.first(piece, np.zeros(len(piece), np.int64)).all()
    assert receptions.first(everything[-5:], np.full(5, WITHIN)).tolist() == [False] * 5
    assert receptions.first(everything[:5], np.zeros(5, np.int64)).all()
    assert len(receptions._payload) < 1.5 * MOST


def test_a_key_is_the_hash_of_sensor_source_receipt_and_payload() -> None:
    bits = f"{1:06b}00{412345678:030b}".ljust(168, "0")
    payload = armoured(bits)[0]
    line = message(bits)
    for prefix, source, received in (
        (b"", None, None),
        (tag_block(b"s:R1,c:%d" % AT), "R1", AT * 1_000_000),
    ):
        key = decode_ais(prefix + line).observations["key"].item()
        assert key == observation_key("ais", source, received, payload)
    whole = type_5(412_345_678, "LONG")
    key = decode_ais(b"\n".join(parts(whole, 40)), source="feed").identities["key"].item()
    assert key == observation_key("ais", "feed", None, armoured(whole)[0])
