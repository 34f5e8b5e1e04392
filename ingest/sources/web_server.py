"""An HTTP server on a socket of its own, in whatever thread, with a time limit for everything.

uvicorn reads a request's head as long as it likes to come; here it must be whole in time.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S: Final = 10.0  # from the connection to the end of the first request's head
IDLE_S: Final = 75  # from an answer to the end of the next request's head
MOST_CONNECTIONS: Final = 1024
_MOST_HEAD: Final = 1 << 14  # bytes
_TURN_S: Final = 0.1


class Punctual(H11Protocol):
    """Closes a connection whose next request does not come to the end of its head in time."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait; beyond the bound of connections do not even begin."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.close()
            return
        self._wait(HEAD_S)

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        self._wait(IDLE_S)  # first: the next may be there already, and be answered within
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        if self._late:
            self._late.cancel()
        super().connection_lost(exc)

    def _wait(self, for_s: float) -> None:
        if self._late:
            self._late.cancel()
        self._late = self.loop.call_later(for_s, self._judge, self.cycle)

    def _judge(self, answered: object) -> None:
        if self.cycle is answered and not self.transport.is_closing():
            self.transport.close()


def serve(
    app: ASGIApp,
    listener: socket.socket,
    stop: threading.Event,
    turn: Callable[[], None] = lambda: None,
) -> None:
    """Serve until stopped; `turn` is called ten times a second."""
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http=Punctual,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=512,
        h11_max_incomplete_event_size=_MOST_HEAD,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=1,
    )
    asyncio.run(_serve(uvicorn.Server(config), listener, stop, turn))


async def _serve(
    server: uvicorn.Server,
    listener: socket.socket,
    stop: threading.Event,
    turn: Callable[[], None],
) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not stop.is_set() and not serving.done():
        turn()
        await asyncio.sleep(_TURN_S)
    server.should_exit = True
    await serving
