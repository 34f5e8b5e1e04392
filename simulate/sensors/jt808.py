"""JT/T 808 frames of road-vehicle terminals, by arrays: headers of 2011, 2013 and 2019.

The simulator's own encoder; it shares nothing with the decoder of `ingest`, so that no mistake
can hide in both. Rows of bytes are put together as matrices; only the escapes are made one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Int = NDArray[np.int64]

REGISTER, AUTHENTICATE, HEARTBEAT, LOCATION, BATCH = 0x0100, 0x0102, 0x0002, 0x0200, 0x0704

ACC_ON, FIXED, GPS, BEIDOU, MOVING = 1 << 0, 1 << 1, 1 << 18, 1 << 19, 1 << 22

_BEIJING_S = 8 * 3600
_DAY_S = 86_400
_LATE = 1  # a batch's kind: kept while there was no network
_WIDTHS = {2011: (5, 8, 7), 2013: (5, 20, 7), 2019: (11, 30, 30)}  # maker, model, device
_ZHEJIANG, _XIANGSHAN = 33, 225  # of the county's code 330225


@dataclass(frozen=True)
class Terminal:
    """Who sends: its number, and the edition of the standard that it follows."""

    number: str
    generation: int

    def head(self, message_id: int, body_bytes: int) -> bytes:
        """A header without its serial number."""
        modern = self.generation == 2019
        attributes = body_bytes | modern << 14
        phone = bytes.fromhex(self.number.zfill(20 if modern else 12))
        fixed = message_id.to_bytes(2, "big") + attributes.to_bytes(2, "big")
        return fixed + (b"\x01" if modern else b"") + phone


@dataclass(frozen=True, eq=False)
class Fixes:
    """Locations in the units of the wire, each of shape (n,).

    `unix_s` by the terminal's clock; `lon`, `lat` in 1e-6°; `speed` in 0.1 km/h; `course` in
    degrees; `altitude` in metres; `mileage` in 0.1 km.
    """

    unix_s: Int
    lon: Int
    lat: Int
    speed: Int
    course: Int
    altitude: Int
    status: Int
    mileage: Int
    rssi: Int
    satellites: Int


def bcd_times(unix_s: Int) -> Bytes:
    """Shape (n, 6): Beijing time, YYMMDDhhmmss, two digits a byte.

    >>> bcd_times(np.array([1_772_384_400]))[0].tobytes().hex()
    '260302010000'
    """
    local = unix_s + _BEIJING_S
    days = (local // _DAY_S).astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    years = days.astype("datetime64[Y]")
    parts = (
        years.astype(np.int64) + 1970 - 2000,
        (months - years.astype("datetime64[M]")).astype(np.int64) + 1,
        (days - months.astype("datetime64[D]")).astype(np.int64) + 1,
        local % _DAY_S // 3600,
        local % 3600 // 60,
        local % 60,
    )
    return np.stack([(v // 10 << 4 | v % 10) for v in parts], axis=1).astype(np.uint8)


def _big(values: Int, width: int) -> Bytes:
    """Shape (n, width): whole numbers, the highest byte first."""
    shifts = np.arange(8 * (width - 1), -1, -8)
    return (values[:, None] >> shifts & 255).astype(np.uint8)


def _constant(n: int, *values: int) -> Bytes:
    return np.tile(np.array(values, np.uint8), (n, 1))


def bodies(fixes: Fixes) -> Bytes:
    """Shape (n, 40): bodies of 0x0200 with mileage, signal strength and satellites."""
    n = len(fixes.unix_s)
    return np.concatenate(
        [
            *(_constant(n, 0, 0, 0, 0), _big(fixes.status, 4)),
            *(_big(fixes.lat, 4), _big(fixes.lon, 4), _big(fixes.altitude, 2)),
            *(_big(fixes.speed, 2), _big(fixes.course, 2), bcd_times(fixes.unix_s)),
            *(_constant(n, 0x01, 4), _big(fixes.mileage, 4)),
            *(_constant(n, 0x30, 1), _big(fixes.rssi, 1)),
            *(_constant(n, 0x31, 1), _big(fixes.satellites, 1)),
        ],
        axis=1,
    )


def alike(terminal: Terminal, message_id: int, serials: Int, rows: Bytes) -> list[bytes]:
    """Frames, in hex, of messages whose bodies are of one length; shape (n, bytes)."""
    n, width = rows.shape
    head = np.frombuffer(terminal.head(message_id, width), np.uint8)
    content = np.concatenate([np.tile(head, (n, 1)), _big(serials & 0xFFFF, 2), rows], axis=1)
    check = np.bitwise_xor.reduce(content, axis=1)
    whole = np.concatenate([content, check[:, None]], axis=1)
    raw, length = whole.tobytes(), whole.shape[1]
    return [_framed(raw[at : at + length]) for at in range(0, n * length, length)]


def single(terminal: Terminal, message_id: int, serial: int, body: bytes) -> bytes:
    """One frame, in hex."""
    return alike(terminal, message_id, np.array([serial]), np.frombuffer(body, np.uint8)[None])[0]


def _framed(content: bytes) -> bytes:
    inside = content.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02")
    return b"7e" + inside.hex().encode() + b"7e"


def batch(located: Bytes) -> bytes:
    """The body of 0x0704: locations that were kept while there was no network."""
    each = located.shape[1].to_bytes(2, "big")
    inside = b"".join(each + row.tobytes() for row in located)
    return len(located).to_bytes(2, "big") + bytes([_LATE]) + inside


def registration(terminal: Terminal, plate: str, heavy: bool) -> bytes:
    """The body of 0x0100: county, maker, model, device, the plate and its colour."""
    maker, model, device = _WIDTHS[terminal.generation]
    texts = (
        b"70999".ljust(maker, b"\0")
        + b"YAN-1".ljust(model, b"\0")
        + terminal.number[-7:].encode().ljust(device, b"\0")
    )
    place = _ZHEJIANG.to_bytes(2, "big") + _XIANGSHAN.to_bytes(2, "big")
    return place + texts + bytes([2 if heavy else 1]) + plate.encode("gbk")


def authentication(terminal: Terminal) -> bytes:
    """The body of 0x0102: the code; 2019 adds the IMEI and the software's version."""
    code = f"YAN{terminal.number[-6:]}".encode()
    if terminal.generation != 2019:
        return code
    imei = f"8609{terminal.number.zfill(11)[-11:]}".encode()
    return bytes([len(code)]) + code + imei + b"1.0".ljust(20, b"\0")


def lines(at_ms: Int, frames: Sequence[bytes]) -> list[bytes]:
    """Frames with their receipts, as a recording has them."""
    return [
        b"%d.%03d %b\n" % (ms // 1000, ms % 1000, frame)
        for ms, frame in zip(at_ms.tolist(), frames, strict=True)
    ]
