"""The screen's password, the secret that signs its sessions, the seeds of lots: kept 0600."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

#: No letters that are read one for the other on a wall: 0 O, 1 l I.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def password(folder: Path) -> tuple[str, bool]:
    """The password and whether it was made just now (then it is printed, once)."""
    return _kept(folder / "password", lambda: "-".join(_word() for _ in range(4)))


def session_secret(folder: Path) -> bytes:
    """What signs the session cookies."""
    return bytes.fromhex(_kept(folder / "session", lambda: secrets.token_hex(32))[0])


def patrol_seed(folder: Path, site: str, evening: str, seed: str) -> str:
    """The seed of a night's lots as it was first told, or this one, written down now."""
    name = "".join(letter if letter.isalnum() else "_" for letter in site)
    return _kept(folder / "patrol" / f"{evening}-{name}", lambda: seed)[0]


def _word() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(4))


def _kept(path: Path, make: object) -> tuple[str, bool]:
    if path.is_file():
        text = path.read_text("ascii").strip()
        if text:
            return text, False
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    assert callable(make)
    text = str(make())
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")
    return text, True
