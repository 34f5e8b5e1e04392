"""One key a feed and day, in files of their own: deleting the key deletes what it locked."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from ingest.archive.growing import made_folder, sync_folder

_BYTES = 32  # AES-256
_ENDING = ".key"


class KeyGone(OSError):
    """The key `name` is not there: destroyed, or kept elsewhere."""

    def __init__(self, name: str, told: str) -> None:
        self.name = name
        super().__init__(told)


class Keys:
    """The keys in a folder that nobody else may read.

    A key is named `<sensor>-<feed>-<yyyymmdd>-<8 hex digits>`; the digits make it another one where
    that day's key was destroyed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def current(self, sensor: str, feed: str, day: str) -> tuple[str, bytes]:
        """Name and key for that feed and day; a new one is on the disk before it is used."""
        made_folder(self.folder, 0o700)
        begin = f"{sensor}-{feed}-{day}-"
        known = re.compile(re.escape(begin) + r"[0-9a-f]{8}" + re.escape(_ENDING))
        for path in sorted(self.folder.iterdir()):
            if known.fullmatch(path.name):
                return path.stem, self.key(path.stem)
        for unfinished in self.folder.glob("*.part"):  # of a crash, and never used
            unfinished.unlink()
        name, key = begin + secrets.token_hex(4), secrets.token_bytes(_BYTES)
        unfinished = self.folder / f"{name}.part"
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key.hex().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(self.folder / (name + _ENDING))
        sync_folder(self.folder)
        return name, key

    def key(self, name: str) -> bytes:
        """The key of that name.

        Raises
        ------
        KeyGone
            It is not there, or is no key.
        """
        if not name or "/" in name or name.startswith("."):
            raise KeyGone(name, f"{name!r} names no key")
        try:
            key = bytes.fromhex((self.folder / (name + _ENDING)).read_text("ascii"))
        except OSError as error:
            raise KeyGone(
                name,
                f"its key {name} is not in {self.folder} ({error.strerror}): "
                "destroyed, or kept elsewhere",
            ) from error
        except ValueError as error:
            raise KeyGone(name, f"the key {name} in {self.folder} is damaged") from error
        if len(key) != _BYTES:
            raise KeyGone(name, f"the key {name} in {self.folder} is damaged")
        return key

    def there(self, name: str) -> bool:
        """Whether there is a key of that name."""
        return (self.folder / (name + _ENDING)).exists()

    def destroy(self, name: str) -> None:
        """Overwrite the key and take its name away; nothing where it is gone already."""
        path = self.folder / (name + _ENDING)
        try:
            with path.open("r+b") as file:
                file.write(b"0" * path.stat().st_size)
                file.flush()
                os.fsync(file.fileno())
        except FileNotFoundError:
            return
        path.unlink()
        sync_folder(self.folder)


def key_folder(archive: Path, given: Path | None = None) -> Path:
    """Where an archive's keys are: beside it, where nothing else is said."""
    return given if given is not None else archive.absolute().parent / "keys"
