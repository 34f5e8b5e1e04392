"""`pierwatch serve`: the command screen over the store."""

from __future__ import annotations

import socket
from functools import cache
from pathlib import Path

import uvicorn

from core.errors import SetupError, SiteError
from core.settings import Settings
from dashboard.app import create_app
from dashboard.layout import Basemap
from geo.site import Site
from pipeline import secrets
from pipeline.sites import read_site
from store.engine import Store


def server(store: Store, settings: Settings, site_folders: tuple[Path, ...] = ()) -> uvicorn.Server:
    """The web server of the screen, not started yet.

    Raises
    ------
    SetupError
        The port is taken.
    """
    screen = settings.screen
    _refuse_taken_port(screen.host, screen.port)

    @cache
    def site_of(name: str) -> Site | None:
        for folder in (settings.site, *site_folders):
            try:
                site = read_site(folder)
            except SiteError:
                continue  # a screen without coast is better than none; doctor names the fault
            if site.name == name:
                return site
        return None

    word, _ = secrets.password(screen.secret_dir)
    secret = secrets.session_secret(screen.secret_dir)
    app = create_app(
        store, screen, password=word, secret=secret, site_of=site_of,
        basemap=basemap(read_site(settings.site)) if settings.site.is_dir() else None,
        sounds=settings.alerts.sounds,
    )  # fmt: skip
    config = uvicorn.Config(
        app, host=screen.host, port=screen.port, log_level="warning", access_log=False,
        ws="websockets-sansio", ws_max_size=1 << 16, timeout_graceful_shutdown=2,
        server_header=False,
    )  # fmt: skip
    return uvicorn.Server(config)


def basemap(site: Site) -> Basemap | None:
    """The tiles that the site puts beneath its sketch (`[basemap]` of site.toml), if any.

    Raises
    ------
    SiteError
        Tiles without their 审图号: a map may not be shown without it.
    """
    told = site.extra.get("basemap")
    if told is None:
        return None
    keys = ("tiles", "title", "approval")
    values = [told.get(key) if isinstance(told, dict) else None for key in keys]
    for key, value in zip(keys, values, strict=True):
        if not isinstance(value, str) or not value.strip():
            raise SiteError(
                f"site.toml, basemap.{key}",
                expected="tiles (a URL with {z}, {x}, {y}), title and approval (审图号) as texts",
                came=repr(value), act="Fill it in, or leave [basemap] out.",
            )  # fmt: skip
    return Basemap(*map(str, values))


def invitation(settings: Settings) -> str:
    """Where the screen is, and the password where it was made just now."""
    screen = settings.screen
    word, new = secrets.password(screen.secret_dir)
    told = f"password {word}" if new else f"password in {screen.secret_dir / 'password'}"
    return f"http://{screen.host}:{screen.port}  ({told})"


def _refuse_taken_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SetupError(
                f"http://{host}:{port}", expected="a free port", came=error.strerror or "none",
                act="End what listens there, or set PIERWATCH_SCREEN__PORT.",
            ) from error  # fmt: skip
