"""From a request to frames on the disk: bodies within bounds, and the wait for the archive."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Callable, Sequence
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request

from ingest.arrived import Arrived
from ingest.cameras import envelope
from ingest.cameras.json_text import read_json
from ingest.cameras.values import Refused
from ingest.sources.inbox import Inbox
from ingest.sources.receipt import Receipt
from ingest.sources.web_answers import Refusal, Status

MOST_BODY: Final = 1 << 22  # bytes: twenty vehicles with their pictures
BODY_S: Final = 20.0
DISK_S: Final = 20.0
RETRY: Final = (("Retry-After", "2"),)


def busy() -> Refusal:
    """There is no room: come again."""
    return Refusal(503, Status.BUSY, RETRY)


class Intake:
    """Where a feed's requests become frames."""

    def __init__(self, name: str, inbox: Inbox) -> None:
        self.name, self.inbox = name, inbox

    async def keep(self, frames: Sequence[bytes]) -> None:
        """Return when they are on the disk.

        Raises
        ------
        Refusal
            503: there is no room, or the archive does not take them.
        """
        loop = asyncio.get_running_loop()
        told: asyncio.Future[bool] = loop.create_future()

        def settle(kept: bool) -> None:
            if not told.done():
                told.set_result(kept)

        def tell(kept: bool) -> None:
            with contextlib.suppress(RuntimeError):  # the server was stopped meanwhile
                loop.call_soon_threadsafe(settle, kept)

        receipt = Receipt(len(frames), tell)
        if not self.inbox.put([self._arrived(frame, receipt) for frame in frames]):
            raise busy()
        try:
            kept = await asyncio.wait_for(told, DISK_S)
        except TimeoutError:
            kept = False
        if not kept:
            raise busy()

    def note(self, frame: bytes) -> None:
        """Put a frame in for which nobody waits."""
        if not self.inbox.put([self._arrived(frame, None)]):
            self.inbox.shed(1)

    def _arrived(self, frame: bytes, receipt: Receipt | None) -> Arrived:
        return Arrived(self.name, "cameras", ".jsonl", self.name, frame, receipt)

    def frame(self, source: str, kind: str, payload: object, came: bytes) -> bytes:
        """A message as a frame, without what may not be kept.

        Raises
        ------
        Refused
            Counted; of the message only length and hash are kept.
        """
        try:
            return envelope.frame(source, kind, payload, came)
        except Refused as refused:
            self.refuse(refused, source)
            raise

    def message(self, came: bytes, source: str) -> Any:
        """The JSON of a body.

        Raises
        ------
        Refusal
            400: it is none, or too deep; counted.
        """
        try:
            return read_json(came)
        except Refused as refused:
            self.refuse(refused, source)
            raise Refusal(400, Status.BAD_JSON) from None

    def refuse(self, refused: Refused, source: str) -> None:
        """Count what is not taken."""
        self.inbox.refuse(refused.reason, refused.said.encode(errors="replace"), source)


async def body(request: Request, most: int = MOST_BODY) -> bytes:
    """A request's body.

    Raises
    ------
    Refusal
        413: longer than `most`; it is not read on. 408: it does not come in time.
    """
    parts: list[bytes] = []
    await _read(request, most, parts.append)
    return b"".join(parts)


async def dropped(request: Request) -> str:
    """Length and hash of a body of which nothing is kept.

    Raises
    ------
    Refusal
        As `body`.
    """
    digest = hashlib.sha256()
    size = await _read(request, MOST_BODY, digest.update)
    return f"{size} bytes, sha256 {digest.hexdigest()[:16]}"


async def _read(request: Request, most: int, take: Callable[[bytes], None]) -> int:
    length = request.headers.get("content-length", "0")  # the server made sure that it is a number
    if len(length) > 12 or int(length) > most:
        raise Refusal(413, Status.BAD_CONTENT, close=True)
    size = 0
    try:
        async with asyncio.timeout(BODY_S):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise Refusal(413, Status.BAD_CONTENT, close=True)
                take(part)
    except TimeoutError:
        raise Refusal(408, Status.OTHER, close=True) from None
    except ClientDisconnect:
        raise Refusal(400, Status.OTHER, close=True) from None
    return size
