"""Who may send: devices that proved a password, and for how long that holds."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import time
from collections.abc import Callable, Mapping
from typing import Final

from starlette.requests import Request

from ingest.sources.digest import Digest, Stale
from ingest.sources.web_answers import Refusal, Status

KEEPALIVE_S: Final = 90.0
HOLDS_S: Final = 3 * KEEPALIVE_S
_MOST_DEVICES: Final = 4096
_ID: Final = re.compile(r"[\w.-]{1,64}", re.ASCII)


class Devices:
    """The devices of one feed.

    A registration holds for the host that it came from, and for three of the standard's
    keep-alive periods after the last request.

    Parameters
    ----------
    users
        Passwords by user.
    realm
        What they are for.
    now
        Unix seconds.
    """

    def __init__(
        self, users: Mapping[str, str], realm: str, *, now: Callable[[], float] = time.time
    ) -> None:
        self._users, self._realm, self._now = dict(users), realm, now
        self._digest = Digest(users, realm, now=now)
        self._until: dict[tuple[str, str], float] = {}  # by device and host

    @property
    def n(self) -> int:
        """Devices whose registration holds."""
        now = self._now()
        return sum(until > now for until in self._until.values())

    def prove(self, request: Request, *, basic: bool = False) -> str:
        """The user whose password a request proves.

        Raises
        ------
        Refusal
            401 with challenges.
        """
        given = request.headers.get("authorization", "")
        target = request.scope["raw_path"].decode("ascii", "replace")
        if query := request.scope["query_string"]:
            target += "?" + query.decode("ascii", "replace")
        stale = False
        try:
            user = self._digest.user(given, request.method, target)
        except Stale:
            user, stale = None, True
        if user is None and basic:
            user = self._basic(given)
        if user is None:
            challenges = self._digest.challenges(stale=stale)
            if basic:
                challenges.append(f'Basic realm="{self._realm}", charset="UTF-8"')
            headers = [("WWW-Authenticate", challenge) for challenge in challenges]
            raise Refusal(401, Status.INVALID_OPERATION, headers)
        return user

    def register(self, request: Request) -> str:
        """The device of a request that proves a password; from now on it is registered.

        Raises
        ------
        Refusal
            401 with challenges; 400 without a device's id; 503 with too many devices.
        """
        device = named(request)
        self.prove(request)
        now = self._now()
        if len(self._until) >= _MOST_DEVICES:
            self._until = {key: until for key, until in self._until.items() if until > now}
            if len(self._until) >= _MOST_DEVICES:
                raise Refusal(503, Status.BUSY, (("Retry-After", "60"),))
        self._until[device, _host(request)] = now + HOLDS_S
        return device

    def known(self, request: Request) -> str:
        """The device of a request, which is registered or proves its password with it.

        Raises
        ------
        Refusal
            As `register`.
        """
        key = named(request), _host(request)
        if self._until.get(key, 0.0) <= self._now():
            return self.register(request)
        self._until[key] = self._now() + HOLDS_S
        return key[0]

    def forget(self, request: Request) -> None:
        """End a registration."""
        self._until.pop((named(request), _host(request)), None)

    def _basic(self, given: str) -> str | None:
        scheme, _, rest = given.partition(" ")
        if scheme.lower() != "basic" or len(rest) > 1024:
            return None
        try:
            user, _, password = base64.b64decode(rest, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return None
        known = self._users.get(user, "")
        right = hmac.compare_digest(known.encode(), password.encode())
        return user if known and right else None


def named(request: Request) -> str:
    """The device's id in `User-Identify`.

    Raises
    ------
    Refusal
        400: there is none.
    """
    device = request.headers.get("user-identify", "")
    if not _ID.fullmatch(device):
        raise Refusal(400, Status.BAD_CONTENT)
    return device


def _host(request: Request) -> str:
    return request.client.host if request.client else ""
