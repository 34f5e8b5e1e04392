"""The platform's session on hostile bytes: only named refusals, whatever comes and however cut."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jt808_frames import frames

from ingest.jt808.bodies import AUTHENTICATION, REGISTRATION, GeneralReply, decode_body
from ingest.jt808.frame import Header, Message, decode, encode
from ingest.sources.jt808_session import MOST_ENTRIES, Session, Step, auth_code

KEY = b"key"
NAMED = {
    "bad_frame", "bad_escape", "bad_checksum", "bad_header", "bad_length", "bad_body", "too_long",
    "encrypted", "not_authenticated", "bad_code", "not_kept", "endless_frame", "too_many_entries",
}  # fmt: skip
PHONES = ["013900000001", "00000000013900000001", "000000000000"]


@st.composite
def entries(draw: st.DrawFn) -> bytes:
    """Registrations and authentications, good ones and bad ones, and messages of other ids."""
    phone = draw(st.sampled_from(PHONES))
    version = 1 if len(phone) == 20 else None
    code = auth_code(KEY, phone.lstrip("0") or "0")
    good = code if version is None else bytes([32]) + code + b"8" * 15
    header = Header(
        draw(st.sampled_from([AUTHENTICATION, AUTHENTICATION, REGISTRATION, 0x0003, 1, 0x0801])),
        phone, draw(st.integers(0, 0xFFFF)), version,
        draw(st.sampled_from([None, None, None, (1, 2)])), draw(st.sampled_from([0, 0, 0, 0x400])),
    )  # fmt: skip
    return encode(Message(header, draw(st.just(good) | st.binary(max_size=90))))


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Frames one after another, here and there spoilt."""
    parts = draw(st.lists(entries() | frames() | st.binary(max_size=40), max_size=8))
    stream = bytearray(b"".join(parts))
    for at, byte in draw(
        st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=2)
    ):
        if at < len(stream):
            stream[at] = byte
    return bytes(stream)


def checked(step: Step) -> None:
    assert not step.refused or step.refused in NAMED
    assert not (step.keep and step.refused)
    if step.keep:
        decode(step.keep)
    if step.reply:
        assert decode(step.reply).header.message_id in (0x8001, 0x8100)


@given(streams(), st.lists(st.integers(0, 400), max_size=6))
def test_a_stream_gives_the_same_steps_however_it_is_cut(stream: bytes, cuts: list[int]) -> None:
    whole = Session(KEY).feed(stream)
    for step in whole:
        checked(step)
    session, steps, begin = Session(KEY), [], 0
    for end in [*sorted(cuts), len(stream)]:
        steps += session.feed(stream[begin:end])
        begin = max(begin, end)
    assert steps == whole


@given(frames())
def test_before_authentication_every_location_is_answered_with_failure(frame: bytes) -> None:
    (step,) = Session(KEY).feed(frame)
    assert (step.refused, step.keep) == ("not_authenticated", b"")
    sent, answer = decode(frame).header, decode(step.reply)
    said = decode_body(answer)
    assert said == GeneralReply(sent.serial, sent.message_id, 1)
    assert (answer.header.phone, answer.header.version) == (sent.phone, sent.version)


def closed(content: bytes) -> bytes:
    """A frame, put together by hand: none of its bytes is to be escaped."""
    check = 0
    for byte in content:
        check ^= byte
    return b"\x7e" + content + bytes([check]) + b"\x7e"


def test_a_dialogue_of_2019_is_this_by_hand() -> None:
    session = Session(KEY)
    code = auth_code(KEY, "13900000001")
    number = bytes.fromhex("00000000013900000001")
    place = bytes(4 + 11 + 30 + 30) + b"\x02" + "浙B12345".encode("gbk")
    (step,) = session.feed(closed(b"\x01\x00\x40\x54\x01" + number + b"\x00\x02" + place))
    reply = closed(b"\x81\x00\x40\x23\x01" + number + b"\0\0" + b"\x00\x02\x00" + code)
    assert step.reply == reply
    body = b"\x20" + code + b"8" * 15 + bytes(20)
    (step,) = session.feed(closed(b"\x01\x02\x40\x44\x01" + number + b"\x00\x03" + body))
    assert step.entered == "13900000001"
    assert step.reply.hex() == "7e80014005010000000001390000000100010003010200fd7e"


@pytest.mark.shared
def test_frames_of_another_server_are_answered_or_refused_by_name(shared_data: Path) -> None:
    pairs = (shared_data / "jt808-yezhihao" / "pairs.jsonl").read_text().splitlines()
    frames = [bytes.fromhex(json.loads(line)["hex"]) for line in pairs]
    assert len(frames) > 50
    answered = set()
    for frame in frames:
        for step in Session(KEY).feed(frame):
            checked(step)
            if step.reply:
                sent, answer = decode(frame).header, decode(step.reply)
                assert int.from_bytes(answer.body[:2], "big") == sent.serial
                answered.add((sent.message_id, answer.header.message_id))
    assert {(0x0100, 0x8100), (0x0200, 0x8001), (0x0704, 0x8001)} <= answered


def test_another_number_on_the_connection_must_authenticate_itself() -> None:
    session = Session(KEY)
    entered = []
    for phone in ("000000000001", "000000000002"):
        frame = encode(Message(Header(AUTHENTICATION, phone, 1), auth_code(KEY, phone[-1])))
        entered += [step.entered for step in session.feed(frame)]
    beat = [encode(Message(Header(2, phone, 2), b"")) for phone in ("000000000001", "000000000002")]
    assert entered == ["1", "2"]
    assert [step.refused for step in session.feed(b"".join(beat))] == ["not_authenticated", ""]


def test_who_only_ever_registers_is_cut() -> None:
    body = bytes(4 + 5 + 20 + 7) + b"\x02" + "浙B12345".encode("gbk")
    frame = encode(Message(Header(REGISTRATION, "13900000001", 1), body))
    steps = Session(KEY).feed(frame * (MOST_ENTRIES + 1))
    assert [step.cut for step in steps] == [False] * MOST_ENTRIES + [True]
    assert steps[-1].refused == "too_many_entries"


def test_two_frames_may_share_a_flag() -> None:
    frame = encode(Message(Header(2, "13900000001", 1), b""))
    steps = Session(KEY).feed(frame + frame[1:] + b"\x7e" + frame)
    assert [step.refused for step in steps] == ["not_authenticated"] * 3
