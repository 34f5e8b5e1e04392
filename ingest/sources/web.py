"""A feed's own HTTP server: GA/T 1400 devices, barriers and ONVIF cameras send to it.

What is answered with 200 is on the disk. It speaks plain HTTP: beyond a network of the operator's
own it belongs behind a proxy that speaks TLS.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import SettingsError
from core.settings import FeedSettings
from geo.site import Site
from ingest.sources.addresses import address
from ingest.sources.inbox import Inbox
from ingest.sources.passwords import users
from ingest.sources.web_answers import Refusal, Status, answer, refusal_answer
from ingest.sources.web_devices import Devices
from ingest.sources.web_events import Events
from ingest.sources.web_intake import Intake
from ingest.sources.web_server import serve
from ingest.sources.web_viid import Viid

_LONG: Final = 1 << 16  # bytes of a body
_UNREAD: Final = {408: "slow_frame", 413: "too_long"}  # bodies that are not read to their end
_log = logging.getLogger(__name__)


class WebSource:
    """One feed that cameras send to.

    Parameters
    ----------
    name, feed, site
        The feed's name and settings; the site, whose time zone GA/T 1400 writes and whose cameras
        may have a `device_id`.

    Attributes
    ----------
    port
        Where it listens, once `run` says `listening`.

    Raises
    ------
    SettingsError
        The sensor is not `cameras`, the url has no host and port, or there is no password.
    """

    def __init__(self, name: str, feed: FeedSettings, site: Site, _secret_dir: Path) -> None:
        if feed.sensor != "cameras":
            raise SettingsError(
                f"feeds.{name} sensor", expected="cameras, for http://", came=feed.sensor,
                act="Correct it.",
            )  # fmt: skip
        self.host, self.port = address(name, feed.url)
        self.users = users(name, feed)
        if not self.users:
            raise SettingsError(
                f"feeds.{name} password_file", expected="passwords of those who may send",
                came="none", act="Name a file.",
            )  # fmt: skip
        self.name, self.site = name, site

    def run(self, inbox: Inbox, stop: threading.Event) -> None:
        """Serve until stopped.

        Raises
        ------
        OSError
            The address cannot be listened at.
        """
        devices = Devices(self.users, f"pierwatch {self.name}")
        app = application(self.name, inbox, devices, self.site)
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with contextlib.closing(
            socket.create_server((self.host, self.port), family=family, backlog=512)
        ) as listener:
            self.port = listener.getsockname()[1]
            inbox.state(f"listening: {self.host}:{self.port}")

            def turn() -> None:
                inbox.peers = devices.n

            def refuse(word: str, host: str) -> None:
                inbox.refuse(word, host.encode(), host)

            serve(app, listener, stop, turn, refuse)


def application(name: str, inbox: Inbox, devices: Devices, site: Site) -> ASGIApp:
    """Everything that is served, and an answer in JSON to whatever goes wrong."""
    intake, zone = Intake(name, inbox), ZoneInfo(site.timezone)
    router = Router(
        [
            Route("/healthz", _health, methods=["GET"]),
            *Viid(intake, devices, site).routes(),
            *Events(intake, devices).routes(),
        ],
        redirect_slashes=False,
    )
    return _Answering(router, inbox, zone)


async def _health(_request: Request) -> Response:
    return answer({"status": "ok"})


class _Answering:
    """The routes, with refusals and faults turned into status objects."""

    def __init__(self, app: ASGIApp, inbox: Inbox, zone: ZoneInfo) -> None:
        self._app, self._inbox, self._zone = app, inbox, zone

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self  # the router raises for what it does not find
        request = Request(scope)
        try:
            await self._app(scope, receive, send)
        except Refusal as refusal:
            # A long body that is not wanted is not waited for either.
            long = int(request.headers.get("content-length", _LONG)) >= _LONG
            close = refusal.close or (refusal.code == 401 and request.method == "POST" and long)
            refused = Refusal(refusal.code, refusal.status, refusal.headers, close=close)
            if refusal.code == 401 and request.headers.get("authorization"):
                self._count("unauthorised", request)
            if refusal.close and refusal.code in _UNREAD:
                self._count(_UNREAD[refusal.code], request)
        except HTTPException as error:
            refused = Refusal(error.status_code, Status.INVALID_OPERATION, close=True)
            self._count("unknown_path", request)
        except Exception:
            _log.exception("a request could not be answered")
            refused = Refusal(500, Status.OTHER, close=True)
            self._count("fault", request)
        else:
            return
        response = refusal_answer(request.url.path, refused, self._zone)
        await response(scope, receive, send)

    def _count(self, reason: str, request: Request) -> None:
        host = request.client.host if request.client else ""
        what = f"{request.method} {request.url.path[:100]}"
        self._inbox.refuse(reason, what.encode(errors="replace"), host)
