"""Cameras that report over HTTP: GA/T 1400 devices, ONVIF metadata, barriers."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
from aiohttp import ClientSession, ClientTimeout, DigestAuthMiddleware

from core.settings import FeedSettings
from pipeline.play.frames import Played
from pipeline.play.senders import Told, password_of, reachable

_VIID = {"Content-Type": "application/VIID+JSON;charset=UTF-8"}
_JSON = {"Content-Type": "application/json"}
_XML = {"Content-Type": "text/xml"}
#: Cameras are many, and each waits for its own answer, which comes once its post is on the disk.
_AT_ONCE = 64
_KEEPALIVE_S = 30.0
_PAUSE_S = 0.5
_UNAUTHORIZED, _SERVER_ERROR = 401, 500


class Devices:
    """Each camera registers once, then posts; what is not taken is posted again."""

    def __init__(self, feed: str, settings: FeedSettings, told: Told) -> None:
        self._feed, self._told = feed, told
        host, port = reachable(settings.url)
        self._login = settings.user or "pierwatch", password_of(settings)
        self._digests: dict[str, DigestAuthMiddleware] = {}  # by camera: a nonce counts its posts
        self._client = ClientSession(
            f"http://{host}:{port}",
            timeout=ClientTimeout(10),
            connector=aiohttp.TCPConnector(limit=_AT_ONCE),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        self._registered: dict[str, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._running: set[asyncio.Task[None]] = set()
        self._alive = asyncio.create_task(self._keep_alive())

    async def send(self, played: Played) -> None:
        """Post a camera's line."""
        try:
            members = json.loads(played.frame)
            source, kind, payload = members["source"], members["format"], members["payload"]
        except (ValueError, KeyError, TypeError):
            self._told.failed[self._feed] += 1
            return
        await self._room.acquire()
        self._told.sent[self._feed] += 1
        task = asyncio.create_task(self._post(str(source), str(kind), payload, played.frame))
        self._running.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._room.release()

    async def _post(self, source: str, kind: str, payload: Any, frame: bytes) -> None:
        while True:
            try:
                status = await self._request(source, kind, payload)
                if status < 300:
                    self._told.acknowledge(self._feed, frame)
                    return
                if status == _UNAUTHORIZED:
                    self._registered.pop(source, None)
                elif status < _SERVER_ERROR:
                    self._told.failed[self._feed] += 1
                    return  # it will be refused again
            except (aiohttp.ClientError, TimeoutError):
                self._registered.pop(source, None)
            await asyncio.sleep(_PAUSE_S)

    async def _request(self, source: str, kind: str, payload: Any) -> int:
        """The status of the answer to a camera's line."""
        if kind == "barrier.state":
            body = _text({"bar_id": source, **payload})
            return await self._send("/barrier", source, body, _JSON, proven=True)
        if kind == "onvif.metadata":
            text = str(payload["xml"]).encode()
            return await self._send(f"/onvif/{source}", source, text, _XML, proven=True)
        await self._register(source)
        return await self._viid("/VIID/MotorVehicles", source, payload)

    async def _register(self, source: str) -> None:
        if source not in self._registered:
            self._registered[source] = asyncio.create_task(self._introduce(source))
        await self._registered[source]

    async def _introduce(self, source: str) -> None:
        about = {"RegisterObject": {"DeviceID": source}}
        status = await self._viid("/VIID/System/Register", source, about, proven=True)
        if status >= 300:
            raise aiohttp.ClientError(f"registering {source}: status {status}")

    async def _viid(self, path: str, source: str, body: Any, *, proven: bool = False) -> int:
        headers = {"User-Identify": source, **_VIID}
        return await self._send(path, source, _text(body), headers, proven=proven)

    async def _send(
        self, path: str, source: str, body: bytes, headers: dict[str, str], *, proven: bool
    ) -> int:
        """Post, with the password's proof where it is asked for; the answer's status."""
        by = (self._digest(source),) if proven else ()
        async with self._client.post(path, data=body, headers=headers, middlewares=by) as answer:
            await answer.read()
            return answer.status

    def _digest(self, source: str) -> DigestAuthMiddleware:
        if source not in self._digests:
            self._digests[source] = DigestAuthMiddleware(*self._login)
        return self._digests[source]

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(_KEEPALIVE_S)
            for source in list(self._registered):
                try:
                    about = {"KeepaliveObject": {"DeviceID": source}}
                    await self._viid("/VIID/System/Keepalive", source, about)
                except (aiohttp.ClientError, TimeoutError):
                    self._registered.pop(source, None)

    async def close(self) -> None:
        """Wait for the posts that are under way, for a while."""
        self._alive.cancel()
        if self._running:
            await asyncio.wait(set(self._running), timeout=_KEEPALIVE_S)
        await self._client.close()


def _text(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode(errors="backslashreplace")
