"""HTTP Digest authentication, the server's side (RFC 7616, and RFC 2617 with qop=auth).

A nonce carries its time and is signed, so none is stored until it was used with the right
password; then its counter must grow, so that a request that was overheard is of no use again.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

LIFE_S: Final = 300.0
#: The older first: devices that know RFC 2617 alone read the first challenge alone.
ALGORITHMS: Final = {"MD5": "md5", "SHA-256": "sha256"}
_MOST_HEADER: Final = 2048  # characters
_MOST_NONCES: Final = 1 << 16
_PART: Final = re.compile(r'([a-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))', re.IGNORECASE | re.ASCII)
_NONCE: Final = re.compile(r"([0-9a-f]{12})([0-9a-f]{16})([0-9a-f]{32})", re.ASCII)
_COUNT: Final = re.compile(r"[0-9a-f]{8}", re.IGNORECASE | re.ASCII)


class Stale(Exception):
    """Right but for its nonce, which is old or was used: ask with a new one."""


class Digest:
    """Who sent a request, by `Authorization: Digest`.

    Parameters
    ----------
    users
        Passwords by user.
    realm
        What the passwords are for.
    now
        Unix seconds.
    """

    def __init__(
        self, users: Mapping[str, str], realm: str, *, now: Callable[[], float] = time.time
    ) -> None:
        self._users, self._realm, self._now = dict(users), realm, now
        self._secret = secrets.token_bytes(32)
        self._counts: OrderedDict[str, int] = OrderedDict()
        self._floor_ms = 0  # nonces up to here were forgotten: they count as used

    def challenges(self, *, stale: bool = False) -> list[str]:
        """The values of `WWW-Authenticate`, one an algorithm."""
        head = f'Digest realm="{self._realm}", nonce="{self._nonce()}", qop="auth"'
        tail = ", stale=true" if stale else ""
        return [f"{head}, algorithm={name}{tail}" for name in ALGORITHMS]

    def user(self, header: str, method: str, target: str) -> str | None:
        """The user whose password the request proves; None where it proves nobody's.

        `target` is the request's path with its query, as it was sent.

        Raises
        ------
        Stale
            The password is right, but the nonce is used up.
        """
        said = parts(header)
        algorithm = ALGORITHMS.get(said.get("algorithm", "MD5").upper())
        name, nonce = said.get("username", ""), said.get("nonce", "")
        issued_ms = self._issued_ms(nonce)
        plain = said.get("realm") == self._realm and said.get("qop") == "auth"
        count = said.get("nc", "")
        if algorithm is None or issued_ms is None or not plain or not _COUNT.fullmatch(count):
            return None
        if _path(said.get("uri", "")) != target:
            return None
        password = self._users.get(name, secrets.token_hex())
        want = _response(algorithm, said, f"{name}:{self._realm}:{password}", method)
        if not hmac.compare_digest(want.encode(), said.get("response", "").lower().encode()):
            return None
        self._use(nonce, int(count, 16), issued_ms)
        return name

    def _use(self, nonce: str, count: int, issued_ms: int) -> None:
        now_ms = round(self._now() * 1000)
        if not now_ms - LIFE_S * 1000 <= issued_ms <= now_ms or issued_ms <= self._floor_ms:
            raise Stale
        if count <= self._counts.get(nonce, 0):
            raise Stale
        self._counts[nonce] = count
        while len(self._counts) > _MOST_NONCES:
            oldest, _ = self._counts.popitem(last=False)
            self._floor_ms = max(self._floor_ms, int(oldest[:12], 16))

    def _nonce(self) -> str:
        text = f"{round(self._now() * 1000):012x}{secrets.token_hex(8)}"
        return text + self._signature(text)

    def _issued_ms(self, nonce: str) -> int | None:
        """When we gave the nonce; None where we did not."""
        found = _NONCE.fullmatch(nonce)
        if not found or not hmac.compare_digest(self._signature(found[1] + found[2]), found[3]):
            return None
        return int(found[1], 16)

    def _signature(self, text: str) -> str:
        return hmac.new(self._secret, text.encode(), "sha256").hexdigest()[:32]


def response(
    algorithm: str, user: str, realm: str, password: str, method: str, said: Mapping[str, str]
) -> str:
    """The proof that a client sends; `said` has `uri`, `nonce`, `nc`, `cnonce` and `qop`.

    The example of RFC 2617, 3.5:

    >>> said = {"uri": "/dir/index.html", "nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093",
    ...         "nc": "00000001", "cnonce": "0a4f113b", "qop": "auth"}
    >>> response("md5", "Mufasa", "testrealm@host.com", "Circle Of Life", "GET", said)
    '6629fae49393a05397450978507c4ef1'
    """
    return _response(algorithm, said, f"{user}:{realm}:{password}", method)


def _response(algorithm: str, said: Mapping[str, str], secret: str, method: str) -> str:
    def hashed(text: str) -> str:
        return hashlib.new(algorithm, text.encode(errors="replace")).hexdigest()

    middle = (said.get(part, "") for part in ("nonce", "nc", "cnonce", "qop"))
    return hashed(":".join((hashed(secret), *middle, hashed(f"{method}:{said.get('uri', '')}"))))


def parts(header: str) -> dict[str, str]:
    """The parameters of a Digest header, of either side's; none where it is another.

    >>> parts('Digest realm="coast, west", nc=00000001')
    {'realm': 'coast, west', 'nc': '00000001'}
    """
    scheme, _, rest = header[:_MOST_HEADER].partition(" ")
    if scheme.lower() != "digest":
        return {}
    return {
        found[1].lower(): re.sub(r"\\(.)", r"\1", found[2]) if found[3] is None else found[3]
        for found in _PART.finditer(rest)
    }


def _path(uri: str) -> str:
    """The path of an absolute uri too, which some devices send."""
    scheme, mark, rest = uri.partition("://")
    return "/" + rest.partition("/")[2] if mark and scheme in ("http", "https") else uri
