"""The command screen and the interface beside it, as one ASGI application behind a sign-in."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from dash import Dash, dcc, html
from fastapi import FastAPI, WebSocket
from fastapi.exceptions import RequestValidationError
from starlette.types import ASGIApp

from core.errors import PierwatchError
from core.settings import AlertSettings, ScreenSettings
from dashboard.api import BadQuestion, problem, routes
from dashboard.callbacks import expected, register
from dashboard.decisions import decisions
from dashboard.guard import Guard
from dashboard.layout import Basemap
from dashboard.live import LiveFeed
from dashboard.reading import Reading
from dashboard.regimes import register_regimes
from dashboard.sign_in import Attempts, Credentials
from dashboard.sign_in_page import sign_in_page
from dashboard.verdicts import register_verdicts
from geo.site import Site
from store.engine import Store

ASSETS = Path(__file__).parent / "assets"
INDEX = """<!doctype html>
<html lang="zh-CN">
<head>
{%metas%}
<title>{%title%}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/vendor/maplibre-gl.css">
<link rel="stylesheet" href="/assets/screen.css">
<link rel="stylesheet" href="/assets/panels.css">
<link rel="stylesheet" href="/assets/feeds.css">
{%css%}
</head>
<body>
{%app_entry%}
<footer>
{%config%}
{%scripts%}
{%renderer%}
<script src="/assets/vendor/maplibre-gl.js"></script>
<script type="module" src="/assets/app/main.js"></script>
</footer>
</body>
</html>"""


def create_app(
    store: Store,
    settings: ScreenSettings,
    *,
    password: str,
    secret: bytes,
    site_of: Callable[[str], Site | None] = lambda _name: None,
    basemap: Basemap | None = None,
    sounds: int = AlertSettings().sounds,
    clock: Callable[[], float] = time.time,
) -> ASGIApp:
    """The screen over a store.

    Parameters
    ----------
    store
        Where runs, positions, piers and alerts stand.
    settings
        Of the screen; the language is that of a visitor who asks for none.
    password, secret
        What opens the sign-in, and what signs its sessions (`sign_in.Credentials`).
    site_of
        The site of a run by its name: coast and tide are not in the store.
    basemap
        The site's own tiles; the one thing that a browser may then fetch from another host.
    sounds
        How many alerts of a night may be heard.
    clock
        Unix seconds, for sessions and attempts.
    """
    reading = Reading(store, site_of, clock, sounds=sounds)
    feed = LiveFeed(reading.picture)
    server = FastAPI(title="pierwatch", docs_url=None, redoc_url=None, openapi_url=None)
    for error in (BadQuestion, PierwatchError, RequestValidationError):
        server.add_exception_handler(error, problem)

    @server.websocket("/live")
    async def live(socket: WebSocket) -> None:
        await feed.serve(socket)

    server.include_router(decisions(store, reading, clock))  # the rest of /api answers last
    server.include_router(routes(reading))
    dash = Dash(
        "dashboard",
        server=server,  # type: ignore[arg-type]  # Dash takes FastAPI, its types do not say so
        assets_folder=str(ASSETS),
        assets_ignore=".*",  # the page names its scripts and styles itself, in their order
        index_string=INDEX,
        title="pierwatch",
        update_title="",
        suppress_callback_exceptions=True,
        on_error=_stands,
    )
    dash.layout = html.Div([dcc.Location(id="where", refresh=False), html.Div(id="page")])
    register(dash, reading, settings.language, basemap, secret)
    register_verdicts(dash, store, reading, clock)
    register_regimes(dash, store, reading, clock)
    page = partial(sign_in_page, language=settings.language)
    policy = content_policy(dash.csp_hashes(), basemap)
    return Guard(server, Credentials(password, secret), Attempts(), page, clock, policy)


def _stands(error: Exception) -> None:
    """What a panel shows stays while the store does not answer: the head of the page says so."""
    expected(error)


def content_policy(script_hashes: Sequence[str], basemap: Basemap | None) -> str:
    """What the page may load: its own host's files, and the site's tiles where it has any.

    >>> "https:" in content_policy([], None)
    False
    """
    tiles = ""
    if basemap:
        parts = urlsplit(basemap.tiles)
        tiles = f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'self' {' '.join(script_hashes)}".strip(),
            "style-src 'self' 'unsafe-inline'",
            f"img-src 'self' data: blob:{tiles}",
            f"connect-src 'self'{tiles}",
            "worker-src 'self' blob:",  # MapLibre's worker is a blob, Dash's a file
            "child-src blob:",
            "font-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )
