"""Road-vehicle terminals: each a connection that registers, authenticates and reports."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

from ingest.jt808.bodies import (
    AUTHENTICATION,
    GENERAL_REPLY_DOWN,
    HEARTBEAT,
    REGISTRATION,
    REGISTRATION_REPLY,
    Authentication,
    GeneralReply,
    Registration,
    RegistrationReply,
)
from ingest.jt808.frame import FrameError, Header, Message, decode, encode
from pipeline.play.frames import Played
from pipeline.play.senders import Told, reachable

_PAUSE_S = 0.5
_ANSWER_S = 30.0
_MOST_WAITING = 256  # frames of one terminal
_ANYBODY = "199000000000"
_WIDTHS = {False: (5, 20, 7), True: (11, 30, 30)}  # maker, model, device of 2013 and 2019
_SERIALS = 0x8000  # ours, far from those of recorded frames


class Terminal:
    """One terminal's life: connected again and again until it is closed.

    A frame is sent again on a new connection as long as it was not acknowledged.
    """

    def __init__(self, feed: str, to: tuple[str, int], header: Header, told: Told) -> None:
        self._feed, self._to, self._told = feed, to, told
        self._header = replace(header, part=None, flags=0)
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(_MOST_WAITING)
        self._pending: dict[tuple[int, int], bytes] = {}
        self._serial = _SERIALS
        self._code: asyncio.Future[bytes] | None = None
        self._known: asyncio.Future[int] | None = None
        self.ready = asyncio.Event()
        self._task = asyncio.create_task(self._live())

    async def send(self, frame: bytes) -> None:
        """Queue a frame."""
        await self._waiting.put(frame)

    @property
    def idle(self) -> bool:
        """Whether all is acknowledged."""
        return self._waiting.empty() and not self._pending

    async def close(self) -> None:
        """Hang up."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _live(self) -> None:
        while True:
            try:
                reader, writer = await asyncio.open_connection(*self._to)
            except OSError:
                await asyncio.sleep(_PAUSE_S)
                continue
            listening = asyncio.create_task(self._listen(reader))
            try:
                await self._join(writer)
                self.ready.set()
                for frame in list(self._pending.values()):
                    writer.write(frame)
                speaking = asyncio.create_task(self._speak(writer))
                await asyncio.wait({listening, speaking}, return_when=asyncio.FIRST_COMPLETED)
                speaking.cancel()
            except (OSError, TimeoutError):
                pass
            finally:
                self.ready.clear()
                listening.cancel()
                writer.close()
            await asyncio.sleep(_PAUSE_S)

    async def _join(self, writer: asyncio.StreamWriter) -> None:
        modern = self._header.version is not None
        maker, model, device = (b"P".ljust(width, b"\0") for width in _WIDTHS[modern])
        about = Registration(33, 200, maker, model, device, 0, b"0")
        loop = asyncio.get_running_loop()
        self._code, self._known = loop.create_future(), loop.create_future()
        writer.write(self._own(REGISTRATION, about.encode()))
        code = await asyncio.wait_for(self._code, _ANSWER_S)
        proof = Authentication(code, b"0" * 15 if modern else None, b"".ljust(20, b"\0"))
        writer.write(self._own(AUTHENTICATION, proof.encode()))
        await asyncio.wait_for(self._known, _ANSWER_S)

    def _own(self, message_id: int, body: bytes) -> bytes:
        self._serial = _SERIALS + (self._serial + 1) % _SERIALS
        header = replace(self._header, message_id=message_id, serial=self._serial)
        return encode(Message(header, body))

    async def _speak(self, writer: asyncio.StreamWriter) -> None:
        while True:
            frame = await self._waiting.get()
            try:
                header = decode(frame).header
                self._pending[header.serial, header.message_id] = frame
            except FrameError:  # a bad frame is sent, and not acknowledged
                pass
            self._told.sent[self._feed] += 1
            writer.write(frame)
            await writer.drain()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                await reader.readuntil(b"\x7e")
                inside = await reader.readuntil(b"\x7e")
                if len(inside) > 1:
                    with contextlib.suppress(FrameError):
                        self._hear(decode(b"\x7e" + inside))

    def _hear(self, message: Message) -> None:
        kind = message.header.message_id
        if kind == REGISTRATION_REPLY:
            said = RegistrationReply.decode(message.body)
            if said.result == 0 and self._code is not None and not self._code.done():
                self._code.set_result(said.code)
        elif kind == GENERAL_REPLY_DOWN:
            reply = GeneralReply.decode(message.body)
            frame = self._pending.get((reply.serial, reply.message_id))
            if reply.message_id == AUTHENTICATION and frame is None:
                if reply.result == 0 and self._known is not None and not self._known.done():
                    self._known.set_result(0)
            elif frame is not None and reply.result == 0:
                del self._pending[reply.serial, reply.message_id]
                self._told.acknowledge(self._feed, frame)


class Terminals:
    """All terminals of a feed; one appears with its first frame."""

    def __init__(self, feed: str, url: str, told: Told) -> None:
        self._feed, self._to, self._told = feed, reachable(url), told
        self._known: dict[str, Terminal] = {}

    async def send(self, played: Played) -> None:
        """Send by the terminal whose number the frame bears; a bad one, by one of ours."""
        try:
            header = decode(played.frame).header
        except FrameError:
            header = Header(HEARTBEAT, _ANYBODY, 0)
        await self._terminal(header).send(played.frame)

    def _terminal(self, header: Header) -> Terminal:
        if header.terminal not in self._known:
            terminal = Terminal(self._feed, self._to, header, self._told)
            self._known[header.terminal] = terminal
        return self._known[header.terminal]

    async def crowd(self, count: int) -> int:
        """Connect so many more terminals that say nothing; how many are registered after all."""
        for n in range(count):
            self._terminal(Header(HEARTBEAT, f"1990{n:08d}", 0))
            if n % 100 == 99:
                await asyncio.sleep(0.1)
        ready = [asyncio.create_task(t.ready.wait()) for t in self._known.values()]
        if ready:
            await asyncio.wait(ready, timeout=_ANSWER_S)
        return sum(t.ready.is_set() for t in self._known.values())

    async def close(self) -> None:
        """Wait for what is not acknowledged, for a while."""
        for _ in range(int(_ANSWER_S / 0.1)):
            if all(terminal.idle for terminal in self._known.values()):
                break
            await asyncio.sleep(0.1)
        for terminal in self._known.values():
            await terminal.close()
