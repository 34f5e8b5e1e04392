"""JT/T 808 on the wire: delimiters, escapes, checksum, and the headers of 2011, 2013 and 2019.

A frame is `7e`, header, body, the XOR of both, `7e`; inside, `7e` is written `7d 02` and `7d` is
written `7d 01`. All integers are big-endian. The headers of 2011 and 2013 are the same; that of
2019 says so in bit 14 of its attributes and has a version byte and a longer terminal number.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Final

from core.errors import InputError

FLAG: Final = 0x7E
ESCAPE: Final = 0x7D
MOST_BODY: Final = 0x3FF  # bytes: ten bits of the attributes
_PHONE_BYTES: Final = {False: 6, True: 10}  # by whether the header is of 2019


class FrameError(InputError):
    """A frame, or the body of one, is not as the standard says; `reason` is a word for it."""

    def __init__(self, reason: str, *, expected: str, came: str) -> None:
        super().__init__("JT/T 808 frame", expected=expected, came=came)
        self.reason = reason


@dataclass(frozen=True)
class Header:
    """Who says what.

    `phone` is the terminal's number as sent: 12 digits, or 20 where `version` is given, which makes
    the header one of 2019. `part` is the number of a sub-package and how many there are. `flags`
    are the attributes' bits 10 to 12 (encryption) and 15 (reserved), as they stand.
    """

    message_id: int
    phone: str
    serial: int
    version: int | None = None
    part: tuple[int, int] | None = None
    flags: int = 0

    @property
    def encrypted(self) -> bool:
        """Whether the body is encrypted."""
        return bool(self.flags & 0x1C00)

    @property
    def terminal(self) -> str:
        """The terminal's number without leading zeros."""
        return self.phone.lstrip("0") or "0"


@dataclass(frozen=True)
class Message:
    """A header with its body, unescaped."""

    header: Header
    body: bytes


def checksum(content: bytes) -> int:
    """The XOR of all bytes.

    >>> checksum(bytes([1, 2, 4]))
    7
    """
    return reduce(xor, content, 0)


def escape(content: bytes) -> bytes:
    """The bytes as they stand between two flags.

    >>> escape(bytes([0x7E, 0x30, 0x7D])).hex()
    '7d02307d01'
    """
    return content.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02")


def unescape(content: bytes) -> bytes:
    """What was escaped.

    Raises
    ------
    FrameError
        `bad_escape` where `7d` is followed by neither `01` nor `02`.
    """
    first, *rest = content.split(b"\x7d")
    pieces = [first]
    for piece in rest:
        if piece[:1] not in (b"\x01", b"\x02"):
            came = f"7d{piece[:1].hex()}"
            raise FrameError("bad_escape", expected="7d01 or 7d02", came=came)
        pieces.append(bytes([0x7C + piece[0]]) + piece[1:])
    return b"".join(pieces)


def encode(message: Message) -> bytes:
    """The frame of a message.

    Raises
    ------
    FrameError
        `bad_length` or `bad_header` where the body or the terminal's number does not fit.

    >>> encode(Message(Header(0x0002, "123456789012", 1), b"")).hex()
    '7e000200001234567890120001897e'
    """
    header, body = message.header, message.body
    if len(body) > MOST_BODY:
        raise FrameError("bad_length", expected=f"at most {MOST_BODY} bytes", came=str(len(body)))
    modern = header.version is not None
    attributes = header.flags | modern << 14 | (header.part is not None) << 13 | len(body)
    content = header.message_id.to_bytes(2, "big") + attributes.to_bytes(2, "big")
    if header.version is not None:
        content += bytes([header.version])
    digits = 2 * _PHONE_BYTES[modern]
    if not header.phone.isdecimal() or not header.phone.isascii() or len(header.phone) > digits:
        raise FrameError("bad_header", expected=f"up to {digits} digits", came=header.phone)
    content += bytes.fromhex(header.phone.zfill(digits))
    content += header.serial.to_bytes(2, "big")
    if header.part is not None:
        number, count = header.part
        content += count.to_bytes(2, "big") + number.to_bytes(2, "big")
    content += body
    return b"\x7e" + escape(content + bytes([checksum(content)])) + b"\x7e"


def decode(frame: bytes) -> Message:
    """The message of a frame; `encode` gives the frame back.

    Raises
    ------
    FrameError
        `bad_frame`, `bad_escape`, `bad_checksum`, `bad_header` or `bad_length`.
    """
    inside = frame[1:-1]
    if len(frame) < 2 or frame[0] != FLAG or frame[-1] != FLAG or FLAG in inside:
        raise FrameError("bad_frame", expected="one 7e…7e", came=frame[:8].hex())
    content = unescape(inside)
    if checksum(content):
        raise FrameError("bad_checksum", expected="the XOR of the bytes", came=content[-1:].hex())
    return _message(content[:-1])


def _message(content: bytes) -> Message:
    attributes = int.from_bytes(content[2:4], "big")
    modern, parted = bool(attributes & 1 << 14), bool(attributes & 1 << 13)
    phone_at = 4 + modern
    serial_at = phone_at + _PHONE_BYTES[modern]
    body_at = serial_at + 2 + 4 * parted
    if len(content) < body_at:
        raise FrameError("bad_header", expected=f"{body_at} bytes", came=str(len(content)))
    phone = content[phone_at:serial_at].hex()
    if not phone.isdecimal():
        raise FrameError("bad_header", expected="a number in BCD", came=phone)
    numbers = [int.from_bytes(content[at : at + 2], "big") for at in range(serial_at, body_at, 2)]
    body = content[body_at:]
    if len(body) != attributes & MOST_BODY:
        expected = f"a body of {attributes & MOST_BODY} bytes"
        raise FrameError("bad_length", expected=expected, came=str(len(body)))
    return Message(
        Header(
            message_id=int.from_bytes(content[:2], "big"),
            phone=phone,
            serial=numbers[0],
            version=content[4] if modern else None,
            part=(numbers[2], numbers[1]) if parted else None,
            flags=attributes & 0x9C00,
        ),
        body,
    )
