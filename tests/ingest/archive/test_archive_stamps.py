"""A frame becomes lines with its arrival, whatever its sender put into it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from archives import AT_MS, HOUR_MS, POSITION
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st
from ingest_runs import decode_ais
from nmea_lines import tag_block

from ingest.archive.closing import Span
from ingest.archive.stamps import arrivals, in_hex, in_json, nmea_lines, stamped
from ingest.decode import objects

ARRIVED_MS = 1772385730000
EARLIER = b"c:1772385700"


def received(lines):
    """Each object's receipt, after the archive has stamped the lines."""
    kept, before = [], b""
    for line in lines:
        kept.append(stamped(line, ARRIVED_MS, before))
        before = line
    decoded = decode_ais(b"".join(kept))
    assert not len(decoded.refusals)
    return [o["received_at"][11:] for o in objects(decoded)], decoded


@pytest.mark.parametrize(
    "lines",
    [
        [tag_block(b"s:north," + EARLIER) + POSITION],
        [tag_block(EARLIER), POSITION],
        [tag_block(b"s:north," + EARLIER), tag_block(b"g:1-1-7") + POSITION],
        [b"$PGHP,1,2026,3,1,17,21,40,0,231,45,992190934,1,4A*5C", POSITION],
        [POSITION + b",1772385700"],
        [POSITION + b",r003669961,1772385700\r"],
    ],
)
def test_a_receipt_of_the_lines_own_is_kept(lines):
    if lines[0].startswith(b"$PGHP"):
        body = lines[0][1:-3]
        lines = [b"$" + body + b"*%02X" % np.bitwise_xor.reduce(np.frombuffer(body, np.uint8))]
        lines.append(POSITION)
    assert received(lines)[0] == ["17:21:40Z"]


def test_a_line_without_receipt_is_received_when_it_arrived():
    got, decoded = received([b"# a comment", POSITION])
    assert got == ["17:22:10Z"]
    assert decoded.observations["arrived_at"][0].timestamp() == ARRIVED_MS / 1000


def test_what_is_no_sentence_is_kept_as_it_came():
    assert stamped(b"# comment\r\n", ARRIVED_MS) == b"# comment\n"
    assert stamped(b"\x00\xff noise", ARRIVED_MS) == b"\x00\xff noise\n"


@pytest.mark.parametrize(
    "blocks",
    [
        tag_block(b"a:4102444800000"),
        tag_block(b"s:north,a:4102444800000," + EARLIER),
        tag_block(b"a:4102444800000,a:4102444800001"),
        tag_block(b"a:4102444800000") * 2,
    ],
)
def test_a_sender_names_no_arrival_and_keeps_what_else_its_tag_block_says(blocks):
    got, decoded = received([blocks + POSITION])
    assert decoded.observations["arrived_at"][0].timestamp() == ARRIVED_MS / 1000
    assert got == ["17:21:40Z" if EARLIER in blocks else "17:22:10Z"]
    assert decoded.observations["source"][0] == ("north" if b"s:north" in blocks else None)


def test_of_tag_blocks_that_hide_ours_none_names_an_arrival():
    line = stamped(tag_block(b"a:4102444800000") * 6 + POSITION, ARRIVED_MS)
    assert decode_ais(line).observations["arrived_at"].to_list() == [None]  # refused as `no_time`


def test_a_line_end_in_a_frame_makes_no_line_of_the_senders():
    forged = b'{"received_at":"2099-01-01T00:00:00Z"}'
    assert in_json(b'{"a":1}\n' + forged, AT_MS).count(b"\n") == 1
    assert in_hex(b"7e00\n4102444800 7e017e\r\n", AT_MS).count(b"\n") == 1
    lines, before = nmea_lines(POSITION + b"\r\n\\a:4102444800000*00\\" + POSITION, AT_MS, b"")
    assert arrivals(lines, ".nmea") == [AT_MS, AT_MS]
    assert before.startswith(b"\\a:")


def test_an_object_keeps_its_members_behind_our_time_and_its_own_becomes_a_claim():
    line = in_json(b'{"source":"C1","received_at":"2099-01-01T00:00:00Z"}', AT_MS)
    assert json.loads(line) == {
        "received_at": "2026-03-01T17:22:10.500Z", "source": "C1",
        "claimed_received_at": "2099-01-01T00:00:00Z",
    }  # fmt: skip
    escaped = in_json(b'{"rec\\u0065ived_at":1}', AT_MS)
    assert json.loads(escaped)["received_at"] == "2026-03-01T17:22:10.500Z"
    assert json.loads(in_json(b"{}", AT_MS)) == {"received_at": "2026-03-01T17:22:10.500Z"}
    assert json.loads(in_json(b"[1]", AT_MS))["not_an_object"] == "[1]"


@given(
    ending=st.sampled_from([".nmea", ".jt808", ".jsonl"]),
    frames=st.lists(
        st.binary(max_size=40) | st.sampled_from([b'{"received_at":"2099-01-01T00:00:00Z"}']),
        min_size=1, max_size=8,
    ),
    cut=st.integers(1, 50),
)  # fmt: skip
@examples(300)
def test_whatever_senders_send_every_arrival_in_the_file_is_ours(ending, frames, cut):
    data, before = b"", b""
    for number, frame in enumerate(frames):
        at_ms = AT_MS + number * 500
        if ending == ".nmea":
            lines, before = nmea_lines(b"!" + frame, at_ms, before)
        else:
            lines = (in_hex if ending == ".jt808" else in_json)(frame, at_ms)
        assert lines.endswith(b"\n")
        data += lines
    found = arrivals(data, ending)
    assert found == sorted(found)
    assert set(found) == {AT_MS + n * 500 for n in range(len(frames))}
    span = Span(ending)
    for at in range(0, len(data), cut):
        span.take(data[at : at + cut])
    assert (span.first_ms, span.last_ms) == (found[0], found[-1])
    assert span.lines == data.count(b"\n")
    assert found[-1] < AT_MS + HOUR_MS
