"""What holds whatever comes: cuts do not matter, garbage does no harm, pyais reads the same."""

from __future__ import annotations

import json
import math

import pyais
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st
from ingest_runs import decode_ais
from nmea_lines import message, parts, sentence, tag_block
from polars.testing import assert_frame_equal

from ingest.decoded import Decoded

AT = 1_420_030_798
CLASS_A = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A"
TYPE_5 = f"{5:06b}00{412345678:030b}".ljust(424, "1")
PIECES = [
    CLASS_A,
    tag_block(b"s:R1,c:%d" % AT) + CLASS_A,
    tag_block(b"s:R2,c:%d" % (AT + 1)) + CLASS_A,
    tag_block(b"s:R1,c:%d" % (AT + 86_400)) + message(f"{1:06b}00{7:030b}".ljust(168, "0")),
    tag_block(b"s:R1,c:%d" % (AT + 40)),
    tag_block(b"a:%d000" % (AT + 9)),
    sentence(b"$PGHP,1,2014,12,31,12,59,58,250,219,,2190047,1,4A"),
    sentence(b"$GPZDA,125958,31,12,2014,,"),
    *parts(TYPE_5, 30, sequence=1),
    *parts(TYPE_5, 40, sequence=2),
    tag_block(b"g:1-2-9,s:R1,c:%d" % AT) + parts(TYPE_5, 60, sequence=3)[0],
    tag_block(b"g:2-2-9") + parts(TYPE_5, 60, sequence=3)[1],
    b"# comment", b"", b"garbage \xff", b"y" * 5000, CLASS_A[:-4], CLASS_A + CLASS_A,
    CLASS_A + b",%d" % (AT + 5),
]  # fmt: skip
streams = st.lists(
    st.tuples(st.sampled_from(PIECES), st.sampled_from([b"\n", b"\r\n"])), max_size=16
).map(lambda rows: b"".join(line + end for line, end in rows))


def same(one: Decoded, other: Decoded) -> None:
    assert_frame_equal(one.observations, other.observations)
    assert_frame_equal(one.identities, other.identities)
    order = ["line", "reason", "detail"]
    assert_frame_equal(one.refusals.sort(order), other.refusals.sort(order))
    assert one.receptions == one.heard_again.height
    assert_frame_equal(one.heard_again, other.heard_again)
    assert one.counts == other.counts


@examples(60)
@given(streams, st.integers(1, 700))
def test_the_answer_does_not_depend_on_how_the_stream_is_cut(data: bytes, size: int) -> None:
    same(decode_ais(data), decode_ais(data, size))


@examples(150)
@given(st.binary(max_size=600), st.integers(1, 64))
def test_bytes_of_any_kind_do_no_harm(data: bytes, size: int) -> None:
    got = decode_ais(data + b"\n" + CLASS_A + b"\n", size)
    assert got.observations["target"].to_list()[-1:] == ["mmsi:371798000"]


@examples(200)
@given(
    st.sampled_from([piece for piece in PIECES if len(piece) < 200]),
    st.lists(st.tuples(st.integers(0, 199), st.integers(1, 255)), min_size=1, max_size=3),
)
def test_a_damaged_line_never_gives_a_position_that_was_not_sent(
    line: bytes, flips: list[tuple[int, int]]
) -> None:
    damaged = bytearray(line or b"x")
    for at, mask in flips:
        damaged[at % len(damaged)] ^= mask
    sent = decode_ais(line).observations
    got = decode_ais(bytes(damaged)).observations
    fields = ["target", "lon", "lat", "speed_kn", "course_deg"]
    known = set(sent.select(fields).rows())
    wrong = [row for row in got.select(fields).rows() if row not in known]
    # An eight-bit checksum lets one of 256 random changes pass, and cannot see two equal ones.
    assert not wrong or len(flips) > 1


BITS = {1: 168, 2: 168, 3: 168, 4: 168, 9: 168, 11: 168, 17: 80, 18: 168, 19: 312, 21: 272, 27: 96}


@examples(300)
@given(st.sampled_from(sorted(BITS)), st.integers(1, 999_999_999), st.data())
def test_the_arrays_read_what_pyais_reads(kind: int, mmsi: int, data: st.DataObject) -> None:
    body = data.draw(st.integers(0, (1 << BITS[kind] - 38) - 1))
    line = message(f"{kind:06b}00{mmsi:030b}" + f"{body:0{BITS[kind] - 38}b}")
    theirs = pyais.decode(line).asdict()
    got = decode_ais(line)
    ours = got.observations.row(0, named=True)
    said = json.loads(ours["detail"])
    assert (ours["target"], said["type"]) == (f"mmsi:{mmsi:09d}", kind)
    lon, lat = float(theirs["lon"]), float(theirs["lat"])
    if kind == 17:  # pyais leaves these in minutes, and takes them for unsigned
        lon, lat = signed(lon, 18) / 60, signed(lat, 17) / 60
    there = abs(lon) <= 180 and abs(lat) <= 90
    close(ours["lon"], lon if there else None)
    close(ours["lat"], lat if there else None)
    if "speed" in theirs:
        missing = {27: 63, 9: 1023}.get(kind, 102.3)
        speed = float(theirs["speed"])
        close(ours["speed_kn"], None if math.isclose(speed, missing) else speed)
        close(ours["course_deg"], theirs["course"] if theirs["course"] < 360 else None)
    if "heading" in theirs:
        close(ours["heading_deg"], theirs["heading"] if theirs["heading"] < 360 else None)
    for name in ("accuracy", "raim"):
        if name in theirs:
            assert said[name] == bool(theirs[name])
    if "status" in theirs:
        assert said.get("status", 15) == int(theirs["status"])


def signed(minutes: float, width: int) -> float:
    """Tenths of a minute that were read as unsigned, in minutes."""
    raw = round(minutes * 10)
    return (raw - (1 << width) if raw >> (width - 1) else raw) / 10


def close(ours: float | None, theirs: float | None) -> None:
    """Equal, or within half a unit of pyais' sixth decimal."""
    if ours is None or theirs is None:
        assert ours is theirs is None
    else:
        assert abs(ours - theirs) <= 5.1e-7 + 1e-6 / 60
