"""Road-vehicle terminals that speak JT/T 808 to a platform, thousands of them in one process."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ingest.jt808.bodies import (
    AUTHENTICATION,
    BATCH,
    GENERAL_REPLY_DOWN,
    HEARTBEAT,
    LOCATION,
    REGISTRATION,
    REGISTRATION_REPLY,
    UNREGISTRATION,
    Authentication,
    Batch,
    GeneralReply,
    Location,
    Registration,
    RegistrationReply,
    decode_body,
)
from ingest.jt808.frame import Header, Message, decode, encode

BEIJING = timedelta(hours=8)
_WIDTHS = {2011: (5, 8, 7), 2013: (5, 20, 7), 2019: (11, 30, 30)}


class Unanswered(Exception):
    """The platform refused or closed; the text says what."""


def location_body(at: datetime, lon: float, lat: float, *, speed_kmh: float = 36.0) -> bytes:
    """The body of a location with a fix; `at` is aware."""
    local = (at.astimezone(UTC) + BEIJING).strftime("%y%m%d%H%M%S")
    return Location(
        0, 0b11, round(lat * 1e6), round(lon * 1e6), 10, round(speed_kmh * 10), 90,
        bytes.fromhex(local),
    ).encode()  # fmt: skip


@dataclass
class Terminal:
    """One terminal of an edition of the standard (2011, 2013, 2019).

    `answered` counts the answers that say done, `refused` the others.
    """

    number: int
    edition: int = 2013
    plate: str = "浙B12345"
    code: bytes = b""
    answered: int = 0
    refused: int = 0
    _serial: int = 0
    _waiting: dict[int, asyncio.Future[Message]] = field(default_factory=dict)
    _reader: asyncio.Task[None] | None = None
    _writer: asyncio.StreamWriter | None = None

    @property
    def phone(self) -> str:
        """The number as the header has it."""
        return str(self.number).zfill(20 if self.edition == 2019 else 12)

    async def connect(self, host: str, port: int) -> None:
        """Open the connection."""
        stream, self._writer = await asyncio.open_connection(host, port, limit=1 << 16)
        self._reader = asyncio.create_task(self._read(stream))

    async def close(self) -> None:
        """Close it."""
        if self._writer is not None and self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
            with suppress(ConnectionError):
                await self._writer.wait_closed()

    async def enter(self, host: str, port: int) -> None:
        """Connect, register where there is no code yet, authenticate."""
        await self.connect(host, port)
        if not self.code:
            await self.register()
        await self.authenticate()

    async def register(self) -> None:
        """0x0100; keeps the code of the answer."""
        maker, model, device = _WIDTHS[self.edition]
        body = Registration(
            33, 225, b"MAKER".ljust(maker, b"\0"), b"LORRY".ljust(model, b"\0"),
            str(self.number)[-7:].encode().ljust(device, b"\0"), 2, self.plate.encode("gbk"),
        )  # fmt: skip
        said = decode_body(await self.ask(REGISTRATION, body.encode()))
        if not isinstance(said, RegistrationReply) or said.result:
            raise Unanswered(f"registration: {said}")
        self.code = said.code

    async def authenticate(self) -> None:
        """0x0102."""
        modern = self.edition == 2019
        body = Authentication(self.code, b"8" * 15, b"1.0".ljust(20, b"\0")) if modern else None
        await self.done(AUTHENTICATION, (body or Authentication(self.code)).encode())

    async def heartbeat(self) -> None:
        """0x0002."""
        await self.done(HEARTBEAT, b"")

    async def unregister(self) -> None:
        """0x0003."""
        await self.done(UNREGISTRATION, b"")

    async def locate(self, body: bytes) -> None:
        """0x0200."""
        await self.done(LOCATION, body)

    async def batch(self, bodies: list[bytes], *, late: bool = True) -> None:
        """0x0704."""
        await self.done(BATCH, Batch(len(bodies), int(late), tuple(bodies)).encode())

    async def done(self, message_id: int, body: bytes) -> None:
        """Send a message and wait until the platform says that it is done."""
        said = decode_body(await self.ask(message_id, body))
        if not isinstance(said, GeneralReply) or said.result or said.message_id != message_id:
            raise Unanswered(f"0x{message_id:04x}: {said}")

    async def ask(self, message_id: int, body: bytes) -> Message:
        """Send a message; its answer."""
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        serial = self._serial
        self.send(self.frame(message_id, body))  # where it cannot, nobody waits for an answer
        self._waiting[serial] = answer
        return await answer

    def frame(
        self, message_id: int, body: bytes, part: tuple[int, int] | None = None, flags: int = 0
    ) -> bytes:
        """The next frame."""
        serial, self._serial = self._serial, (self._serial + 1) & 0xFFFF
        version = 1 if self.edition == 2019 else None
        return encode(Message(Header(message_id, self.phone, serial, version, part, flags), body))

    def send(self, data: bytes) -> None:
        """Send bytes as they are; answers to them are counted."""
        over = self._reader is None or self._reader.done()
        if self._writer is None or over or self._writer.is_closing():
            raise Unanswered("not connected")
        self._writer.write(data)

    async def drained(self) -> None:
        """Wait until the system has taken what was sent."""
        if self._writer is not None:
            await self._writer.drain()

    async def _read(self, stream: asyncio.StreamReader) -> None:
        rest = b""
        try:
            while data := await stream.read(1 << 16):
                *pieces, rest = (rest + data).split(b"\x7e")
                for piece in pieces:
                    if piece:
                        self._take(decode(b"\x7e" + piece + b"\x7e"))
        except ConnectionError:
            pass
        finally:
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(Unanswered("the platform closed the connection"))
            self._waiting.clear()
            if self._writer is not None:
                self._writer.close()

    def _take(self, message: Message) -> None:
        if message.header.message_id not in (GENERAL_REPLY_DOWN, REGISTRATION_REPLY):
            return
        said = decode_body(message)
        assert isinstance(said, GeneralReply | RegistrationReply)
        self.answered += said.result == 0
        self.refused += said.result != 0
        answer = self._waiting.pop(said.serial, None)
        if answer is not None and not answer.done():
            answer.set_result(message)
