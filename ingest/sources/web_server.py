"""An HTTP server on a socket of its own, in whatever thread, with a time limit for everything.

uvicorn reads a request's head as long as it likes to come; here it must be whole in time.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeAlias, cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S: Final = 10.0  # from the connection to the end of the first request's head
IDLE_S: Final = 75  # from an answer to the end of the next request's head
MOST_CONNECTIONS: Final = 1024
MOST_A_HOST: Final = 768  # a proxy brings many devices from one address
_MOST_HEAD: Final = 1 << 14  # bytes
_TURN_S: Final = 0.1


#: Told of what is cut off: a word and the host.
Refuse: TypeAlias = Callable[[str, str], None]


class Punctual(H11Protocol):
    """Closes a connection whose next request does not come to the end of its head in time."""

    _late: asyncio.TimerHandle | None = None

    def __init__(self, *given: Any, refuse: Refuse, **more: Any) -> None:
        super().__init__(*given, **more)
        self._refuse = refuse

    @property
    def host(self) -> str:
        """Whose connection it is."""
        return self.client[0] if self.client else ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait; beyond the bounds of connections do not even begin."""
        super().connection_made(transport)
        of_host = sum(cast(Punctual, each).host == self.host for each in self.connections)
        if len(self.connections) > MOST_CONNECTIONS or of_host > MOST_A_HOST:
            self._refuse("too_many_connections", self.host)
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
            if self.conn.trailing_data[0]:  # it has begun; who merely keeps still has sent nothing
                self._refuse("slow_frame", self.host)
            self.transport.close()


def serve(
    app: ASGIApp,
    listener: socket.socket,
    stop: threading.Event,
    turn: Callable[[], None] = lambda: None,
    refuse: Refuse = lambda _word, _host: None,
) -> None:
    """Serve until stopped; `turn` is called ten times a second."""
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http=cast(type[asyncio.Protocol], partial(Punctual, refuse=refuse)),
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
