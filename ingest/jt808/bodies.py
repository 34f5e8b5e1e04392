"""The bodies of the messages that are read, one by one: the codec that tests and the server use.

Each keeps every byte that it was made from: `encode_body(decode_body(message)) == message.body`.
The decoder of recordings reads locations on arrays (`ingest.jt808.locations`); tests hold the two
to the same answers.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, TypeAlias

from ingest.jt808.frame import FrameError, Message

GENERAL_REPLY_DOWN: Final = 0x8001
REGISTRATION_REPLY: Final = 0x8100
HEARTBEAT: Final = 0x0002
UNREGISTRATION: Final = 0x0003
REGISTRATION: Final = 0x0100
AUTHENTICATION: Final = 0x0102
LOCATION: Final = 0x0200
BATCH: Final = 0x0704

#: Device times are Beijing time, everywhere and all year.
BEIJING: Final = timezone(timedelta(hours=8))
FIXED_BYTES: Final = 28
_FIXED: Final = struct.Struct(">IIIIHHH6s")


@dataclass(frozen=True)
class Location:
    """0x0200. Raw integers: 1e-6 degrees, metres, 0.1 km/h, degrees; the time in BCD.

    `items` are the additional items in their order, `rest` what follows the last whole one.
    """

    alarm: int
    status: int
    lat: int
    lon: int
    altitude: int
    speed: int
    direction: int
    time: bytes
    items: tuple[tuple[int, bytes], ...] = ()
    rest: bytes = b""

    @property
    def device_at(self) -> datetime | None:
        """The device's time in UTC; None where it is no time."""
        return _device_time(self.time)

    @classmethod
    def decode(cls, body: bytes) -> Location:
        """Read a body."""
        if len(body) < FIXED_BYTES:
            raise _short(FIXED_BYTES, body)
        at, items = FIXED_BYTES, []
        while at + 2 <= len(body) and at + 2 + body[at + 1] <= len(body):
            end = at + 2 + body[at + 1]
            items.append((body[at], body[at + 2 : end]))
            at = end
        alarm, status, lat, lon, altitude, speed, direction, time = _FIXED.unpack_from(body)
        return cls(
            alarm, status, lat, lon, altitude, speed, direction, time, tuple(items), body[at:]
        )

    def encode(self) -> bytes:
        """The body."""
        head = _FIXED.pack(
            self.alarm, self.status, self.lat, self.lon,
            self.altitude, self.speed, self.direction, self.time,
        )  # fmt: skip
        return head + b"".join(bytes([i, len(v)]) + v for i, v in self.items) + self.rest


@dataclass(frozen=True)
class Batch:
    """0x0704: bodies of locations. `kind` is 0 for ordinary ones, 1 for those sent late.

    `total` is the number that the terminal states; `rest` what follows the last whole one.
    """

    total: int
    kind: int
    locations: tuple[bytes, ...] = ()
    rest: bytes = b""

    @classmethod
    def decode(cls, body: bytes) -> Batch:
        """Read a body."""
        if len(body) < 3:
            raise _short(3, body)
        at, found = 3, []
        while at + 2 <= len(body):
            end = at + 2 + int.from_bytes(body[at : at + 2], "big")
            if end > len(body):
                break
            found.append(body[at + 2 : end])
            at = end
        return cls(int.from_bytes(body[:2], "big"), body[2], tuple(found), body[at:])

    def encode(self) -> bytes:
        """The body."""
        each = (len(b).to_bytes(2, "big") + b for b in self.locations)
        return self.total.to_bytes(2, "big") + bytes([self.kind]) + b"".join(each) + self.rest


#: Widths of maker, model and device by edition; 2011 is told from 2013 by its length alone.
_WIDTHS: Final = {2011: (5, 8, 7), 2013: (5, 20, 7), 2019: (11, 30, 30)}
_LEAST_2013: Final = 37


@dataclass(frozen=True)
class Registration:
    """0x0100: what the terminal says it is built into. Texts are bytes as sent, GBK, padded.

    `plate_colour` 0 means that there is no plate and `plate_field` holds the chassis number.
    """

    province: int
    city: int
    maker: bytes
    model: bytes
    device: bytes
    plate_colour: int
    plate_field: bytes

    @property
    def plate(self) -> str | None:
        """The plate; None where there is none or it cannot be read."""
        if not self.plate_colour:
            return None
        try:
            return self.plate_field.strip(b"\0 ").decode("gbk") or None
        except UnicodeDecodeError:
            return None

    @classmethod
    def decode(cls, body: bytes, *, modern: bool) -> Registration:
        """Read a body; `modern` where the header is of 2019."""
        edition = 2019 if modern else 2013 if len(body) >= _LEAST_2013 else 2011
        maker, model, device = _WIDTHS[edition]
        shape = struct.Struct(f">HH{maker}s{model}s{device}sB")
        if len(body) < shape.size:
            raise _short(shape.size, body)
        province, city, made_by, type_of, number, colour = shape.unpack_from(body)
        return cls(province, city, made_by, type_of, number, colour, body[shape.size :])

    def encode(self) -> bytes:
        """The body, in the edition that the widths of the texts are of."""
        place = self.province.to_bytes(2, "big") + self.city.to_bytes(2, "big")
        texts = self.maker + self.model + self.device
        return place + texts + bytes([self.plate_colour]) + self.plate_field


@dataclass(frozen=True)
class Authentication:
    """0x0102: the code that registration gave. 2019 adds the IMEI and the software's version."""

    code: bytes
    imei: bytes | None = None
    software: bytes = b""

    @classmethod
    def decode(cls, body: bytes, *, modern: bool) -> Authentication:
        """Read a body; `modern` where the header is of 2019."""
        if not modern:
            return cls(body)
        least = 1 + (body[0] if body else 0) + 15
        if len(body) < least:
            raise _short(least, body)
        code_end = 1 + body[0]
        return cls(body[1:code_end], body[code_end : code_end + 15], body[code_end + 15 :])

    def encode(self) -> bytes:
        """The body."""
        if self.imei is None:
            return self.code
        return bytes([len(self.code)]) + self.code + self.imei + self.software


@dataclass(frozen=True)
class GeneralReply:
    """0x8001: the platform's answer; result 0 is done, 1 failed, 2 wrong, 3 unknown."""

    serial: int
    message_id: int
    result: int

    @classmethod
    def decode(cls, body: bytes) -> GeneralReply:
        """Read a body."""
        if len(body) != 5:
            raise _short(5, body)
        return cls(*struct.unpack(">HHB", body))

    def encode(self) -> bytes:
        """The body."""
        return struct.pack(">HHB", self.serial, self.message_id, self.result)


@dataclass(frozen=True)
class RegistrationReply:
    """0x8100: the answer to a registration; `code` only where the result is 0."""

    serial: int
    result: int
    code: bytes = b""

    @classmethod
    def decode(cls, body: bytes) -> RegistrationReply:
        """Read a body."""
        if len(body) < 3:
            raise _short(3, body)
        serial, result = struct.unpack_from(">HB", body)
        return cls(serial, result, body[3:])

    def encode(self) -> bytes:
        """The body."""
        return struct.pack(">HB", self.serial, self.result) + self.code


@dataclass(frozen=True)
class Unread:
    """A body that is not looked into: those of heartbeats and unregistrations are empty."""

    body: bytes

    def encode(self) -> bytes:
        """The body."""
        return self.body


Body: TypeAlias = (
    Location | Batch | Registration | Authentication | GeneralReply | RegistrationReply | Unread
)

_READERS: Final[dict[int, Callable[[bytes, bool], Body]]] = {
    LOCATION: lambda body, _: Location.decode(body),
    BATCH: lambda body, _: Batch.decode(body),
    REGISTRATION: lambda body, modern: Registration.decode(body, modern=modern),
    AUTHENTICATION: lambda body, modern: Authentication.decode(body, modern=modern),
    GENERAL_REPLY_DOWN: lambda body, _: GeneralReply.decode(body),
    REGISTRATION_REPLY: lambda body, _: RegistrationReply.decode(body),
}


def decode_body(message: Message) -> Body:
    """What the body of a whole message says; `.encode()` gives it back.

    Raises
    ------
    FrameError
        `bad_body` where it is too short, `encrypted` where it cannot be read.
    """
    header = message.header
    if header.encrypted:
        raise FrameError("encrypted", expected="a body in the clear", came=hex(header.flags))
    if header.part is not None or header.message_id not in _READERS:
        return Unread(message.body)
    return _READERS[header.message_id](message.body, header.version is not None)


def _short(least: int, body: bytes) -> FrameError:
    return FrameError("bad_body", expected=f"{least} bytes", came=str(len(body)))


def _device_time(bcd: bytes) -> datetime | None:
    digits = bcd.hex()
    if len(digits) != 12 or not digits.isdecimal():
        return None
    year, *rest = (int(digits[at : at + 2]) for at in range(0, 12, 2))
    try:
        return datetime(2000 + year, *rest, tzinfo=BEIJING).astimezone(UTC)  # type: ignore[misc,arg-type]
    except ValueError:
        return None
