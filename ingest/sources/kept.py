"""Small things that must outlive the process: secrets, and how far a file was read."""

from __future__ import annotations

import os
import secrets
import threading
from pathlib import Path
from typing import Final

SECRET_BYTES: Final = 32
_MAKING = threading.Lock()  # two feeds that start at once share one secret


def write_kept(path: Path, data: bytes) -> None:
    """Replace a file by another content, readable by its owner only: all of it or nothing, also
    when the power goes.

    Raises
    ------
    OSError
        The folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_name(path.name + ".part")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def secret(folder: Path, name: str) -> bytes:
    """A random secret, made when it is first asked for and the same ever after.

    Raises
    ------
    OSError
        It can be neither read nor written.
    """
    path = folder / name
    with _MAKING:
        if path.is_file():
            try:
                found = bytes.fromhex(path.read_text("ascii"))
            except ValueError:
                found = b""
            if len(found) >= SECRET_BYTES:
                return found
        made = secrets.token_bytes(SECRET_BYTES)
        write_kept(path, made.hex().encode() + b"\n")
        return made
