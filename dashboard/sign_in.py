"""Who may look: the password, the session cookie and the limit on attempts. Pure.

One generated password opens the screen and the interface beside it. A session is a signed,
timed token in a cookie; the key that signs it is made of the secret *and* the password, so a new
password ends every session. Attempts are counted by address: five wrong ones, then a wait.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import deque
from collections.abc import Mapping
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeSerializer

COOKIE = "pierwatch_session"
SESSION_S = 12 * 3600  # one watch; a wall display signs in again at the change of the watch


class Credentials:
    """The password and the sessions that it opened.

    Parameters
    ----------
    password
        What a person types; any text.
    secret
        At least 16 random bytes, kept by the server.

    Raises
    ------
    ValueError
        Where the password is empty or the secret too short to sign anything.
    """

    def __init__(self, password: str, secret: bytes) -> None:
        if not password or len(secret) < 16:
            raise ValueError("the screen needs a password and a secret of at least 16 bytes")
        self._password = _digest(password, secret)
        key = hmac.digest(secret, b"session" + self._password, "sha256")
        self._serializer = URLSafeSerializer(
            key, salt="pierwatch.session", signer_kwargs={"digest_method": hashlib.sha256}
        )
        self._secret = secret

    def right(self, password: str) -> bool:
        """Whether the password is the one; takes equally long for every wrong one."""
        return hmac.compare_digest(_digest(password, self._secret), self._password)

    def session(self, now_s: float) -> str:
        """A token for the cookie, good for `SESSION_S` from now (Unix seconds)."""
        return str(self._serializer.dumps(int(now_s)))

    def opened(self, token: str | None, now_s: float) -> bool:
        """Whether the token is ours and still good."""
        try:
            since_s = self._serializer.loads(token or "")
        except BadData:
            return False
        return isinstance(since_s, int) and -60 <= now_s - since_s <= SESSION_S


class Attempts:
    """How often each address was wrong of late; holds at most `addresses` of them.

    >>> attempts = Attempts(limit=2, window_s=60)
    >>> attempts.wrong("10.0.0.7", 0.0), attempts.wrong("10.0.0.7", 10.0)
    (None, None)
    >>> attempts.wait_s("10.0.0.7", 15.0), attempts.wait_s("10.0.0.8", 15.0)
    (45, 0)
    """

    def __init__(self, limit: int = 5, window_s: int = 300, addresses: int = 4096) -> None:
        self._limit, self._window_s, self._addresses = limit, window_s, addresses
        self._wrong: dict[str, deque[float]] = {}

    def wait_s(self, address: str, now_s: float) -> int:
        """Seconds until this address may try again; 0 where it may now."""
        times = self._wrong.get(address)
        if times is None or len(times) < self._limit:
            return 0
        return max(0, int(times[0] + self._window_s - now_s))

    def wrong(self, address: str, now_s: float) -> None:
        """Note a wrong attempt; the address that was wrong longest ago is forgotten when full."""
        times = self._wrong.pop(address, None) or deque(maxlen=self._limit)
        times.append(now_s)
        self._wrong[address] = times
        if len(self._wrong) > self._addresses:
            del self._wrong[next(iter(self._wrong))]

    def right(self, address: str) -> None:
        """Forget the wrong attempts of an address that has the password."""
        self._wrong.pop(address, None)


def basic_password(authorization: str | None) -> str | None:
    """The password of an HTTP Basic header; the user's name is free.

    >>> basic_password("Basic " + base64.b64encode(b"desk:open sesame").decode())
    'open sesame'
    >>> basic_password("Bearer x") is None
    True
    """
    scheme, _, value = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except ValueError:
        return None


def same_origin(headers: Mapping[str, str]) -> bool:
    """Whether the page that asks was served by the host that is asked.

    >>> same_origin({"host": "127.0.0.1:8050", "origin": "http://127.0.0.1:8050"})
    True
    >>> same_origin({"host": "127.0.0.1:8050", "origin": "http://elsewhere.test"})
    False
    >>> same_origin({"host": "127.0.0.1:8050"})
    False
    """
    return (
        bool(headers.get("host")) and urlsplit(headers.get("origin", "")).netloc == headers["host"]
    )


def safe_path(path: str) -> str:
    """Where to go after the sign-in: a path of our own, never another host.

    >>> safe_path("/?lang=en"), safe_path("//elsewhere.test"), safe_path("https://elsewhere.test")
    ('/?lang=en', '/', '/')
    """
    own = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if own else "/"


def _digest(password: str, secret: bytes) -> bytes:
    return hmac.digest(secret, b"password" + password.encode(), "sha256")
