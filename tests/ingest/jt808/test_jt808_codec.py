"""The codec against the recorded pairs of another server, and against itself."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from example_counts import examples
from hypothesis import event, given
from hypothesis import strategies as st
from jt808_frames import framed, frames, location, locations

from ingest.jt808.bodies import (
    Authentication,
    Batch,
    GeneralReply,
    Location,
    Registration,
    RegistrationReply,
    decode_body,
)
from ingest.jt808.frame import FrameError, Header, Message, decode, encode, unescape
from ingest.jt808.names import ALARMS, STATUS, names

Pair = tuple[bytes, dict[str, Any]]


@pytest.fixture(scope="module")
def pairs(shared_data: Path) -> list[Pair]:
    lines = (shared_data / "jt808-yezhihao" / "pairs.jsonl").read_text().splitlines()
    return [(bytes.fromhex(p["hex"]), p["expected"]) for p in map(json.loads, lines)]


@pytest.mark.shared
def test_every_recorded_frame_has_the_header_that_the_other_server_read(pairs: list[Pair]) -> None:
    assert len(pairs) == 138
    for frame, said in pairs:
        header = decode(frame).header
        assert (header.message_id, header.phone) == (said["messageId"], said["clientId"])
        assert header.serial == said["serialNo"]
        assert (header.version is not None) == (said["protocolVersion"] == 1)


@pytest.mark.shared
def test_every_recorded_frame_is_encoded_as_it_came(pairs: list[Pair]) -> None:
    for frame, _ in pairs:
        message = decode(frame)
        assert encode(message) == frame
        assert decode_body(message).encode() == message.body


@pytest.mark.shared
def test_every_recorded_body_that_is_read_says_what_the_other_server_read(
    pairs: list[Pair],
) -> None:
    read = 0
    for frame, said in pairs:
        message = decode(frame)
        body = decode_body(message)
        if isinstance(body, Location):
            agrees(body, said)
        elif isinstance(body, Batch):
            assert (body.total, body.kind) == (said["total"], said["type"])
            assert body.rest == b""
            for each, item in zip(body.locations, said["items"], strict=True):
                agrees(Location.decode(each), item)
        elif isinstance(body, Registration):
            assert (body.province, body.city) == (said["provinceId"], said["cityId"])
            texts = (body.maker, body.model, body.device)
            assert [text.strip(b"\0").decode() for text in texts] == [
                said["makerId"], said["deviceModel"], said["deviceId"],
            ]  # fmt: skip
            assert (body.plate_colour, body.plate) == (said["plateColor"], said["plateNo"])
        elif isinstance(body, Authentication):
            assert body.code.decode() == said["token"]
            if body.imei is not None:
                assert body.imei.decode() == said["imei"]
                assert body.software.strip(b"\0").decode() == said["softwareVersion"]
        elif isinstance(body, GeneralReply):
            assert body.serial == said["responseSerialNo"]
            assert (body.message_id, body.result) == (said["responseMessageId"], said["resultCode"])
        elif isinstance(body, RegistrationReply):
            assert (body.serial, body.result) == (said["responseSerialNo"], said["resultCode"])
            assert body.code.decode() == said.get("token", "")
        elif message.header.message_id in (0x0002, 0x0003):
            assert message.body == b""
        else:
            continue
        read += 1
    assert read == 16


def agrees(got: Location, said: dict[str, Any]) -> None:
    assert (got.alarm, got.status) == (said["warnBit"], said["statusBit"])
    assert (got.lat, got.lon) == (said["latitude"], said["longitude"])
    assert (got.altitude, got.speed) == (said["altitude"], said["speed"])
    assert got.direction == said["direction"]
    assert got.device_at == datetime.fromisoformat(said["deviceTime"] + "+08:00")
    for number, value in got.items:
        want = said["attributes"][str(number)]
        if isinstance(want, int):
            assert int.from_bytes(value, "big") == want
    assert {str(number) for number, _ in got.items} == set(said.get("attributes", {}))


def test_flags_and_escapes_inside_are_escaped() -> None:
    frame = framed(bytes([0x7E, 0x7D, 0x01, 0x7E]), 0x0900)
    assert frame.count(b"\x7e") == 2
    assert decode(frame).body == bytes([0x7E, 0x7D, 0x01, 0x7E])


headers = st.builds(
    Header,
    message_id=st.integers(0, 0xFFFF),
    phone=st.text("0123456789", min_size=12, max_size=12),
    serial=st.integers(0, 0xFFFF),
    part=st.none() | st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF)),
    flags=st.sampled_from([0, 0x0400, 0x8000, 0x9C00]),
) | st.builds(
    Header,
    message_id=st.integers(0, 0xFFFF),
    phone=st.text("0123456789", min_size=20, max_size=20),
    serial=st.integers(0, 0xFFFF),
    version=st.integers(0, 255),
)


@given(headers, st.binary(max_size=1023))
def test_any_message_comes_back_from_its_frame(header: Header, body: bytes) -> None:
    message = Message(header, body)
    assert decode(encode(message)) == message


@given(frames())
def test_any_frame_is_encoded_as_it_came(frame: bytes) -> None:
    message = decode(frame)
    assert encode(message) == frame
    assert decode_body(message).encode() == message.body


@given(st.sampled_from([0x0100, 0x0102, 0x0200, 0x0704, 0x8001, 0x8100]), st.binary(max_size=99),
       st.booleans())  # fmt: skip
def test_a_body_that_is_read_at_all_is_encoded_as_it_came(
    kind: int, body: bytes, modern: bool
) -> None:
    header = Header(kind, "0" * (20 if modern else 12), 1, version=1 if modern else None)
    try:
        got = decode_body(Message(header, body))
    except FrameError as error:
        event(error.reason)
    else:
        assert got.encode() == body


@given(locations)
def test_a_location_comes_back_from_its_body(given_location: Location) -> None:
    body = given_location.encode()
    assert Location.decode(body).encode() == body


@examples(300)
@given(st.binary(max_size=64))
def test_only_the_named_error_leaves_the_codec(data: bytes) -> None:
    for frame in (data, b"\x7e" + data + b"\x7e"):
        try:
            message = decode(frame)
        except FrameError as error:
            event(error.reason)
        else:
            assert encode(message) == frame


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda f: f[:-1], "bad_frame"),
        (lambda f: f[:9] + b"\x7e" + f[9:], "bad_frame"),
        (lambda f: f[:9] + b"\x7d\x03" + f[11:], "bad_escape"),
        (lambda f: f[:-2] + b"\x7d\x7e", "bad_escape"),
        (lambda f: f[:9] + bytes([f[9] ^ 1]) + f[10:], "bad_checksum"),
        (lambda _: b"\x7e\x02\x00\x02\x7e", "bad_header"),
        (lambda f: f[:5] + bytes([f[5] ^ 0xF0]) + f[6:-2] + bytes([f[-2] ^ 0xF0, 0x7E]),
         "bad_header"),
        (lambda f: f[:4] + bytes([f[4] ^ 1]) + f[5:-2] + bytes([f[-2] ^ 1, 0x7E]), "bad_length"),
    ],
)  # fmt: skip
def test_a_damaged_frame_is_refused_with_its_reason(damage: Any, reason: str) -> None:
    with pytest.raises(FrameError) as caught:
        decode(damage(framed(location().encode())))
    assert caught.value.reason == reason


def test_a_registration_of_2011_is_told_from_one_of_2013_by_its_length() -> None:
    plate = "浙B12345".encode("gbk")
    old = bytes(4) + b"MAKER" + b"MODEL   " + b"DEVICE1" + b"\x02" + plate
    new = bytes(4) + b"MAKER" + b"MODEL".ljust(20, b"\0") + b"DEVICE1" + b"\x02" + plate
    for body in (old, new):
        got = Registration.decode(body, modern=False)
        assert (got.plate, got.device, got.encode()) == ("浙B12345", b"DEVICE1", body)


def test_a_chassis_number_is_no_plate() -> None:
    body = bytes(4) + bytes(32) + b"\x00" + b"LSVNV2182E2100001"
    assert Registration.decode(body, modern=False).plate is None


def test_what_does_not_fit_into_a_frame_is_not_encoded() -> None:
    for message, reason in (
        (Message(Header(0x0900, "0" * 12, 1), bytes(1024)), "bad_length"),
        (Message(Header(0x0900, "1" * 13, 1), b""), "bad_header"),
        (Message(Header(0x0900, "12ab", 1), b""), "bad_header"),
    ):
        with pytest.raises(FrameError) as caught:
            encode(message)
        assert caught.value.reason == reason


def test_bits_without_a_name_are_numbered() -> None:
    assert names(1 << 0 | 1 << 8, ALARMS) == ["sos", "power_off"]
    assert names(1 << 30, STATUS) == ["bit_30"]


def test_an_escape_at_the_end_is_refused() -> None:
    with pytest.raises(FrameError, match="7d01 or 7d02"):
        unescape(b"\x01\x7d")
