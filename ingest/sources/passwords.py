"""Passwords of feeds: read from a file, never from the configuration."""

from __future__ import annotations

from typing import Final

from core.errors import SettingsError
from core.settings import FeedSettings

_MOST: Final = 1 << 20  # bytes of a file
_FORM: Final = "one line with the password, or lines `user:password`"
NOBODY: Final = "pierwatch"  # whose password a single line is where no user is named


def users(name: str, feed: FeedSettings) -> dict[str, str]:
    """Passwords by user, the feed's own user first; none where no file is named.

    The file holds one line, the password of the feed's `user` (of `pierwatch` where there is
    none), or lines `user:password`; `#` begins a comment.

    Raises
    ------
    SettingsError
        The file is missing or has no such line, or there is a user without a password.
    """
    path = feed.password_file
    if path is None:
        if feed.user:
            raise _refused(name, "password_file", "none, with a user")
        return {}
    where = f"password_file {path}"
    try:
        with path.open("rb") as file:
            text = file.read(_MOST).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(name, where, str(error)) from None
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    user = feed.user or ""
    named = [line.partition(":")[0] for line in lines if ":" in line]
    if len(lines) == 1 and (not named or (user and user not in named)):
        return {user or NOBODY: lines[0]}
    found = dict(line.partition(":")[::2] for line in lines)
    if not found or not all(key and word for key, word in found.items()):
        raise _refused(name, where, "an empty file" if not found else "a line of another form")
    if user and user not in found:
        raise _refused(name, where, f"no line of {user}")
    return {user: found.pop(user), **found} if user else found


def _refused(name: str, where: str, came: str) -> SettingsError:
    return SettingsError(f"feeds.{name} {where}", expected=_FORM, came=came, act="Correct it.")
