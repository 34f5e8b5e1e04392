"""Passwords of feeds: read from a file, never from the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from core.errors import SettingsError
from core.settings import FeedSettings

_MOST: Final = 1 << 20  # bytes of a file
_FORM: Final = "a password, where `user` is set, else lines `user:password`"


def users(name: str, feed: FeedSettings, secret_dir: Path) -> dict[str, str]:
    """Passwords by user; none where no file is named.

    With `user` the file holds that user's password alone, else lines `user:password` (`#` begins
    a comment). A relative path is one in the folder of secrets.

    Raises
    ------
    SettingsError
        The file is missing or has no such line, or there is a user without a file.
    """
    if feed.password_file is None:
        if feed.user:
            raise SettingsError(
                f"feeds.{name} password_file", expected=_FORM, came="none", act="Name the file."
            )
        return {}
    path = secret_dir / feed.password_file
    try:
        with path.open("rb") as file:
            text = file.read(_MOST).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(name, path, str(error)) from None
    if feed.user:
        found = {feed.user: text.strip("\r\n")}
    else:
        lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
        found = dict(line.partition(":")[::2] for line in lines)
    if not found or not all(user and password for user, password in found.items()):
        raise _refused(name, path, "an empty file" if not found else "a line without one")
    return found


def _refused(name: str, path: Path, came: str) -> SettingsError:
    return SettingsError(
        f"feeds.{name} password_file {path}", expected=_FORM, came=came, act="Correct it."
    )
