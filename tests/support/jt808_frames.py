"""JT/T 808 lines for tests, and how the codec, one frame at a time, reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from ingest.decoded import Decoded, concat
from ingest.jt808 import Jt808Decoder
from ingest.jt808.bodies import BATCH, LOCATION, Batch, Location, decode_body
from ingest.jt808.frame import FrameError, Header, Message, decode, encode
from ingest.jt808.names import ALARMS, IO, ITEMS, SIGNALS, STATUS, names

AT = 1_772_384_400  # 2026-03-01T17:00:00Z, 2026-03-02 01:00:00 in Beijing
PHONE = "013900000001"


def line(frame: bytes, at: float = AT) -> bytes:
    """One line of a recording."""
    return f"{at} {frame.hex()}\n".encode()


def location(**changed: object) -> Location:
    """A lorry near Shipu, with a fix, at AT."""
    fields: dict[str, object] = {
        "alarm": 0, "status": 0b11, "lat": 29_200_000, "lon": 121_900_000, "altitude": 35,
        "speed": 605, "direction": 90, "time": bytes.fromhex("260302010000"),
    }  # fmt: skip
    return Location(**{**fields, **changed})  # type: ignore[arg-type]


def framed(body: bytes, message_id: int = LOCATION, phone: str = PHONE, **header: object) -> bytes:
    """The frame of a body."""
    return encode(Message(Header(message_id, phone, **{"serial": 7, **header}), body))  # type: ignore[arg-type]


def run(data: bytes, size: int | None = None, **site: object) -> Decoded:
    """Decode bytes fed in pieces of a size; in one piece where none is given."""
    decoder = Jt808Decoder(**site)  # type: ignore[arg-type]
    step = size or max(len(data), 1)
    parts = [decoder.feed(data[at : at + step]) for at in range(0, len(data), step)]
    return concat([*parts, decoder.close()])


def rows(decoded: Decoded) -> list[dict[str, object]]:
    """The observations, with `detail` read and without what the codec does not know."""
    left = decoded.observations.drop("key", "arrived_at").to_dicts()
    return [{**row, "detail": json.loads(row["detail"])} for row in left]


def read_one(frame: bytes, at: float, number: int) -> list[dict[str, object]] | str:
    """What the codec makes of a whole frame of locations: rows as `rows` gives, or a reason."""
    try:
        message = decode(frame)
        body = decode_body(message)
    except FrameError as error:
        return error.reason
    bodies = body.locations if isinstance(body, Batch) else [body.encode()]
    found = []
    for each in bodies:
        try:
            found.append(_row(message, Location.decode(each), at, number))
        except FrameError:
            found.append(None)
    return [row for row in found if row is not None]


def _row(message: Message, got: Location, at: float, number: int) -> dict[str, object] | None:
    received = datetime.fromtimestamp(at, UTC)
    device = got.device_at
    placed = bool(got.status & 2) and (got.lon, got.lat) != (0, 0)
    possible = got.lon <= 180_000_000 and got.lat <= 90_000_000
    if not (placed and possible) and not (got.alarm & 1 and not placed):
        return None
    if device is None or device.year < 2011 or device > received + timedelta(seconds=60):
        return None
    return {
        "sensor": "vehicle",
        "source": message.header.terminal,
        "target": f"terminal:{message.header.terminal}",
        "observed_at": device,
        "received_at": received,
        "lon": (-1 if got.status & 8 else 1) * got.lon / 1e6 if placed else None,
        "lat": (-1 if got.status & 4 else 1) * got.lat / 1e6 if placed else None,
        "sigma_m": 15.0 if placed else None,
        "speed_kn": None if got.speed > 3000 else got.speed / 10 / 1.852,
        "course_deg": None if got.direction >= 360 else float(got.direction),
        "heading_deg": None,
        "detail": _detail(message, got),
        "line": number,
    }


def _detail(message: Message, got: Location) -> dict[str, object]:
    said: dict[str, object] = {"type": f"0x{message.header.message_id:04x}"}
    if message.header.message_id == BATCH and message.body[2] == 1:
        said["late"] = True
    if got.alarm & 1:
        said["sos"] = True
    if got.alarm:
        said["alarms"] = names(got.alarm, ALARMS)
    told = got.status & ~0x30E
    if told:
        said["status"] = names(told, STATUS)
    if got.status >> 8 & 1:
        said["load"] = "full" if got.status >> 9 & 1 else "half"
    if got.altitude <= 9000:
        said["altitude_m"] = got.altitude
    return {**said, **_items(got)}


def _items(got: Location) -> dict[str, object]:
    said: dict[str, object] = {}
    raw = []
    for number, value in got.items:
        name, width = ITEMS.get(number, ("", 0))
        if not name or len(value) != width or name in said:
            raw.append(f"{number:02x}:{value.hex()}")
            continue
        whole = int.from_bytes(value, "big")
        tables: Mapping[str, dict[int, str]] = {"signals": SIGNALS, "io": IO}
        if name in tables:
            said[name] = names(whole, tables[name])
        else:
            said[name] = whole / 10 if number < 4 else whole
    if raw:
        said["items"] = raw
    if got.rest:
        said["rest"] = got.rest.hex()
    return said


#: Items: known ones of the right and of other lengths, and unknown ones.
items = st.tuples(st.sampled_from([*ITEMS, *ITEMS, 0x04, 0x2B, 0xEF]), st.binary(max_size=6)).map(
    lambda each: (each[0], each[1].ljust(ITEMS.get(each[0], ("", 0))[1], b"\x7d"))
)
locations = st.builds(
    Location,
    alarm=st.sampled_from([0, 1, 0x20, 0x8000_0001]) | st.integers(0, 2**32 - 1),
    status=st.sampled_from([0, 2, 3, 0x302, 0x4000E]) | st.integers(0, 2**32 - 1),
    lat=st.sampled_from([0, 29_200_000]) | st.integers(0, 91_000_000),
    lon=st.sampled_from([0, 121_900_000]) | st.integers(0, 181_000_000),
    altitude=st.integers(0, 0xFFFF),
    speed=st.integers(0, 0xFFFF),
    direction=st.integers(0, 400),
    time=st.sampled_from([
        bytes.fromhex(text) for text in
        ("260302010000", "260302010100", "260302010101", "251231235959", "000101000000",
         "240229120000", "250229120000", "2603020100a0", "7e7d7e7d7e7d")
    ]),
    items=st.lists(items, max_size=6).map(tuple),
    rest=st.sampled_from([b"", b"\x01", b"\x01\x09ab"]),
)  # fmt: skip
phones = st.sampled_from(["000000000000", PHONE, "123456789012", "00000000013900000001"])


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """Frames of locations, alone and in batches."""
    phone = draw(phones)
    header = {"serial": draw(st.integers(0, 0xFFFF))}
    if len(phone) == 20:
        header["version"] = draw(st.integers(0, 255))
    if draw(st.booleans()):
        return framed(draw(locations).encode(), phone=phone, **header)
    bodies = tuple(each.encode() for each in draw(st.lists(locations, max_size=3)))
    batch = Batch(len(bodies), draw(st.integers(0, 2)), bodies)
    return framed(batch.encode(), BATCH, phone, **header)
