"""Where a feed is: the parts of its url, checked; and the url as it may be shown."""

from __future__ import annotations

from urllib.parse import urlsplit

from core.errors import SettingsError

FORMS = (
    "udp://host:port, tcp://host:port, tcp-listen://host:port, mqtt://host:port, "
    "http://host:port, file:///path or -"
)


def refused(name: str, url: str, came: str = "another form") -> SettingsError:
    """The error for a url that cannot be used."""
    return SettingsError(
        f"feeds.{name} url {shown(url)}", expected=FORMS, came=came, act="Correct it."
    )


def scheme(url: str) -> str:
    """The part before `://`; `-` for standard input.

    >>> scheme("tcp-listen://127.0.0.1:7611"), scheme("-")
    ('tcp-listen', '-')
    """
    return "-" if url == "-" else url.partition("://")[0].lower()


def address(name: str, url: str) -> tuple[str, int]:
    """Host and port of a feed's url; port 0 lets the system choose one.

    Raises
    ------
    SettingsError
        There is no host or no port.

    >>> address("coast", "udp://127.0.0.1:10110")
    ('127.0.0.1', 10110)
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or port is None:
        raise refused(name, url, "no host and port")
    return host, port


def shown(url: str) -> str:
    """The url without user and password.

    >>> shown("mqtt://officer:secret@10.0.0.5:1883/x")
    'mqtt://10.0.0.5:1883/x'
    """
    head, mark, rest = url.partition("://")
    if not mark:
        return url
    place, slash, path = rest.partition("/")
    return f"{head}://{place.rpartition('@')[2]}{slash}{path}"


def peer_source(name: str, host: str) -> str:
    """The source's name for one of several peers: by host, for ports come and go.

    >>> peer_source("stations", "fe80::1%eth0")
    'stations~fe80__1_eth0'
    """
    return f"{name}~" + "".join(c if c.isalnum() or c in ".-" else "_" for c in host)
