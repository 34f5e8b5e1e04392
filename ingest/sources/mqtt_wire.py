"""MQTT 5 on the wire, as far as one who takes messages at QoS 1 speaks it (OASIS, 2019).

Clients made for everything spend several times longer on a message than its reading takes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

CONNACK, PUBLISH, SUBACK, PINGRESP, DISCONNECTED = 0x20, 0x30, 0x90, 0xD0, 0xE0
PINGREQ: Final = b"\xc0\x00"
DISCONNECT: Final = b"\xe0\x00"
FAILURE: Final = 0x80  # reasons from here on
_KIND: Final = 0xF0
_MESSAGE: Final = struct.Struct(">H")
_ACKNOWLEDGED: Final = struct.Struct(">BBH")
#: At QoS 1; what is retained comes with the first subscription of a session only.
_ASKED: Final = 0x01 | 0x10
_REASONS: Final = {
    0x81: "malformed packet", 0x82: "protocol error", 0x84: "another version of MQTT",
    0x85: "the session's name", 0x86: "bad user name or password", 0x87: "not authorised",
    0x88: "not available", 0x89: "busy", 0x8A: "banned", 0x8B: "it shuts down",
    0x8D: "it heard nothing", 0x8E: "another took the session over", 0x8F: "the topic",
    0x93: "too many unacknowledged", 0x95: "packet too large", 0x97: "quota exceeded",
}  # fmt: skip


class Malformed(ConnectionError):
    """What came is no MQTT 5, or nothing that a broker may send to us."""


class Message(NamedTuple):
    """One message; `number` is to be acknowledged, 0 where nobody waits for it."""

    topic: bytes
    payload: bytes
    number: int
    retained: bool


def reason(code: int) -> str:
    """A reason code in words."""
    return _REASONS.get(code, f"reason {code:#x}")


def connect(
    session: str,
    login: tuple[str, str] | None,
    *,
    keepalive_s: int,
    expiry_s: int,
    most_untold: int,
    most_packet: int,
) -> bytes:
    """Ask for a session that outlives the connection, with all that it has waiting."""
    flags = 0xC0 if login else 0
    asked = struct.pack(">BIBHBI", 0x11, expiry_s, 0x21, most_untold, 0x27, most_packet)
    head = _text("MQTT") + struct.pack(">BBH", 5, flags, keepalive_s)
    names = b"".join(map(_text, (session, *(login or ()))))
    return _packet(0x10, head + bytes([len(asked)]) + asked + names)


def subscribe(topics: Iterable[str]) -> bytes:
    """Ask for topics, as message 1."""
    asked = b"".join(_text(topic) + bytes([_ASKED]) for topic in topics)
    return _packet(0x82, b"\x00\x01\x00" + asked)


def acknowledged(numbers: Iterable[int]) -> bytes:
    """Say that messages are kept."""
    return b"".join(_ACKNOWLEDGED.pack(0x40, 2, number) for number in numbers)


def connack(body: bytes) -> int:
    """The reason code of the answer to `connect`."""
    if len(body) < 2:
        raise Malformed("a CONNACK of less than two bytes")
    return body[1]


def suback(body: bytes) -> Sequence[int]:
    """The reason codes of the answer to `subscribe`, one a topic."""
    begin, length = _length(body, 2)
    return body[begin + length :]


def message(head: int, body: bytes) -> Message:
    """What a PUBLISH brings."""
    at = 2 + _number(body, 0)
    topic, qos, number = body[2:at], head >> 1 & 3, 0
    if qos > 1:
        raise Malformed(f"a message of QoS {qos}")
    if qos:
        number, at = _number(body, at), at + 2
    begin, length = _length(body, at)
    if begin + length > len(body):
        raise Malformed("a message that ends within its properties")
    return Message(topic, body[begin + length :], number, bool(head & 1))


class Packets:
    """Collects bytes until packets are there, none of more than `most` bytes."""

    def __init__(self, most: int) -> None:
        self._rest, self._most = b"", most

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """The packets that the bytes complete: first byte, and what follows the length.

        Raises
        ------
        Malformed
            A packet is too long, or its length is no length.
        """
        data = self._rest + data
        found, at, end = [], 0, len(data)
        while at < end:
            try:
                begin, length = _length(data, at + 1)
            except Malformed:
                if end - at > 4:
                    raise
                break  # its length is not whole yet
            if length > self._most:
                raise Malformed(f"a packet of {length} bytes")
            if begin + length > end:
                break
            found.append((data[at], data[begin : begin + length]))
            at = begin + length
        self._rest = data[at:]
        return found


def kind(head: int) -> int:
    """What a packet is, by its first byte."""
    return head & _KIND


def _packet(head: int, body: bytes) -> bytes:
    length, left = bytearray(), len(body)
    while True:
        left, low = left >> 7, left & 0x7F
        length.append(low | (0x80 if left else 0))
        if not left:
            return bytes([head]) + bytes(length) + body


def _text(value: str) -> bytes:
    encoded = value.encode()
    return _MESSAGE.pack(len(encoded)) + encoded


def _number(body: bytes, at: int) -> int:
    if at + 2 > len(body):
        raise Malformed("a packet that ends too early")
    return body[at] << 8 | body[at + 1]


def _length(data: bytes, at: int) -> tuple[int, int]:
    """Where a length of one to four bytes ends, and the length."""
    length = 0
    for place, value in enumerate(data[at : at + 4]):
        length |= (value & 0x7F) << 7 * place
        if value < 0x80:
            return at + place + 1, length
    raise Malformed("a length that does not end")
