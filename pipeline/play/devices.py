"""Cameras that report over HTTP: GA/T 1400 devices, ONVIF metadata, barriers."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx

from core.settings import FeedSettings
from pipeline.play.frames import Played
from pipeline.play.senders import Told, password_of, reachable

_VIID = "application/VIID+JSON;charset=UTF-8"
#: Cameras are many, and each waits for its own answer, which comes once its post is on the disk.
_AT_ONCE = 64
_KEEPALIVE_S = 30.0
_PAUSE_S = 0.5


class Devices:
    """Each camera registers once, then posts; what is not taken is posted again."""

    def __init__(self, feed: str, settings: FeedSettings, told: Told) -> None:
        self._feed, self._told = feed, told
        host, port = reachable(settings.url)
        user = settings.user or "pierwatch"
        self._digest = httpx.DigestAuth(user, password_of(settings))
        self._client = httpx.AsyncClient(
            base_url=f"http://{host}:{port}", timeout=10, trust_env=False,
            limits=httpx.Limits(max_connections=_AT_ONCE),
        )  # fmt: skip
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
                answer = await self._request(source, kind, payload)
                if answer.is_success:
                    self._told.acknowledge(self._feed, frame)
                    return
                if answer.status_code == httpx.codes.UNAUTHORIZED:
                    self._registered.pop(source, None)
                elif answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                    self._told.failed[self._feed] += 1
                    return  # it will be refused again
            except httpx.HTTPError:  # no answer, or not let in: many at once use up one nonce
                self._registered.pop(source, None)
            await asyncio.sleep(_PAUSE_S)

    async def _request(self, source: str, kind: str, payload: Any) -> httpx.Response:
        if kind == "barrier.state":
            body = {"bar_id": source, **payload}
            return await self._client.post("/barrier", json=body, auth=self._digest)
        if kind == "onvif.metadata":
            text = str(payload["xml"]).encode()
            return await self._client.post(f"/onvif/{source}", content=text, auth=self._digest)
        await self._register(source)
        return await self._viid("/VIID/MotorVehicles", source, payload)

    async def _register(self, source: str) -> None:
        if source not in self._registered:
            self._registered[source] = asyncio.create_task(self._introduce(source))
        await self._registered[source]

    async def _introduce(self, source: str) -> None:
        about = {"RegisterObject": {"DeviceID": source}}
        answer = await self._viid("/VIID/System/Register", source, about, auth=self._digest)
        answer.raise_for_status()

    async def _viid(self, path: str, source: str, body: Any, **how: Any) -> httpx.Response:
        headers = {"User-Identify": source, "Content-Type": _VIID}
        text = json.dumps(body, ensure_ascii=False).encode(errors="backslashreplace")
        return await self._client.post(path, content=text, headers=headers, **how)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(_KEEPALIVE_S)
            for source in list(self._registered):
                try:
                    about = {"KeepaliveObject": {"DeviceID": source}}
                    await self._viid("/VIID/System/Keepalive", source, about)
                except httpx.TransportError:
                    self._registered.pop(source, None)

    async def close(self) -> None:
        """Wait for the posts that are under way, for a while."""
        self._alive.cancel()
        if self._running:
            await asyncio.wait(set(self._running), timeout=_KEEPALIVE_S)
        await self._client.aclose()
