"""The live feed: one reader of the store, any number of listening screens."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace

from starlette.websockets import WebSocket, WebSocketDisconnect

from core.errors import PierwatchError
from dashboard.picture import Picture, messages

Read = Callable[[Picture], Picture]


class LiveFeed:
    """Reads the store once a second while somebody listens.

    Parameters
    ----------
    read
        Makes the next picture from the last; blocks, and may raise `PierwatchError`: then the
        last picture stands and says what is wrong.
    interval_s
        Seconds between two readings.
    """

    def __init__(self, read: Read, interval_s: float = 1.0) -> None:
        self._read, self._interval_s = read, interval_s
        self._picture = Picture()
        self._reader: asyncio.Task[None] | None = None
        self._listeners = 0

    async def serve(self, socket: WebSocket) -> None:
        """Send one screen what changes, until it leaves."""
        await socket.accept()
        self._listeners += 1
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._keep_reading())
        leaving = asyncio.create_task(_left(socket))
        seen = Picture()
        try:
            while not leaving.done():
                seen, now = self._picture, messages(seen, self._picture)
                for message in now:
                    await _send(socket, message)
                while self._picture is seen and not leaving.done():
                    await asyncio.wait([leaving], timeout=self._interval_s / 5)
        except WebSocketDisconnect:
            pass
        finally:
            self._listeners -= 1
            leaving.cancel()

    async def _keep_reading(self) -> None:
        while self._listeners:
            try:
                self._picture = await asyncio.to_thread(self._read, self._picture)
            except PierwatchError as error:
                state = {**self._picture.state, "trouble": str(error)}
                self._picture = replace(self._picture, state=state)
            await asyncio.sleep(self._interval_s)


async def _send(socket: WebSocket, message: str | bytes) -> None:
    await (socket.send_text(message) if isinstance(message, str) else socket.send_bytes(message))


async def _left(socket: WebSocket) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await socket.receive()
