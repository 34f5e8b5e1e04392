"""Which source reads which url: a table, one row a scheme."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol, TypeAlias

from core.settings import FeedSettings
from geo.site import Site
from ingest.sources.addresses import refused, scheme
from ingest.sources.inbox import Inbox


class Source(Protocol):
    """Reads one feed. It runs in a thread of its own."""

    def run(self, inbox: Inbox, stop: threading.Event) -> None:
        """Read until stopped, or until nothing more can come.

        Any exception is the hub's, which opens the source again after a growing pause.
        """


#: Feed name, its settings, the site, the folder of secrets.
Maker: TypeAlias = Callable[[str, FeedSettings, Site, Path], Source]


def _udp(name: str, feed: FeedSettings, _site: Site, _secret_dir: Path) -> Source:
    from ingest.sources.udp import UdpSource

    return UdpSource(name, feed)


def _tcp(name: str, feed: FeedSettings, _site: Site, _secret_dir: Path) -> Source:
    from ingest.sources.tcp import TcpSource

    return TcpSource(name, feed)


def _tcp_listen(name: str, feed: FeedSettings, _site: Site, secret_dir: Path) -> Source:
    if feed.sensor == "vehicles":
        from ingest.sources.jt808_server import Jt808Source

        return Jt808Source(name, feed, secret_dir)
    from ingest.sources.line_server import LineServerSource

    return LineServerSource(name, feed)


def _file(name: str, feed: FeedSettings, _site: Site, secret_dir: Path) -> Source:
    from ingest.sources.files import FileSource

    return FileSource(name, feed, secret_dir)


def _stdin(name: str, feed: FeedSettings, _site: Site, _secret_dir: Path) -> Source:
    from ingest.sources.stdin import StdinSource

    return StdinSource(name, feed)


def _mqtt(name: str, feed: FeedSettings, site: Site, secret_dir: Path) -> Source:
    from ingest.sources.mqtt import MqttSource

    return MqttSource(name, feed, site, secret_dir)


def _http(name: str, feed: FeedSettings, site: Site, secret_dir: Path) -> Source:
    from ingest.sources.web import WebSource

    return WebSource(name, feed, site, secret_dir)


SCHEMES: Final[Mapping[str, Maker]] = {
    "udp": _udp,
    "tcp": _tcp,
    "tcp-listen": _tcp_listen,
    "mqtt": _mqtt,
    "mqtts": _mqtt,
    "http": _http,
    "file": _file,
    "-": _stdin,
}


def make(name: str, feed: FeedSettings, site: Site, secret_dir: Path) -> Source:
    """The source of a feed.

    Raises
    ------
    SettingsError
        The url has another form, or does not go with the feed's sensor or format.
    """
    maker = SCHEMES.get(scheme(feed.url))
    if maker is None:
        raise refused(name, feed.url)
    return maker(name, feed, site, secret_dir)
